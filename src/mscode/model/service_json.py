"""How the service's JSON is read: one place for each of its misspellings and double spellings.

See docs/service-notes.md#spellings.

Pure functions over parsed JSON. All of them are tolerant: what cannot be read gives the empty value of the type, and
the caller decides whether that matters. Sending is strict: only the documented spelling goes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from mscode.model.late_pattern import late_pattern

Row = Mapping[str, Any]

ID = late_pattern(r"[A-Za-z0-9_-]{1,64}")
#: Words that stand where an id could: `DELETE /accounts/filters` must never be built from an "id"
#: (docs/service-notes.md#operations).
PATH_WORDS = frozenset(
    {"accounts", "all", "filters", "receivers", "results", "stats", "text_to_speech", "upload", "voice_codes"}
)

_INSTANT = late_pattern(
    r"(\d{4})-(\d\d)-(\d\d)[ T:](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
_NUMBER = late_pattern(r"[+-]?\d{1,18}(?:\.0+)?", re.ASCII)
_TRUE = frozenset({"1", "y", "yes", "true", "on"})
#: The spellings in which a receiver or `stats` counts its dials.
DIALS = ("totalDialedCalls", "dialedCalls", "dialledCalls", "totalDialledCalls")
#: These, the other signs of a call, and the instant of the last one.
_TOLD_OF_CALLS = (*DIALS, "answered", "answeredCalls", "callDuration", "totalDuration", "latestCallAt")


def pick(row: Row, name: str) -> Any:
    """The member of that name, else the one whose name differs only by case
    (docs/service-notes.md#spellings), else None.
    """
    if name in row:
        return row[name]
    spelling = spellings(row, (name,))[0]
    return None if spelling is None else row[spelling]


def spellings(row: Row, names: tuple[str, ...]) -> Sequence[str | None]:
    """Which member of a row `pick` takes for each name, None for no member. The rows of a list have the same members, so this is
    found out once.
    """
    if len(row) > _MOST_MEMBERS:
        return [name if name in row else _spelling(row, name) for name in names]
    return _spellings(tuple(row), names)


def members(row: Row, names: tuple[str, ...]) -> Sequence[Any]:
    """`pick` of each name (more than one), quickly for many rows with the same members."""
    if len(row) > _MOST_MEMBERS:
        return [pick(row, name) for name in names]
    return _getter(tuple(row), names)(row)


@lru_cache(maxsize=1024)
def _spellings(present: tuple[str, ...], names: tuple[str, ...]) -> Sequence[str | None]:
    row = dict.fromkeys(present)
    return tuple(name if name in row else _spelling(row, name) for name in names)


@lru_cache(maxsize=1024)
def _getter(present: tuple[str, ...], names: tuple[str, ...]) -> Callable[[Row], Sequence[Any]]:
    spelled = _spellings(present, names)
    if None in spelled:
        return lambda row: [None if name is None else row[name] for name in spelled]
    return itemgetter(*spelled)


def _spelling(row: Row, name: str) -> str | None:
    """The first member whose name differs from a name only by case."""
    lower = name.lower()
    return next((key for key in row if key.lower() == lower), None)


#: A row with more members than the API's page could ever name is read member by member.
_MOST_MEMBERS = 100


def instant(value: object) -> str:
    """A date-time as `YYYY-MM-DDTHH:MM:SSZ`; "" for none and for what is no date-time.

    Takes a space, a `T` or a colon between date and time, a fraction (dropped), and an offset; UTC where none is
    given (docs/service-notes.md#times). MySQL's `0000-00-00 00:00:00` is no date-time.
    """
    if not isinstance(value, str):
        return ""
    return _known_instant(value) if len(value) <= _USUAL_LENGTH else _instant(value)


def _instant(value: str) -> str:
    match = _INSTANT.fullmatch(value.strip())
    if not match:
        return ""
    *parts, zone = match.groups()
    year, month, day, hour, minute, second = parts
    offset = zone if zone and zone[0] in "+-" else "+00:00"
    text = f"{year}-{month}-{day}T{hour}:{minute}:{second}{offset}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except (ValueError, OverflowError):
        return ""


#: No date-time of the service is longer; what is may be of any length, and is not kept.
_USUAL_LENGTH = 40
#: Objects that were made together have their instants in common, and each launch of an apply reads everything that calls.
_known_instant = lru_cache(maxsize=4096)(_instant)


def instant_out(text: str) -> str:
    """An instant in spec form as the API takes it, `YYYY-MM-DD HH:MM:SS` in UTC; ValueError for anything else."""
    normal = instant(text)
    if not normal:
        raise ValueError(f'"{text}" is not an instant')
    return f"{normal[:10]} {normal[11:19]}"


def id_text(value: object) -> str:
    """An id as text, whether it came as text or number (docs/service-notes.md#ids); "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if value == value // 1 else ""


def is_id(text: str) -> bool:
    """May this text stand as an id in a path? (`^[A-Za-z0-9_-]{1,64}$` and no word of a path.)"""
    return ID.fullmatch(text) is not None and text.lower() not in PATH_WORDS


def id_order(text: str) -> tuple[int, str]:
    """Ids in the order of their numbers."""
    return (len(text), text)


def number(value: object) -> int | None:
    """A whole number, whether it came as number or as its text (docs/service-notes.md#values); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    match = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match.group().partition(".")[0]) if match else None


def flag(value: object) -> bool:
    """A flag in any of its spellings: true, 1, "1", "y" (docs/service-notes.md#values)."""
    if isinstance(value, str):
        return value.strip().lower() in _TRUE
    return value is True or value == 1


def dial_count(row: Row) -> int:
    """How many dials a receiver or `stats` reports, in any of the four spellings
    (docs/service-notes.md#spellings).

    Deleting and replacing depend on "nobody was dialled", so the highest figure counts, and a row with any other sign
    of a call (answered, a duration, `latestCallAt`) counts as one dial at least.
    """
    *told, latest = members(row, _TOLD_OF_CALLS)
    dials = max(number(count) or 0 for count in told[: len(DIALS)])
    signs = told[len(DIALS) :]
    was_called = any(flag(sign) or (number(sign) or 0) > 0 for sign in signs) or bool(instant(latest))
    return max(dials, int(was_called))


def reply(row: Row) -> str:
    """A receiver's reply (`reply` or `rsvpReply`): accept, decline, noAnswer, "" or a value not known to mscode.

    `noReply` and `noAnswer` are one value (docs/service-notes.md#spellings).
    """
    text = str(pick(row, "rsvpReply") or pick(row, "reply") or "")
    return "noAnswer" if text.lower() in ("noanswer", "noreply") else text
