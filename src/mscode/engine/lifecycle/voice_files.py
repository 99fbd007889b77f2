"""Values that the service lists: voice codes (docs/service-notes.md#voice-files).

Asked for only where something is to be made of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mscode.api.client import Reader
from mscode.engine.account.target import Target
from mscode.errors import ApiError, Diagnostic, PlanError
from mscode.model.kind import Kind, Listed
from mscode.model.nearest import nearest
from mscode.plan.change import Change, Plan


def refuse_unlisted(reader: Reader, kinds: Mapping[str, Kind], target: Target, plan: Plan) -> None:
    """PlanError for a value that is to be created and that the service does not list; where no list can be had, nothing."""
    found: list[Diagnostic] = []
    for kind in kinds.values():
        for listed in kind.listed:
            users = [change for change in plan.changes if _makes(change, kind, listed)]
            found += _unlisted(users, listed, _known(reader, target, listed)) if users else []
    if found:
        raise PlanError(sorted(found, key=Diagnostic.sort_key))


def _makes(change: Change, kind: Kind, listed: Listed) -> bool:
    return change.address.section == kind.section and change.action.creates and bool(_value(change, listed))


def _value(change: Change, listed: Listed) -> Any:
    return change.desired.fields.get(listed.field) if change.desired else None


def _known(reader: Reader, target: Target, listed: Listed) -> list[str]:
    try:
        rows = reader.list(target.paths[listed.path], what=listed.what)
    except ApiError:
        return []
    return [str(row[listed.member]) for row in rows if row.get(listed.member)]


def _unlisted(users: list[Change], listed: Listed, known: list[str]) -> Iterator[Diagnostic]:
    for change in users:
        value, item = str(_value(change, listed)), change.desired
        if not known or value in known or item is None:
            continue
        close = nearest(value, known)
        guess = f'Did you mean "{close[0]}"? ' if close else ""
        yield Diagnostic(
            f'{change.address}: the service has no {listed.what.removesuffix("s")} "{value}"',
            item.field_places.get(listed.field, item.place),
            f"It has {', '.join(known[:20])}{' and others' if len(known) > 20 else ''}.",
            f"{guess}`{listed.hint}` lists them.",
            code="unlisted-value",
            address=str(change.address),
        )
