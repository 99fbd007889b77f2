"""On which days a person may be called: in their own zone, which two projects must agree on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mscode.plan.change import Reach
from mscode.plan.people.calling_days import Days, days_of_people


def _days(first: str, last: str, *phones: str) -> dict[str, tuple[str, str]]:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last)]
    people = days_of_people(Reach(frozenset(phones), 0, *moments), "Europe/Helsinki")
    return {phone: _read(days) for days, numbers in people.items() for phone in numbers}


def _read(days: Days) -> tuple[str, str]:
    first, last = map(date.fromordinal, days)
    return first.isoformat(), last.isoformat()


def test_a_day_is_the_persons_own() -> None:
    """At 22:30 in UTC it is tomorrow in Helsinki, and today in London."""
    assert _days("2027-03-01T22:30", "2027-03-01T22:45", "+358405550101", "+442071838750") == {
        "+358405550101": ("2027-03-02", "2027-03-02"),
        "+442071838750": ("2027-03-01", "2027-03-01"),
    }


def test_a_window_that_shuts_at_midnight_does_not_reach_the_next_day() -> None:
    assert _days("2027-03-01T08:00", "2027-03-01T22:00", "+358405550101") == {
        "+358405550101": ("2027-03-01", "2027-03-01")
    }


def test_who_may_be_in_several_zones_counts_in_each() -> None:
    """05:30 in UTC is yesterday evening in Alaska, and past midnight in New York."""
    assert _days("2027-03-02T05:30", "2027-03-02T05:45", "+18005550123")["+18005550123"] == ("2027-03-01", "2027-03-02")


def test_where_no_call_is_possible_there_is_no_day() -> None:
    assert days_of_people(Reach(frozenset({"+358405550101"}), 0, None, None), "Europe/Helsinki") == {}
