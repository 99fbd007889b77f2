"""A plan of forty changes, of every sort that a real project brings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mscode.errors import Place
from mscode.model.values import FileContent, Ref
from mscode.plan.change import Action, Change, Check, FieldChange, Launch, LaunchReason, MemberChange, Note, Plan
from tests.views.plans import at, fields, launch, live, phones, plan, planned, reach

CITIES = ("helsinki", "espoo", "vantaa", "tampere", "turku", "oulu")
WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
WORDS = {
    "greeting": "Hello! This is the blood service. We need donors in {city} next week.",
    "press": "Press five if you can come, nine if you cannot.",
    "thanks": "Thank you! We will send you the time and the place.",
}


def forty() -> Plan:
    """Forty changes, three objects that stay, two notes, two guards that speak."""
    changes = [
        *_accounts(),
        *(_filter(n, city) for n, city in enumerate(CITIES)),
        *(_group(n, city) for n, city in enumerate(CITIES)),
        *(_voice(n, city) for n, city in enumerate(CITIES)),
        *_recordings(),
        *(_campaign(n, city) for n, city in enumerate(CITIES[:4])),
        *_life(),
        *_gone(),
        planned(at("filters.everyone"), Action.NOOP, unchanged=1),
        planned(at("groups.staff"), Action.NOOP, unchanged=2),
        planned(at("rsvpCalls.spring"), Action.NOOP, unchanged=9),
    ]
    notes = (
        Note("rsvpCalls.spring", "is complete", "complete"),
        Note(
            "rsvpCalls.autumn",
            "was halted by a person; stays halted",
            "operator-halt",
            detail="To let it call again, plan with --resume rsvpCalls.autumn; to keep it halted, write `state: halt`.",
        ),
    )
    checks = (
        Check(
            "maxPeople", "fail", "3,954 people would be called, and the limit is 3000.", "agreed with the call centre"
        ),
        Check("samePersonSameDay", "warn", "12 people are called by two campaigns on one day."),
    )
    unmanaged = {"groups": 3, "voiceFiles": 12}
    return plan(
        *changes, notes=notes, checks=checks, unmanaged=unmanaged, compared=43, files=6, environment="production"
    )


def _place(file: str, line: int) -> Place:
    return Place(f"campaigns/{file}.yaml", line, 3)


def _accounts() -> list[Change]:
    anna = {"firstName": "Anna", "lastName": "Virta", "phone": "+358401234567", "city": "Helsinki", "yearOfBirth": 1980}
    personal = {"firstName", "lastName", "phone"}
    return [
        planned(
            at("accounts.anna"),
            Action.CREATE,
            _place("people", 4),
            fields=tuple(FieldChange(k, None, v, personal=k in personal) for k, v in anna.items()),
        ),
        planned(
            at("accounts.erik"),
            Action.UPDATE,
            _place("people", 5),
            fields=(
                FieldChange("phone", "+358405550100", "+358405550101", personal=True),
                FieldChange("city", "Espoo", "Vantaa"),
            ),
            unchanged=3,
        ),
        planned(at("accounts.maija"), Action.NOOP, _place("people", 6), import_id="118", unchanged=4),
    ]


def _conditions(city: str, year: int) -> list[dict[str, Any]]:
    return [
        {"field": "city", "operator": "==", "value": city.capitalize()},
        {"field": "yearOfBirth", "operator": "<=", "value": year},
    ]


def _filter(n: int, city: str) -> Change:
    address, place = at(f"filters.{city}-adults"), _place("filters", 4 + 3 * n)
    if n < 4:
        return planned(address, Action.CREATE, place, fields=fields(conditions=_conditions(city, 2008)))
    change = FieldChange("conditions", _conditions(city, 2007), _conditions(city, 2008), forces_replacement=True)
    return planned(address, Action.REPLACE_CREATE_FIRST, place, fields=(change,), live=live("filters", str(n)))


def _group(n: int, city: str) -> Change:
    address, place = at(f"groups.donors-{city}"), _place("groups", 4 + 6 * n)
    joined = tuple(str(k) for k in range(902 - n))
    if n < 4:
        named = fields(name=f"Donors in {city.capitalize()}", description="Everybody who has given blood before")
        return planned(address, Action.CREATE, place, fields=named, members=MemberChange(joined, (), len(joined)))
    if n == 4:
        return planned(
            address, Action.UPDATE, place, members=MemberChange(joined[:12], joined[12:15], 1204), unchanged=2
        )
    renamed = FieldChange("description", "Donors", "", to_default=True)
    return planned(address, Action.UPDATE, place, fields=(renamed,), unchanged=1, previous_address=at("groups.north"))


def _voice(n: int, city: str) -> Change:
    address, place = at(f"voiceFiles.greeting-{city}"), _place("voice", 4 + 4 * n)
    text = WORDS["greeting"].format(city=city.capitalize())
    if n < 4:
        values = {"name": f"Greeting {city}", "text": text, "voiceCode": "fi"}
        made = tuple(FieldChange(k, None, v, multiline=k == "text") for k, v in values.items())
        return planned(address, Action.CREATE, place, fields=made)
    change = FieldChange("text", text.replace("next", "this"), text, forces_replacement=True, multiline=True)
    return planned(
        address,
        Action.REPLACE_CREATE_FIRST,
        place,
        fields=(change,),
        unchanged=2,
        keeps_old=n == 5,
        live=live("voiceFiles", "50"),
    )


def _recordings() -> list[Change]:
    jingle = FileContent("audio/jingle.wav", 48044, "0a1b2c3d" * 8)
    values = {
        "press": {"text": WORDS["press"], "voiceCode": "fi"},
        "thanks": {"text": WORDS["thanks"], "voiceCode": "fi"},
    }
    spoken = [
        planned(at(f"voiceFiles.{k}"), Action.CREATE, _place("voice", 40), fields=fields(name=k, **v))
        for k, v in values.items()
    ]
    return [
        *spoken,
        planned(at("voiceFiles.jingle"), Action.CREATE, _place("voice", 60), fields=fields(name="jingle", file=jingle)),
    ]


def _campaign(n: int, city: str) -> Change:
    played = {"start": f"greeting-{city}", "actionButtons": "press", "accept": "thanks", "end": "jingle"}
    values = {
        "state": "active",
        "startTime": "2026-12-01T07:00:00Z",
        "endTime": "2026-12-04T15:00:00Z",
        "activeFrom": "09:00:00",
        "activeTo": "15:00:00",
        "activeWeekdays": WORKDAYS,
        "voiceFiles": {kind: Ref("voiceFiles", name) for kind, name in played.items()},
        "actionButtons": {"accept": ["5"], "decline": ["9"]},
        "receivers": [{"group": Ref("groups", f"donors-{city}")}, {"phone": "+358405550199"}],
        "acceptsWanted": 40,
        "meta": {"season": "winter"},
    }
    people = 902 - n
    via = ((f"groups.donors-{city}", people), ("phone +358405550199", 1))
    dials = replace(launch(), reach=reach(people, phones=phones(people, 1000 * n), via=via))
    return planned(
        at(f"rsvpCalls.invite-{city}"),
        Action.CREATE,
        _place("invite", 4 + 20 * n),
        fields=fields(**values),
        launch=dials,
    )


def _dials(reason: LaunchReason, people: int, start: int, widens: tuple[str, ...] = ()) -> Launch:
    """A launch that reaches people whom no other one reaches."""
    found = launch(reason, people, widens=widens)
    return replace(found, reach=replace(found.reach, phones=phones(people, start), via=()))


def _life() -> list[Change]:
    longer = FieldChange("endTime", "2026-12-04T15:00:00Z", "2026-12-07T15:00:00Z")
    days = FieldChange("activeWeekdays", WORKDAYS, [*WORKDAYS, "saturday"])
    more = FieldChange(
        "receivers",
        [{"group": Ref("groups", "donors-turku")}],
        [{"group": Ref("groups", "donors-turku")}, {"group": Ref("groups", "staff")}],
    )
    halt = FieldChange("state", "active", "halt")
    return [
        planned(
            at("rsvpCalls.invite-turku"),
            Action.UPDATE,
            _place("invite", 84),
            fields=(longer, days),
            unchanged=9,
            launch=_dials("edit", 300, 5000, widens=("later end", "other weekdays")),
        ),
        planned(
            at("rsvpCalls.thanks-turku"),
            Action.UPDATE,
            _place("invite", 104),
            fields=(more,),
            unchanged=10,
            launch=_dials("reaches-more", 12, 6000, widens=("new receivers",)),
        ),
        planned(
            at("rsvpCalls.invite-oulu"), Action.UPDATE, _place("invite", 124), fields=(halt,), unchanged=10, halts=True
        ),
        planned(at("rsvpCalls.summer"), Action.NOOP, _place("invite", 144), launch=_dials("interrupted", 40, 7000)),
        planned(at("rsvpCalls.winter"), Action.NOOP, _place("invite", 164), previous_address=at("rsvpCalls.december")),
    ]


def _gone() -> list[Change]:
    state = FieldChange("state", "active", "halt")
    kept = "it has reached people, so its results stay in the live account"
    gone = (FieldChange("name", "Old donors", None), FieldChange("description", "Not used any more", None))
    return [
        planned(at("rsvpCalls.test"), Action.FORGET, fields=(state,), halts=True),
        planned(at("rsvpCalls.last-year"), Action.FORGET, reason=kept),
        planned(at("groups.old"), Action.DELETE, fields=gone),
        planned(at("voiceFiles.old"), Action.DELETE, fields=(FieldChange("name", "Old greeting", None),)),
        planned(at("filters.old"), Action.DELETE, fields=(FieldChange("conditions", _conditions("oulu", 1990), None),)),
        planned(at("accounts.gone"), Action.FORGET, reason="it was adopted, so it stays in the live account"),
        planned(at("groups.north-staff"), Action.NOOP, _place("groups", 60), import_id="31"),
    ]
