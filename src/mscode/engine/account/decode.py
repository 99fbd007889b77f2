"""One raw object in spec form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mscode.errors import MscodeError
from mscode.model.kind import Kind
from mscode.model.service_json import id_text, instant, pick
from mscode.model.world import NO_STATUS, CampaignStatus, Fields, Live


def live_of(kind: Kind, raw: Mapping[str, Any], region: str = "") -> Live:
    """One raw object in spec form. `region`: the country of its national numbers; without one they are not read as numbers."""
    live_id = id_text(pick(raw, kind.id_field))
    if not live_id:
        raise MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id")
    fields, status = _read(kind, raw, live_id, region)
    return Live(
        section=kind.section,
        id=live_id,
        fields=fields,
        raw=raw if kind.keeps_raw else _NO_RAW,
        created_at=_moment(pick(raw, "createdAt")),
        made_at=_with_offset(pick(raw, "createdAt")),
        updated_at=_moment(pick(raw, "updatedAt")),
        status=status,
    )


def is_out_of_form(error: MscodeError) -> bool:
    """Is it that an object could not be brought into spec form?"""
    return error.diagnostics[0].code in ("bad-form", "no-id")


def _read(kind: Kind, raw: Mapping[str, Any], live_id: str, region: str) -> tuple[Fields, CampaignStatus]:
    """Spec form and status. What has members of quite other types than the API's page says is no such object."""
    try:
        if all(isinstance(pick(raw, name), str | None) for name in ("name", "state")):
            return kind.decode(raw, region), kind.read_status(raw) if kind.read_status else NO_STATUS
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise MscodeError(
        f"The service's {kind.singular} with id {live_id} cannot be read",
        detail="Its members are not of the types that the API's page says.",
        hint="Try again later; nothing is decided on an answer out of form.",
        code="bad-form",
    )


#: One for all: a hundred thousand accounts would each have their own.
_NO_RAW: Mapping[str, Any] = {}


def _moment(value: object) -> str:
    return _instant(value) if isinstance(value, str) else ""


def _with_offset(value: object) -> str:
    """A time that came with the offset of the service's zone, as ISO 8601; "" for any other."""
    match = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}T{match[2]}{match[3]}" if match else ""


_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)([+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=4096)
def _instant(text: str) -> str:
    """Objects that were made together have their times in common."""
    return instant(text)
