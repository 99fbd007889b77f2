"""Starts of campaigns that have passed.

A PUT leaves a start out that is too old to be taken, and a service for which a PUT replaces the object then writes a new one,
that moment (docs/service-notes.md#put-carries-everything). Calling depends on neither any more, so they are no difference.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mscode.model.calling_window import parse_instant

_START = "startTime"


def both_passed(name: str, first: Any, second: Any, now: datetime) -> bool:
    """Is the field the start, and has the campaign started by either of its two values? None and "" are a start at once."""
    return name == _START and _has_passed(first, now) and _has_passed(second, now)


def _has_passed(start: Any, now: datetime) -> bool:
    return not start or parse_instant(start) <= now
