"""When a campaign may dial: a grid of slots in each minute, cut down to its window and weekdays, in the zone of the service."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache

from mscode.sandbox.times import LATEST, moment, parse_time_of_day, seconds

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTE = 60
_LAST_DAYS = 30 * 86_400  # of the calendar, where other zones end
_DAYS = 9  # a window opens each week: in these days from today on at least once, whatever the zone makes of today


@dataclass(frozen=True, slots=True)
class Window:
    """``active_days`` has seven flags, Monday first; ``opens`` and ``closes`` are seconds of the day on the clocks of ``zone``."""

    opens: int
    closes: int
    active_days: tuple[bool, ...]
    zone: tzinfo = UTC

    @classmethod
    def of(cls, active_from: str, active_to: str, weekdays: list[str], zone: tzinfo = UTC) -> "Window":
        """From ``HH:MM:SS`` texts and seven flags ``'1'`` or ``'0'``."""
        times = (parse_time_of_day(active_from) or 0, parse_time_of_day(active_to) or 0)
        return cls(*times, tuple(flag == "1" for flag in weekdays), zone)

    @property
    def passes_midnight(self) -> bool:
        """Whether it closes on the day after the one on which it opens (switch window_wrap)."""
        return self.closes <= self.opens

    def slot(self, earliest: int, pace: int) -> int | None:
        """The first slot at or after ``earliest``, of ``pace`` calls a minute; None where the window never opens."""
        today = moment(min(earliest, LATEST - _LAST_DAYS)).astimezone(self.zone).toordinal()
        for day in range(today - self.passes_midnight, today + _DAYS):
            if not self.active_days[(day - 1) % 7]:
                continue
            opens, closes = _opening(self.zone, day, self.opens, self.closes)
            slot = _on_grid(max(earliest, opens), pace)
            if slot < closes:
                return slot
        return None


@lru_cache(maxsize=4096)
def _opening(zone: tzinfo, day: int, opens: int, closes: int) -> tuple[int, int]:
    """Epoch seconds of the window of one day (its number in the calendar, from 1).

    A time of day that comes twice, or is skipped, when the clocks change may be meant either way: the window is as long as it
    can be (docs/service-notes.md#calling-hours).
    """
    return min(_readings(zone, day, opens)), max(_readings(zone, day + (closes <= opens), closes))


def _readings(zone: tzinfo, day: int, second: int) -> tuple[int, int]:
    wall = datetime.combine(date.fromordinal(day), time(second // 3600, second // 60 % 60, second % 60), zone)
    return int(seconds(wall)), int(seconds(wall.replace(fold=1)))


def calls_at(slot: int, pace: int) -> int:
    """How many calls of a minute lie on a slot: one, or several of a pace of more than a call a second."""
    second = slot % _MINUTE
    return _calls_before(second + 1, pace) - _calls_before(second, pace)


def _on_grid(earliest: int, pace: int) -> int:
    """The first second at or after ``earliest`` on which a call lies: call k of a minute lies on second k * 60 // pace."""
    minute, second = divmod(earliest, _MINUTE)
    call = _calls_before(second, pace)
    return minute * _MINUTE + call * _MINUTE // pace if call < pace else (minute + 1) * _MINUTE


def _calls_before(second: int, pace: int) -> int:
    """How many calls of a minute lie before a second of it."""
    return -(-second * pace // _MINUTE)
