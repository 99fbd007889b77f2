"""Hours in a zone of their own: over a year, between any two zones, what is sent is open when what is written is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from mscode.model.calling_window import WEEKDAYS, Window
from mscode.model.local_hours import LocalHours

ZONES = (
    "UTC",
    "Europe/Helsinki",
    "Europe/London",
    "Africa/Casablanca",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
BEGIN, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
EVERY_DAY = frozenset(WEEKDAYS)


@pytest.mark.parametrize(("zone", "service"), list(product(ZONES, ("UTC", "Europe/Helsinki", "America/New_York"))))
@pytest.mark.parametrize("weekdays", [EVERY_DAY, frozenset({"monday", "sunday"})], ids=["daily", "two-days"])
def test_each_stretch_is_open_in_both_zones_at_the_same_instants(
    zone: str, service: str, weekdays: frozenset[str]
) -> None:
    hours = LocalHours("11:00:00", "15:30:00", weekdays, zone)
    stretches = hours.stretches(BEGIN, END, ZoneInfo(service))
    openings = list(hours.window.openings(date(2026, 12, 31), date(2028, 1, 1)))
    judged: list[tuple[datetime, datetime]] = []
    assert [s.changed is None for s in stretches] == [True, *(False for _ in stretches[1:])]
    for stretch in stretches:
        here = [(a, b) for a, b in openings if stretch.first <= a.astimezone(hours.zone).date() <= stretch.last]
        judged += here
        if stretch.sent.fits and stretch.is_certain:
            sent = Window(stretch.sent.start, stretch.sent.end, weekdays, ZoneInfo(service))
            assert list(sent.openings(stretch.first, stretch.last)) == here
        elif not stretch.sent.fits:
            local = [(a.astimezone(ZoneInfo(service)), b.astimezone(ZoneInfo(service))) for a, b in here]
            assert all(a.date() != a.astimezone(hours.zone).date() or a.date() != b.date() for a, b in local)
    assert judged == [(a, b) for a, b in openings if b > BEGIN and a < END]


def test_hours_that_a_change_of_the_clocks_leaves_out_or_repeats_are_not_certain() -> None:
    helsinki = LocalHours("03:30:00", "06:00:00", EVERY_DAY, "Europe/Helsinki")
    stretches = helsinki.stretches(BEGIN, END, UTC)
    assert [s.first for s in stretches if not s.is_certain] == [date(2027, 3, 28), date(2027, 10, 31)]
    # 08:30 in Helsinki is 01:30 in New York on the day on which that comes twice there
    new_york = LocalHours("08:30:00", "09:00:00", EVERY_DAY, "Europe/Helsinki").stretches(
        BEGIN, END, ZoneInfo("America/New_York")
    )
    assert [s.first for s in new_york if not s.is_certain] == [date(2027, 11, 7)]


def test_where_no_opening_is_left_the_last_one_speaks() -> None:
    hours = LocalHours("10:00:00", "12:00:00", frozenset({"friday"}), "Europe/Helsinki")
    end = datetime(2027, 3, 31, tzinfo=UTC)  # the Friday before was in winter
    (stretch,) = hours.stretches(datetime(2027, 7, 1, tzinfo=UTC), end, UTC)
    assert (stretch.first, stretch.sent.start) == (date(2027, 3, 26), time(8))


def test_of_a_campaign_without_an_end_a_lifetime_is_looked_at() -> None:
    hours = LocalHours("10:00:00", "12:00:00", EVERY_DAY, "Europe/Helsinki")
    assert len(hours.stretches(BEGIN, datetime(9999, 12, 20, tzinfo=UTC), UTC)) == 83
