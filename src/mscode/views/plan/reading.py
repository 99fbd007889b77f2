"""Reads members of a plan's JSON from a file that may be forged: a value of another form than the schema's counts as missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from mscode.errors import Diagnostic, Place
from mscode.model.calling_window import parse_instant
from mscode.views.diagnostics import shortened, to_json

Data = Mapping[str, Any]


def items(data: Data, key: str) -> list[Data]:
    """The objects of a list."""
    value = data.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def warnings(data: Data) -> list[Data]:
    """The warnings of a plan, as many of them as people read (views.diagnostics)."""
    return [dict(to_json(diagnostic)) for diagnostic in shortened(map(_warning, items(data, "diagnostics")))]


def _warning(item: Data) -> Diagnostic:
    file = text(item, "file")
    place = Place(file, number(item, "line") or 1, number(item, "column") or 1) if file else None
    words = [text(item, name) for name in ("summary", "detail", "hint")]
    return Diagnostic(words[0], place, words[1], words[2], "warning", text(item, "code"), text(item, "address"))


def texts(data: Data, key: str) -> list[str]:
    """The texts of a list."""
    value = data.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text(data: Data, key: str) -> str:
    """A text; "" where there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def number(data: Data, key: str) -> int | None:
    """A whole number; None where there is none."""
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(data: Data, key: str) -> Data:
    """An object; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def moment(data: Data, key: str) -> datetime | None:
    """An instant in UTC; None where there is none, or none that has a local time everywhere."""
    try:
        instant = parse_instant(text(data, key))
    except ValueError:
        return None
    return instant if MINYEAR < instant.year < MAXYEAR else None


def zone(data: Data) -> tuple[tzinfo, str]:
    """The zone in which people read times, with its name; UTC where the plan names none that is known."""
    name = text(data, "timezone")
    try:
        return ZoneInfo(name), name
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC"), "UTC"
