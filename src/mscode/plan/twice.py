"""The same thing to the same people under two addresses: refused, for it would reach them twice.

A message is known by its content, its instant and its receivers alone (reconcile §2), so two addresses that have these in
common are one message. What carries a marker is known by it; but one that was renamed and whose state was lost carries its
old name's, so what calls the same people under a name that nobody knows any more is taken for it. Only what this plan would
send or launch is looked at: two that were sent long ago break no plan of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mscode.address import Address
from mscode.kind import Kind
from mscode.plan.change import Change
from mscode.plan.draft import Draft
from mscode.plan.lookalikes import Lookalikes, marker_of
from mscode.plan.meet import resolve_receivers, same_receivers
from mscode.world import Desired, Live


def refuse_the_same(draft: Draft) -> None:
    """An error for each message to be sent, and each campaign to be launched, that is under way under another address."""
    for section, kind in draft.scene.kinds.items():
        made = [c for c in draft.changes if c.address.section == section and c.action.creates and c.desired is not None]
        if made and kind.marked:
            _refuse_strays(draft, kind, made)
        elif made and kind.sends:
            _refuse(draft, kind, made)


# ---- what carries a marker -------------------------------------------------------------------------------------------


def _refuse_strays(draft: Draft, kind: Kind, made: Sequence[Change]) -> None:
    ids = {a: i for a, i in draft.ids.items() if isinstance(i, str)}
    strays = _strays(draft, kind)
    for change in (c for c in made if c.launch is not None and strays):
        assert change.desired is not None
        for live in strays:
            if same_receivers(live, change.desired.fields.get("receivers", ()), ids, draft.people):
                _tell_stray(draft, change.desired, live)


def _strays(draft: Draft, kind: Kind) -> list[Live]:
    """What calls people, is marked as ours, and has an address that neither state nor manifests know."""
    known, scene = draft.scene.known, draft.scene
    names = {str(address) for address in (*scene.desired.objects, *scene.left_out, *known.entries)}
    ids = {one for e in known.entries.values() if e.address.section == kind.section for one in (e.id, *e.superseded)}
    ids |= {stone.id for stone in known.tombstones if stone.address.section == kind.section}
    found = []
    for live in scene.objects(kind.section).values():
        marker = marker_of(live)
        is_ours = marker is not None and scene.owns(marker) and marker.address not in names and live.id not in ids
        if is_ours and live.life is not None and live.life.running:
            found.append(live)
    return found


def _tell_stray(draft: Draft, item: Desired, live: Live) -> None:
    marker = marker_of(live)
    old = marker.address if marker else ""
    draft.found.error(
        item,
        f"{item.address} would call people whom {old} (id {live.id}) calls now",
        f"That one carries this project's mark, and neither state nor manifests know it. Has {old} another name now?",
        f"Write `renamedFrom: {old.split('.', 1)[-1]}` where it is the same one, "
        f"else stop it first: `mscode halt --id {live.id}`, or delete it in the web interface."
        if draft.scene.kinds[live.section].is_campaign
        else f"Write `renamedFrom: {old.split('.', 1)[-1]}` where it is the same one, else delete it in the web interface first.",
        code="same-people",
    )


# ---- messages --------------------------------------------------------------------------------------------------------


def _refuse(draft: Draft, kind: Kind, sent: Sequence[Change]) -> None:
    section = draft.scene.objects(kind.section)
    ids = {a: i for a, i in draft.ids.items() if isinstance(i, str)}
    looks = Lookalikes(kind, section, draft.scene.owns, draft.people, ids)
    held = {e.id: e.address for e in draft.scene.known.entries.values() if e.address.section == kind.section}
    declared = _declared(draft, kind)
    new = {change.address for change in sent}
    for change in sent:
        assert change.desired is not None
        others = [a for a in _same(draft, kind, change.desired, declared) if a not in new or a < change.address]
        live = (held.get(one.id) for one in looks.of((), change.desired.fields))
        others += [a for a in live if a is not None and a not in others and a not in draft.scene.desired.objects]
        for other in (a for a in others if a not in (change.address, change.previous_address)):
            _tell(draft, change.desired, other)


def _declared(draft: Draft, kind: Kind) -> Mapping[Any, Sequence[Desired]]:
    """The manifests' messages by their content."""
    found: dict[Any, list[Desired]] = {}
    for address, item in sorted(draft.scene.desired.objects.items()):
        for key in kind.identities(item.fields) if address.section == kind.section else ():
            found.setdefault(key, []).append(item)
    return found


def _same(draft: Draft, kind: Kind, item: Desired, declared: Mapping[Any, Sequence[Desired]]) -> Iterator[Address]:
    reached = _receivers(draft, item.fields.get("receivers", ()))
    for key in kind.identities(item.fields):
        for other in declared.get(key, ()):
            if other is not item and _receivers(draft, other.fields.get("receivers", ())) == reached:
                yield other.address


def _receivers(draft: Draft, receivers: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, Any]]:
    return Counter(resolve_receivers(list(receivers), draft.ids))


def _tell(draft: Draft, item: Desired, other: Address) -> None:
    is_declared = other in draft.scene.desired.objects
    draft.found.error(
        item,
        f"{item.address} and {other} are the same message to the same people",
        "They have content, time and receivers in common, and people would get it twice.",
        "Remove one of the two, or change its text or time so that both are meant."
        if is_declared
        else f"If it has a new name, write `renamedFrom: {str(other).split('.', 1)[1]}`.",
        code="same-message",
    )
