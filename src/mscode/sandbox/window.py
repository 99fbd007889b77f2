"""When a campaign may dial: a grid of slots in each minute, cut down to its window, weekdays and dates, in UTC."""

from dataclasses import dataclass

from mscode.sandbox.times import DAY, parse_time_of_day

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PACE = 12  # calls a minute of one campaign, where nobody says otherwise: one in five simulated seconds
_MINUTE = 60
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

    def slot(self, earliest: int, pace: int = PACE) -> int | None:
        """The first slot at or after ``earliest``, of ``pace`` calls a minute; None where the window never opens."""
        for day in range(earliest // DAY, earliest // DAY + 8):
            start = max(earliest, day * DAY + self.opens)
            slot = _on_grid(start, pace)
            if self.active_days[(day + _THURSDAY) % 7] and slot < day * DAY + self.closes:
                return slot
        return None


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
