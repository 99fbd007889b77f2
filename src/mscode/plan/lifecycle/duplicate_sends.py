"""The same thing to the same people under two addresses: refused, for it would reach them twice.

A message is known by its content, its instant and its receivers alone, so two addresses that have these in common are one
message. What carries a marker is identified by it (and the people it calls are the matter of the guard `calledAlready`). Only
what this plan would send is looked at: two that were sent long ago break no plan of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mscode.model.address import Address
from mscode.model.kind import Kind, registry
from mscode.model.world import Desired, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Making
from mscode.plan.identity.candidates import Candidates
from mscode.plan.people.match_receivers import resolve_receivers
from mscode.plan.people.reach import live_numbers


def refuse_duplicate_sends(builder: PlanBuilder) -> None:
    """An error for each message to be sent that is under way under another address."""
    for section, kind in registry().items():
        creates = [c for c in builder.changes if c.address.section == section and isinstance(c, Making)]
        if creates and kind.create_reaches_people and not kind.carries_marker:
            _refuse_kind(builder, kind, creates)


# ---- messages --------------------------------------------------------------------------------------------------------


def _refuse_kind(builder: PlanBuilder, kind: Kind, sent: Sequence[Making]) -> None:
    section = builder.inputs.objects(kind.section)
    ids = {a: i for a, i in builder.ids.items() if isinstance(i, str)}
    candidates = Candidates(kind, section, builder.inputs.owns, builder.people, ids)
    owners = {e.id: e.address for e in builder.inputs.known.entries.values() if e.address.section == kind.section}
    declared = _declared(builder, kind)
    new = {change.address for change in sent}
    for change in sent:
        duplicates = [
            a
            for a in _declared_duplicates(builder, kind, change.desired, declared)
            if a not in new or a < change.address
        ]
        managed = (owners.get(live.id) for live in candidates.of((), change.desired.fields))
        duplicates += [
            a for a in managed if a is not None and a not in duplicates and a not in builder.inputs.desired.objects
        ]
        for address in (a for a in duplicates if a not in (change.address, change.previous_address)):
            _report_declared(builder, change.desired, address)
        for live in _unmanaged_duplicates(builder, kind, change):
            _report_unmanaged(builder, change.desired, live)


def _declared(builder: PlanBuilder, kind: Kind) -> Mapping[Any, Sequence[Desired]]:
    """The manifests' messages by their content."""
    messages: dict[Any, list[Desired]] = {}
    for address, item in sorted(builder.inputs.desired.objects.items()):
        for key in kind.identities(item.fields) if address.section == kind.section else ():
            messages.setdefault(key, []).append(item)
    return messages


def _declared_duplicates(
    builder: PlanBuilder, kind: Kind, item: Desired, declared: Mapping[Any, Sequence[Desired]]
) -> Iterator[Address]:
    reached = _receivers(builder, item.fields.get("receivers", ()))
    for key in kind.identities(item.fields):
        for message in declared.get(key, ()):
            if message is not item and _receivers(builder, message.fields.get("receivers", ())) == reached:
                yield message.address


def _receivers(builder: PlanBuilder, receivers: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, Any]]:
    return Counter(resolve_receivers(list(receivers), builder.ids))


def _unmanaged_duplicates(builder: PlanBuilder, kind: Kind, change: Making) -> Iterator[Live]:
    """Messages of the same content and instant that nothing here knows, and that reach some of the same people.

    What a lost state forgot is found again by its receivers; where the service shows these in another form, and people have
    joined or left their groups since, it is not, and whoever is in both would get it twice.
    """
    if change.launch is None or change.address in builder.inputs.options.replace:
        return
    section, known = kind.section, builder.inputs.known
    managed = {
        live_id for e in known.entries.values() if e.address.section == section for live_id in (e.id, *e.superseded)
    }
    managed |= {stone.id for stone in known.tombstones if stone.address.section == section}
    managed |= {m.live.id for a, m in builder.matches.items() if a.section == section and m.live is not None}
    keys = set(kind.identities(change.desired.fields))
    for live in builder.inputs.objects(section).values():
        if live.id not in managed and keys.intersection(kind.identities(live.fields)):
            reached = {n for _, _, numbers in live_numbers(live, builder.people, kind.reached_by) for n in numbers}
            if reached & change.launch.reach.phones:
                yield live


def _report_unmanaged(builder: PlanBuilder, item: Desired, live: Live) -> None:
    builder.diagnostics.error(
        item,
        f"{item.address} would reach people who get the same message already (id {live.id})",
        "The live account holds one of the same content and time that nothing here manages, for some of the same people.",
        f'Write `import: "{live.id}"` where it is this one, else change the text or the time, or plan with '
        f"--replace {item.address} to send it all the same.",
        code="same-message",
        at="receivers",
    )


def _report_declared(builder: PlanBuilder, item: Desired, duplicate: Address) -> None:
    is_declared = duplicate in builder.inputs.desired.objects
    builder.diagnostics.error(
        item,
        f"{item.address} and {duplicate} are the same message to the same people",
        "They have content, time and receivers in common, and people would get it twice.",
        "Remove one of the two, or change its text or time so that both are meant."
        if is_declared
        else f"If it has a new name, write `renamedFrom: {str(duplicate).split('.', 1)[1]}`.",
        code="same-message",
    )
