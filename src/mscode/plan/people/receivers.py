"""Receivers compared: what the manifest adds, and what the live object has that it no longer wants.

See docs/service-notes.md#receivers.

A wanted receiver meets a live row by group, account, phone or e-mail address, however the row was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.values import Ref
from mscode.plan.change import FieldChange, Halt, NoOp, Note, Wanted
from mscode.plan.object_context import LiveObjectContext
from mscode.plan.people.match_receivers import (
    ReceiverMatch,
    as_written,
    match_receivers,
    rows_of_groups,
    taken_echo,
    taken_of,
)


@dataclass(frozen=True, slots=True)
class Receivers:
    """What is new, what is no longer wanted; `moved`: the same ones in another order."""

    added: tuple[Mapping[str, Any], ...] = ()
    removed: tuple[Mapping[str, Any], ...] = ()
    moved: bool = False

    @property
    def differ(self) -> bool:
        """Is any receiver new, or no longer wanted?"""
        return bool(self.added or self.removed)


def compare_receivers(context: LiveObjectContext) -> Receivers:
    """As sets; `moved` says whether the order differs too."""
    if "receivers" in context.match.desired.lifecycle.ignore_changes:
        return Receivers()
    meeting, rows = _meeting(context), context.live.fields.get("receivers", ())
    matched = meeting.matched_rows
    staying = set(matched)
    removed = tuple(row for i, row in enumerate(rows) if i not in staying)
    return Receivers(tuple(meeting.added), removed, moved=matched != sorted(matched))


def _meeting(context: LiveObjectContext) -> ReceiverMatch:
    wanted = context.match.desired.fields["receivers"]
    return match_receivers(
        context.live.fields.get("receivers", ()), wanted, context.ids, context.people, taken_of(context.match.entry)
    )


def receivers_change(context: LiveObjectContext, receivers: Receivers) -> list[FieldChange]:
    """The difference as a field of the change, [] where there is none."""
    if not receivers.differ and not (receivers.moved and not context.kind.fields_by_name["receivers"].mutable):
        return []
    desired = context.match.desired.fields["receivers"]
    forces = not context.kind.fields_by_name["receivers"].mutable
    return [
        FieldChange("receivers", _with_addresses(context, context.live.fields.get("receivers", [])), desired, forces)
    ]


def _with_addresses(context: LiveObjectContext, rows: Any) -> list[dict[str, Any]]:
    """Live receivers with the addresses of managed ids, so that before and after read alike; a group once."""
    by_id = {
        (address.section, live_id): address for address, live_id in context.ids.items() if isinstance(live_id, str)
    }
    sections = {kind.id_field: section for section, kind in registry().items() if kind.is_receiver}
    written: list[dict[str, Any]] = []
    for row in as_written(rows):
        key, value = next(iter(row.items()), ("phone", ""))
        address = by_id.get((sections.get(key, ""), value))
        if address:
            written.append({key.removesuffix("Id"): Ref(address.section, str(address).split(".", 1)[1])})
        else:
            reached = next((address_field for address_field in ("phone", "email") if row.get(address_field)), "")
            written.append({reached: row[reached]} if reached else dict(row))
    return written


def with_taken(context: LiveObjectContext, change: Wanted) -> Wanted:
    """The change of an adopted object with the members that its rows show of groups: later, people will have joined and left."""
    if not isinstance(change, NoOp | Halt) or not change.is_import or "receivers" not in context.live.fields:
        return change
    return replace(change, taken=taken_echo(context.live.fields["receivers"], _meeting(context)))


# ---- groups that the service took apart ------------------------------------------------------------------------------


def group_notes(context: LiveObjectContext) -> Iterator[Note]:
    """Where the service took a group's members when the object was written: who has left since is still reached, and who has
    joined is not.
    """
    if "receivers" in context.match.desired.lifecycle.ignore_changes:
        return
    for group, rows in rows_of_groups(_meeting(context), context.live.fields.get("receivers", ())).items():
        taken = {str(row.get("accountId")) for row in rows}
        members = context.people.members.get(group)
        if members is None:
            continue
        current = {
            account
            for account in members
            if context.people.reached_by(account, "phone") or context.people.reached_by(account, "email")
        }
        left_count, joined_count = len(taken - members), len(current - taken)
        if not left_count and not joined_count:
            continue
        name = _name_of_group(context, group)
        parts = [f"still reaches {count(left_count, 'person')} no longer in {name}"] * bool(left_count)
        parts += [f"does not reach {count(joined_count, 'person')} new in {name}"] * bool(joined_count)
        detail = (
            "The service took the group's members into it when it was written, and does not look at the group again."
        )
        yield context.note(" and ".join(parts), "group-taken-apart", detail)


def _name_of_group(context: LiveObjectContext, group: str) -> str:
    addresses = (address for address, live_id in reversed([*context.ids.items()]) if live_id == group)
    return next((str(address) for address in addresses if address.kind.has_members), f"group {group}")
