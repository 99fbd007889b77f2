"""`startTime: now` through the command line: as a start that is left out, and an earlier start where a later one stood."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

LATER = "2026-12-02T08:00:00Z"


def _starts_today(world: World) -> bool:
    return str(world.service.campaign()["startTime"]).startswith("2026-11-30 06:0")


@pytest.mark.parametrize("start", ["now", None, ...], ids=["now", "null", "left-out"])
def test_a_launch_at_once_is_held_launched_and_then_nothing_is_left(world: World, start: Any) -> None:
    world.write(drive(startTime=start))
    assert world.changes()["rsvpCalls.invite"] == (["create"], ["dials"])
    assert world.apply().code == 5
    assert world.service.campaign()["state"] == "halt"
    assert world.launch().code == 0
    assert _starts_today(world)
    for step in ("", "+1h", "+1d"):
        if step:
            world.service.advance(step)
        assert world.plan("--detailed-exitcode").code == 0
    assert world.cli("drift", world.folder, "--detailed-exitcode").said.count("startTime") == 0
    world.holds_the_law()


def _entries(state: Any) -> list[dict[str, Any]]:
    """The applied fields of each object, wherever the document has them."""
    if isinstance(state, dict):
        own = [state["applied"]] if isinstance(state.get("applied"), dict) else []
        return own + [entry for value in state.values() for entry in _entries(value)]
    return [entry for value in state for entry in _entries(value)] if isinstance(state, list) else []


def test_now_and_left_out_are_one_and_the_same_while_it_calls(world: World) -> None:
    for start, other in (("now", ...), (..., "now")):
        world.write(drive(startTime=start))
        assert world.launch().code == 0
        world.write(drive(startTime=other))
        assert world.plan("--detailed-exitcode").code == 0


def test_now_where_a_later_start_stood_is_a_launch_and_held_without_its_yes(world: World) -> None:
    world.launched(drive(startTime=LATER))
    before = world.service.campaign()
    world.write(drive(startTime="now"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    planned = world.plan()
    assert "earlier start" in planned.out
    assert "at once" in planned.out
    world.service.forget_requests()
    assert world.apply().code == 5
    assert (world.service.requests(writes=True), world.service.campaign()) == ([], before)
    assert world.apply("--no-launch").code in (0, 5)
    assert world.service.campaign() == before
    assert world.launch().code == 0
    after = world.service.campaign()
    assert (_starts_today(world), after["state"]) == (True, "active")
    assert world.plan("--detailed-exitcode").code == 0
    world.service.advance("+1h")
    assert world.plan("--detailed-exitcode").code == 0
    world.holds_the_law()


def test_now_leaves_the_state_as_a_start_that_is_left_out(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime="now"))
    assert world.launch().code == 0
    assert "startTime" not in world.cli("drift", world.folder).said
    (entry,) = [entry for entry in _entries(world.cli("state", "pull", world.folder).json) if "acceptsWanted" in entry]
    assert "startTime" not in entry


def test_a_start_that_leaves_the_manifest_stays_and_now_brings_it_forward(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime=...))
    assert world.apply("--auto-approve").code == 0
    assert world.service.campaign()["startTime"] == "2026-12-02 08:00:00"
    world.write(drive(startTime="now"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}


def test_now_once_the_start_has_passed_changes_nothing(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    world.write(drive(startTime="now"))
    assert world.plan("--detailed-exitcode").code == 0


def test_a_later_start_after_now_takes_the_start_back_without_a_launch(world: World) -> None:
    world.write(drive(startTime="now"))
    assert world.launch().code == 0
    world.write(drive(startTime=LATER))
    assert world.changes() == {"rsvpCalls.invite": (["update"], [])}


def test_one_that_was_never_launched_has_a_start_ahead_that_says_nothing(world: World) -> None:
    world.write(drive(startTime="now", state="halt"))
    assert world.apply("--auto-approve").code == 0
    assert world.plan("--detailed-exitcode").code == 0
    assert world.service.rings() == []
    world.write(drive(startTime="now"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.apply().code == 5
    assert world.service.campaign()["state"] == "halt"
    assert world.launch().code == 0
    assert _starts_today(world)
    assert world.plan("--detailed-exitcode").code == 0


def test_a_start_that_becomes_now_before_the_launch_rings_nobody(world: World) -> None:
    world.write(drive(startTime=LATER, state="halt"))
    assert world.apply("--auto-approve").code == 0
    world.write(drive(startTime="now", state="halt"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], [])}
    assert world.apply("--auto-approve").code == 0
    assert (world.service.campaign()["state"], world.service.rings()) == ("halt", [])
    assert world.plan("--detailed-exitcode").code == 0


def test_on_what_is_halted_it_is_an_edit_and_the_launch_comes_with_the_state(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime=LATER, state="halt"))
    assert world.apply("--auto-approve").code == 0
    world.write(drive(startTime="now", state="halt"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], [])}
    assert world.apply("--auto-approve").code == 0
    assert (world.service.campaign()["state"], world.service.rings()) == ("halt", [])
    assert world.plan("--detailed-exitcode").code == 0
    world.write(drive(startTime="now"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.launch().code == 0
    assert _starts_today(world)
    assert world.plan("--detailed-exitcode").code == 0


def test_state_and_start_in_one_edit_launch_it_now(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime=LATER, state="halt"))
    assert world.apply("--auto-approve").code == 0
    world.write(drive(startTime="now"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.apply().code == 5
    assert world.service.campaign()["state"] == "halt"
    assert world.launch().code == 0
    assert (_starts_today(world), world.service.campaign()["state"]) == (True, "active")
    assert world.plan("--detailed-exitcode").code == 0


def test_state_and_start_launch_it_now_without_an_apply_before(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime=LATER, state="halt"))
    assert world.apply("--auto-approve").code == 0
    world.write(drive(startTime="now"))
    assert world.launch().code == 0
    assert (_starts_today(world), world.service.campaign()["state"]) == (True, "active")
    assert world.plan("--detailed-exitcode").code == 0


def test_one_that_is_adopted_waits_for_its_yes_too(world: World) -> None:
    world.launched(drive(startTime=LATER))
    before = world.service.campaign()
    assert world.cli("forget", "rsvpCalls.invite", world.folder).code == 0
    world.write(drive(startTime="now", **{"import": str(before["rsvpCallId"])}))
    assert world.changes()["rsvpCalls.invite"] == (["update"], ["dials"])
    assert world.apply().code == 5
    assert world.service.campaign()["startTime"] == before["startTime"]
    assert world.launch().code == 0
    assert _starts_today(world)
    assert world.plan("--detailed-exitcode").code == 0


def test_a_saved_plan_that_brings_the_start_forward_is_stale_once_the_start_has_passed(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime="now"))
    saved = world.folder / "plan.json"
    assert world.plan("--out", saved).code == 0
    world.service.at("2026-12-02T08:30:00Z")
    assert world.cli("apply", saved, "--allow-launch", "--auto-approve").code == 3


def test_a_persons_halt_stays(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.service.halt_as_a_person()
    world.write(drive(startTime="now"))
    assert world.launch().code == 0
    assert world.service.campaign()["state"] == "halt"
    assert world.service.rings() == []


def test_a_start_that_is_not_compared_stays(world: World) -> None:
    world.launched(drive(startTime=LATER))
    world.write(drive(startTime="now", lifecycle={"ignoreChanges": ["startTime"]}))
    assert world.plan("--detailed-exitcode").code == 0


def test_a_guard_of_hours_judges_now_as_at_once(world: World) -> None:
    world.write_project(guards={"callingHours": {"from": "09:00", "to": "17:00", "timezone": "UTC"}})
    world.write(drive(startTime="now", activeFrom="06:00"))
    assert world.launch().code == 5


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("startTime", "Now", "in small letters"),
        ("startTime", "now please", "must be a date and time"),
        ("endTime", "now", "for the startTime of rsvpCalls alone"),
    ],
)
def test_any_other_now_of_a_campaign_is_an_error_with_its_place(
    world: World, field: str, value: str, said: str
) -> None:
    world.write(drive(**{field: value}))
    ended = world.cli("validate", world.folder)
    assert (ended.code, said in ended.err, "on all.yaml line " in ended.err) == (1, True, True)


@pytest.mark.parametrize("section", ["calls", "smses", "emails"])
def test_an_action_time_of_now_is_an_error(world: World, section: str) -> None:
    texts = {
        "calls": {"operations": [{"say": "Hello"}]},
        "smses": {"message": "Hello"},
        "emails": {"subject": "Hello", "messageText": "Hello"},
    }
    project = drive()
    project[section] = {"hello": {**texts[section], "actionTime": "now", "receivers": [{"group": "donors"}]}}
    world.write(project)
    world.service.forget_requests()
    for command in ("validate", "plan"):
        ended = world.cli(command, world.folder)
        assert ended.code == 1
        assert "`now`, in small letters, is for the startTime of rsvpCalls alone" in ended.said
        assert "on all.yaml line " in ended.said
    assert world.service.requests(writes=True) == []
