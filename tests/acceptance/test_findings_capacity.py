"""Findings of the area `capacity` through the command line: what a launch is refused for, and what only a plan knows."""

from __future__ import annotations

import json

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

#: A window that holds three calls at one a minute; the campaign wants four to accept.
NARROW = {"activeFrom": "08:00", "activeTo": "08:03", "endTime": "2026-12-01T17:00:00Z"}


def _set_pace(world: World, pace: int) -> None:
    project = json.loads((world.folder / "mscode.yaml").read_text())
    project["environments"]["test"]["service"] = {"pace": pace}
    (world.folder / "mscode.yaml").write_text(json.dumps(project))


def test_a_window_that_is_too_narrow_refuses_the_launch_and_no_halted_campaign(world: World) -> None:
    _set_pace(world, 1)
    world.write(drive(**NARROW))
    (check,) = world.checks("capacity/window")
    assert (check["status"], check["addresses"]) == ("fail", ["rsvpCalls.invite"])
    assert check["message"] == "rsvpCalls.invite wants 4 to accept, and its window holds 3 calls at 1 call a minute."
    assert world.cli("validate", world.folder).code == 5
    world.service.forget_requests()
    assert world.launch().code == 5
    assert world.service.requests(writes=True) == []
    world.write(drive(**NARROW, state="halt"))
    assert [check["status"] for check in world.checks("capacity/window")] == ["warn"]
    assert world.launch().code == 0
    world.write(drive(**NARROW))
    assert world.launch().code == 5
    assert world.launch("--override", "capacity/window").code == 0


def test_the_live_people_count_and_without_a_pace_it_only_warns(world: World) -> None:
    world.write(drive(**{**NARROW, "activeTo": "08:01"}, acceptsWanted=1))
    world.service.control("POST", "/seed", [{"phone": f"+35840777{at:04}", "city": "Helsinki"} for at in range(20)])
    (check,) = world.checks("capacity/window")
    assert check["status"] == "warn"
    assert "reaches 24 people, and its window holds 12 calls at 12 calls a minute (assumed" in check["message"]
    _set_pace(world, 30)
    assert world.checks("capacity/window") == []


def test_a_campaign_that_has_called_is_not_judged_by_what_is_left(world: World) -> None:
    _set_pace(world, 30)
    world.launched(drive(acceptsWanted=2))
    world.service.at("2026-12-01T08:01:00Z")
    _set_pace(world, 1)
    world.write(drive(acceptsWanted=2, **{**NARROW, "activeTo": "08:02"}))
    assert world.checks("capacity/window") == []


def test_half_of_the_people_of_a_filter_are_known_to_the_plan(world: World) -> None:
    world.write(drive(acceptsWanted=3))
    (check,) = world.checks("capacity/accepts")
    assert (check["status"], check["people"]) == ("warn", 4)
    world.write(drive(acceptsWanted=2))
    assert world.checks("capacity/accepts") == []
    world.write(drive(acceptsWanted=5))
    assert world.checks("capacity/accepts") == []
    assert [check["status"] for check in world.checks("acceptsWanted")] == ["fail"]
