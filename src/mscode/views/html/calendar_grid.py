"""When campaigns may call, as a table for those that have the same hours: a row per day, in the project's zone, with a bar of 24
hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from mscode.model.calling_window import WEEKDAYS
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.plan.reading import Data, items, moment, number, text
from mscode.views.text.times import clock

#: A table of more days is folded.
_FEW = 10
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day, in per cent of the width of 24 hours."""

    left: str
    width: str


@dataclass(frozen=True, slots=True)
class Day:
    """A row: the hours in words, and as bars."""

    name: str
    hours: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One of the campaigns of a calendar. `link`: the anchor of its change, or None. `reach` says whom it reaches."""

    address: str
    link: str | None
    reach: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """When campaigns may ring that have the same hours. `summary` stands above a table that is folded up, `more` says what it
    leaves out; "" for neither.
    """

    campaigns: tuple[Campaign, ...]
    caption: str
    hours_title: str
    days: tuple[Day, ...]
    summary: str
    more: str


def calendars(rows: Sequence[Data], zone: tzinfo, zone_name: str, links: Mapping[str, str]) -> list[Calendar]:
    """The calling hours of a plan's campaigns: one calendar for those that have the same, in the order of the plan."""
    alike: dict[tuple[Any, ...], list[Data]] = {}
    for row in rows:
        openings = tuple((text(opening, "from"), text(opening, "to")) for opening in items(row, "openings"))
        alike.setdefault((_hours_title(row), number(row, "more"), openings), []).append(row)
    return [_calendar(group, zone, zone_name, links) for group in alike.values()]


def _calendar(rows: Sequence[Data], zone: tzinfo, zone_name: str, links: Mapping[str, str]) -> Calendar:
    days = _by_day(rows[0], zone)
    more = number(rows[0], "more")
    return Calendar(
        tuple(Campaign(text(row, "address"), links.get(text(row, "address")), _reach(row)) for row in rows),
        f"{_reach(rows[0])}. Times in {zone_name}." if len(rows) == 1 else f"Times in {zone_name}.",
        _hours_title(rows[0]),
        tuple(
            Day(_label(day), ", ".join(_span(*span) for span in spans), tuple(_bar(*span) for span in spans))
            for day, spans in days.items()
        ),
        f"{count(len(days), 'day')}, {_label(min(days))} to {_label(max(days))}" if len(days) > _FEW else "",
        f"And {count(more, 'more opening')}, not listed." if more else "",
    )


def _hours_title(row: Data) -> str:
    return "Calls may ring" if number(row, "maxMessages") is None else "Messages go out"


def _reach(row: Data) -> str:
    people, calls, messages = (number(row, name) for name in ("people", "maxCalls", "maxMessages"))
    if people is None:
        return "Already calling; this plan starts nothing new here"
    if messages is not None:
        return f"{count(people, 'person')}, {count(messages, 'message')}"
    return f"{count(people, 'person')}" + (f", at most {count(calls, 'call')}" if calls is not None else "")


def _by_day(row: Data, zone: tzinfo) -> dict[date, list[tuple[datetime, datetime]]]:
    """The openings by local day; one that goes past midnight stands on both days."""
    days: dict[date, list[tuple[datetime, datetime]]] = {}
    for opening in items(row, "openings"):
        start, end = moment(opening, "from"), moment(opening, "to")
        if start is None or end is None or not timedelta() <= end - start < timedelta(days=2):
            continue
        start, end = start.astimezone(zone), end.astimezone(zone)
        while start.date() < end.date():
            midnight = datetime.combine(start.date() + timedelta(days=1), time(), start.tzinfo)
            days.setdefault(start.date(), []).append((start, midnight))
            start = midnight
        if start < end or (start == end and start.time() != time()):
            days.setdefault(start.date(), []).append((start, end))
    return days


def _label(day: date) -> str:
    """`Tue 2026-12-01`."""
    return f"{WEEKDAYS[day.weekday()][:3].capitalize()} {day.isoformat()}"


def _span(start: datetime, end: datetime) -> str:
    if start == end:
        return f"at {clock(start)}"
    return f"{clock(start)}–{'24:00' if end.date() > start.date() else clock(end)}"


def _bar(start: datetime, end: datetime) -> Bar:
    left = start.hour * 60 + start.minute
    right = _DAY if end.date() > start.date() else end.hour * 60 + end.minute
    width = max(right - left, 10)
    return Bar(f"{left / _DAY:.2%}", f"{width / _DAY:.2%}")
