"""On which days each person may be called, campaign by campaign: what plan/guards/over_projects.py compares over projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mscode.model.light_dataclass import dataclass
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Reach
from mscode.plan.people.exposure import ringing_reaches, running_reaches
from mscode.plan.people.number_zones import whereabouts, zones_of

#: First and last day, counted from 0001-01-01 (`date.toordinal`).
Days = tuple[int, int]
#: A calling window is open up to its end, which belongs to it no more.
_LAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CallingDays:
    """A campaign and whom it may call, by their first and last day. `is_new`: this plan lets it ring, or ring them."""

    address: str
    is_new: bool
    people: Mapping[Days, frozenset[str]]


def calling_days(builder: PlanBuilder) -> Iterator[CallingDays]:
    """What a plan lets ring, and what rings or waits for its time already."""
    zone = builder.inputs.desired.project.zone_name
    launches = list(ringing_reaches(builder))
    yield from (CallingDays(name, True, days_of_people(reach, zone)) for name, reach in launches)
    running = running_reaches(builder, launches)
    yield from (CallingDays(name, False, days_of_people(reach, zone)) for name, reach in running)


def days_of_people(reach: Reach, default_zone: str) -> dict[Days, frozenset[str]]:
    """The people of a reach by the days on which they may be called; none where no call is possible."""
    if reach.first_call is None or reach.last_call is None:
        return {}
    first, last = reach.first_call, max(reach.first_call, reach.last_call - _LAST)
    days_of_zones: dict[tuple[str, ...], Days] = {}
    people: dict[Days, set[str]] = {}
    for phone in reach.phones:
        country, number_zones = whereabouts(phone)
        zones = number_zones or zones_of(country) or (default_zone,)
        days = days_of_zones.get(zones)
        if days is None:
            days = days_of_zones[zones] = _days(first, last, zones)
        people.setdefault(days, set()).add(phone)
    return {days: frozenset(phones) for days, phones in people.items()}


def _days(first: datetime, last: datetime, zones: tuple[str, ...]) -> Days:
    """From the first to the last day in any of the zones in which somebody may be."""
    places = [ZoneInfo(name) for name in zones]
    return (
        min(first.astimezone(place).date().toordinal() for place in places),
        max(last.astimezone(place).date().toordinal() for place in places),
    )
