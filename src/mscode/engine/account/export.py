"""Reading the whole account for an export: one list per kind, and no more than that where a list tells everything.

Where a list leaves out what a manifest must state (receivers of calls and smses: docs/service-notes.md#lists), an object that is
to be exported is read once more by its id. Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mscode.engine.account.read import ended, read_members
from mscode.engine.account.target import Account
from mscode.kinds.fields.shape import spec_shape
from mscode.model.kind import Kind, registry
from mscode.model.world import Live, LiveWorld

#: Is an object to be exported?
Wanted = Callable[[Kind, Live], bool]


def read_account_for_export(account: Account, is_wanted: Wanted, *, members: bool = False) -> LiveWorld:
    """All live objects with their raw form; with `members` who is in each group, too."""
    sections = [section for section, kind in registry().items() if kind.collection]

    def listed(section: str) -> dict[str, Live]:
        kind = registry()[section]
        rows = account.reader.list(account.target.paths[kind.collection], what=section)
        return {live.id: live for live in (_whole(account, kind, row) for row in rows)}

    def detail(kind: Kind, live: Live) -> Live:
        raw = account.reader.get(account.path(kind, live.id), what=f"{kind.singular} {live.id}")
        return _whole(account, kind, raw) if isinstance(raw, dict) else live

    objects = dict(zip(sections, account.reader.map(listed, sections), strict=True))
    incomplete = [
        (kind, live)
        for section, kind in registry().items()
        for live in objects.get(section, {}).values()
        if _lacks_a_field(kind, live) and is_wanted(kind, live)
    ]
    for live in account.reader.map(lambda pair: detail(*pair), incomplete):
        objects[live.section][live.id] = live
    groups = [live for section, kind in registry().items() if kind.has_members for live in objects[section].values()]
    listed_groups = groups if members else []
    memberships = account.reader.map(lambda group: read_members(account, group.id, group.raw), listed_groups)
    return LiveWorld(objects, dict(zip((group.id for group in listed_groups), memberships, strict=True)))


def _whole(account: Account, kind: Kind, row: Mapping[str, Any]) -> Live:
    """With its raw form, which says more than its fields (what was sent, what failed)."""
    return replace(ended(kind, account.decode(kind, row), account.now()), raw=row)


def _lacks_a_field(kind: Kind, live: Live) -> bool:
    """One that a manifest must state, and that a GET of the object alone may show."""
    return any(
        shape.required and name in kind.fields_by_name and live.fields.get(name) in (None, "", [], {})
        for name, shape in spec_shape(kind.spec).fields.items()
    )
