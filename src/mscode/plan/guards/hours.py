"""When people may be called at all: the guards `callingHours`, `countryHours` and `publicHolidays`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.plan.inputs import PlanInput
from mscode.plan.people.number_zones import law_of, whereabouts, zones_of
from mscode.plan.people.reach import end_of, starts, window_in

#: After this year every zone follows one yearly rule, and within 41 years come all fourteen calendars that a year can have
#: (seven first days, with and without a leap day): an opening later than that has an equal one before it.
_RULES_FROM = datetime(2101, 1, 1, tzinfo=UTC)
_ALL_CALENDARS = timedelta(days=41 * 366)
#: Zones change at full quarters of an hour.
_QUARTER = timedelta(minutes=15)
#: A window is open up to its end, which itself belongs to it no more.
_LAST = timedelta(microseconds=1)
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
        """The span of each weekday, in local time."""
        return dict.fromkeys(self.weekdays, ((self.start, self.end),))


@dataclass(frozen=True, slots=True)
class CountryHours:
    """A country's hours: spans of local time by weekday (none: no calls), where they stand, and what they are for.

    `zones` are the country's, beside those that are known of it, for a number that does not tell its own.
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


def openings(fields: Mapping[str, Any], inputs: PlanInput) -> Iterator[Opening]:
    """From when to when something with these fields may ring from now on; a single instant where it goes out once.

    Every opening until the end, for hours hold on the last day as on the first; where the end is more than a lifetime away,
    until no other one can come.
    """
    latest = max(starts(fields, inputs.now), _RULES_FROM) + _ALL_CALENDARS
    return openings_until(fields, inputs.now, inputs.window_zone, latest)


def openings_until(
    fields: Mapping[str, Any], now: datetime, window_zone: tzinfo, latest: datetime
) -> Iterator[Opening]:
    """The same without a plan's inputs, and up to an instant."""
    if at := fields.get("actionTime"):
        moment = parse_instant(at)
        yield moment, moment
        return
    end, earliest = end_of(fields, now), starts(fields, now)
    last_day = max(earliest, min(end, latest))
    window = window_in(fields, window_zone)
    for opens, shuts in window.openings(*(at.astimezone(window.zone).date() for at in (earliest, last_day))):
        first, last = max(opens, earliest), min(shuts, end)
        if first < last:
            yield first, last


def first_outside(
    open_times: Iterable[Opening], start: time, end: time, zone: tzinfo
) -> tuple[datetime, Opening] | None:
    """The first moment of these openings outside two times of day, the same on every day, with the opening; None for none."""
    spans = dict.fromkeys(WEEKDAYS, ((start, end),))
    for opening in open_times:
        if (moment := _first_outside([opening], spans, zone)) is not None:
            return moment, opening
    return None


def outside(fields: Mapping[str, Any], hours: CallingHours, inputs: PlanInput) -> datetime | None:
    """The first moment at which a campaign with these fields may ring outside the hours; None when there is none."""
    return _first_outside(openings(fields, inputs), hours.spans, hours.zone)


def _first_outside(
    open_times: Iterable[Opening], spans: Mapping[str, tuple[Span, ...]], zone: tzinfo
) -> datetime | None:
    for opens, shuts in open_times:
        for first, last in _local(opens, shuts, zone):
            if not _lies_within(spans, first, last):
                return _leaving(spans, first)
    return None


def _local(opens: datetime, shuts: datetime, zone: tzinfo) -> Iterator[Opening]:
    """An opening in local time. Where the clocks change within it, it is several, each of a steadily moving clock."""
    first, last = opens.astimezone(zone), shuts.astimezone(zone)
    if first.utcoffset() == last.utcoffset():
        yield first, last
        return
    begins = opens
    while begins < shuts:
        quarter = begins.replace(minute=begins.minute // 15 * 15, second=0, microsecond=0)
        ends = min(shuts, quarter + _QUARTER)
        yield begins.astimezone(zone), max(begins, ends - _LAST).astimezone(zone)
        begins = ends


def _lies_within(spans: Mapping[str, tuple[Span, ...]], first: datetime, last: datetime) -> bool:
    """Does one opening, in local time, lie in one span of its day?"""
    day_spans = spans.get(WEEKDAYS[first.weekday()], ())
    return first.date() == last.date() and any(start <= first.time() and last.time() <= end for start, end in day_spans)


def allows(spans: Mapping[str, tuple[Span, ...]], moment: datetime, zone: tzinfo) -> bool:
    """May somebody in a zone be called at this moment?"""
    local = moment.astimezone(zone)
    return _lies_within(spans, local, local)


def _leaving(spans: Mapping[str, tuple[Span, ...]], opens: datetime) -> datetime:
    """When an opening that does not lie in one span is outside: from its start on, or once the span it began in ends."""
    day_spans = spans.get(WEEKDAYS[opens.weekday()], ())
    ends = [end for start, end in day_spans if start <= opens.time() < end]
    return datetime.combine(opens.date(), ends[0], opens.tzinfo) if ends else opens


def hours_text(spans: Mapping[str, Sequence[Span]]) -> str:
    """`10:00–20:00`, `08:00–20:00 monday–friday, 09:00–18:00 saturday`: the hours of a week, without days where all have the
    same.
    """
    texts = {day: " and ".join(f"{_clock(a)}–{_clock(b)}" for a, b in spans.get(day, ())) for day in WEEKDAYS}
    runs: list[tuple[str, str, str]] = []
    for day, text in texts.items():
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], day, text)
        else:
            runs.append((day, day, text))
    if len(runs) == 1:
        return runs[0][2] or "never"
    return ", ".join(
        f"{text} {first}" if first == last else f"{text} {first}–{last}" for first, last, text in runs if text
    )


def _clock(at: time) -> str:
    return f"{at:%H:%M:%S}".removesuffix(":00")


# ---- by the country of a number --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outside:
    """People of one country whom a campaign may ring when it should not; `moment` is the first time, in their zone.

    `law` is the country whose hours or holidays these are: its own, or that of which it is a territory.
    """

    country: str
    people: int
    moment: datetime
    why: str = ""
    law: str = ""


def outside_country(
    fields: Mapping[str, Any], phones: Iterable[str], packs: Mapping[str, CountryHours], inputs: PlanInput
) -> list[Outside]:
    """Each country whose hours a campaign may leave, by the numbers that it reaches; a territory keeps those of its country, in
    its own zones, where it has none of its own.
    """
    open_times = list(openings(fields, inputs))
    violations = []
    places = by_country(phones, {name: pack.zones for name, pack in packs.items()}, inputs.desired.project.zone_name)
    for country, zones in places.items():
        law = country if country in packs else law_of(country)
        if law not in packs:
            continue
        spans = packs[law].spans
        moments = {
            zone: _first_outside(open_times, spans, ZoneInfo(zone)) for zone in {z for names in zones for z in names}
        }
        outside_moments = [moment for moment in moments.values() if moment]
        if outside_moments:
            people = sum(count for names, count in zones.items() if any(moments[zone] for zone in names))
            violations.append(Outside(country, people, min(outside_moments), law=law))
    return violations


def by_country(
    phones: Iterable[str], zones: Mapping[str, Sequence[str]], default_zone: str
) -> dict[str, dict[tuple[str, ...], int]]:
    """Country → every zone that a number may be in → people, sorted.

    `zones` are a country's own, beside those that are known of it, for numbers that do not tell theirs; `default_zone` is the zone
    of numbers of which nothing is known at all.
    """
    countries: dict[str, dict[tuple[str, ...], int]] = {}
    for (country, number_zones), people in Counter(map(whereabouts, phones)).items():
        candidates = number_zones or tuple(sorted({*zones_of(country), *zones.get(country, ())})) or (default_zone,)
        counts = countries.setdefault(country, {})
        counts[candidates] = counts.get(candidates, 0) + people
    return {country: dict(sorted(countries[country].items())) for country in sorted(countries)}


# ---- holidays --------------------------------------------------------------------------------------------------------


def on_holidays(
    fields: Mapping[str, Any], phones: Iterable[str], holidays: Holidays, inputs: PlanInput
) -> list[Outside]:
    """Each public holiday's country in which a campaign may ring, with its first such day.

    A day is one where the person is: in any zone that the number may be in. Of countries that are named, a day of theirs, and
    of the project's own zone.
    """
    project = inputs.desired.project
    open_times = list(openings(fields, inputs))
    if holidays.countries:
        people = len(set(phones))
        places = [(country, {(*zones_of(country), project.zone_name): people}) for country in holidays.countries]
    else:
        places = list(by_country(phones, {}, project.zone_name).items())
    violations = []
    for country, zones in places:
        names = {zone for zone_names in zones for zone in zone_names}
        hits = {zone: _first_holiday(open_times, country, ZoneInfo(zone), holidays) for zone in names}
        first = min((hit for hit in hits.values() if hit), default=None)
        if first is not None:
            count = sum(
                people_there for zone_names, people_there in zones.items() if any(hits[zone] for zone in zone_names)
            )
            violations.append(Outside(country, count, *first))
    return violations


def _first_holiday(
    open_times: Sequence[Opening], country: str, zone: tzinfo, holidays: Holidays
) -> tuple[datetime, str] | None:
    for opens, shuts in open_times:
        first, last = opens.astimezone(zone), max(opens, shuts - _LAST).astimezone(zone)
        for days in range((last.date() - first.date()).days + 1):
            if name := holidays.named(country, first.date() + timedelta(days=days)):
                return first + timedelta(days=days), name
    return None
