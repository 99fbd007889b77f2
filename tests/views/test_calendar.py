"""When campaigns may ring, as the JSON keeps it and the page shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from mscode.plan.change import Action, Change
from mscode.views.html.calendar import MOST_OPENINGS, calendar
from mscode.views.html.calendar_grid import calendars
from tests.views.plans import INVITE, RUNNING, at, desired, launch, plan, planned

WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
WINDOW = {
    "startTime": "2026-12-01T10:00:00Z",
    "endTime": "2026-12-04T12:00:00Z",
    "activeFrom": "09:00:00",
    "activeTo": "15:00:00",
    "activeWeekdays": WEEK,
}


def campaign(**values: Any) -> Change:
    return replace(INVITE, desired=desired(INVITE, **(WINDOW | values)))


def openings(*changes: Change, **more: Any) -> list[tuple[str, str]]:
    return [(one["from"], one["to"]) for row in calendar(plan(*changes, **more)) for one in row["openings"]]


def test_each_day_of_the_window_is_an_opening_cut_by_start_and_end() -> None:
    assert openings(campaign()) == [
        ("2026-12-01T10:00:00Z", "2026-12-01T15:00:00Z"),
        ("2026-12-02T09:00:00Z", "2026-12-02T15:00:00Z"),
        ("2026-12-03T09:00:00Z", "2026-12-03T15:00:00Z"),
        ("2026-12-04T09:00:00Z", "2026-12-04T12:00:00Z"),
    ]


def test_it_counts_the_people_of_its_launch() -> None:
    (row,) = calendar(plan(campaign()))
    assert (row["address"], row["launches"], row["people"], row["maxCalls"]) == ("rsvpCalls.invite", True, 1204, 4816)


def test_the_window_is_read_in_the_zone_of_the_service() -> None:
    assert openings(campaign(), window_zone_name="Europe/Helsinki")[1] == (
        "2026-12-02T07:00:00Z",
        "2026-12-02T13:00:00Z",
    )


def test_a_campaign_without_a_start_rings_from_now_on() -> None:
    assert openings(campaign(startTime=None))[0] == ("2026-11-24T12:00:00Z", "2026-11-24T15:00:00Z")


def test_one_that_rings_already_is_listed_without_people() -> None:
    (row,) = calendar(plan(planned(INVITE.address, Action.NOOP, desired=campaign().desired, life=RUNNING)))
    assert (row["launches"], row["people"], row["maxCalls"]) == (False, None, None)


def test_what_is_halted_removed_or_never_launched_is_not_listed() -> None:
    wanted = campaign().desired
    quiet = planned(INVITE.address, Action.CREATE, desired=wanted)
    halted = planned(INVITE.address, Action.UPDATE, desired=wanted, halts=True, life=RUNNING)
    removed = planned(INVITE.address, Action.DELETE, life=RUNNING)
    assert calendar(plan(quiet, halted, removed)) == []


def test_a_long_campaign_is_cut_and_the_rest_counted() -> None:
    (row,) = calendar(plan(campaign(endTime="2027-12-04T12:00:00Z")))
    assert len(row["openings"]) == MOST_OPENINGS
    assert row["more"] == 202


def test_what_has_no_window_rings_at_its_first_call() -> None:
    """A group has none of its own: whom its new members are called by is the campaign."""
    timed = planned(at("rsvpCalls.timed"), Action.CREATE, launch=launch())
    group = planned(at("groups.donors"), Action.UPDATE, launch=launch("reaches-more"))
    assert openings(timed, group) == [("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z")]


def test_a_window_that_cannot_be_read_is_left_out() -> None:
    assert openings(campaign(activeFrom="nine"), campaign(endTime="later"), campaign(activeWeekdays=3)) == []


# ---- the page --------------------------------------------------------------------------------------------------------


def table(row: dict[str, Any], zone: str = "Europe/Helsinki") -> list[list[str]]:
    """The cells of its rows, as text."""
    (shown,) = calendars([{"address": "rsvpCalls.invite", **row}], ZoneInfo(zone), zone, {})
    return [[day.name, day.hours] for day in shown.days]


def _opening(start: str, end: str) -> dict[str, Any]:
    return {"openings": [{"from": start, "to": end}]}


def test_days_and_hours_are_local() -> None:
    assert table(_opening("2026-12-01T10:00:00Z", "2026-12-01T15:00:00Z")) == [["Tue 2026-12-01", "12:00–17:00"]]


def test_an_opening_past_local_midnight_stands_on_both_days() -> None:
    found = table(_opening("2026-12-01T20:00:00Z", "2026-12-02T01:30:00Z"))
    assert found == [["Tue 2026-12-01", "22:00–24:00"], ["Wed 2026-12-02", "00:00–03:30"]]


def test_one_that_ends_at_midnight_stands_on_one_day() -> None:
    assert table(_opening("2026-12-01T20:00:00Z", "2026-12-01T22:00:00Z")) == [["Tue 2026-12-01", "22:00–24:00"]]


def test_an_instant_is_a_time() -> None:
    assert table(_opening("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z")) == [["Tue 2026-12-01", "at 11:00"]]


def test_a_forged_opening_of_a_thousand_years_is_left_out() -> None:
    assert table(_opening("2026-12-01T09:00:00Z", "3026-12-01T09:00:00Z")) == []
    assert table(_opening("tomorrow", "2026-12-01T09:00:00Z")) == []
