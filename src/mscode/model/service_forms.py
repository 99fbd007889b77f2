"""Forms of a service's JSON that are known beforehand, and the same JSON as the API's page has it.

Date-times whose zone the page does not state are in UTC in mscode, and in another zone in a service that says so
(docs/service-notes.md#times); `operations` of a call are text in mscode, and parsed in some services. Everything that goes out is
brought into the service's form, and everything that comes in out of it, at the one place where JSON is sent and read
(api/client.py): what mscode compares, plans and keeps has one form everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from mscode.model.late_pattern import late_pattern

#: Members whose zone the page does not state. `startTime` and `endTime` are UTC, as it says.
NAMES = frozenset({"actionTime", "expiresAt", "createdAt", "updatedAt", "latestCallAt", "timestamp"})
#: Of these what the service has written itself lies in the past.
_PAST = frozenset({"createdat", "updatedat", "latestcallat", "timestamp"})
_NAMES = frozenset(name.lower() for name in NAMES)
#: What only the client knows the meaning of: nothing in it is a date-time of the service.
_OPAQUE = frozenset({"meta", "operations"})
_STAMP = late_pattern(r"\s*(\d{4}-\d\d-\d\d)[ T:](\d\d:\d\d:\d\d)(?:[.,]\d+)?\s*", re.ASCII)


class AmbiguousTimeError(ValueError):
    """A date-time that comes twice on the clocks of a zone, so that nobody can say which of the two is meant."""

    def __init__(self, name: str, text: str, zone: tzinfo) -> None:
        super().__init__(f"the {name} {text} UTC is a time that comes twice on the clocks of {zone}")


def in_zone(data: Any, zone: tzinfo) -> Any:
    """A body in the zone of the service. AmbiguousTimeError where one of its date-times comes twice there: the service might take
    the earlier one for the later one, and call people an hour before they may be called.
    """

    def out(name: str, text: str) -> str:
        local = _local_time(text, zone)
        if local is None:
            raise AmbiguousTimeError(name, text, zone)
        return local

    return _converted(data, out)


def in_utc(data: Any, zone: tzinfo, now: datetime) -> Any:
    """An answer with its date-times in UTC; `now` is the service's clock.

    Of a time that comes twice, what has happened is the later one that is not ahead of `now`; of what is still to come,
    the end (`expiresAt`) is the later one and everything else the earlier one, so that nothing may ring outside of what is read.
    """
    return _converted(data, lambda name, text: _in(name, text, zone, now))


def with_operations_as_text(data: Any) -> Any:
    """An answer in which `operations` are text again, as they were sent."""
    if isinstance(data, list):
        return [with_operations_as_text(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {name: _as_text(value) if name.lower() == "operations" else value for name, value in data.items()}


def _as_text(value: Any) -> Any:
    return value if value in (None, "") else json.dumps(value, ensure_ascii=False)


def is_ambiguous(moment: datetime, zone: tzinfo) -> bool:
    """Does the time of day that an instant has in a zone come twice on that day?"""
    local = moment.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _converted(data: Any, change: Callable[[str, str], str]) -> Any:
    if isinstance(data, list):
        return [_converted(item, change) for item in data]
    if not isinstance(data, dict):
        return data
    return {name: _member(name, value, change) for name, value in data.items()}


def _member(name: str, value: Any, change: Callable[[str, str], str]) -> Any:
    plain = name.lower()
    if isinstance(value, str):
        return change(name, value) if plain in _NAMES else value
    return value if plain in _OPAQUE else _converted(value, change)


@lru_cache(maxsize=4096)
def _local_time(text: str, zone: tzinfo) -> str | None:
    """A date-time in UTC as it is in a zone; None where that comes twice there, and what is no date-time as it is."""
    moment = _instant(text, UTC, fold=0)
    try:
        if moment is None or not is_ambiguous(moment, zone):
            return text if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}".rjust(19, "0")
    except OverflowError:  # at the end of the calendar
        return text
    return None


def _in(name: str, text: str, zone: tzinfo, now: datetime) -> str:
    first, second = _readings(text, zone)
    if first is None or second is None:
        return text
    is_past = name.lower() in _PAST
    takes_later = second <= now if is_past else name.lower() == "expiresat"
    moment = second if takes_later else first
    return _with_offset(moment, zone) if name.lower() == "createdat" else f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0")


def _with_offset(moment: datetime, zone: tzinfo) -> str:
    """On the clocks of a zone, with its offset: the state keeps when something was made, and what the service says of that stays
    the same where somebody corrects the zone.
    """
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds")


@lru_cache(maxsize=4096)
def _readings(text: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The two instants (UTC) that a time of a zone may mean, the earlier one first; mostly they are one."""
    instants = sorted(instant for fold in (0, 1) if (instant := _instant(text, zone, fold)) is not None)
    return (instants[0], instants[-1]) if instants else (None, None)


def _instant(text: str, zone: tzinfo, fold: int) -> datetime | None:
    """None for what is no date-time, or has an offset of its own."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=zone, fold=fold).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
