"""Instants, times of day and weekdays as people read them: in the project's zone, without seconds that are zero.

Weekday names are English whatever the machine's locale.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, parse_instant, parse_time

_SHORTEST_RUN = 3


def clock(at: time | datetime) -> str:
    """`09:00`, or `09:00:30`."""
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def local(moment: datetime, zone: tzinfo) -> str:
    """`2026-12-01 09:00`; with its offset where the clock shows that time twice (the end of summer time)."""
    here = moment.astimezone(zone)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here:%Y-%m-%d} {clock(here)}" + (f" ({_offset(here)})" if twice else "")


def _offset(moment: datetime) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def with_weekday(moment: datetime, zone: tzinfo) -> str:
    """`Tue 2026-12-01 11:00`."""
    here = moment.astimezone(zone)
    return f"{WEEKDAYS[here.weekday()][:3].capitalize()} {local(moment, zone)}"


def instant(text: str, zone: tzinfo) -> str | None:
    """An instant in spec form, in `zone`; None when it is none."""
    try:
        return local(parse_instant(text), zone)
    except ValueError:
        return None


def time_of_day(text: str) -> time | None:
    """A time of day in spec form (seconds may be missing); None when it is none."""
    try:
        return parse_time(text if text.count(":") == 2 else f"{text}:00")
    except ValueError:
        return None


def elsewhere(at: time, zone: tzinfo, other: tzinfo, day: date) -> str:
    """What the clock shows in `other` when it is `at` in `zone` on that day: `11:00`, `01:00 next day`."""
    there = datetime.combine(day, at, zone).astimezone(other)
    moved = {1: " next day", -1: " the day before"}.get((there.date() - day) // timedelta(days=1), "")
    return f"{clock(there)}{moved}"


def weekdays(days: list[str]) -> str:
    """`monday-friday`, `monday, wednesday`: in the order of the week, runs of three or more drawn together."""
    known = [day for day in WEEKDAYS if day in days]
    runs: list[list[str]] = []
    for day in known:
        if runs and WEEKDAYS.index(day) == WEEKDAYS.index(runs[-1][-1]) + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) >= _SHORTEST_RUN else ", ".join(run) for run in runs)


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name; KeyError's subclass ZoneInfoNotFoundError where there is none."""
    return ZoneInfo(name)
