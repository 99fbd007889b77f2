"""Reads a plan's JSON, of which nothing is certain: what has another form than the schema gives is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from mscode.model.calling_window import parse_instant

Data = Mapping[str, Any]


def items(data: Data, key: str) -> list[Data]:
    """The objects of a list."""
    found = data.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def texts(data: Data, key: str) -> list[str]:
    """The texts of a list."""
    found = data.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def text(data: Data, key: str) -> str:
    """A text; "" where there is none."""
    found = data.get(key)
    return found if isinstance(found, str) else ""


def number(data: Data, key: str) -> int | None:
    """A whole number; None where there is none."""
    found = data.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(data: Data, key: str) -> Data:
    """An object; an empty one where there is none."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def moment(data: Data, key: str) -> datetime | None:
    """An instant in UTC; None where there is none, or none that has a local time everywhere."""
    try:
        found = parse_instant(text(data, key))
    except ValueError:
        return None
    return found if MINYEAR < found.year < MAXYEAR else None


def zone(data: Data) -> tuple[tzinfo, str]:
    """The zone in which people read times, with its name; UTC where the plan names none that is known."""
    name = text(data, "timezone")
    try:
        return ZoneInfo(name), name
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC"), "UTC"
