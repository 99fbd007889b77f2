"""The calls that a campaign may make, as numbers: call `n` lies on the epoch second `60 * n // pace`.

With a pace in calls a minute, slots and windows are then arithmetic on whole numbers, without a date for each call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from datetime import datetime, timedelta

from mscode.model.calling_window import Window
from mscode.model.light_dataclass import dataclass

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Timeline:
    """The openings of a window from `earliest` to `end` (aware; the end is not in it), as ranges of call numbers.

    Openings are computed as they are asked for, once for all replays.
    """

    window: Window
    pace: int
    earliest: datetime
    end: datetime
    _ranges: list[tuple[int, int]] = field(default_factory=list)
    _coming: Iterator[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._coming = self._computed()

    def ranges(self) -> Iterator[tuple[int, int]]:
        """(first call, the call after the last one) of each opening that holds a call, oldest first."""
        at = 0
        while True:
            if at == len(self._ranges):
                coming = next(self._coming, None)
                if coming is None:
                    return
                self._ranges.append(coming)
            yield self._ranges[at]
            at += 1

    def first_call_at(self, second: int) -> int:
        """The first call that lies on or after an epoch second."""
        return -(-second * self.pace // 60)

    def second_of(self, call: int) -> int:
        """The epoch second of a call."""
        return call * 60 // self.pace

    def _computed(self) -> Iterator[tuple[int, int]]:
        """Where a change of the clocks lets two days meet, their openings are one."""
        before: tuple[int, int] | None = None
        for opens, shuts in self._seconds():
            opening = (self.first_call_at(opens), self.first_call_at(shuts))
            if before is not None and opening[0] <= before[1]:
                before = (before[0], max(before[1], opening[1]))
                continue
            if before is not None and before[0] < before[1]:
                yield before
            before = opening
        if before is not None and before[0] < before[1]:
            yield before

    def _seconds(self) -> Iterator[tuple[int, int]]:
        """Epoch seconds of each opening, cut to the campaign's own time."""
        window, zone = self.window, self.window.zone
        if self.earliest >= self.end or not window.weekdays or window.start >= window.end:
            return
        first, last = int(self.earliest.timestamp()), int(self.end.timestamp())
        days = ((self.earliest - _DAY).astimezone(zone).date(), (self.end + _DAY).astimezone(zone).date())
        for opens, shuts in window.openings(*days):
            opening = (max(int(opens.timestamp()), first), min(int(shuts.timestamp()), last))
            if opening[0] < opening[1]:
                yield opening
            elif opening[0] >= last:
                return
