"""Hours that are written in a zone of their own (`10:00 Europe/Helsinki`), and what is sent of them.

The service knows one pair of times and reads it in its own zone (`windowZone`). So what is written can be sent only while the
difference between the two zones stays the same, and while both ends fall on the weekday that was written. Everything here is
pure: dates and instants come in as arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, Window, parse_time
from mscode.model.light_dataclass import dataclass

FIELDS = ("activeFrom", "activeTo")
#: After this many years zones repeat: every calendar that a year can have has come (plan.guards.hours says why).
_LONGEST = timedelta(days=41 * 366)
_DAY = timedelta(days=1)


def split_zone(text: str) -> tuple[str, str]:
    """`10:00:00 Europe/Helsinki` as its time and the name of its zone, "" where none is written."""
    at, _, zone_name = text.partition(" ")
    return at, zone_name


@dataclass(frozen=True, slots=True)
class SentHours:
    """What one day's hours are in the zone of the service: times, and how many days after the written weekday each falls."""

    start: time
    end: time
    start_days: int = 0
    end_days: int = 0

    @property
    def fits(self) -> bool:
        """Do both ends fall on the weekday that is written?"""
        return self.start_days == self.end_days == 0 and self.is_sendable

    @property
    def is_sendable(self) -> bool:
        """Does the service take the pair? It refuses a window that ends before it starts."""
        return self.start < self.end

    def fields(self) -> dict[str, str]:
        """As fields of a campaign, in spec form."""
        return dict(zip(FIELDS, (f"{at:%H:%M:%S}" for at in (self.start, self.end)), strict=True))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The openings from the date `first` to the date `last` (of the written zone), which are sent as the same hours.

    `changed` is the day from which the zones have this difference (None for the first stretch). `is_certain` is False where the
    clocks are changed within the hours, so that a time comes twice or not at all.
    """

    first: date
    last: date
    sent: SentHours
    changed: date | None = None
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class LocalHours:
    """A window as it is written: two times of day (spec form) on weekdays, in a zone."""

    start: str
    end: str
    weekdays: frozenset[str]
    zone_name: str

    @classmethod
    def of(cls, fields: Mapping[str, Any], weekdays: Collection[str] | None = None) -> LocalHours | None:
        """From fields in spec form; None where they have no hours, or hours without a zone."""
        texts = [fields.get(name) for name in FIELDS]
        (start, zone_name), (end, _) = (split_zone(text) if isinstance(text, str) else ("", "") for text in texts)
        days = fields.get("activeWeekdays", ()) if weekdays is None else weekdays
        return cls(start, end, frozenset(days), zone_name) if zone_name else None

    @property
    def zone(self) -> tzinfo:
        """The zone in which they are written."""
        return ZoneInfo(self.zone_name)

    @property
    def window(self) -> Window:
        """The window in its own zone."""
        return Window(parse_time(self.start), parse_time(self.end), self.weekdays, self.zone)

    def sent_on(self, day: date, service_zone: tzinfo) -> SentHours:
        """What the hours of one day (of the written zone) are in the zone of the service."""
        start, end = (
            datetime.combine(day, parse_time(at), self.zone).astimezone(service_zone) for at in (self.start, self.end)
        )
        first, last = (at.time().replace(fold=0) for at in (start, end))  # the service is told no fold
        return SentHours(first, last, (start.date() - day).days, (end.date() - day).days)

    def sent_at(self, moment: datetime, service_zone: tzinfo) -> SentHours:
        """The same on the day of an instant."""
        return self.sent_on(moment.astimezone(self.zone).date(), service_zone)

    def sent_within_a_year(self, moment: datetime, service_zone: tzinfo) -> frozenset[SentHours]:
        """Everything that these hours are sent as on one of the days from a year before an instant to a year after it."""
        today = moment.astimezone(self.zone).date()
        return frozenset(self.sent_on(today + days * _DAY, service_zone) for days in range(-366, 367))

    def stretches(self, earliest: datetime, end: datetime, service_zone: tzinfo) -> tuple[Stretch, ...]:
        """The openings in [earliest, end), in stretches that are sent alike.

        Where there is none, the last opening before `end` speaks for them, and with no weekday the day of the end.
        """
        return _stretches(self, earliest.astimezone(UTC), end.astimezone(UTC), service_zone)

    def days(self, earliest: datetime, end: datetime) -> Iterator[date]:
        """The dates of the openings that lie, at least in part, in [earliest, end)."""
        last = min(end, earliest + _LONGEST).astimezone(self.zone).date()
        window, day = self.window, earliest.astimezone(self.zone).date()
        while day <= last:
            if any(max(opens, earliest) < min(shuts, end) for opens, shuts in window.openings(day, day)):
                yield day
            day += _DAY

    def last_day_before(self, end: datetime) -> date:
        """The date of the last weekday of these hours up to an instant; that of the instant where they have none."""
        last = end.astimezone(self.zone).date()
        days = (last - back * _DAY for back in range(15))
        return next((day for day in days if WEEKDAYS[day.weekday()] in self.weekdays), last)


@lru_cache(maxsize=256)
def _stretches(hours: LocalHours, earliest: datetime, end: datetime, service_zone: tzinfo) -> tuple[Stretch, ...]:
    stretches: list[Stretch] = []
    for day in hours.days(earliest, end) if earliest < end else ():
        sent, is_certain = hours.sent_on(day, service_zone), _is_certain(hours, day, service_zone)
        if stretches and (stretches[-1].sent, stretches[-1].is_certain) == (sent, is_certain):
            stretches[-1] = replace(stretches[-1], last=day)
        else:
            changed = _day_of_change(hours, stretches[-1], day, service_zone) if stretches else None
            stretches.append(Stretch(day, day, sent, changed, is_certain))
    if not stretches:
        day = hours.last_day_before(end)
        stretches.append(Stretch(day, day, hours.sent_on(day, service_zone)))
    return tuple(stretches)


def _is_certain(hours: LocalHours, day: date, service_zone: tzinfo) -> bool:
    """Does each end come once on that day, on the clocks of both zones?"""
    sent = hours.sent_on(day, service_zone)
    written = [datetime.combine(day, parse_time(at), hours.zone) for at in (hours.start, hours.end)]
    service = [
        datetime.combine(day + days * _DAY, at, service_zone)
        for at, days in ((sent.start, sent.start_days), (sent.end, sent.end_days))
    ]
    return all(at.utcoffset() == at.replace(fold=1).utcoffset() for at in (*written, *service))


def _day_of_change(hours: LocalHours, before: Stretch, first: date, service_zone: tzinfo) -> date:
    """The first day after a stretch whose hours are not sent as those of the stretch, whatever its weekday."""
    day = before.last + _DAY
    while day < first and hours.sent_on(day, service_zone) == before.sent:
        day += _DAY
    return day
