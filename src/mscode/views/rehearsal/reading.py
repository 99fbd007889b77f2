"""A rehearsal in JSON, read back: from a file that may be forged, so its shape and the size of its numbers are checked."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from mscode.errors import PlanError
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson

#: Larger numbers are no counts of calls or cents; floats still tell them apart.
_MOST = 10**15


@cache
def _adapter() -> TypeAdapter[RehearsalJson]:
    return TypeAdapter(RehearsalJson)


def read_rehearsal(data: object) -> RehearsalJson:
    """The rehearsal of JSON data; PlanError where it is none."""
    try:
        rehearsal = _adapter().validate_python(data)
    except ValidationError:
        raise _no_rehearsal() from None
    if not is_drawable(rehearsal):
        raise _no_rehearsal()
    return rehearsal


def is_drawable(value: object) -> bool:
    """Is no number in JSON data too large to be drawn?"""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            pending += part.values()
        elif isinstance(part, list):
            pending += part
        elif isinstance(part, int | float) and abs(part) > _MOST:
            return False
    return True


def _no_rehearsal() -> PlanError:
    return PlanError(
        "This is not a rehearsal that can be shown",
        detail="It is not of the form that schema/rehearsal.schema.json gives.",
        hint="Make it anew: mscode plan --rehearse --json > plan.json",
        code="no-rehearsal",
    )
