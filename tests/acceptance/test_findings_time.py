"""Findings of times through the command line, with the live account."""

from __future__ import annotations

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World


def test_a_plan_judges_the_night_by_the_numbers_of_the_live_account(world: World) -> None:
    world.write(drive(activeTo="20:00"))
    planned = world.plan()
    assert planned.code == 0
    assert "Check time/night warns: rsvpCalls.invite may ring 4 people outside 08–21 on their clock" in planned.out
    (check,) = world.checks("time/night")
    assert (check["status"], check["source"]["file"]) == ("warn", "all.yaml")
    world.write(drive())
    assert world.checks("time/night") == []


def test_a_guard_of_hours_speaks_alone(world: World) -> None:
    world.write_project(guards={"callingHours": {"from": "09:00", "to": "20:00", "timezone": "Europe/Helsinki"}})
    world.write(drive(activeTo="20:00"))
    planned = world.plan()
    assert planned.code == 5
    assert "time/night" not in planned.out


def test_what_goes_out_at_once_is_said_until_it_says_so_itself(world: World) -> None:
    world.write(drive(startTime=None))
    (check,) = world.checks("time/at-once")
    assert (check["status"], check["suggestion"]) == ("warn", "now")
    world.write(drive(startTime="now"))
    assert world.checks("time/at-once") == []
    assert world.launch().code == 0
    assert world.plan("--detailed-exitcode").code == 0
    assert world.checks("time/at-once") == []


def test_what_is_made_halted_does_not_go_out_and_its_launch_does(world: World) -> None:
    world.write(drive(startTime=..., state="halt"))
    assert world.cli("validate", world.folder).err.count("time/at-once") == 0
    assert world.checks("time/at-once") == []
    assert world.apply("--auto-approve").code == 0
    world.write(drive(startTime=...))
    assert len(world.checks("time/at-once")) == 1


def test_an_edit_of_what_calls_already_is_not_said_to_go_out(world: World) -> None:
    world.write(drive(startTime=..., acceptsWanted=4))
    assert world.launch().code == 0
    world.write(drive(startTime=..., maxRedials=4))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.checks("time/at-once") == []


def test_the_hours_on_either_side_of_a_change_are_in_the_finding(world: World) -> None:
    spring = {"startTime": "2027-03-22T08:00:00Z", "endTime": "2027-04-02T17:00:00Z"}
    world.write(drive(**spring))
    (check,) = world.checks("time/dst")
    assert "10:00–17:00 from Mon 2027-03-22, 11:00–18:00 from Mon 2027-03-29, in Europe/Helsinki" in check["message"]
    world.write(drive())
    assert world.checks("time/dst") == []


def test_a_level_of_deny_refuses_a_launch_and_never_a_stop(world: World) -> None:
    world.write_project(checks={"time/far": "deny", "time/night": "deny"})
    far = {"startTime": "2027-11-01T08:00:00Z", "endTime": "2027-11-03T17:00:00Z", "activeTo": "20:00"}
    world.write(drive(**far))
    world.service.forget_requests()
    assert (world.plan().code, world.launch().code) == (5, 5)
    assert world.service.requests(writes=True) == []
    assert world.cli("validate", world.folder).code == 5
    assert world.launch("--override", "time/far", "--override", "time/night").code == 0
    world.write(drive(**far, state="halt"))
    assert world.plan().code == 0
    assert world.launch().code == 0
    assert world.service.campaign()["state"] == "halt"
