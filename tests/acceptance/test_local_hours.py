"""Hours that a manifest writes with a zone: sent in the service's, and called in the written one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World

#: Summer time begins on 2027-03-28 in Europe, on 2027-03-14 in New York.
BEFORE_SUMMER, AFTER_SUMMER = "2027-03-22T06:00:00Z", "2027-03-30T06:00:00Z"


def local(begin: str = "10:00", end: str = "15:00", zone: str = "Europe/Helsinki", **changes: Any) -> Manifest:
    return drive(activeFrom=f"{begin} {zone}", activeTo=f"{end} {zone}", **changes)


def week(month: int, day: int) -> dict[str, str]:
    """Five days of 2027, from that one on."""
    start = datetime(2027, month, day)
    return {"startTime": f"{start.isoformat()}Z", "endTime": f"{(start + timedelta(days=5)).isoformat()}Z"}


def desk(zone: str = "Europe/Helsinki", **changes: Any) -> Manifest:
    """The project with a click-to-call in the place of its campaign."""
    project = drive()
    del project["rsvpCalls"]
    project["clickToCalls"] = {
        "desk": {
            "activeFrom": f"10:00 {zone}",
            "activeTo": f"15:00 {zone}",
            "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "voiceFile": "greeting",
            "actionButtons": {"accept": 5, "decline": 9},
            "receivers": [{"account": "aino"}, {"account": "eero"}],
            **changes,
        }
    }
    return project


# ---- what is sent, and when it rings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [(1, 11), (6, 14)], ids=["winter", "summer"])
@pytest.mark.parametrize(
    ("zone", "begin", "end"),
    [
        ("Europe/Helsinki", "10:00", "15:00"),
        ("Europe/London", "08:30", "17:00"),
        ("Atlantic/Azores", "09:00", "21:30"),
        ("Africa/Johannesburg", "09:15", "16:00"),
        ("Asia/Kolkata", "09:00", "18:00"),
        ("Asia/Kathmandu", "09:00", "18:00"),
        ("America/New_York", "09:00", "15:00"),
        ("America/St_Johns", "09:00", "17:00"),
        ("America/Los_Angeles", "08:00", "12:45"),
        ("Australia/Perth", "09:00", "17:00"),
        ("Pacific/Auckland", "14:00", "17:00"),
    ],
)
def test_people_are_called_at_the_hours_that_are_written(
    world: World, zone: str, begin: str, end: str, when: tuple[int, int]
) -> None:
    world.service.at(f"2027-{when[0]:02}-{when[1] - 1:02}T06:00:00Z")
    world.write(local(begin, end, zone, **week(*when)))
    reach = world.plan("--json").json["reach"]["rsvpCalls.invite"]
    assert world.launch().code == 0
    world.holds_the_law()
    world.service.at(f"2027-{when[0]:02}-{when[1] + 6:02}T06:00:00Z")
    rings = [datetime.fromisoformat(ring["at"]) for ring in world.service.rings()]
    clocks = [moment.astimezone(ZoneInfo(zone)) for moment in rings]
    assert rings
    assert all(time.fromisoformat(begin) <= at.time() < time.fromisoformat(end) and at.weekday() < 5 for at in clocks)
    assert min(rings) >= datetime.fromisoformat(reach["firstCall"])
    assert max(rings) <= datetime.fromisoformat(reach["lastCall"])
    first = datetime.fromisoformat(reach["firstCall"]).astimezone(ZoneInfo(zone))
    assert (first.time(), first.weekday()) == (time.fromisoformat(begin), clocks[0].weekday())
    world.holds_the_law()


def test_a_plan_shows_hours_as_they_are_written_and_as_they_are_sent(world: World) -> None:
    world.write(local())
    assert 'activeFrom:     "10:00 Europe/Helsinki" (sent as 08:00 UTC)\n' in world.plan().out
    world.launch()
    assert world.service.campaign()["activeFrom"] == "08:00:00"
    world.write(local(begin="11:00"))
    assert '"08:00" (UTC; 10:00 Europe/Helsinki) -> "11:00 Europe/Helsinki" (sent as 09:00 UTC)\n' in world.plan().out


def test_local_is_the_projects_zone(world: World) -> None:
    world.write(local(zone="local"))
    assert '"15:00 Europe/Helsinki" (sent as 13:00 UTC)' in world.plan().out


def test_the_hours_are_sent_in_the_environments_zone(world: World) -> None:
    _set_window_zone(world, "Asia/Tokyo")
    world.write(local())
    assert '"10:00 Europe/Helsinki" (sent as 17:00 Asia/Tokyo)' in world.plan().out


def test_hours_without_a_zone_go_out_as_they_are_written(world: World) -> None:
    _set_window_zone(world, "Asia/Tokyo")
    world.launched(drive(activeFrom="10:00", activeTo="15:00"))
    assert world.service.campaign()["activeFrom"] == "10:00:00"


def test_the_guards_look_at_the_hours_that_are_called(world: World) -> None:
    world.write_project(guards={"callingHours": {"from": "10:00", "to": "15:00", "timezone": "Europe/Helsinki"}})
    world.write(drive(activeFrom="10:00", activeTo="15:00"))  # 12:00 to 17:00 in Helsinki
    assert world.plan().code == 5
    world.write(local())
    assert world.plan().code == 0


def test_an_export_writes_what_is_live_without_a_zone(world: World) -> None:
    world.launched(local())
    folder = world.folder / "exported"
    ended = world.cli("export", world.folder, "--out", folder, "--people")
    assert ended.code == 0, ended.said
    written = "".join(path.read_text() for path in folder.rglob("*.yaml"))
    assert 'activeFrom: "08:00"' in written
    assert "08:00 " not in written


# ---- later days ------------------------------------------------------------------------------------------------------


def test_a_running_campaign_has_nothing_to_plan_on_any_later_day(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(**week(3, 29)))
    assert world.service.campaign()["activeFrom"] == "07:00:00"
    for day in (25, 28, 29, 30, 31):
        world.service.at(f"2027-03-{day}T06:00:00Z")
        world.holds_the_law()


@pytest.mark.parametrize("start", ["2027-03-22T08:00:00Z", ...])
def test_a_complete_campaign_has_nothing_to_plan_after_the_clocks_have_changed(world: World, start: Any) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(startTime=start, endTime="2027-03-26T20:00:00Z"))
    assert world.service.campaign()["activeFrom"] == "08:00:00"
    for moment in ("2027-03-27T06:00:00Z", AFTER_SUMMER, "2027-07-01T06:00:00Z"):
        world.service.at(moment)
        world.holds_the_law()
        assert "manifest's changes" not in world.plan().said


@pytest.mark.parametrize("start", ["2027-03-22T08:00:00Z", "2027-03-29T00:00:00Z", ...])
def test_a_campaign_made_halted_has_nothing_to_plan_on_any_later_day(world: World, start: Any) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(state="halt", startTime=start, endTime="2027-04-30T20:00:00Z"))
    for moment in ("2027-03-28T12:00:00Z", AFTER_SUMMER, "2027-04-29T06:00:00Z", "2027-06-01T06:00:00Z"):
        world.service.at(moment)
        world.holds_the_law()


def test_a_campaign_that_a_person_halted_has_nothing_to_plan_on_any_later_day(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(startTime=..., endTime="2027-03-26T20:00:00Z"))
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    for moment in ("2027-03-24T06:00:00Z", AFTER_SUMMER):
        world.service.at(moment)
        world.holds_the_law()


def test_what_was_halted_in_winter_is_launched_in_summer_at_its_hours(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(state="halt", startTime=..., endTime="2027-04-30T20:00:00Z"))
    assert world.service.campaign()["activeFrom"] == "08:00:00"
    world.service.at(AFTER_SUMMER)
    world.write(local(startTime=..., endTime="2027-04-30T20:00:00Z"))
    assert "(sent as 07:00 UTC)" in world.plan().out
    assert world.launch().code == 0
    assert world.service.campaign()["activeFrom"] == "07:00:00"
    world.holds_the_law()


def test_other_hours_of_a_halted_campaign_are_a_change_though_they_once_were_sent_alike(world: World) -> None:
    world.launched(local(state="halt", startTime="2026-12-01T00:00:00Z", endTime="2027-04-30T00:00:00Z"))
    assert world.service.campaign()["activeFrom"] == "08:00:00"
    world.write(local("11:00", "16:00", state="halt", startTime="2026-12-01T00:00:00Z", endTime="2027-04-30T00:00:00Z"))
    assert "(sent as 09:00 UTC)" in world.plan().out  # 08:00 is eleven o'clock in summer


def test_a_click_to_call_has_nothing_to_plan_after_the_clocks_have_changed(world: World) -> None:
    world.service.at("2027-03-20T12:00:00Z")
    world.launched(desk())
    for moment in ("2027-03-24T06:00:00Z", "2027-03-27T09:00:00Z", "2027-03-28T09:00:00Z", AFTER_SUMMER):
        world.service.at(moment)
        world.holds_the_law()


def test_a_lost_state_takes_a_halted_campaign_in_as_it_is(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(local(state="halt", startTime=..., endTime="2027-04-30T20:00:00Z"))
    world.service.at(AFTER_SUMMER)
    for path in (world.folder / ".mscode").rglob("state*"):
        path.unlink()
    actions = world.changes()
    assert all(action == ["no-op"] or not effects for action, effects in actions.values()), actions
    assert "differs" not in world.plan().said


# ---- what cannot be sent ---------------------------------------------------------------------------------------------

ACROSS = {"startTime": "2027-03-22T08:00:00Z", "endTime": "2027-04-09T20:00:00Z"}


def test_a_difference_that_changes_is_an_error_with_the_date_to_split_at(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.write(local(**ACROSS))
    for command in ("validate", "plan"):
        ended = world.look(command, world.folder)
        assert ended.code == 1, ended.said
        assert "Split it at 2027-03-28" in ended.said
        assert "2027-03-26" in ended.said
        assert "2027-03-29" in ended.said
        assert "all.yaml line" in ended.said


def test_a_difference_that_changes_and_changes_back_is_an_error(world: World) -> None:
    """New York is six hours behind Helsinki for two weeks in March, and seven before and after."""
    _set_window_zone(world, "America/New_York")
    world.service.at("2027-03-08T06:00:00Z")
    world.write(local("16:00", "20:00", startTime="2027-03-09T08:00:00Z", endTime="2027-04-09T20:00:00Z"))
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "Split it at 2027-03-14, 2027-03-28" in ended.said


@pytest.mark.parametrize(
    ("begin", "end", "zone", "word"),
    [
        ("01:00", "05:00", "Europe/Helsinki", "pass midnight"),
        ("14:00", "16:00", "America/Los_Angeles", "pass midnight"),
        ("16:00", "18:00", "America/Los_Angeles", "fall on another weekday"),
        ("09:00", "12:00", "Pacific/Auckland", "fall on another weekday"),
        ("12:00", "14:00", "Pacific/Auckland", "pass midnight"),
    ],
)
def test_hours_on_another_day_of_the_service_are_an_error(
    world: World, begin: str, end: str, zone: str, word: str
) -> None:
    world.write(local(begin, end, zone))
    for command in ("validate", "plan"):
        ended = world.look(command, world.folder)
        assert ended.code == 1, ended.said
        assert f"would {word} in UTC" in ended.said


@pytest.mark.parametrize(
    "fields",
    [
        {"activeFrom": "10:00 Europe/Helsinki", "activeTo": "15:00"},
        {"activeFrom": "10:00", "activeTo": "15:00 Europe/Helsinki"},
        {"activeFrom": "10:00 Europe/Helsinki", "activeTo": "15:00 Europe/Stockholm"},
    ],
)
def test_both_ends_name_the_same_zone(world: World, fields: dict[str, str]) -> None:
    for manifest in (drive(**fields), desk(**fields)):
        world.write(manifest)
        ended = world.look("validate", world.folder)
        assert ended.code == 1, ended.said
        assert "must name the same zone" in ended.said


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10:00 Europe/Helsinky", 'Did you mean "Europe/Helsinki"?'),
        ("10:00 europe/helsinki", 'Did you mean "Europe/Helsinki"?'),
        ("10:00 Helsinki", 'Did you mean "Europe/Helsinki"?'),
        ("10:00 EST", "no time zone"),
        ("10:00 EET", "write one like Europe/Helsinki or UTC\n"),
        ("10:00 localtime", "no time zone"),
        ("10:00 ../../etc/passwd", "no time zone"),
        ("10:00 +02:00", "no time zone"),
        ("25:00 Europe/Helsinki", "must be a time of day"),
        ("10:00 Europe/Helsinki Europe/Helsinki", "no time zone"),
    ],
)
def test_a_zone_that_is_none_is_an_error(world: World, text: str, hint: str) -> None:
    world.write(drive(activeFrom=text, activeTo="15:00 Europe/Helsinki"))
    ended = world.look("validate", world.folder)
    assert ended.code == 1, ended.said
    assert hint in ended.said


def test_a_halt_goes_through_with_the_hours_of_the_day(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(drive(activeFrom="07:00", activeTo="14:00", **ACROSS))
    world.write(local(state="halt", **ACROSS))
    ended = world.plan()
    assert ended.code == 0, ended.said
    assert "rsvpCalls.invite will be halted" in ended.out
    assert "(sent as 08:00 UTC)" in ended.out
    assert world.apply().code == 0
    assert (world.service.campaign()["state"], world.service.campaign()["activeFrom"]) == ("halt", "08:00:00")
    for moment in ("2027-03-23T06:00:00Z", AFTER_SUMMER):
        world.service.at(moment)
        world.holds_the_law()


def test_a_halt_goes_through_where_the_hours_would_pass_midnight(world: World) -> None:
    world.launched(drive(activeFrom="07:00", activeTo="14:00"))
    world.write(local("01:00", "05:00", state="halt"))
    assert world.apply().code == 0
    assert (world.service.campaign()["state"], world.service.campaign()["activeFrom"]) == ("halt", "07:00:00")
    world.holds_the_law()


def test_a_running_campaign_does_not_keep_other_hours_without_an_error(world: World) -> None:
    """The service takes no hours that pass midnight, so that the live ones would stay."""
    world.launched(drive(activeFrom="07:00", activeTo="14:00"))
    world.write(local("01:00", "05:00"))
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "The hours of rsvpCalls.invite would pass midnight in UTC" in ended.said
    assert "No changes" not in ended.out
    world.write(local("01:00", "05:00", lifecycle={"ignoreChanges": ["activeFrom", "activeTo"]}))
    assert world.plan().code == 0


def test_a_narrowing_goes_through_with_the_hours_of_the_day(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(drive(activeFrom="07:00", activeTo="14:00", **ACROSS))
    world.write(local("10:00", "15:00", **ACROSS))  # 08:00 to 13:00 today
    ended = world.plan()
    assert ended.code == 0, ended.said
    assert "Launch:" not in ended.out
    assert world.apply().code == 0
    assert (world.service.campaign()["activeFrom"], world.service.campaign()["activeTo"]) == ("08:00:00", "13:00:00")
    for moment in ("2027-03-23T06:00:00Z", AFTER_SUMMER):
        world.service.at(moment)
        world.holds_the_law()
    world.write(local("10:00", "15:00", **{**ACROSS, "endTime": "2027-04-02T20:00:00Z"}))
    assert world.apply().code == 0


def test_more_people_for_a_campaign_whose_hours_cannot_be_sent_are_refused(world: World) -> None:
    world.service.at(BEFORE_SUMMER)
    world.launched(drive(activeFrom="08:00", activeTo="13:00", **ACROSS))
    manifest = local(**ACROSS)
    world.write(manifest)
    assert world.plan().code == 0
    manifest["filters"]["helsinki"]["conditions"] = [{"field": "yearOfBirth", "operator": ">", "value": 1900}]
    world.write(manifest)  # its group gets two more people
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "Split it at 2027-03-28" in ended.said
    manifest = local(**ACROSS)
    manifest["rsvpCalls"]["invite"]["receivers"].append({"phone": "+358405550199"})
    world.write(manifest)
    assert world.plan().code == 1


def test_a_click_to_call_whose_week_has_the_change_in_it_is_an_error(world: World) -> None:
    world.service.at("2027-03-24T06:00:00Z")
    world.write(desk())
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "clickToCalls.desk cannot be sent" in ended.said
    world.write(desk(expiresAt="2027-03-27T06:00:00Z"))
    assert world.plan().code == 0


def _set_window_zone(world: World, zone: str) -> None:
    environment = {
        "url": world.service.url,
        "token": {"env": "ACCEPTANCE_TOKEN"},
        "settleSeconds": 0,
        "windowZone": zone,
    }
    world.write_project(environments={"test": environment})
