"""One raw object in spec form, and what a list of a kind does not show of the objects that matter (docs/service-notes.md#lists)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mscode.api.client import Reader
from mscode.engine.account.target import Target
from mscode.errors import MscodeError
from mscode.model.kind import Kind
from mscode.model.service_json import id_text, instant, pick
from mscode.model.world import NO_STATUS, DesiredWorld, Fields, Known, Life, Live


def live_of(kind: Kind, raw: Mapping[str, Any]) -> Live:
    """One raw object in spec form."""
    live_id = id_text(pick(raw, kind.id_field))
    if not live_id:
        raise MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id")
    fields, life = _read(kind, raw, live_id)
    return Live(
        section=kind.section,
        id=live_id,
        fields=fields,
        raw=raw if kind.keeps_raw else _NO_RAW,
        created_at=_moment(pick(raw, "createdAt")),
        updated_at=_moment(pick(raw, "updatedAt")),
        life=life,
    )


def _read(kind: Kind, raw: Mapping[str, Any], live_id: str) -> tuple[Fields, Life]:
    """Spec form and life. What has members of quite other types than the API's page says is no such object."""
    try:
        if all(isinstance(pick(raw, name), str | None) for name in ("name", "state")):
            return kind.unwire(raw, kind.region), kind.life(raw) if kind.life else NO_STATUS
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


@lru_cache(maxsize=4096)
def _instant(text: str) -> str:
    """Objects that were made together have their times in common."""
    return instant(text)


def read_details(
    reader: Reader,
    kinds: Mapping[str, Kind],
    target: Target,
    objects: dict[str, dict[str, Live]],
    desired: DesiredWorld,
    known: Known,
) -> None:
    """Read what is managed, looks like a wanted one, or is yet to go out, by its id; `objects` gets the whole of them."""
    lacking = [
        live
        for section, listed in objects.items()
        if kinds[section].has_detail
        for live in _that_matter(kinds[section], listed, desired, known)
        if "receivers" not in live.fields
    ]

    for full in reader.map(lambda live: _whole(reader, kinds[live.section], target, live), lacking):
        objects[full.section][full.id] = full


def read_like(reader: Reader, kind: Kind, target: Target, listed: dict[str, Live], fields: Fields) -> None:
    """The same for what looks like an object with these fields (spec form)."""
    wanted = set(kind.identities(fields)) if kind.has_detail else set()
    lacking = [live for live in listed.values() if wanted.intersection(kind.identities(live.fields))]
    for full in reader.map(lambda live: _whole(reader, kind, target, live), lacking):
        listed[full.id] = full


def _whole(reader: Reader, kind: Kind, target: Target, live: Live) -> Live:
    raw = reader.get(target.item(kind.collection, live.id), what=f"{kind.singular} {live.id}")
    full = live_of(kind, {**live.raw, **raw})
    return replace(full, life=live.life) if live.life.finished else full


def _that_matter(kind: Kind, listed: Mapping[str, Live], desired: DesiredWorld, known: Known) -> Iterable[Live]:
    items = [item for address, item in desired.objects.items() if address.section == kind.section]
    wanted = {key for item in items for key in kind.identities(item.fields)}
    managed = {entry.id for address, entry in known.entries.items() if address.section == kind.section}
    managed |= {item.import_id for item in items}
    for live in listed.values():
        if live.life.unfinished or live.id in managed or wanted.intersection(kind.identities(live.fields)):
            yield live
