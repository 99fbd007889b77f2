"""Instants, times of day and weekdays as people read them: in the project's zone, without seconds that are zero.

Weekday names are English whatever the machine's locale.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, parse_instant, parse_time

#: Weekdays in succession that are shown as a range.
_SHORTEST_RUN = 3


def clock(at: time | datetime) -> str:
    """`09:00`, or `09:00:30`."""
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def local(moment: datetime, zone: tzinfo) -> str:
    """`2026-12-01 09:00`; with its offset where the clock shows that time twice (the end of summer time)."""
    local_time = moment.astimezone(zone)
    twice = local_time.replace(fold=0).utcoffset() != local_time.replace(fold=1).utcoffset()
    offset = local_time.strftime("%z")
    return f"{local_time:%Y-%m-%d} {clock(local_time)}" + (f" ({offset[:3]}:{offset[3:5]})" if twice else "")


def with_weekday(moment: datetime, zone: tzinfo) -> str:
    """`Tue 2026-12-01 11:00`."""
    return f"{weekday(moment.astimezone(zone))} {local(moment, zone)}"


def weekday(day: date) -> str:
    """The first three letters of its weekday in English."""
    return WEEKDAYS[day.weekday()][:3].capitalize()


def instant(text: str, zone: tzinfo) -> str | None:
    """A text in the API's form of an instant as its time in `zone`; None where it has another form."""
    try:
        return local(parse_instant(text), zone)
    except ValueError:
        return None


def time_of_day(text: str) -> time | None:
    """A text in the API's form of a time of day (seconds may be missing); None where it has another form."""
    try:
        return parse_time(text if text.count(":") == 2 else f"{text}:00")
    except ValueError:
        return None


def elsewhere(at: time, zone: tzinfo, other: tzinfo, day: date) -> str:
    """What the clock shows in `other` when it is `at` in `zone` on that day: `11:00`, `01:00 next day`."""
    other_time = datetime.combine(day, at, zone).astimezone(other)
    moved = {1: " next day", -1: " the day before"}.get((other_time.date() - day) // timedelta(days=1), "")
    return f"{clock(other_time)}{moved}"


def weekdays(days: list[str]) -> str:
    """`monday-friday`, `monday, wednesday`: in the order of the week, three or more in succession as a range."""
    ordered = [day for day in WEEKDAYS if day in days]
    runs: list[list[str]] = []
    for day in ordered:
        if runs and WEEKDAYS.index(day) == WEEKDAYS.index(runs[-1][-1]) + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) >= _SHORTEST_RUN else ", ".join(run) for run in runs)


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name; KeyError's subclass ZoneInfoNotFoundError where there is none."""
    return ZoneInfo(name)
