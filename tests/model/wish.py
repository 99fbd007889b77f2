"""What is wanted: a project that is edited at random, always valid, and whom each of its objects may reach.

Names are never used twice. `soul` is a word that is sent along with everything that reaches people; it stays with an object
through renames, replacements and lost states, so that rings can be counted by it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import WORKDAYS, Manifest

CITIES = ("Helsinki", "Tampere")
RECEIVERS: tuple[list[dict[str, str]], ...] = (
    [{"group": "g0"}],
    [{"account": "a0"}],
    [{"account": "a0"}, {"account": "a1"}],
    [{"account": "a0"}, {"account": "a1"}, {"phone": "+358405550290"}],
    [{"group": "g0"}, {"phone": "+358405550291"}],
    [{"phone": "+358405550292"}],
)
SENT = ("calls", "smses", "emails", "clickToCalls", "rsvpCalls")
Section = dict[str, Any]


def number(at: int) -> str:
    return f"+35840555{at:04}"


def _person(at: int) -> Section:
    return {
        "firstName": f"N{at}",
        "phone": number(at),
        "email": f"p{at}@example.com",
        "city": CITIES[at % 2],
    }


@dataclass
class Wish:
    """The manifests as data; `now` is the service's time, moved by the machine."""

    now: datetime
    sections: dict[str, Section] = field(default_factory=dict)
    souls: dict[str, str] = field(default_factory=dict)
    rows: list[int] = field(default_factory=lambda: [300, 301])
    _next: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.sections = {
            "accounts": {f"a{at}": _person(at) for at in range(3)},
            "accountLists": {},
            "filters": {"f0": {"conditions": [{"field": "city", "operator": "in", "value": ["Helsinki"]}]}},
            "groups": {"g0": {"members": {"accounts": ["a0", "a1"]}}, "g1": {"members": {"filter": "f0"}}},
            "voiceFiles": {"v0": {"text": "Hello", "voiceCode": "en"}},
            "subusers": {},
            **{section: {} for section in SENT},
        }
        self.add_rsvp(0, 0)

    # ---- what is written ---------------------------------------------------------------------------------------------

    def manifest(self) -> Manifest:
        return {"apiVersion": "mscode/v1", **{name: deepcopy(rows) for name, rows in self.sections.items() if rows}}

    def write(self, folder: Path) -> None:
        (folder / "all.yaml").write_text(json.dumps(self.manifest(), indent=1))
        lines = [f"{number(at)},L{at},{CITIES[at % 2]}" for at in self.rows]
        (folder / "people.csv").write_text("\n".join(["phone,firstName,city", *lines]) + "\n")

    def address(self, soul: str) -> str:
        """Where the object with this soul stands now; "" when it is gone."""
        return next((address for address, one in self.souls.items() if one == soul), "")

    def live(self) -> list[tuple[str, str]]:
        """Section and name of everything that reaches people."""
        return [(section, name) for section in SENT for name in self.sections[section]]

    # ---- whom it may reach -------------------------------------------------------------------------------------------

    def reach(
        self, section: str, name: str, accounts: list[dict[str, str]], members: Callable[[str], list[str]]
    ) -> set[str]:
        """Numbers (of e-mails: addresses), by the manifest and by what is live: `accounts`, `members` of a group by name."""
        by = "email" if section == "emails" else "phone"
        found: set[str] = set()
        for receiver in self.sections[section][name]["receivers"]:
            if "phone" in receiver:
                found.add(receiver["phone"])
            elif "account" in receiver:
                found |= self._contacts(by, [receiver["account"]])
            else:
                wanted = self.sections["groups"].get(receiver["group"], {}).get("members", {})
                found |= self._contacts(by, wanted.get("accounts", []))
                found |= self._matching(by, accounts) if "filter" in wanted else set()
                found |= {number(at) for at in self.rows} if "accountList" in wanted else set()
                found |= {one[by] for one in accounts if one["id"] in members(receiver["group"])}
        return found - {""}

    def _contacts(self, by: str, names: list[str]) -> set[str]:
        return {self.sections["accounts"][name][by] for name in names if name in self.sections["accounts"]}

    def _matching(self, by: str, accounts: list[dict[str, str]]) -> set[str]:
        cities = self.sections["filters"]["f0"]["conditions"][0]["value"]
        rows = [{"phone": number(at), "city": CITIES[at % 2]} for at in self.rows]
        every = [*accounts, *self.sections["accounts"].values(), *(rows if self.sections["accountLists"] else [])]
        return {one.get(by, "") for one in every if one["city"] in cities}

    # ---- edits: each takes two numbers to choose by --------------------------------------------------------------------

    def fresh(self, letter: str) -> str:
        return f"{letter}{next(self._next)}"

    def _add(self, section: str, letter: str, spec: Section) -> None:
        name = self.fresh(letter)
        self.sections[section][name] = spec
        self.souls[f"{section}.{name}"] = f"soul-{name}"

    def at(self, days: int, hour: int = 8) -> str:
        """A weekday's morning, so many days ahead."""
        day = (self.now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        while day.weekday() > 4:
            day += timedelta(days=1)
        return day.strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_rsvp(self, a: int, b: int) -> None:
        self._add(
            "rsvpCalls",
            "c",
            {
                "startTime": self.at(1),
                "endTime": self.at(4 + b, 17),
                "activeFrom": "08:00",
                "activeTo": "15:00",
                "activeWeekdays": list(WORKDAYS),
                "voiceFiles": {"start": "v0"},
                "actionButtons": {"accept": 5, "decline": 9},
                "receivers": deepcopy(RECEIVERS[a % len(RECEIVERS)]),
                "acceptsWanted": 1,
                "maxRedials": b % 3,
                "meta": {},
            },
        )
        self._ensoul("rsvpCalls")

    def add_click(self, a: int, b: int) -> None:
        self._add(
            "clickToCalls",
            "q",
            {
                "expiresAt": self.at(3 + b, 17),
                "activeFrom": "08:00",
                "activeTo": "15:00",
                "activeWeekdays": list(WORKDAYS),
                "voiceFile": "v0",
                "actionButtons": {"accept": 5, "decline": 9},
                "receivers": deepcopy(RECEIVERS[1 + a % 3]),
                "maxRedials": b % 3,
                "meta": {},
            },
        )
        self._ensoul("clickToCalls")

    def _ensoul(self, section: str) -> None:
        name = list(self.sections[section])[-1]
        self.sections[section][name]["meta"] = {"soul": f"soul-{name}"}

    def add_sms(self, a: int, b: int) -> None:
        name = self.fresh("s")
        self._message(
            "smses", name, a, {"message": f"soul-{name} v{b}", "sender": "Blood", "actionTime": self.at(1 + b % 3)}
        )

    def add_email(self, a: int, b: int) -> None:
        name = self.fresh("e")
        spec = {
            "subject": f"soul-{name} v{b}",
            "messageText": "Hi",
            "fromEmail": "b@example.com",
            "actionTime": self.at(1 + b % 3),
        }
        self._message("emails", name, a % 3, spec)

    def add_call(self, a: int, b: int) -> None:
        name = self.fresh("k")
        self._message(
            "calls", name, a, {"operations": [{"say": f"soul-{name} v{b}"}], "actionTime": self.at(1 + b % 3)}
        )

    def _message(self, section: str, name: str, a: int, spec: Section) -> None:
        self.sections[section][name] = {**spec, "receivers": deepcopy(RECEIVERS[a % len(RECEIVERS)])}
        self.souls[f"{section}.{name}"] = f"soul-{name}"

    def remove(self, a: int, b: int) -> None:
        live = self.live()
        if live:
            section, name = live[a % len(live)]
            del self.sections[section][name]
            del self.souls[f"{section}.{name}"]

    def give_up(self, address: str) -> None:
        """What cannot become as it is wanted any more is not wanted any more."""
        section, name = address.split(".")
        if address in self.souls:
            del self.sections[section][name]
            del self.souls[address]

    def rename(self, a: int, b: int) -> None:
        live = self.live()
        if live:
            section, old = live[a % len(live)]
            new, spec = self.fresh(old[0]), self.sections[section].pop(old)
            self.sections[section][new] = {**spec, "renamedFrom": old}
            self.souls[f"{section}.{new}"] = self.souls.pop(f"{section}.{old}")

    def change_sent(self, a: int, b: int) -> None:
        """One field of one object that reaches people."""
        live = self.live()
        if not live:
            return
        section, name = live[a % len(live)]
        spec = self.sections[section][name]
        choices = [name for name in _CHANGES if name in spec or name in ("state", "maxRedials")]
        choices = (
            choices if section == "rsvpCalls" else [one for one in choices if one not in ("state", "acceptsWanted")]
        )
        which = choices[b % len(choices)]
        if section not in ("rsvpCalls", "clickToCalls") and which == "maxRedials":
            which = "actionTime"
        _CHANGES[which](self, spec, a + b)

    def change_receivers(self, a: int, b: int) -> None:
        live = self.live()
        if live:
            section, name = live[a % len(live)]
            choices = RECEIVERS[1:3] if section in ("emails", "clickToCalls") else RECEIVERS
            self.sections[section][name]["receivers"] = deepcopy(choices[b % len(choices)])

    def change_account(self, a: int, b: int) -> None:
        names = list(self.sections["accounts"])
        name, spec = names[a % len(names)], None
        spec = self.sections["accounts"][name]
        if b % 4 == 0:
            spec["firstName"] = f"M{next(self._next)}"
        elif b % 4 == 1:
            spec["city"] = CITIES[a % 2]
        elif b % 4 == 2:
            spec["phone"] = number(100 + next(self._next))
        else:
            spec["email"] = f"m{next(self._next)}@example.com"

    def change_people(self, a: int, b: int) -> None:
        """A person more, or one less whom nothing names."""
        named = {"a0", "a1", *self.sections["groups"]["g0"]["members"].get("accounts", [])}
        free = [name for name in self.sections["accounts"] if name not in named]
        if b % 2 and free:
            del self.sections["accounts"][free[a % len(free)]]
        else:
            at = next(self._next)
            self.sections["accounts"][f"b{at}"] = {**_person(at + 400), "city": CITIES[a % 2]}

    def change_group(self, a: int, b: int) -> None:
        group = self.sections["groups"]["g0"]
        names = list(self.sections["accounts"])
        if b % 5 == 0:
            group["description"] = f"D{a}"
        elif b % 5 == 1:
            group["members"] = {"filter": "f0"}
        elif b % 5 == 2 and self.sections["accountLists"]:
            group["members"] = {"accountList": "l0"}
        elif b % 5 == 3:
            group["name"] = f"Group {next(self._next)}"
        else:
            group["members"] = {"accounts": sorted({names[a % len(names)], names[(a + b) % len(names)], "a0"})}

    def change_filter(self, a: int, b: int) -> None:
        self.sections["filters"]["f0"]["conditions"][0]["value"] = [["Helsinki"], ["Tampere"], ["Helsinki", "Espoo"]][
            a % 3
        ]

    def change_voice(self, a: int, b: int) -> None:
        if b % 2:
            self.sections["voiceFiles"]["v0"]["text"] = f"Hello {next(self._next)}"
        else:
            self.sections["voiceFiles"]["v0"]["description"] = f"D{a}"

    def change_list(self, a: int, b: int) -> None:
        self.sections["accountLists"]["l0"] = {"file": "people.csv", "key": "phone"}
        self.rows = [300 + at for at in range(1 + (a + b) % 4)]

    def change_subuser(self, a: int, b: int) -> None:
        if self.sections["subusers"] and b % 3 == 0:
            self.sections["subusers"] = {}
        elif self.sections["subusers"]:
            self.sections["subusers"]["desk"]["company"] = f"C{a}"
        else:
            self.sections["subusers"]["desk"] = {"username": f"desk{next(self._next)}", "email": "desk@example.com"}

    def put_off(self) -> None:
        """What could not be sent in time gets a new time, as its author would do."""
        for section, name in self.live():
            spec = self.sections[section][name]
            for key, days in (("actionTime", 1), ("endTime", 5), ("expiresAt", 5)):
                if key in spec and datetime.fromisoformat(spec[key]) <= self.now + timedelta(hours=2):
                    spec[key] = self.at(days, 17 if days == 5 else 8)
                    if "startTime" in spec:
                        spec["startTime"] = self.at(1)


def _state(wish: Wish, spec: Section, n: int) -> None:
    spec["state"] = "halt" if spec.get("state", "active") == "active" else "active"


def _times(wish: Wish, spec: Section, n: int) -> None:
    for key in ("startTime", "actionTime"):
        if key in spec:
            spec[key] = wish.at(1 + n % 3)


def _end(wish: Wish, spec: Section, n: int) -> None:
    spec["endTime"] = wish.at(4 + n % 6, 17)


def _redials(wish: Wish, spec: Section, n: int) -> None:
    spec["maxRedials"] = n % 3


def _weekdays(wish: Wish, spec: Section, n: int) -> None:
    spec["activeWeekdays"] = WORKDAYS[: 3 + n % 3]


def _window(wish: Wish, spec: Section, n: int) -> None:
    spec["activeTo"] = f"{13 + n % 4}:00"


def _meta(wish: Wish, spec: Section, n: int) -> None:
    spec["meta"] = {**spec["meta"], "season": f"S{n}"}


def _words(key: str) -> Callable[[Wish, Section, int], None]:
    def say(wish: Wish, spec: Section, n: int) -> None:
        before = spec[key][0]["say"] if key == "operations" else spec[key]
        words = f"{before.split(' ')[0]} w{n}"
        spec[key] = [{"say": words}] if key == "operations" else words

    return say


_CHANGES: dict[str, Callable[[Wish, Section, int], None]] = {
    "state": _state,
    "startTime": _times,
    "endTime": _end,
    "actionTime": _times,
    "maxRedials": _redials,
    "activeWeekdays": _weekdays,
    "activeTo": _window,
    "meta": _meta,
    "message": _words("message"),
    "subject": _words("subject"),
    "operations": _words("operations"),
}

#: Every edit there is, by its name.
EDITS = (
    *("add_rsvp", "add_click", "add_sms", "add_email", "add_call", "remove", "rename", "change_sent", "change_sent"),
    *("change_receivers", "change_account", "change_people", "change_group", "change_filter", "change_voice"),
    *("change_list", "change_subuser"),
)
