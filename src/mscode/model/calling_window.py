"""Calendar arithmetic of calling windows: when may a campaign ring?

A window opens each active weekday from `start` to `end` (times of day in `zone`, the zone in which the service reads
them), cut by the campaign's own first and last instant. Everything here is pure; instants are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from mscode.model.light_dataclass import dataclass

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Openings repeat weekly, so a longer campaign is searched only this far for its first and its last one.
_WEEK = timedelta(days=8)
_FIRST, _LAST = datetime(1, 1, 10, tzinfo=UTC), datetime(9999, 12, 20, tzinfo=UTC)


@lru_cache(maxsize=4096)
def parse_instant(text: str) -> datetime:
    """`YYYY-MM-DDTHH:MM:SSZ` (spec form) as an aware datetime in UTC.

    Objects that were made together have their instants in common, and each launch reads all that is there: so they are kept.
    The first and the last days of the calendar are cut off (`9999-12-31T23:59:59Z` says "never"): zones beside UTC overflow
    there.
    """
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return min(max(moment, _FIRST), _LAST)


def format_instant(moment: datetime) -> str:
    """An aware datetime in spec form."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_and_time(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """`11 Dec 12:00` in a zone; with the year where it is not this one."""
    local, this_year = moment.astimezone(zone), now.astimezone(zone).year
    year = f" {local.year}" if local.year != this_year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year} {local:%H:%M}"


@lru_cache(maxsize=1024)
def parse_time(text: str) -> time:
    """`HH:MM:SS` as a time of day."""
    return datetime.strptime(text, "%H:%M:%S").time()


@dataclass(frozen=True, slots=True)
class Window:
    """Daily window [start, end) on the given weekdays, in `zone`. One whose end is not after its start ends on the next day, as a
    service may take it; no manifest has such hours (kinds/fields/calling.py).
    """

    start: time
    end: time
    weekdays: frozenset[str]
    zone: tzinfo

    @classmethod
    def of(cls, active_from: str, active_to: str, weekdays: Sequence[str], zone: tzinfo) -> Window:
        """From a campaign's fields in spec form (`HH:MM:SS`)."""
        return cls(parse_time(active_from), parse_time(active_to), frozenset(weekdays), zone)

    def openings(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Each opening that has hours between two dates (of `zone`), oldest first."""
        over_midnight = timedelta(days=self.end <= self.start)
        for ordinal in range(first.toordinal() - over_midnight.days, last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            if WEEKDAYS[day.weekday()] in self.weekdays:
                opens, shuts = min(self._readings(day, self.start)), max(self._readings(day + over_midnight, self.end))
                if opens < shuts:
                    yield opens, shuts

    def first_call(self, earliest: datetime, end: datetime) -> datetime | None:
        """The first instant in [earliest, end) at which the window is open; None when there is none."""
        if earliest >= end:
            return None
        last = min(end, earliest + _WEEK)
        for opens, shuts in self.openings(self._day(earliest), self._day(last)):
            at = max(opens, earliest)
            if at < min(shuts, end):
                return at
        return None

    def last_call(self, earliest: datetime, end: datetime) -> datetime | None:
        """The instant after which it can't ring any more: the end of the last opening before `end`."""
        first = max(earliest, end - _WEEK)
        best = None
        for opens, shuts in self.openings(self._day(first), self._day(end)):
            if max(opens, earliest) < min(shuts, end):
                best = min(shuts, end)
        return best

    def shuts_at(self, moment: datetime, end: datetime) -> datetime | None:
        """When the opening shuts in which `moment` lies, `end` at the latest; None where it is not open then."""
        day = self._day(moment)
        for opens, shuts in self.openings(day, day):
            if opens <= moment < shuts:
                return min(shuts, end)
        return None

    def _readings(self, day: date, at: time) -> tuple[datetime, datetime]:
        """The instants that a time of day may be. When the clocks are set back it comes twice, when they are set forward not
        at all, and which of the two the service means is not documented.
        """
        moment = datetime.combine(day, at, self.zone)
        return moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()
