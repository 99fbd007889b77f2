"""What a plan always shows of what reaches people, before anybody asks."""

from __future__ import annotations

from typing import Any

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World


def _rows(world: World) -> str:
    return " ".join(world.plan().out.split())


def test_the_seconds_of_each_spoken_text(world: World) -> None:
    world.write(drive())
    shown = _rows(world)
    assert 'start: "Hello from the blood service" (about 2 seconds)' in shown
    assert "heard: about 2 seconds" in shown


def _with_message(**changes: Any) -> dict[str, Any]:
    project = drive()
    del project["rsvpCalls"]
    project["accounts"]["nobody"] = {"firstName": "Nobody", "email": "nobody@city.fi", "city": "Helsinki"}
    receivers = [{"group": "donors"}]
    project["smses"] = {"note": {"message": "Hello you", "actionTime": "2026-12-01T08:00:00Z", "receivers": receivers}}
    project["smses"]["note"] |= changes
    return project


def test_parts_times_people_and_the_members_who_are_not_reached(world: World) -> None:
    world.write(_with_message(message="Hello " * 40))
    shown = _rows(world)
    assert "parts: 2 per message × 4 people = 8 parts (GSM)" in shown
    assert "not reached: 1 of 5 members of groups.donors has no phone" in shown
    assert "at once:" not in shown


def test_what_goes_out_the_moment_it_is_applied(world: World) -> None:
    world.write(_with_message(actionTime="2026-11-30T06:05:00Z"))
    assert "at once: goes out the moment it is applied" in _rows(world)
    world.write(drive(startTime=None))
    assert "at once: goes out the moment it is applied" in _rows(world)


def test_the_hours_on_either_side_of_a_change_of_the_clocks(world: World) -> None:
    world.write(drive(startTime="2027-03-22T08:00:00Z", endTime="2027-04-02T17:00:00Z"))
    assert (
        "local hours: 10:00–17:00 Europe/Helsinki from Mon 2027-03-22; 11:00–18:00 Europe/Helsinki from Mon 2027-03-29"
        in _rows(world)
    )
    world.write(drive())
    assert "local hours" not in _rows(world)
