"""Hours that end at or before the time at which they begin: on the next day, wherever the service is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mscode.model.calling_window import WEEKDAYS, Window
from mscode.sandbox.window import Window as SandboxWindow

TUESDAY = datetime(2026, 12, 1, tzinfo=UTC)


def test_it_opens_on_its_day_and_shuts_on_the_next() -> None:
    window = Window.of("20:00:00", "08:00:00", ["tuesday"], UTC)
    end = TUESDAY + timedelta(days=5)
    assert window.first_call(TUESDAY, end) == TUESDAY + timedelta(hours=20)
    assert window.last_call(TUESDAY, end) == TUESDAY + timedelta(days=1, hours=8)
    assert window.shuts_at(TUESDAY + timedelta(days=1, hours=3), end) == TUESDAY + timedelta(days=1, hours=8)
    assert window.shuts_at(TUESDAY + timedelta(hours=3), end) is None


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Helsinki", "America/Havana", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize(
    ("begin", "end"),
    [("20:00", "08:00"), ("12:00", "12:00"), ("00:00", "00:00"), ("23:59", "00:00"), ("03:00", "02:30")],
)
def test_it_is_the_window_of_the_emulator(zone: str, begin: str, end: str) -> None:
    """Over both changes of the clocks of a year, from every hour of the weeks around them."""
    days = ["monday", "saturday", "sunday"]
    mine = Window.of(f"{begin}:00", f"{end}:00", days, ZoneInfo(zone))
    flags = ["1" if day in days else "0" for day in WEEKDAYS]
    other = SandboxWindow.of(f"{begin}:00", f"{end}:00", flags, ZoneInfo(zone))
    for week in ("2027-03-10", "2027-03-26", "2027-10-29", "2027-11-05"):
        for hour in range(0, 170, 5):
            moment = datetime.fromisoformat(f"{week}T00:00:00+00:00") + timedelta(hours=hour)
            first = mine.first_call(moment, moment + timedelta(days=8))
            assert first is not None
            assert int(first.timestamp()) == other.slot(int(moment.timestamp()), 60)
