"""The guard `samePersonSameDay`: a day is one where the person is, whatever lets both campaigns call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, invite
from tests.acceptance.conftest import World

DENY = {"samePersonSameDay": {"level": "deny"}}
EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def campaign(day: str, opens: str, shuts: str, *receivers: dict[str, str], **more: Any) -> dict[str, Any]:
    fields = {"activeFrom": opens, "activeTo": shuts, "activeWeekdays": EVERY_DAY, "acceptsWanted": 1}
    times = {"startTime": f"{day}T{opens}:00Z", "endTime": f"{day}T{shuts}:00Z"}
    return invite(**fields, **times, receivers=list(receivers) or [{"phone": PHONES[0]}], **more)


def wanted(**campaigns: Any) -> dict[str, Any]:
    voice = {"greeting": {"text": "Hello", "voiceCode": "en"}}
    return {"apiVersion": "mscode/v1", "voiceFiles": voice, "rsvpCalls": campaigns}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("2026-12-01", "07:00", "08:00"), ("2026-12-01", "12:00", "13:00"), True),
        (("2026-12-01", "07:00", "08:00"), ("2026-12-02", "07:00", "08:00"), False),
        # half past midnight on the second in Helsinki, and the morning of that day; two days in UTC
        (("2026-12-01", "22:30", "23:00"), ("2026-12-02", "06:00", "10:00"), True),
        (("2026-12-02", "06:00", "10:00"), ("2026-12-01", "22:30", "23:00"), True),
        # up to midnight in Helsinki, and after it; one day in UTC
        (("2026-12-01", "20:00", "22:00"), ("2026-12-01", "22:00", "23:00"), True),  # they touch
        (("2026-12-01", "20:00", "21:59"), ("2026-12-01", "22:01", "23:00"), False),
    ],
)
def test_a_day_is_one_where_the_person_is(world: World, first: Any, second: Any, same: bool) -> None:
    world.write_project(guards=DENY)
    world.write(wanted(one=campaign(*first), other=campaign(*second)))
    ended = world.plan()
    assert ended.code == (5 if same else 0), ended.said
    assert ("1 person may be called by rsvpCalls.one and rsvpCalls.other on the same day" in ended.out) == same


def test_it_names_both_campaigns_to_programs(world: World) -> None:
    world.write(wanted(one=campaign("2026-12-01", "07:00", "08:00"), other=campaign("2026-12-01", "12:00", "13:00")))
    (check,) = world.checks("samePersonSameDay")
    assert check["status"] == "warn" and check["addresses"] == ["rsvpCalls.one", "rsvpCalls.other"]


def test_several_campaigns_have_a_line_each(world: World) -> None:
    world.write_project(guards=DENY)
    world.write(wanted(**{name: campaign("2026-12-01", "07:00", "08:00") for name in ("a", "b", "c", "d")}))
    assert (
        "Guard samePersonSameDay refuses this plan:\n"
        "  1 person may be called by rsvpCalls.a and rsvpCalls.b, rsvpCalls.c or rsvpCalls.d on the same day\n"
        "  1 person may be called by rsvpCalls.b and rsvpCalls.c or rsvpCalls.d on the same day\n"
        "  1 person may be called by rsvpCalls.c and rsvpCalls.d on the same day\n"
        "  To go on this once: --override samePersonSameDay\n"
    ) in world.plan().out


def test_who_joins_a_group_that_is_called_that_day_counts(world: World) -> None:
    """No campaign is changed; a new member is reached by one that waits, and by another already."""
    group = {"crowd": {"description": "", "members": {"accounts": ["aino"]}}}
    accounts = {
        name: {"firstName": name, "phone": phone} for name, phone in zip(("aino", "eero"), PHONES[:2], strict=True)
    }
    manifest = wanted(
        one=campaign("2026-12-01", "07:00", "08:00", {"group": "crowd"}),
        other=campaign("2026-12-01", "12:00", "13:00", {"account": "eero"}),
    ) | {"groups": group, "accounts": accounts}
    world.launched(manifest)
    group["crowd"]["members"]["accounts"] = ["aino", "eero"]
    world.write_project(guards=DENY)
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "1 person may be called by rsvpCalls.one and rsvpCalls.other on the same day" in ended.out


def test_who_is_in_what_gets_more_people_counts_too(world: World) -> None:
    """One that waits gets a new member, and another is launched that day to somebody whom the first calls already."""
    group = {"crowd": {"description": "", "members": {"accounts": ["aino"]}}}
    accounts = {
        name: {"firstName": name, "phone": phone} for name, phone in zip(("aino", "eero"), PHONES[:2], strict=True)
    }
    manifest = wanted(one=campaign("2026-12-01", "07:00", "08:00", {"group": "crowd"})) | {
        "groups": group,
        "accounts": accounts,
    }
    world.launched(manifest)
    group["crowd"]["members"]["accounts"] = ["aino", "eero"]
    manifest["rsvpCalls"]["other"] = campaign("2026-12-01", "12:00", "13:00", {"account": "aino"})
    world.write_project(guards=DENY)
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "1 person may be called by rsvpCalls.other and rsvpCalls.one on the same day" in ended.out
