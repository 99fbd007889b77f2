"""One raw object in spec form."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mscode.errors import MscodeError
from mscode.model.kind import Kind
from mscode.model.service_json import id_text, instant, spellings
from mscode.model.world import NO_STATUS, Live


def live_of(kind: Kind, raw: Mapping[str, Any], region: str = "") -> Live:
    """One raw object in spec form. `region`: the country of its national numbers; without one they are not read as numbers."""
    return reader_of(kind, region)(raw)


def reader_of(kind: Kind, region: str = "") -> Callable[[Mapping[str, Any]], Live]:
    """`live_of` for many objects of a kind: what is the same for all of them is asked once."""
    id_field, decode, read_status, keeps_raw = kind.id_field, kind.decode, kind.read_status, kind.keeps_raw

    def live(raw: Mapping[str, Any]) -> Live:
        id_name, created_name, updated_name, *texts = spellings(raw, (id_field, "createdAt", "updatedAt", *_TEXTS))
        live_id = id_text(raw[id_name]) if id_name else ""
        if not live_id:
            raise MscodeError(f"The service listed a {kind.singular} without {id_field}", code="no-id")
        try:
            if not all(isinstance(raw[name], str | None) for name in texts if name):
                raise TypeError
            fields, status = decode(raw, region), read_status(raw) if read_status else NO_STATUS
        except (AttributeError, KeyError, TypeError, ValueError):
            raise _out_of_form(kind, live_id) from None
        created_at, made_at = _moments(raw[created_name]) if created_name else ("", "")
        updated_at = _moments(raw[updated_name])[0] if updated_name else ""
        return Live(
            kind.section, live_id, fields, _kept(raw) if keeps_raw else _NO_RAW, created_at, updated_at, status, made_at
        )

    return live


#: Members that are texts in every object that has them.
_TEXTS = ("name", "state")


def is_out_of_form(error: MscodeError) -> bool:
    """Is it that an object could not be brought into spec form?"""
    return error.diagnostics[0].code in ("bad-form", "no-id")


def _out_of_form(kind: Kind, live_id: str) -> MscodeError:
    """What has members of quite other types than the API's page says is no such object."""
    return MscodeError(
        f"The service's {kind.singular} with id {live_id} cannot be read",
        detail="Its members are not of the types that the API's page says.",
        hint="Try again later; nothing is decided on an answer out of form.",
        code="bad-form",
    )


def _kept(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A raw object as it is kept: each answer has names of its own, and all objects of a kind share them."""
    return {sys.intern(name) if type(name) is str else name: value for name, value in raw.items()}


#: One for all: a hundred thousand accounts would each have their own.
_NO_RAW: Mapping[str, Any] = {}


@lru_cache(maxsize=4096)
def _moments(value: Any) -> tuple[str, str]:
    """A time in spec form, and as ISO 8601 with the offset of the service's zone where it came with one; "" each where there is
    none. Objects that were made together have their times in common.
    """
    match = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    return instant(value), f"{match[1]}T{match[2]}{match[3]}" if match else ""


_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)([+-]\d\d:\d\d)", re.ASCII)
