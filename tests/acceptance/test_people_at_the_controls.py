"""What people did beside mscode is respected: halts, deletions, finished campaigns."""

from __future__ import annotations

import pytest

from tests.acceptance.campaigns import AFTER, drive
from tests.acceptance.conftest import World

CALLING = "2026-12-01T08:05:00Z"


@pytest.fixture(params=[None, CALLING], ids=["waiting", "calling"])
def halted(world: World, request: pytest.FixtureRequest) -> World:
    """A campaign that was launched, and halted by a person since."""
    world.launched(drive())
    if request.param:
        world.service.at(request.param)
    assert world.service.halt_as_a_person()["state"] == "halt"
    world.service.forget_requests()
    return world


def test_a_persons_halt_stays_and_is_no_change(halted: World) -> None:
    ended = halted.plan("--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert "was halted by a person; stays halted" in ended.out
    assert halted.launch().code == 0
    assert halted.service.campaign()["state"] == "halt"
    assert halted.service.requests(writes=True) == []


def test_a_persons_halt_survives_an_edit_of_the_manifest(halted: World) -> None:
    halted.write(drive(activeTo="14:00"))
    ended = halted.launch()
    assert ended.code == 0, ended.said
    assert (halted.service.campaign()["state"], halted.service.campaign()["activeTo"]) == ("halt", "14:00:00")
    halted.holds_the_law()


def test_resume_launches_it_again_under_its_own_yes(halted: World) -> None:
    resume = ("--resume", "rsvpCalls.invite")
    assert halted.changes(*resume) == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert halted.apply(*resume).code == 5
    assert halted.service.campaign()["state"] == "halt"
    ended = halted.launch(*resume)
    assert ended.code == 0, ended.said
    assert halted.service.campaign()["state"] in ("active", "waitingToActive")
    halted.holds_the_law()


def test_a_halt_of_a_person_who_also_wiped_the_meta_stays(world: World) -> None:
    world.launched(drive())
    world.service.put_campaign(world.service.campaign(), state="halt", meta={})
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "halt"


def test_someone_who_resumes_by_hand_is_respected_too(halted: World) -> None:
    halted.service.put_campaign(halted.service.campaign(), state="active")
    running = halted.service.campaign()["state"]
    assert running in ("active", "waitingToActive")
    halted.holds_the_law()
    assert halted.apply().code == 0
    assert halted.service.campaign()["state"] == running


def test_a_complete_campaign_is_success_and_no_edit_touches_it(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    assert world.service.campaign()["state"] == "complete"
    world.holds_the_law()
    before = world.service.campaign()
    world.write(drive(activeTo="16:00", endTime="2026-12-20T17:00:00Z"))
    ended = world.plan("--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert "Warning" in ended.err and "new name" in ended.err
    assert world.launch().code == 0
    assert world.service.campaign() == before


def test_a_complete_campaign_says_so(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    assert "rsvpCalls.invite is complete" in world.plan().out


def test_a_campaign_that_ended_without_a_call_was_missed(world: World) -> None:
    world.launched(drive())
    world.service.halt_as_a_person()
    world.service.at(AFTER)
    ended = world.plan("--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert "was missed" in ended.said
    world.holds_the_law()


def test_a_campaign_that_was_never_launched_ends_as_a_warning(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    world.service.at(AFTER)
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
    assert world.service.rings() == []


def test_a_campaign_whose_end_has_passed_is_not_made(world: World) -> None:
    world.service.at(AFTER)
    world.write(drive())
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "expired" in ended.said
    assert world.service.get("/rsvp_calls") == []


def test_a_start_long_past_is_refused_in_the_plan(world: World) -> None:
    world.service.at("2026-12-01T09:00:00Z")
    world.write(drive())
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "startTime" in ended.err
    assert world.service.requests(writes=True) == []


def test_a_campaign_that_somebody_deleted_after_it_called_stays_away(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:40:00Z")
    world.service.send("DELETE", "/rsvp_calls/1")
    ended = world.plan("--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert "rsvpCalls.invite" in ended.said
    assert world.launch().code == 0
    assert world.service.get("/rsvp_calls") == []
    again = world.launch("--replace", "rsvpCalls.invite")
    assert again.code == 0, again.said
    assert len(world.service.get("/rsvp_calls")) == 1
    world.holds_the_law()


def test_a_group_that_somebody_deleted_is_made_again(world: World) -> None:
    world.launched({**drive(), "rsvpCalls": {}})
    world.service.send("DELETE", "/groups/1")
    assert world.changes() == {"groups.donors": (["create"], [])}
    assert world.apply().code == 0
    assert len(world.service.get("/groups/2/accounts")) == 4
    world.holds_the_law()


def test_a_running_campaign_whose_voice_file_was_deleted_is_put_right(world: World) -> None:
    world.launched(drive())
    world.service.send("DELETE", "/voice_files/1")
    ended = world.apply()
    assert ended.code == 0, ended.said
    campaign = world.service.campaign()
    assert [one["voiceFileId"] for one in campaign["voiceFiles"]] == ["2"]
    assert campaign["state"] == "waitingToActive"
    world.holds_the_law()
