"""Entries of the state as people and programs read them: the object, its id, and the fields as they were applied, in the terms of a
manifest: mappings and conditions as they are written there, times in the project's zone, and addresses in place of ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from mscode.kinds.fields.shape import FREE, Shape, spec_shape
from mscode.model.address import Address
from mscode.model.calling_window import WEEKDAYS
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import mask_numbers
from mscode.model.service_json import instant
from mscode.model.values import Ref, Scalar
from mscode.model.world import Entry, Known
from mscode.plan.lifecycle.operator_halt import shown_state
from mscode.views.plan.scalars import flow, quote
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import zone_of

#: What stands for a value of which the state keeps a keyed hash alone.
HIDDEN = "(personal)"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a manifest's terms need: the project's zone, and the address of each managed object by its section and id."""

    zone: tzinfo
    addresses: Mapping[tuple[str, str], Address]

    @classmethod
    def of(cls, known: Known, zone_name: str) -> Terms:
        """Those of a state, in the zone of this name."""
        entries = known.entries.values()
        return cls(zone_of(zone_name), {(entry.address.section, entry.id): entry.address for entry in entries})


def entry_json(entry: Entry, terms: Terms) -> dict[str, Any]:
    """One entry for programs; personal values are hashes in the state already. Instants stay in UTC."""
    return {
        "address": str(entry.address),
        "type": entry.address.section,
        "name": entry.address.name,
        "id": entry.id,
        "origin": entry.origin,
        "createdAt": instant(entry.created_at) or entry.created_at,
        "generation": entry.generation,
        "applied": {name: _plain(value) for name, value in _applied(entry, terms, is_written=False)},
        "preventDestroy": entry.prevent_destroy,
        "onRemoval": entry.on_removal,
        "superseded": list(entry.superseded),
        "launched": entry.launched,
    }


def entry_lines(entry: Entry, terms: Terms) -> Iterator[str]:
    """One entry for people."""
    yield f"# {entry.address}"
    yield f"  id:        {escape_unprintable(entry.id)}"
    yield f"  origin:    {entry.origin}"
    if entry.created_at:
        yield f"  createdAt: {entry.created_at}"
    if entry.prevent_destroy:
        yield "  preventDestroy: true"
    if entry.superseded:
        yield f"  superseded: {', '.join(entry.superseded)}"
    if entry.launched:
        yield "  launched: true"
    for name, value in _applied(entry, terms, is_written=True):
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield f"  {escape_unprintable(name)}:"
            yield from (f"    - {flow(item)}" for item in value)
        else:
            yield f"  {escape_unprintable(name)}: {_text(value)}"


def _text(value: Any) -> str:
    """One value as YAML; a hidden one, and what YAML reads without quotes, has none."""
    is_bare = value == HIDDEN or (isinstance(value, Scalar) and ":" not in value[:5])
    return escape_unprintable(str(value)) if is_bare else quote(value) if isinstance(value, str) else flow(value)


# ---- the terms of a manifest -----------------------------------------------------------------------------------------


def _applied(entry: Entry, terms: Terms, *, is_written: bool) -> Iterator[tuple[str, Any]]:
    """The applied fields in the order of the spec, masked. `is_written`: times as people write them, else as the API has them."""
    kind = registry().get(entry.address.section)
    shapes: Mapping[str, Shape] = spec_shape(kind.spec).fields if kind is not None else {}
    order = {name: at for at, name in enumerate(shapes)}
    for name in sorted(entry.applied, key=lambda name: (order.get(name, len(order)), name)):
        value = entry.applied[name]
        rule = kind.fields_by_name.get(name) if kind is not None else None
        if name == "state":
            value = shown_state(value)
        if rule is not None and isinstance(rule.default, dict):
            value = _mapping(value)
        elif rule is not None and isinstance(value, str) and shapes.get(name, FREE).free:
            value = _parsed(value)
        yield name, _value(value, shapes.get(name, FREE), terms, is_written)


def _mapping(value: Any) -> Any:
    """A mapping from its normal form: pairs, or JSON."""
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return {str(key): item for key, item in value}
    return value


def _parsed(text: str) -> Any:
    """JSON data; what is none, such as a hash, stays the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _value(value: Any, shape: Shape, terms: Terms, is_written: bool) -> Any:
    if isinstance(value, str) and value.startswith("hmac:"):
        return HIDDEN
    if shape.refers is not None and isinstance(value, str) and value:
        address = terms.addresses.get((shape.refers.section, value))
        if address is None:
            return {shape.refers.literal or "id": value}
        return Ref(address.section, str(address).removeprefix(f"{address.section}."))
    if shape.written is not None and is_written and value:
        try:
            value = shape.written.form(value, terms.zone)
        except (ValueError, TypeError, AttributeError):  # a state of another version may hold another form
            return _masked(value)
        return value if isinstance(value, Scalar) else _masked(value)
    if isinstance(value, dict):
        return {key: _value(item, shape.at(key), terms, is_written) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return _list(list(value), shape, terms, is_written)
    return _masked(value)


def _list(value: list[Any], shape: Shape, terms: Terms, is_written: bool) -> list[Any]:
    """A list; rows of a nested model, whose normal form has their values alone, get their names again."""
    names = list(shape.items.fields) if shape.items is not None else []
    if names and all(isinstance(row, list) and len(row) == len(names) for row in value):
        value = [dict(zip(names, row, strict=True)) for row in value]
    if value and all(item in WEEKDAYS for item in value if isinstance(item, str)) and isinstance(value[0], str):
        return sorted(value, key=WEEKDAYS.index)
    return [_value(item, shape.at(0), terms, is_written) for item in value]


def _masked(value: Any) -> Any:
    """Personal values are hashes in the state already; other texts may still hold somebody's number."""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return mask_numbers(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """As JSON data: addresses as text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value.address) if isinstance(value, Ref) else value
