"""When each campaign may call, as a table per campaign: a row per day, in the project's zone, with a bar of 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from mscode.model.calling_window import WEEKDAYS
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
class CampaignTable:
    """The calling windows of one campaign. `link`: the anchor of its change, or None. `summary` stands above a table that is
    folded up, `more` says what it leaves out; "" for neither.
    """

    address: str
    link: str | None
    caption: str
    hours_title: str
    days: tuple[Day, ...]
    summary: str
    more: str


def campaign_table(row: Data, zone: tzinfo, zone_name: str, link: str | None) -> CampaignTable:
    """The calling windows of one campaign."""
    days = _by_day(row, zone)
    more = number(row, "more")
    return CampaignTable(
        text(row, "address"),
        link,
        _caption(row, zone_name),
        "Calls may ring" if number(row, "maxMessages") is None else "Messages go out",
        tuple(
            Day(_label(day), ", ".join(_span(*span) for span in spans), tuple(_bar(*span) for span in spans))
            for day, spans in days.items()
        ),
        f"{count(len(days), 'day')}, {_label(min(days))} to {_label(max(days))}" if len(days) > _FEW else "",
        f"And {count(more, 'more opening')}, not listed." if more else "",
    )


def _caption(row: Data, zone_name: str) -> str:
    people, calls, messages = (number(row, name) for name in ("people", "maxCalls", "maxMessages"))
    if people is None:
        return f"Rings already; this plan launches nothing of it. Times in {zone_name}."
    if messages is not None:
        return f"{count(people, 'person')}, {count(messages, 'message')}. Times in {zone_name}."
    most = f", at most {count(calls, 'call')}" if calls is not None else ""
    return f"{count(people, 'person')}{most}. Times in {zone_name}."


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
