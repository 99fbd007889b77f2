"""plan(scene) -> Plan: wanted, live and known brought together, as data. Pure: the same scene gives the same plan.

The steps: who is who (scope) · ids, kind by kind, so that a replaced object's users see its new id as unknown · the people
as they will be · each object's change · what goes · what a change lets ring (reach) · guards · order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.model.kind import Kind, LifecycleName, kind_of, registry
from mscode.model.values import Unknown
from mscode.model.world import Live
from mscode.plan.builder import Draft
from mscode.plan.change import (
    Action,
    Change,
    Delete,
    Forget,
    Halt,
    HaltAndForget,
    Note,
    Plan,
    Replace,
    Stranger,
    Wanted,
)
from mscode.plan.guards import limits as guard
from mscode.plan.guards.called_already import other_environments
from mscode.plan.guards.do_not_call import notes_of_suppressed
from mscode.plan.guards.unreadable_number import warn_of_unreadable
from mscode.plan.guards.webhooks import destination_notes
from mscode.plan.identity import recovery
from mscode.plan.identity.matching import (
    match_all,
    old_address,
    removed_entries,
    unwanted_intents,
)
from mscode.plan.inputs import Findings, Match, Scene
from mscode.plan.lifecycle import duplicate_sends as twice
from mscode.plan.lifecycle import removal
from mscode.plan.lifecycle.account_list import plan_account_list
from mscode.plan.lifecycle.campaign import plan_campaign
from mscode.plan.lifecycle.message import plan_sending
from mscode.plan.lifecycle.resource import plan_resource, will_be_replaced
from mscode.plan.object_context import Case, LiveCase, Outcome
from mscode.plan.order import dependencies, depths
from mscode.plan.people import exposure as rings
from mscode.plan.people.list_rows import now_rows
from mscode.plan.people.projection import project
from mscode.plan.people.receivers import group_notes, with_taken
from mscode.plan.people.unlisted import unlisted_people
from mscode.plan.selection import select

#: What becomes of a wanted object is decided by the lifecycle of its kind; engine/apply/steps.py has the other table, of who
#: carries it out.
DECIDERS: Mapping[LifecycleName, Callable[[Case], Outcome]] = {
    "resource": plan_resource,
    "campaign": plan_campaign,
    "message": plan_sending,
    "account_list": plan_account_list,
}


def make_plan(scene: Scene) -> Plan:
    """The plan of a scene; PlanError with every finding that a person has to decide."""
    scene = _selected(scene)
    found = Findings()
    draft = Draft(scene, _matches(scene, found), found)
    gone = removed_entries(scene, draft.matches)
    draft.listed = now_rows(scene, draft.matches, gone)
    draft.going = frozenset(
        entry.id
        for entry in gone
        if entry.address.kind.is_person and entry.address not in draft.listed and removal.is_deleted(scene, entry)
    )
    draft.people = project(scene, draft.matches, draft.going, found)
    _identify(draft)
    for address in _in_order(draft):
        _plan_one(draft, draft.matches[address])
    removal.plan_removals(draft, gone)
    removal.plan_superseded(draft)
    recovery.plan_lost(draft, unwanted_intents(scene, draft.matches, found))
    rings.add_launches(draft)
    recovery.find_duplicates(draft)
    twice.refuse_the_same(draft)
    draft.checks.extend(guard.check_all(draft))
    warn_of_unreadable(draft)
    draft.notes.extend([*destination_notes(draft), *notes_of_suppressed(draft)])
    draft.notes.extend(other_environments(draft))
    draft.notes.extend(unlisted_people(draft))
    if found.errors:
        raise PlanError(sorted(found.errors, key=lambda d: d.sort_key()))
    return _finish(draft)


def _selected(scene: Scene) -> Scene:
    """The scene without what --only and --exclude leave out."""
    chosen = select(scene.desired, scene.known, scene.options.only, scene.options.exclude)
    desired = replace(scene.desired, objects=chosen.objects)
    names = {*scene.desired.objects, *(one for item in scene.desired.objects.values() if (one := old_address(item)))}
    declared = frozenset[Address]() if scene.options.destroy else frozenset(names)
    return replace(scene, desired=desired, left_out=chosen.left_out, along=chosen.along, declared=declared)


def _matches(scene: Scene, found: Findings) -> dict[Address, Match]:
    if scene.options.destroy:
        return {}
    unknown = [a for a in (*scene.options.resume, *scene.options.replace) if a not in scene.desired.objects]
    for address in sorted(unknown):
        found.error(
            None,
            f"{address} is not declared in the manifests" + (", or not selected" if scene.left_out else ""),
            hint="Check the address.",
            code="unknown-address",
        )
    for address in sorted(one for one in scene.options.resume if one not in unknown):
        if not address.kind.can_be_halted:
            text = f"{address} cannot be resumed: there is no halt for a {address.kind.singular}"
            found.error(scene.desired.objects[address], text, hint="Take --resume away.", code="no-halt")
    return match_all(scene, found)


def _in_order(draft: Draft) -> list[Address]:
    objects = {address: match.desired for address, match in draft.matches.items()}
    uses = {address: [a for a in dependencies(item) if a in objects] for address, item in objects.items()}
    depth = depths(uses)
    return sorted(objects, key=lambda a: (depth[a], a.section, a.name, a.key))


# ---- ids -------------------------------------------------------------------------------------------------------------


def _identify(draft: Draft) -> None:
    """Ids of what stays; what is made anew (a create, a replacement) is unknown until the apply."""
    for address, match in sorted(draft.matches.items(), key=lambda pair: registry()[pair[0].section].order):
        live = match.live
        # What refers to a campaign means its people, not its id.
        is_resource = not address.kind.reaches_people
        is_new = live is None or (is_resource and will_be_replaced(LiveCase(draft, match, live)))
        draft.ids[address] = Unknown(address) if live is None or is_new else live.id


# ---- one object ------------------------------------------------------------------------------------------------------


def _plan_one(draft: Draft, match: Match) -> None:
    if recovery.waits(draft, match):
        return
    case = Case(draft, match)
    change, notes = DECIDERS[case.kind.lifecycle.name](case)
    draft.notes.extend(notes)
    if change is None:
        return
    if match.live is not None and case.kind.reaches_people:
        live_case = LiveCase(draft, match, match.live)
        if _goes_on(change, match.live):
            draft.notes.extend(group_notes(live_case))
        change = with_taken(live_case, change)
    if match.live is not None and match.how in ("marker", "name") and change.action is not Action.NOOP:
        _refuse_adoption(draft, change, match.live)
        return
    if isinstance(change, Replace) and match.desired.lifecycle.prevent_destroy:
        draft.checks.append(guard.protected(change.address))
    _note_unseen(draft, case.kind, change)
    draft.changes.append(recovery.explained(draft, change, match))


def _goes_on(change: Wanted, live: Live) -> bool:
    """Will it be there after this, and may it still reach people?"""
    return not (isinstance(change, Replace | Halt) or live.life.finished)


def _note_unseen(draft: Draft, kind: Kind, change: Wanted) -> None:
    """What the service does not show (an uploaded recording) is taken as the manifest's when an object is taken in."""
    names = [rule.name for rule in kind.fields if rule.unseen and rule.name in change.desired.fields]
    if change.is_import and names:
        text = f"is taken in as it is: the service does not show its {names[0]}, so it cannot be compared"
        draft.notes.append(Note(str(change.address), text, "unseen", change.place))


def _refuse_adoption(draft: Draft, change: Wanted, live: Live) -> None:
    names = [field.name for field in change.fields] + (["members"] if change.members else [])
    draft.found.error(
        change.desired,
        f"{change.address} exists already in the live account (id {live.id}) and differs",
        f"It differs in: {', '.join(names) or 'what it does'}.",
        f'Write `import: "{live.id}"` to take it under management and change it, or give this one another name.',
        code="exists-and-differs",
    )


# ---- the whole -------------------------------------------------------------------------------------------------------


def _finish(draft: Draft) -> Plan:
    scene = draft.scene
    managed = {(c.address.section, c.live.id) for c in draft.changes if c.live is not None}
    managed |= {(e.address.section, one) for e in scene.known.entries.values() for one in (e.id, *e.superseded)}
    managed |= {(kind_of("person").section, who) for found in draft.people.rows.values() for who in found.who}
    unmanaged = {
        section: count
        for section in registry()
        if (count := sum((section, one) not in managed for one in scene.objects(section)))
    }
    return Plan(
        project=scene.desired.project.name,
        environment=scene.environment,
        url=scene.url,
        zone_name=scene.desired.project.zone_name,
        window_zone_name=scene.window_zone_name,
        now=scene.now,
        changes=tuple(_sorted(draft)),
        notes=tuple(draft.notes),
        checks=tuple(draft.checks),
        warnings=tuple(sorted([*scene.desired.warnings, *draft.found.warnings], key=lambda d: d.sort_key())),
        unmanaged=unmanaged,
        strays=_strays(scene, managed),
        compared=len(scene.desired.objects) if not scene.options.destroy else len(scene.known.entries),
        files=scene.desired.files,
        destroy=scene.options.destroy,
        serial=scene.known.serial,
        lineage=scene.known.lineage,
        left_out=len(scene.left_out),
        along=tuple(str(address) for address in scene.along),
        strangers=_strangers(scene, managed) if scene.options.list_unmanaged else (),
        draft=draft,
    )


def _strangers(scene: Scene, managed: set[tuple[str, str]]) -> tuple[Stranger, ...]:
    """What is live and not managed, one by one."""
    return tuple(
        Stranger(section, live.id, str(live.fields.get("name") or ""))
        for section in registry()
        for live in scene.objects(section).values()
        if (section, live.id) not in managed
    )


def _strays(scene: Scene, managed: set[tuple[str, str]]) -> int:
    """Live campaigns that carry our marker and that neither state nor manifests know: counted, never touched."""
    buried = {(stone.address.section, stone.id) for stone in scene.known.tombstones}
    return sum(
        scene.owns(live.life.marker) and (section, live.id) not in managed | buried
        for section, objects in scene.live.objects.items()
        for live in objects.values()
    )


def _sorted(draft: Draft) -> list[Change]:
    """Narrowing first, then creates and updates as they depend on each other, deletes the other way and last."""
    first = [c for c in draft.changes if _comes_first(c)]
    rest = [c for c in draft.changes if not _comes_first(c)]
    going = [c for c in rest if isinstance(c, Delete | Forget)]
    going.sort(key=lambda c: (-c.address.kind.order, c.address))
    return [*first, *(c for c in rest if not isinstance(c, Delete | Forget)), *going]


def _comes_first(change: Change) -> bool:
    """Does it do nothing but take away from whom, or when, people are reached?"""
    match change:
        case Halt() | HaltAndForget():
            return True
        case Delete(narrows=narrows):
            return narrows
        case _:
            return False
