"""What is complete and differs from its manifest: which differences a person made.

A text that several campaigns share is made anew when it is edited, under another id. Those that are complete have played the old
one, which is gone; that is no change of their manifests, and would otherwise be a warning in every plan from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mscode.model.address import Address
from mscode.model.kind import kind_of
from mscode.model.values import Ref
from mscode.plan.change import FieldChange
from mscode.plan.object_context import LiveObjectContext


def changed_by_manifest(context: LiveObjectContext, changes: Iterable[FieldChange]) -> list[FieldChange]:
    """The changes, without those of voice files that were made anew under the same names."""
    plays = context.kind.plays
    return [
        change
        for change in changes
        if plays is None or change.name != plays.field or _plays_others(context, change.before, change.after)
    ]


def _plays_others(context: LiveObjectContext, before: Any, after: Any) -> bool:
    """Does the manifest name another voice file than the one whose id was played?"""
    if isinstance(before, dict) and isinstance(after, dict):
        return set(before) != set(after) or any(_plays_others(context, before[role], after[role]) for role in after)
    if not isinstance(after, Ref):
        return bool(before != after)
    owner = _owner(context, str(before or ""))
    return owner is not None and owner != after.address


def _owner(context: LiveObjectContext, voice_file_id: str) -> Address | None:
    """The address that has, or had, the voice file of an id; None where nobody knows it any more."""
    section = kind_of("voice").section
    for address, match in context.builder.matches.items():
        if address.section == section and match.live is not None and match.live.id == voice_file_id:
            return address
    for address, entry in context.inputs.known.entries.items():
        if address.section == section and voice_file_id in (entry.id, *entry.superseded):
            return address
    return None
