"""A service that is known to take a group's members when something is written: what a plan that writes it says of that.

The rows of what is live tell by themselves whether a service works so (plan/people/receivers.py). Before the first one is written
only `service:` of the environment does. Nobody is left out because of it, and nothing needs less of a yes: were it wrong, people
would be called unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscode.model.address import Address
from mscode.model.values import references
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Making, Note, Update


def notes_of_members_taken(builder: PlanBuilder) -> Iterator[Note]:
    """A note on each object whose groups this plan writes. Where one is empty, what reaches people by its create is not sent
    (engine/lifecycle/message.py): it would go out without that group.
    """
    if not builder.inputs.service.expands_groups:
        return
    for change in builder.changes:
        if not isinstance(change, Making | Update):
            continue
        groups = _groups_of(change)
        empty = [str(group) for group in groups if not _members(builder, group)]
        is_refused = bool(empty) and change.address.kind.create_reaches_people
        if groups and (
            is_refused or isinstance(change, Making) or any(field.name == "receivers" for field in change.fields)
        ):
            text = f"takes the members of {' and '.join(map(str, groups))} when it is written"
            detail = "Who joins later is not reached by it, and who leaves later still is."
            if empty:
                wait = ": it is not sent before somebody is." if is_refused else "."
                detail += f" Nobody is in {' and '.join(empty)}{wait}"
            yield Note(str(change.address), text, "takes-members", change.place, detail)


def _groups_of(change: Making | Update) -> list[Address]:
    """The managed groups among the receivers that a manifest wants."""
    receivers = change.desired.fields.get("receivers", ()) if change.address.kind.reaches_people else ()
    return list(dict.fromkeys(ref.address for ref in references(receivers) if ref.address.kind.has_members))


def _members(builder: PlanBuilder, group: Address) -> Any:
    """Who is in a group once this plan is done, or how many; None or nothing where it is empty."""
    change: Change | None = next((change for change in builder.changes if change.address == group), None)
    if change is not None and change.members is not None:
        return change.members.after
    live_id = builder.ids.get(group)
    return builder.people.members.get(live_id if isinstance(live_id, str) else group)
