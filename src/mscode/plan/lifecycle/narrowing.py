"""What one change takes away, apart from what it brings: the part that runs first and needs no confirmation.

A change may do both: take a person out and bring another in, close in the evening and open in the morning. What it brings waits
for a confirmation, for recordings, for other steps; meanwhile whoever was taken out would go on being called. So the part that
takes away is a step of its own, first of all. If the rest is then held, or fails, the next plan shows the rest alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`fields` are values between before and after, with which it reaches nobody, at no moment and no more often than it
    would do both before and after. `stops`: there is nothing between the two, so that it must not reach anybody until the rest
    is done. `is_all`: the change does nothing else. `waits`: a voice file that it plays is gone, so that the service takes no
    request without the one that the change brings.
    """

    fields: Fields = field(default_factory=dict)
    stops: bool = False
    is_all: bool = False
    waits: bool = False


def narrowing(before: Fields, after: Fields, names: Iterable[str], now: datetime) -> Narrowing | None:
    """Of something that calls within a window: what is taken away by the fields `names`. None where nothing is."""
    names = list(names)
    parts = [_narrower_value(name, before, after, now) for name in names]
    between = {name: value for part in parts for name, value in part.items()}
    if not between:
        return None
    whole = {**before, **between}
    is_all = all(name in between and _is_equal(between[name], after.get(name)) for name in names)
    return Narrowing(stops=True) if _never_opens(whole) else Narrowing(between, is_all=is_all)


def _is_equal(value: Any, wanted: Any) -> bool:
    return (
        bool(sorted(value) == sorted(wanted))
        if isinstance(value, list) and isinstance(wanted, list)
        else bool(value == wanted)
    )


def _narrower_value(name: str, before: Fields, after: Fields, now: datetime) -> Fields:
    """The narrower value of one field; {} where it is as wide as before or wider."""
    old, new = before.get(name), after.get(name)
    narrower: Any = None
    if name == "startTime":
        begun = not old or parse_instant(old) <= now
        narrower = new if new and parse_instant(new) > now and (begun or str(new) > str(old)) else None
    elif name in ("endTime", "expiresAt"):
        narrower = new if new and (not old or str(new) < str(old)) else None
    elif name == "activeFrom":
        narrower = new if _time(new) > _time(old) else None
    elif name == "activeTo":
        narrower = new if _time(new) < _time(old) else None
    elif name == "activeWeekdays":
        days = [day for day in old or () if day in (new or ())]
        return {name: days} if len(days) < len(old or ()) else {}
    elif name == "acceptsWanted":
        narrower = new if new and (not old or int(new) < int(old)) else None
    elif name == "maxRedials":
        narrower = _redials(new) if _redials(new) < _redials(old) else None
    return {} if narrower is None else {name: narrower}


def _time(value: Any) -> str:
    text = str(value or "")
    return text if text.count(":") == 2 else f"{text}:00"


def _redials(value: Any) -> int:
    return 3 if value is None else int(value)


def _never_opens(fields: Fields) -> bool:
    start, end = fields.get("startTime"), fields.get("endTime") or fields.get("expiresAt")
    return (
        _time(fields.get("activeFrom")) >= _time(fields.get("activeTo"))
        or not fields.get("activeWeekdays")
        or bool(start and end and str(start) >= str(end))
    )


def kept_receivers(rows: Iterable[Fields], removed: Collection[Fields], *, is_all: bool) -> Narrowing | None:
    """Of something that waits for its time: its live receivers without those that the manifest no longer names."""
    if not removed:
        return None
    removed_rows = list(removed)
    rows_left = [dict(row) for row in rows if row not in removed_rows]
    return Narrowing({"receivers": rows_left}, is_all=is_all) if rows_left else Narrowing(stops=True)
