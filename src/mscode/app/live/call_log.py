"""Calls by the hour, as they were seen while an account was followed.

The service tells of each person the latest call alone; whoever reads again and again sees the count of calls grow, and so knows the
hour of the earlier ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mscode.app.live.follow import Key
from mscode.model.light_dataclass import dataclass
from mscode.plan.lifecycle.progress import Progress

#: Between two readings that lie further apart, nobody has seen in which hour the calls were.
_CLOSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was known of a campaign at a reading: the service's clock, its calls, and those of which the hour is known."""

    at: datetime
    dialled: int
    hours: Mapping[datetime, int]


class CallLog:
    """What was seen of each campaign since following it began."""

    def __init__(self) -> None:
        self._seen: dict[Key, _Seen] = {}

    def with_seen(self, key: Key, progress: Progress, dialled: int, now: datetime) -> Progress:
        """The progress of a campaign that was just read, with the calls that were seen in each hour. `dialled` is all of its calls,
        `now` the service's clock."""
        before = self._seen.get(key)
        hours = dict(progress.hours if before is None or dialled < before.dialled else before.hours)
        if before is not None and dialled > before.dialled:
            if now - before.at <= _CLOSE:
                hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
                hours[hour] = hours.get(hour, 0) + dialled - before.dialled
            else:
                hours |= {hour: max(calls, hours.get(hour, 0)) for hour, calls in progress.hours.items()}
        self._seen[key] = _Seen(now, dialled, hours)
        elsewhen = max(0, dialled - sum(hours.values()))
        return replace(progress, hours=dict(sorted(hours.items())), calls_elsewhen=elsewhen)
