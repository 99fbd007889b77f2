"""What a list of a kind does not show of the objects that matter (docs/service-notes.md#lists).

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mscode.engine.account.target import Account
from mscode.model.kind import Kind, registry
from mscode.model.world import DesiredWorld, Fields, Known, Live


def read_details(
    account: Account,
    objects: dict[str, dict[str, Live]],
    desired: DesiredWorld,
    known: Known,
) -> None:
    """Read what is managed, looks like a wanted one, or is yet to go out, by its id; `objects` gets the whole of them."""
    lacking = [
        live
        for section, listed in objects.items()
        if registry()[section].list_is_partial
        for live in _that_matter(registry()[section], listed, desired, known)
        if "receivers" not in live.fields
    ]

    for full in account.reader.map(lambda live: _whole(account, live.kind, live), lacking):
        objects[full.section][full.id] = full


def read_like(account: Account, kind: Kind, listed: dict[str, Live], fields: Fields) -> None:
    """The same for what looks like an object with these fields (spec form)."""
    identities = set(kind.identities(fields)) if kind.list_is_partial else set()
    lacking = [live for live in listed.values() if identities.intersection(kind.identities(live.fields))]
    for full in account.reader.map(lambda live: _whole(account, kind, live), lacking):
        listed[full.id] = full


def _whole(account: Account, kind: Kind, live: Live) -> Live:
    full = account.decode(kind, {**live.raw, **account.page(kind, live.id)})
    return replace(full, status=live.status) if live.status.finished else full


def _that_matter(kind: Kind, listed: Mapping[str, Live], desired: DesiredWorld, known: Known) -> Iterable[Live]:
    items = [item for address, item in desired.objects.items() if address.section == kind.section]
    identities = {key for item in items for key in kind.identities(item.fields)}
    managed = {entry.id for address, entry in known.entries.items() if address.section == kind.section}
    managed |= {item.import_id for item in items}
    for live in listed.values():
        if live.status.unfinished or live.id in managed or identities.intersection(kind.identities(live.fields)):
            yield live
