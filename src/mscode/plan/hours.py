"""When people may be called at all: the guards `callingHours`, `countryHours` and `publicHolidays`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from mscode.plan.numbers import whereabouts
from mscode.plan.reach import end_of, starts, window_of
from mscode.plan.scene import Scene
from mscode.windows import WEEKDAYS, parse_instant

#: A weekly window repeats; five weeks also meet a change of summer time.
_OPENINGS = 35
#: A year and a month of daily openings meets every holiday.
_YEAR_OF_OPENINGS = 400
Opening = tuple[datetime, datetime]
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Between two times of day, on some weekdays, in a zone."""

    start: time
    end: time
    weekdays: frozenset[str]
    zone: tzinfo

    @property
    def spans(self) -> Mapping[str, tuple[Span, ...]]:
        return dict.fromkeys(self.weekdays, ((self.start, self.end),))


@dataclass(frozen=True, slots=True)
class CountryHours:
    """A country's hours: spans of local time by weekday (none: no calls), where they stand, and what they are for.

    `zones` are the country's, for a number that does not tell its own.
    """

    country: str
    spans: Mapping[str, tuple[Span, ...]]
    zones: tuple[str, ...]
    source: str
    date: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Holidays:
    """Public holidays: of these countries, or (none) of the country of each number.

    `named(country, day)` gives a holiday's name, "" for another day.
    """

    countries: tuple[str, ...]
    named: Callable[[str, date], str]


def lies_within(spans: Mapping[str, tuple[Span, ...]], first: datetime, last: datetime) -> bool:
    """Does one opening, in local time, lie in one span of its day?"""
    found = spans.get(WEEKDAYS[first.weekday()], ())
    return first.date() == last.date() and any(a <= first.time() and last.time() <= b for a, b in found)


def openings(fields: Mapping[str, Any], scene: Scene) -> Iterator[Opening]:
    """From when to when something with these fields may ring from now on; a single instant where it goes out once."""
    if at := fields.get("actionTime"):
        moment = parse_instant(at)
        yield moment, moment
        return
    end, earliest = end_of(fields, scene.now), starts(fields, scene.now)
    window = window_of(fields, scene)
    for opens, shuts in window.openings(earliest.astimezone(window.zone).date(), end.astimezone(window.zone).date()):
        first, last = max(opens, earliest), min(shuts, end)
        if first < last:
            yield first, last


def outside(fields: Mapping[str, Any], hours: CallingHours, scene: Scene) -> datetime | None:
    """The first moment at which a campaign with these fields may ring outside the hours; None when there is none."""
    return _first_outside(list(islice(openings(fields, scene), _OPENINGS)), hours.spans, hours.zone)


# ---- by the country of a number --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outside:
    """People of one country whom a campaign may ring when it should not; `moment` is the first time, in their zone."""

    country: str
    people: int
    moment: datetime
    why: str = ""


def outside_country(
    fields: Mapping[str, Any], phones: Iterable[str], packs: Mapping[str, CountryHours], scene: Scene
) -> list[Outside]:
    """Each country whose hours a campaign may leave, by the numbers that it reaches."""
    found = list(islice(openings(fields, scene), _OPENINGS))
    outcome = []
    for country, zones in by_country(phones, {name: pack.zones for name, pack in packs.items()}).items():
        if country not in packs:
            continue
        spans = packs[country].spans
        moments = {zone: _first_outside(found, spans, ZoneInfo(zone)) for names in zones for zone in names}
        late = [(moments[zone], count) for names, count in zones.items() for zone in names if moments[zone]]
        people = sum(count for names, count in zones.items() if any(moments[zone] for zone in names))
        if late:
            outcome.append(Outside(country, people, min(m for m, _ in late if m)))
    return outcome


def _first_outside(found: list[Opening], spans: Mapping[str, tuple[Span, ...]], zone: tzinfo) -> datetime | None:
    local = ((a.astimezone(zone), b.astimezone(zone)) for a, b in found)
    return next((_leaving(spans, a) for a, b in local if not lies_within(spans, a, b)), None)


def _leaving(spans: Mapping[str, tuple[Span, ...]], opens: datetime) -> datetime:
    """When an opening that does not lie in one span is outside: from its start on, or once the span it began in ends."""
    found = spans.get(WEEKDAYS[opens.weekday()], ())
    ends = [end for start, end in found if start <= opens.time() < end]
    return datetime.combine(opens.date(), ends[0], opens.tzinfo) if ends else opens


def by_country(phones: Iterable[str], zones: Mapping[str, tuple[str, ...]]) -> dict[str, dict[tuple[str, ...], int]]:
    """Country → zones → people, sorted. `zones` are a country's own, for numbers that do not tell theirs."""
    found: dict[str, dict[tuple[str, ...], int]] = {}
    for phone in phones:
        country, own = whereabouts(phone)
        listed = zones.get(country, ())
        where = own if len(own) == 1 else tuple(zone for zone in own if zone in listed) or listed or own
        counts = found.setdefault(country, {})
        counts[where] = counts.get(where, 0) + 1
    return {country: dict(sorted(found[country].items())) for country in sorted(found)}


def on_holidays(fields: Mapping[str, Any], phones: Iterable[str], holidays: Holidays, scene: Scene) -> list[Outside]:
    """Each public holiday's country in which a campaign may ring, with its first such day."""
    project = scene.desired.project
    found = list(islice(openings(fields, scene), _YEAR_OF_OPENINGS))
    if holidays.countries:
        people = len(set(phones))
        places = [(country, project.zone, people) for country in holidays.countries]
    else:
        places = [
            (country, ZoneInfo(zone) if zone else project.zone, count)
            for country, zones in by_country(phones, {}).items()
            for names, count in zones.items()
            for zone in names[:1] or ("",)
        ]
    outcome: dict[str, Outside] = {}
    for country, zone, people in places:
        hit = _first_holiday(found, country, zone, holidays)
        if hit is not None:
            before = outcome.get(country)
            moment = min(hit[0], before.moment) if before else hit[0]
            outcome[country] = Outside(country, people + (before.people if before else 0), moment, hit[1])
    return list(outcome.values())


def _first_holiday(found: list[Opening], country: str, zone: tzinfo, holidays: Holidays) -> tuple[datetime, str] | None:
    for opens, shuts in found:
        first, last = opens.astimezone(zone), shuts.astimezone(zone)
        for after in range((last.date() - first.date()).days + 1):
            if name := holidays.named(country, first.date() + timedelta(days=after)):
                return first + timedelta(days=after), name
    return None
