"""The guard `callingHours`: the hours in which people may be called at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Any

from mscode.plan.reach import end_of, starts, window_of
from mscode.plan.scene import Scene
from mscode.windows import WEEKDAYS, parse_instant

#: A weekly window repeats; five weeks also meet a change of summer time.
_OPENINGS = 35


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Between two times of day, on some weekdays, in a zone."""

    start: time
    end: time
    weekdays: frozenset[str]
    zone: tzinfo

    def allows(self, opens: datetime, shuts: datetime) -> bool:
        """Does one opening of a campaign's window lie within these hours?"""
        first, last = opens.astimezone(self.zone), shuts.astimezone(self.zone)
        same_day = first.date() == last.date()
        return (
            same_day
            and WEEKDAYS[first.weekday()] in self.weekdays
            and self.start <= first.time()
            and last.time() <= self.end
        )


def outside(fields: Mapping[str, Any], hours: CallingHours, scene: Scene) -> datetime | None:
    """The first moment at which a campaign with these fields may ring outside the hours; None when there is none."""
    if at := fields.get("actionTime"):
        moment = parse_instant(at)
        return None if hours.allows(moment, moment) else moment
    end, earliest = end_of(fields, scene.now), starts(fields, scene.now)
    window = window_of(fields, scene)
    seen = 0
    for opens, shuts in window.openings(earliest.astimezone(window.zone).date(), end.astimezone(window.zone).date()):
        first, last = max(opens, earliest), min(shuts, end)
        if first >= last:
            continue
        if not hours.allows(first, last):
            return first
        seen += 1
        if seen >= _OPENINGS:
            break
    return None
