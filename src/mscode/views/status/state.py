"""Entries of the state as people and programs read them: the object, its id, and the fields as they were applied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mscode.model.privacy import mask_numbers
from mscode.model.world import Entry
from mscode.views.text.printable import escape_unprintable


def entry_json(entry: Entry) -> dict[str, Any]:
    """One entry for programs; personal values are hashes in the state already."""
    return {
        "address": str(entry.address),
        "type": entry.address.section,
        "name": entry.address.name,
        "id": entry.id,
        "origin": entry.origin,
        "createdAt": entry.created_at,
        "generation": entry.generation,
        "applied": {name: _masked(value) for name, value in entry.applied.items()},
        "preventDestroy": entry.prevent_destroy,
        "onRemoval": entry.on_removal,
        "superseded": list(entry.superseded),
        "launched": entry.launched,
    }


def entry_lines(entry: Entry) -> Iterator[str]:
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
    for name, value in sorted(entry.applied.items()):
        yield f"  {name}: {escape_unprintable(json.dumps(_masked(value), ensure_ascii=False), 300)}"


def _masked(value: Any) -> Any:
    """An applied value, masked. Personal values are hashes in the state already; other texts may still hold somebody's number."""
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    if not isinstance(value, str):
        return value
    return "(personal)" if value.startswith("hmac:") else mask_numbers(value)
