"""A service that is known to take a group's members when something is written: what a plan that writes it says of that.

The rows of what is live tell by themselves whether a service works so (plan/people/receivers.py). Before the first one is written
only `service:` of the environment does. Nobody is left out because of it, and nothing needs less of a yes: were it wrong, people
would be called unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscode.model.address import Address
from mscode.model.values import Ref
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Making, Note, Update


def notes_of_members_taken(builder: PlanBuilder) -> Iterator[Note]:
    """A note on each object whose groups this plan writes; an error where one of them is empty in something that the service makes
    active by its create, for it would go out without it and be taken back.
    """
    if not builder.inputs.service.expands_groups:
        return
    for change in builder.changes:
        if not isinstance(change, Making | Update):
            continue
        groups = _groups_of(change)
        empty = [group for group in groups if not _members(builder, group)]
        if empty and change.address.kind.create_reaches_people:
            _refuse_empty(builder, change, empty[0])
        elif groups and (isinstance(change, Making) or any(field.name == "receivers" for field in change.fields)):
            text = f"takes the members of {' and '.join(map(str, groups))} when it is written"
            detail = "Who joins later is not reached by it, and who leaves later still is."
            detail += f" Nobody is in {' and '.join(map(str, empty))}." if empty else ""
            yield Note(str(change.address), text, "takes-members", change.place, detail)


def _refuse_empty(builder: PlanBuilder, change: Making | Update, group: Address) -> None:
    builder.diagnostics.error(
        change.desired,
        f"{change.address} would be written to {group}, which is empty",
        "The service takes a group's members when something is written: who joins later would not be reached.",
        f"Fill {group} first, or take it out of the receivers.",
        code="empty-group",
        at="receivers",
    )


def _groups_of(change: Making | Update) -> list[Address]:
    """The managed groups among the receivers that a manifest wants."""
    receivers = change.desired.fields.get("receivers", ()) if change.address.kind.reaches_people else ()
    references = (value for receiver in receivers for value in receiver.values() if isinstance(value, Ref))
    return list(dict.fromkeys(ref.address for ref in references if ref.address.kind.has_members))


def _members(builder: PlanBuilder, group: Address) -> Any:
    """Who is in a group once this plan is done, or how many; None or nothing where it is empty."""
    change: Change | None = next((change for change in builder.changes if change.address == group), None)
    if change is not None and change.members is not None:
        return change.members.after
    live_id = builder.ids.get(group)
    return builder.people.members.get(live_id if isinstance(live_id, str) else group)
