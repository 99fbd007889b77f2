"""Other readings of the API's page, and services with a will of their own: mscode keeps its promises, or says what the service
does instead.

Under every reading, whatever is done in whatever order: an apply that ends with 0 leaves nothing to plan; any other says why;
nobody is rung twice by one campaign, nobody who was never asked for, and nothing that was halted rings.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.campaigns import WORKDAYS, Manifest, people
from tests.acceptance.conftest import Ended, World

Reading = dict[str, Any]
ALONE: list[Reading] = [
    {},
    {"expand_groups": True},
    {"put_buttons": "lower"},
    {"group_add": "object"},
    {"create_ignores_state": True},
    {"receiver_rows": "account"},
    {"expand_groups": True, "receiver_rows": "account"},
]
ALL = {name: value for reading in ALONE for name, value in reading.items()}
#: The clock of a story: a Tuesday before the window opens.
MORNING = "2026-12-01T06:00:00Z"
BY_HAND = "+358405559901"
PATHS = {
    "rsvpCalls": "/rsvp_calls",
    "clickToCalls": "/click_to_calls",
    "smses": "/smses",
    "emails": "/emails",
    "calls": "/calls",
}


def name_of(reading: Reading) -> str:
    return "+".join(f"{name}={value}" for name, value in reading.items()) or "literal"


def combination(seed: int) -> Reading:
    chosen = random.Random(seed)
    return {name: value for name, value in ALL.items() if chosen.random() < 0.6}


def project(section: str) -> Manifest:
    """Three people in a group, and one object that reaches the group and one person more."""
    persons = {name: {**fields, "email": f"{name}@example.com"} for name, fields in people().items()}
    window = {"activeFrom": "08:00", "activeTo": "15:00", "activeWeekdays": WORKDAYS, "maxRedials": 0}
    buttons = {"actionButtons": {"accept": 5, "decline": 9}}
    receivers = {"receivers": [{"group": "donors"}, {"account": "kaisa"}]}
    later = {"actionTime": "2026-12-01T12:00:00Z"}
    one = {
        "rsvpCalls": {
            **window,
            **buttons,
            **receivers,
            "startTime": "2026-12-01T08:00:00Z",
            "endTime": "2026-12-03T15:00:00Z",
            "voiceFiles": {"start": "greeting"},
            "acceptsWanted": 2,
        },
        "clickToCalls": {
            **window,
            **buttons,
            **receivers,
            "expiresAt": "2026-12-03T15:00:00Z",
            "voiceFile": "greeting",
        },
        "smses": {**receivers, **later, "message": "See you", "sender": "Blood"},
        "emails": {**receivers, **later, "subject": "Tuesday", "messageText": "See you", "fromEmail": "a@example.com"},
        "calls": {**receivers, **later, "operations": [{"say": "See you"}]},
    }[section]
    return {
        "apiVersion": "mscode/v1",
        "accounts": persons,
        "groups": {"donors": {"members": {"accounts": list(persons)[:3]}}},
        "voiceFiles": {"greeting": {"text": "Hello", "voiceCode": "en"}},
        section: {"it": one},
    }


class Story:
    """One project under one reading; every step checks what must hold under all of them."""

    def __init__(self, world: World, section: str, reading: Reading) -> None:
        self.world, self.section, self.manifest = world, section, project(section)
        self.address, self.lives, self.halted_since = f"{section}.it", 1, -1
        self.asked: set[str] = set()
        self.codes: list[int] = []
        world.service.at(MORNING)
        world.service.reads(**reading)

    @property
    def it(self) -> Manifest:
        return self.manifest.get(self.section, {}).get("it", {})  # type: ignore[no-any-return]

    def listed(self) -> list[Any]:
        return list(self.world.service.get(PATHS[self.section]))

    # ---- steps -------------------------------------------------------------------------------------------------------

    def apply(self, *options: str) -> Ended:
        """Everything is approved; who is meant by the manifests now may be reached from now on."""
        self.world.write(self.manifest)
        self._ask_for()
        if f"--replace={self.address}" in options:
            self.lives += 1
        ended = self.world.launch(*options)
        self.codes.append(ended.code)
        if ended.code == 0:
            self.world.holds_the_law()
        else:
            assert any(word in ended.said for word in ("Error", "failed", "refuses")), ended.said
        self.check()
        return ended

    def _ask_for(self) -> None:
        persons, by = self.manifest["accounts"], "email" if self.section == "emails" else "phone"
        for receiver in self.it.get("receivers", ()):
            names = [receiver["account"]] if "account" in receiver else []
            if "group" in receiver:
                names = self.manifest["groups"]["donors"]["members"]["accounts"]
            self.asked |= {persons[name][by] for name in names} | (
                {receiver["phone"]} if "phone" in receiver else set()
            )

    def wait(self, step: str = "+2h") -> None:
        self.world.service.advance(step)
        self.check()

    def edit(self, **fields: Any) -> Ended:
        self.it.update(fields)
        return self.apply()

    def halt(self) -> None:
        self.world.write(self.manifest)
        ended = self.world.cli("halt", "--all", "--dir", self.world.folder)
        assert ended.code in (0, 6), ended.said
        if all(one["state"] in ("halt", "complete") for one in self.listed()):
            self.halted_since = len(self.world.service.rings())
        else:
            assert ended.code != 0

    def resume(self) -> None:
        self.halted_since = -1
        self.apply(f"--resume={self.address}")

    def add_by_hand(self) -> None:
        """A person adds a receiver in the web interface, who is called like the others."""
        self.asked.add(BY_HAND)
        for one in self.listed():
            path = f"/rsvp_calls/{one['rsvpCallId']}/receivers"
            if one["state"] != "complete":
                self.world.service.send("POST", path, [{"phone": BY_HAND}])

    def lose_state(self) -> None:
        for left in (self.world.folder / ".mscode" / "test").iterdir():
            left.unlink()

    def look(self) -> None:
        """Whatever only looks sends nothing but GET, and knows what it says."""
        folder = self.world.folder
        for command in (("status", folder), ("drift", folder), ("results", folder), ("plan", folder)):
            ended = self.world.look(*command)
            assert ended.code in (0, 1), ended.said
            assert ended.code == 0 or "Error" in ended.err, ended.said

    # ---- what must hold ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        rings = self.world.service.rings()
        by = "email" if self.section == "emails" else "phone"
        often = Counter(ring[by] for ring in rings)
        assert set(often) <= self.asked
        assert max(often.values(), default=0) <= self.lives, often
        if self.halted_since >= 0:
            assert len(rings) == self.halted_since, "what was halted rang"


def story_of(world: World, section: str, reading: Reading) -> Story:
    """Made and launched, all of it planned away."""
    story = Story(world, section, reading)
    ended = story.apply()
    assert ended.code == 0, ended.said
    return story


# ---- one verb after the other ----------------------------------------------------------------------------------------


def _buttons(story: Story) -> None:
    story.edit(actionButtons={"accept": 6, "decline": 9})


def _narrow(story: Story) -> None:
    end = "expiresAt" if story.section == "clickToCalls" else "endTime"
    story.edit(**{end: "2026-12-02T15:00:00Z"} if "activeTo" in story.it else {"actionTime": "2026-12-01T13:00:00Z"})


def _widen(story: Story) -> None:
    end = "expiresAt" if story.section == "clickToCalls" else "endTime"
    story.edit(**{end: "2026-12-04T15:00:00Z"} if "activeTo" in story.it else {"actionTime": "2026-12-01T11:00:00Z"})


def _add_receivers(story: Story) -> None:
    more = [{"account": "lauri"}] if story.section == "emails" else [{"account": "lauri"}, {"phone": "+358405550199"}]
    story.edit(receivers=[*story.it["receivers"], *[one for one in more if one not in story.it["receivers"]]])


def _remove_receiver(story: Story) -> None:
    story.edit(receivers=[one for one in story.it["receivers"] if one != {"account": "kaisa"}])


def _add_member(story: Story) -> None:
    members = story.manifest["groups"]["donors"]["members"]["accounts"]
    if "ilmari" not in members:
        members.append("ilmari")
    story.apply()


def _remove_member(story: Story) -> None:
    members = story.manifest["groups"]["donors"]["members"]["accounts"]
    if "aino" in members:
        members.remove("aino")
    story.apply()


def _replace(story: Story) -> None:
    story.apply(f"--replace={story.address}")


def _remove(story: Story) -> None:
    taken = story.manifest.pop(story.section)
    story.apply()
    story.manifest[story.section] = taken
    story.world.write(story.manifest)


def _lose_state(story: Story) -> None:
    story.lose_state()
    story.apply()


def _destroy(story: Story) -> None:
    story.world.write(story.manifest)
    ended = story.world.destroy("--override=maxDeletes", "--allow-deletes=100")
    assert ended.code == 0, ended.said


def _halt_and_resume(story: Story) -> None:
    if story.section != "rsvpCalls":
        return
    story.halt()
    story.apply()
    story.wait("+1h")
    story.resume()


def _by_hand(story: Story) -> None:
    if story.section == "rsvpCalls":
        story.add_by_hand()
        story.apply()


VERBS: dict[str, Callable[[Story], None]] = {
    "buttons": _buttons,
    "narrow": _narrow,
    "widen": _widen,
    "add receivers": _add_receivers,
    "remove a receiver": _remove_receiver,
    "add a member": _add_member,
    "remove a member": _remove_member,
    "replace": _replace,
    "remove": _remove,
    "lose the state": _lose_state,
    "halt and resume": _halt_and_resume,
    "by hand": _by_hand,
    "destroy": _destroy,
    "look": Story.look,
    "wait": Story.wait,
}
MESSAGES = ("calls", "emails", "smses")


def run(world: World, section: str, reading: Reading, verb: str, when: str) -> Story:
    """Before anything rings, or after it has; the story is played to its end."""
    story = story_of(world, section, reading)
    if when == "after":
        story.wait("+121m")
    if verb == "buttons" and section in MESSAGES:
        return story
    VERBS[verb](story)
    story.apply()
    story.wait("+2d")
    story.look()
    return story


def _quick() -> list[tuple[str, Reading, str, str]]:
    """Each reading meets each verb once, and each kind; which with which is drawn."""
    draw = random.Random(9)
    sections = [*PATHS, *["rsvpCalls"] * 5]
    return [
        (draw.choice(sections), reading, verb, draw.choice(["before", "after"]))
        for reading in ALONE[1:]
        for verb in draw.sample(list(VERBS), 4)
    ]


def _whole() -> list[tuple[str, Reading, str, str]]:
    return [
        (section, reading, verb, when)
        for reading in [*ALONE, *[combination(seed) for seed in range(5)]]
        for section in PATHS
        for verb in VERBS
        for when in ("before", "after")
    ]


def _id(case: tuple[str, Reading, str, str]) -> str:
    section, reading, verb, when = case
    return f"{section}-{name_of(reading)}-{verb}-{when}"


@pytest.mark.parametrize("case", _quick(), ids=_id)
def test_a_verb_keeps_the_promises_under_a_reading(world: World, case: tuple[str, Reading, str, str]) -> None:
    run(world, *case)


@pytest.mark.torture
@pytest.mark.parametrize("case", _whole(), ids=_id)
def test_every_verb_keeps_the_promises_under_every_reading(world: World, case: tuple[str, Reading, str, str]) -> None:
    run(world, *case)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(200))
def test_verbs_in_any_order_keep_the_promises_under_any_readings(world: World, seed: int) -> None:
    draw = random.Random(seed)
    story = story_of(world, draw.choice([*PATHS, "rsvpCalls", "rsvpCalls"]), combination(seed))
    verbs = [verb for verb in VERBS if verb not in ("destroy", "buttons")]
    for verb in draw.choices(verbs, k=6):
        VERBS[verb](story)
    story.wait("+3d")
    story.apply()
