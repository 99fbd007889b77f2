"""Rules of the area `time`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mscode.plan.change import Check
from tests.plan.checks.findings import NOW, PROJECT, findings

ANNA, NEW_YORK, LONDON = "+358401234567", "+12125550123", "+442079460123"


def _campaign(*phones: str, groups: Any = None, **changes: Any) -> str:
    """One campaign on one line a field, so that places can be told."""
    fields = {
        "startTime": "2026-12-01 09:00:00",
        "endTime": "2026-12-04 17:00:00",
        "activeFrom": "07:00",
        "activeTo": "15:00",
        "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "voiceFiles": {"start": {"voiceFileId": "1"}},
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"phone": phone} for phone in phones or (ANNA,)],
        "acceptsWanted": 1,
        **changes,
    }
    lines = [f"    {name}: {json.dumps(value)}\n" for name, value in fields.items() if value is not ...]
    return f"{groups or ''}rsvpCalls:\n  invite:\n{''.join(lines)}"


def _message(action_time: str, *phones: str, section: str = "smses") -> str:
    texts = {"smses": "message: Hello", "calls": "operations: [{say: Hello}]", "emails": "subject: Hello"}[section]
    receivers = [{"phone": phone} for phone in phones or (ANNA,)]
    if section == "emails":
        texts, receivers = f"{texts}\n    messageText: Hello", [{"email": "anna@example.org"}]
    return f"{section}:\n  note:\n    {texts}\n    actionTime: {action_time}\n    receivers: {json.dumps(receivers)}\n"


def _line(folder: Path, check: Check) -> str:
    assert check.place is not None
    return (folder / "all.yaml").read_text().splitlines()[check.place.line - 1].strip()


def _night(folder: Path, manifest: str, settings: str = "", **more: Any) -> list[Check]:
    return findings(folder, manifest, settings=settings, rule="time/night", **more)


# ---- time/night ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phones", "changes", "field", "first"),
    [
        # The service reads hours in UTC: in Helsinki it is two hours later.
        ((ANNA,), {"activeTo": "20:00"}, "activeTo", "Tue 2026-12-01 21:00 Europe/Helsinki"),
        ((ANNA,), {"activeFrom": "05:00", "startTime": "2026-11-30 18:00:00"}, "activeFrom", "2026-12-01 07:00"),
        ((ANNA,), {"activeFrom": "04:00", "activeTo": "05:00"}, "activeTo", "Wed 2026-12-02 06:00"),
        ((ANNA,), {"activeFrom": "07:00 local", "activeTo": "15:00 local"}, "activeFrom", "Wed 2026-12-02 07:00"),
        ((ANNA, NEW_YORK), {}, "activeFrom", "Tue 2026-12-01 02:00 America/New_York"),
        ((LONDON,), {"activeFrom": "07:30"}, "activeFrom", "07:30 Europe/London"),
    ],
)
def test_hours_of_the_night_are_named_at_the_field_that_says_them(
    tmp_path: Path, phones: tuple[str, ...], changes: dict[str, Any], field: str, first: str
) -> None:
    (check,) = _night(tmp_path, _campaign(*phones, **changes))
    assert (check.status, check.people) == ("warn", 1)
    assert first in check.message
    assert "rsvpCalls.invite may ring 1 person outside 08–21 on their clock" in check.message
    assert _line(tmp_path, check).startswith(field)


def test_of_several_zones_the_first_by_name_is_named_whatever_the_order_of_a_set(tmp_path: Path) -> None:
    # Vancouver, New York, Chicago, Denver, Phoenix: at 07:00 UTC it is night in all of them.
    phones = ("+16045550123", NEW_YORK, "+13125550123", "+13035550123", "+16025550123")
    (check,) = _night(tmp_path, _campaign(*phones))
    assert check.people == 5
    assert "first on Tue 2026-12-01 01:00 America/Chicago" in check.message


@pytest.mark.parametrize(
    ("phones", "changes"),
    [
        ((ANNA,), {"activeFrom": "06:00", "activeTo": "19:00"}),
        ((ANNA,), {"activeFrom": "08:00 local", "activeTo": "21:00 local"}),
        # The start cuts off the night of the only day.
        ((ANNA,), {"activeFrom": "02:00", "endTime": "2026-12-01 17:00:00"}),
        ((NEW_YORK,), {"activeFrom": "13:00", "activeTo": "23:00", "startTime": "2026-12-01 15:00:00"}),
    ],
)
def test_hours_of_the_day_are_no_finding(tmp_path: Path, phones: tuple[str, ...], changes: dict[str, Any]) -> None:
    assert _night(tmp_path, _campaign(*phones, **changes)) == []


def test_summer_time_counts(tmp_path: Path) -> None:
    hours = {"activeFrom": "05:30", "activeTo": "15:00", "startTime": "2026-12-01 09:00:00"}
    assert len(_night(tmp_path, _campaign(**hours))) == 1
    summer = {"startTime": "2027-04-01 09:00:00", "endTime": "2027-04-09 17:00:00"}
    assert _night(tmp_path, _campaign(**(hours | summer))) == []


@pytest.mark.parametrize("guard", ["callingHours: {from: '00:00', to: '23:00'}", "countryHours: [FR]"])
def test_a_guard_of_hours_speaks_instead(tmp_path: Path, guard: str) -> None:
    manifest = _campaign(activeTo="22:00")
    assert len(_night(tmp_path, manifest)) == 1
    assert _night(tmp_path, manifest, f"guards: {{{guard}}}\n") == []


def test_messages_count_and_emails_do_not(tmp_path: Path) -> None:
    for section, verb in (("smses", "writes to"), ("calls", "rings")):
        (check,) = _night(tmp_path, _message("2026-12-02 22:30:00", section=section))
        assert f"{section}.note {verb} 1 person" in check.message
        assert _line(tmp_path, check) == "actionTime: 2026-12-02 22:30:00"
        assert _night(tmp_path, _message("2026-12-02 21:00:00", section=section)) == []
        assert _night(tmp_path, _message("2026-12-02 08:00:00", section=section)) == []
    assert _night(tmp_path, _message("2026-12-02 03:00:00", section="emails")) == []


def test_a_number_of_a_wide_country_is_judged_where_the_project_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A mobile number of Russia may be in any of eleven zones; noon in Moscow is the evening of Vladivostok, and night soon after.
    for at, outside in (("2026-12-02T16:00:00+03:00", True), ("2026-12-02T09:00:00+03:00", False)):
        checks = _night(tmp_path, _message(at, "+79161234567"))
        assert [check.people for check in checks] == [1] * outside
    monkeypatch.setattr("tests.plan.checks.findings.PROJECT", PROJECT.replace("Europe/Helsinki", "Europe/Moscow"))
    assert _night(tmp_path, _message("2026-12-02T16:00:00+03:00", "+79161234567")) == []
    assert len(_night(tmp_path, _message("2026-12-02T22:00:00+03:00", "+79161234567"))) == 1


def test_a_number_of_no_zone_is_judged_where_the_project_is(tmp_path: Path) -> None:
    assert len(_night(tmp_path, _message("2026-12-02 22:00:00", "+882161234567"))) == 1
    assert _night(tmp_path, _message("2026-12-02 12:00:00", "+882161234567")) == []


def test_people_whom_nobody_knows_yet_are_judged_where_the_project_is(tmp_path: Path) -> None:
    groups = "groups: {donors: {members: {filter: all}}}\nfilters: {all: {conditions: [{field: city, operator: '==', value: x}]}}\n"
    receivers = [{"group": "donors"}]
    (check,) = _night(tmp_path, _campaign(groups=groups, receivers=receivers, activeTo="22:00"))
    assert "may ring people outside 08–21" in check.message
    assert _night(tmp_path, _campaign(groups=groups, receivers=receivers)) == []


def test_hours_without_end_are_looked_at_in_time(tmp_path: Path) -> None:
    phones = [f"+1{area}555{at:04}" for area in (212, 312, 415, 602, 907, 808) for at in range(50)]
    assert len(_night(tmp_path, _campaign(*phones, endTime="9999-12-31 00:00:00"))) == 1


def test_a_comment_at_either_field_allows_it(tmp_path: Path) -> None:
    for field in ("activeFrom", "activeTo"):
        lines = _campaign(activeTo="20:00").splitlines()
        at = next(at for at, line in enumerate(lines) if field in line)
        lines.insert(at, "    # mscode:allow time/night, a night shift")
        (check,) = _night(tmp_path, "\n".join(lines))
        assert check.status == "allowed"


# ---- time/at-once ----------------------------------------------------------------------------------------------------


def _at_once(folder: Path, manifest: str) -> list[Check]:
    return findings(folder, manifest, rule="time/at-once")


@pytest.mark.parametrize(("start", "line"), [(..., "invite:"), (None, "startTime: null")])
def test_a_campaign_without_a_start_goes_out_at_once(tmp_path: Path, start: Any, line: str) -> None:
    (check,) = _at_once(tmp_path, _campaign(startTime=start))
    assert check.message == "rsvpCalls.invite has no startTime, so it calls from the moment it is applied."
    assert (check.status, check.suggestion, _line(tmp_path, check)) == ("warn", "now" if start is None else "", line)


@pytest.mark.parametrize(
    "changes",
    [
        {"startTime": "now"},
        {},
        {"startTime": ..., "state": "halt"},
        {"startTime": ..., "endTime": "2026-11-30 07:00:00"},
    ],
)
def test_a_start_on_purpose_what_is_halted_and_what_is_over_are_no_finding(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert _at_once(tmp_path, _campaign(**changes)) == []


@pytest.mark.parametrize("section", ["calls", "smses", "emails"])
def test_a_message_less_than_ten_minutes_ahead_goes_out_at_once(tmp_path: Path, section: str) -> None:
    (check,) = _at_once(tmp_path, _message("2026-11-30T06:09:59Z", section=section))
    assert f"{section}.note goes out at 2026-11-30 08:09 Europe/Helsinki, in less than 10 minutes" in check.message
    assert _line(tmp_path, check).startswith("actionTime")
    for later_or_over in ("2026-11-30T06:10:00Z", "2026-11-30T05:59:00Z"):
        assert _at_once(tmp_path, _message(later_or_over, section=section)) == []


# ---- time/dst --------------------------------------------------------------------------------------------------------

SPRING = {"startTime": "2027-03-22 09:00:00", "endTime": "2027-04-02 17:00:00"}


def _dst(folder: Path, manifest: str) -> list[Check]:
    return findings(folder, manifest, rule="time/dst")


def test_both_windows_around_a_change_of_the_clocks_are_shown(tmp_path: Path) -> None:
    (check,) = _dst(tmp_path, _campaign(**SPRING))
    assert check.message == (
        "A change of daylight saving moves the hours of rsvpCalls.invite: "
        "09:00–17:00 from Mon 2027-03-22, 10:00–18:00 from Mon 2027-03-29, in Europe/Helsinki."
    )
    assert (check.status, _line(tmp_path, check)) == ("warn", 'activeTo: "15:00"')


@pytest.mark.parametrize(
    ("phone", "changes"),
    [
        (ANNA, {"endTime": "2027-03-28 17:00:00"}),
        (ANNA, {"startTime": "2027-03-29 09:00:00"}),
        # Nothing moves in India, whatever the clocks of the project do.
        ("+919876543210", {}),
        ("+819012345678", {}),
    ],
)
def test_hours_that_nothing_moves_are_no_finding(tmp_path: Path, phone: str, changes: dict[str, Any]) -> None:
    assert _dst(tmp_path, _campaign(phone, **(SPRING | changes))) == []


def test_people_in_another_zone_have_a_change_of_their_own(tmp_path: Path) -> None:
    # New York changes two weeks before Europe.
    times = {"startTime": "2027-03-08 16:00:00", "endTime": "2027-03-19 23:00:00"}
    (check,) = _dst(tmp_path, _campaign(NEW_YORK, activeFrom="16:00", activeTo="20:00", **times))
    assert "11:00–15:00 from Mon 2027-03-08, 12:00–16:00 from Mon 2027-03-15, in America/New_York" in check.message
    assert _dst(tmp_path, _campaign(ANNA, activeFrom="16:00", activeTo="20:00", **times)) == []


def test_hours_with_a_zone_move_for_others(tmp_path: Path) -> None:
    local = {"activeFrom": "16:00 local", "activeTo": "20:00 local"}
    times = {"startTime": "2027-03-08 16:00:00", "endTime": "2027-03-19 23:00:00"}
    assert _dst(tmp_path, _campaign(ANNA, **local, **times)) == []
    assert len(_dst(tmp_path, _campaign(NEW_YORK, **local, **times))) == 1


def test_a_message_crosses_nothing(tmp_path: Path) -> None:
    assert _dst(tmp_path, _message("2027-04-01 10:00:00")) == []


# ---- time/far --------------------------------------------------------------------------------------------------------


def _far(folder: Path, manifest: str, now: datetime = NOW) -> list[tuple[str, str]]:
    checks = findings(folder, manifest, rule="time/far", now=now)
    return [(check.message, _line(folder, check)) for check in checks]


def test_a_start_in_another_year_and_a_campaign_of_months_are_named(tmp_path: Path) -> None:
    assert _far(tmp_path, _campaign(startTime="2027-12-01 09:00:00", endTime="2027-12-04 17:00:00")) == [
        ("rsvpCalls.invite starts on 2027-12-01, in 366 days.", 'startTime: "2027-12-01 09:00:00"')
    ]
    assert _far(tmp_path, _campaign(endTime="2027-12-04 17:00:00")) == [
        ("rsvpCalls.invite calls for 368 days.", 'endTime: "2027-12-04 17:00:00"')
    ]
    assert _far(tmp_path, _campaign(startTime=..., endTime="9999-12-31 17:00:00"))[0][1].startswith("endTime")
    for section in ("calls", "smses", "emails"):
        ((message, line),) = _far(tmp_path, _message("2027-12-01 09:00:00", section=section))
        assert message == f"{section}.note goes out on 2027-12-01, in 366 days."
        assert line.startswith("actionTime")


def test_the_longest_that_is_usual_is_no_finding(tmp_path: Path) -> None:
    start, end = "2027-05-29T06:00:00Z", "2027-07-28T06:00:00Z"  # 180 days ahead, for 60 days
    assert _far(tmp_path, _campaign(startTime=start, endTime=end)) == []
    assert len(_far(tmp_path, _campaign(startTime=start, endTime=end), datetime(2026, 11, 30, 5, 59, tzinfo=UTC))) == 1
    assert len(_far(tmp_path, _campaign(startTime=start, endTime="2027-07-28T06:00:01Z"))) == 1


def test_what_is_over_is_no_finding(tmp_path: Path) -> None:
    over = datetime(2028, 6, 1, tzinfo=UTC)
    assert _far(tmp_path, _campaign(endTime="2027-12-04 17:00:00"), over) == []
    assert findings(tmp_path, _campaign(activeTo="22:00"), rule="time/night", now=over) == []
