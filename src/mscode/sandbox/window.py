"""When a campaign may dial: a grid of one slot in five seconds, cut down to its window, weekdays and dates, in UTC."""

from dataclasses import dataclass

from mscode.sandbox.times import DAY, parse_time_of_day

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PACE = 5  # simulated seconds from one dial of a campaign to its next
_THURSDAY = 3  # 1970-01-01


@dataclass(frozen=True, slots=True)
class Window:
    """``active_days`` has seven flags, Monday first; ``opens`` and ``closes`` are seconds of the day."""

    opens: int
    closes: int
    active_days: tuple[bool, ...]

    @classmethod
    def of(cls, active_from: str, active_to: str, weekdays: list[str]) -> "Window":
        """From ``HH:MM:SS`` texts and seven flags ``'1'`` or ``'0'``."""
        times = (parse_time_of_day(active_from) or 0, parse_time_of_day(active_to) or 0)
        return cls(*times, tuple(flag == "1" for flag in weekdays))

    def slot(self, earliest: int) -> int | None:
        """The first slot at or after ``earliest``; None where the window never opens."""
        for day in range(earliest // DAY, earliest // DAY + 8):
            start = max(earliest, day * DAY + self.opens)
            slot = -(-start // PACE) * PACE
            if self.active_days[(day + _THURSDAY) % 7] and slot < day * DAY + self.closes:
                return slot
        return None
