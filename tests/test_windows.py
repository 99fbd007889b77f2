"""When a campaign may ring first and last."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mscode.model.calling_window import Window, format_instant, parse_instant

HELSINKI = ZoneInfo("Europe/Helsinki")
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_opens_at_the_start_when_that_lies_in_the_window() -> None:
    window = Window.of("07:00:00", "15:00:00", WORKDAYS, UTC)
    assert window.first_call(at("2026-12-01T09:30:00"), at("2026-12-04T15:00:00")) == at("2026-12-01T09:30:00")


def test_it_waits_for_the_window_and_the_weekday() -> None:
    window = Window.of("07:00:00", "15:00:00", WORKDAYS, UTC)
    friday_evening = at("2026-12-04T16:00:00")
    assert window.first_call(friday_evening, at("2026-12-20T00:00:00")) == at("2026-12-07T07:00:00")


def test_the_window_is_read_in_its_own_zone() -> None:
    window = Window.of("09:00:00", "17:00:00", WORKDAYS, HELSINKI)
    assert window.first_call(at("2026-12-01T00:00:00"), at("2026-12-02T00:00:00")) == at("2026-12-01T07:00:00")


def test_a_window_that_never_meets_its_dates_never_opens() -> None:
    window = Window.of("07:00:00", "15:00:00", ("sunday",), UTC)
    assert window.first_call(at("2026-12-01T00:00:00"), at("2026-12-05T00:00:00")) is None
    assert window.last_call(at("2026-12-01T00:00:00"), at("2026-12-05T00:00:00")) is None


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-12-04T12:00:00", "2026-12-04T12:00:00"),
        ("2026-12-06T12:00:00", "2026-12-04T15:00:00"),
        ("2027-12-03T23:00:00", "2027-12-03T15:00:00"),
    ],
)
def test_the_last_call_is_at_the_end_or_when_the_window_shuts(end: str, last: str) -> None:
    window = Window.of("07:00:00", "15:00:00", WORKDAYS, UTC)
    assert window.last_call(at("2026-12-01T00:00:00"), at(end)) == at(last)


def test_an_end_that_is_the_opening_lets_nothing_ring() -> None:
    window = Window.of("07:00:00", "15:00:00", WORKDAYS, UTC)
    assert window.first_call(at("2026-12-01T00:00:00"), at("2026-12-01T07:00:00")) is None


def test_summer_time_moves_the_window() -> None:
    window = Window.of("09:00:00", "17:00:00", ("sunday",), HELSINKI)
    assert window.first_call(at("2027-03-27T12:00:00"), at("2027-04-10T00:00:00")) == at("2027-03-28T06:00:00")


def test_instants_survive_the_way_out_and_back() -> None:
    assert format_instant(parse_instant("2026-12-01T07:00:00Z")) == "2026-12-01T07:00:00Z"
