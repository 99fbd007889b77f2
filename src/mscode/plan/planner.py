"""plan(scene) -> Plan: wanted, live and known brought together, as data. Pure: the same scene gives the same plan.

The steps: who is who (scope) · ids, kind by kind, so that a replaced object's users see its new id as unknown · the people
as they will be · each object's change · what goes · what a change lets ring (reach) · guards · order.
"""

from __future__ import annotations

from dataclasses import replace

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.values import ReceiverKey, Unknown
from mscode.model.world import Live
from mscode.plan.builder import Draft
from mscode.plan.change import Action, Change, MemberChange, Note, Plan, Stranger
from mscode.plan.diff import changed_fields, created_fields
from mscode.plan.guards import limits as guard
from mscode.plan.guards.called_already import other_environments
from mscode.plan.guards.do_not_call import notes_of_suppressed
from mscode.plan.guards.unreadable_number import warn_of_unreadable
from mscode.plan.guards.webhooks import destination_notes
from mscode.plan.identity import recovery
from mscode.plan.identity.matching import (
    match_all,
    old_address,
    refuse_replacing_beside,
    removed_entries,
    unwanted_intents,
)
from mscode.plan.inputs import Findings, Match, Scene
from mscode.plan.lifecycle import duplicate_sends as twice
from mscode.plan.lifecycle import removal
from mscode.plan.lifecycle.campaign import plan_campaign
from mscode.plan.lifecycle.message import plan_sending
from mscode.plan.object_context import Case, generation
from mscode.plan.order import dependencies, depths
from mscode.plan.people import exposure as rings
from mscode.plan.people.list_rows import now_rows
from mscode.plan.people.projection import member_change, project, wanted_members
from mscode.plan.people.receivers import group_notes, with_taken
from mscode.plan.people.unlisted import unlisted_people
from mscode.plan.selection import select


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
        if entry.address.section == "accounts"
        and entry.address not in draft.listed
        and removal.is_deleted(scene, entry)
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
        if not scene.kinds[address.section].is_campaign:
            text = f"{address} cannot be resumed: there is no halt for a {scene.kinds[address.section].singular}"
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
    for address, match in sorted(draft.matches.items(), key=lambda pair: draft.scene.kinds[pair[0].section].order):
        new = match.live is None or _will_be_replaced(draft, match, match.live)
        draft.ids[address] = Unknown(address) if new or match.live is None else match.live.id


def _will_be_replaced(draft: Draft, match: Match, live: Live) -> bool:
    kind = draft.scene.kinds[match.desired.address.section]
    if kind.reaches_people:
        return False  # what refers to a campaign means its people, not its id
    if match.desired.address in draft.scene.options.replace:
        return True
    if kind.readiness and live.raw.get(kind.readiness.field) == kind.readiness.failed and match.entry is not None:
        return True
    changes, _ = changed_fields(kind, match.desired, live, match.entry, draft.ids, draft.scene.seal)
    return any(change.forces_replacement for change in changes)


# ---- one object ------------------------------------------------------------------------------------------------------


def _plan_one(draft: Draft, match: Match) -> None:
    kind = draft.scene.kinds[match.desired.address.section]
    if recovery.waits(draft, match):
        return
    change = _reaching(draft, kind, match) if kind.reaches_people else _plain(draft, kind, match)
    if change is None:
        return
    if match.how in ("marker", "name") and _differs(change):
        _refuse_adoption(draft, change, match)
        return
    _protect(draft, change, match)
    _note_unseen(draft, kind, change, match)
    draft.changes.append(recovery.explained(draft, change, match))


def _note_unseen(draft: Draft, kind: Kind, change: Change, match: Match) -> None:
    """What the service does not show (an uploaded recording) is taken as the manifest's when an object is taken in."""
    names = [rule.name for rule in kind.fields if rule.unseen and rule.name in match.desired.fields]
    if change.is_import and names:
        text = f"is taken in as it is: the service does not show its {names[0]}, so it cannot be compared"
        draft.notes.append(Note(str(change.address), text, "unseen", match.desired.place))


def _differs(change: Change) -> bool:
    return change.halts or change.action is not Action.NOOP


def _reaching(draft: Draft, kind: Kind, match: Match) -> Change | None:
    case = Case(draft.scene, kind, match, draft.ids, draft.people, draft.found, _depends_on(draft, match))
    change, notes = plan_sending(case) if kind.sends else plan_campaign(case)
    draft.notes.extend(notes)
    if change is not None and match.live is not None and _goes_on(change, match.live):
        draft.notes.extend(group_notes(case))
    if change is not None and match.live is not None:
        change = with_taken(case, change)
    return change


def _goes_on(change: Change, live: Live) -> bool:
    """Will it be there after this, and may it still reach people?"""
    return not (change.action.replaces or change.halts or live.life.finished)


def _depends_on(draft: Draft, match: Match) -> frozenset[Address]:
    return frozenset(a for a in dependencies(match.desired) if a in draft.matches)


def _plain(draft: Draft, kind: Kind, match: Match) -> Change:
    desired, live = match.desired, match.live
    base = Change(
        address=desired.address,
        action=Action.NOOP,
        place=desired.place,
        desired=desired,
        live=live,
        depends_on=_depends_on(draft, match),
        generation=generation(match),
        previous_address=match.moved_from,
    )
    if kind.rows is not None:
        return _list(draft, base, match)
    if live is None:
        fields = tuple(created_fields(kind, desired.fields))
        return replace(base, action=Action.CREATE, fields=fields, members=_members(draft, match, None))
    changes, same = changed_fields(kind, desired, live, match.entry, draft.ids, draft.scene.seal)
    origin = match.entry.origin if match.entry else ("created" if match.how == "intent" else "adopted")
    base = replace(
        base,
        fields=tuple(changes),
        unchanged=same,
        import_id="" if match.how == "state" else live.id,
        origin=origin,
    )
    if isinstance(draft.ids[desired.address], Unknown):
        refuse_replacing_beside(draft.scene, match, draft.found)
        return _replaced(draft, kind, base, match)
    members = _members(draft, match, live)
    return replace(base, action=Action.UPDATE if changes or members else Action.NOOP, members=members)


def _list(draft: Draft, base: Change, match: Match) -> Change:
    """A list: what happens to the accounts of its rows. One that the state does not know yet comes with its first accounts."""
    rows = draft.people.rows[match.desired.address].changes
    action = Action.UPDATE if rows.create or rows.update else Action.NOOP
    if rows.create and match.entry is None:
        action = Action.CREATE
    return replace(base, action=action, rows=rows)


def _replaced(draft: Draft, kind: Kind, base: Change, match: Match) -> Change:
    asked = (
        "replacement was asked for"
        if match.desired.address in draft.scene.options.replace
        else "the service failed to make it"
    )
    reason = "" if any(f.forces_replacement for f in base.fields) else asked
    return replace(
        base,
        action=Action.REPLACE_CREATE_FIRST if kind.create_first else Action.REPLACE_DELETE_FIRST,
        reason=reason,
        generation=base.generation + 1,
        import_id="",
        origin="created",
        old_was_adopted=match.entry is None or match.entry.origin == "adopted",
        keeps_old=removal.old_one_stays(draft, kind, base, match),
        members=_members(draft, match, None),
    )


def _members(draft: Draft, match: Match, live: Live | None) -> MemberChange | None:
    """What happens to the membership, None where it is not managed or stays; the projection learns the outcome."""
    wanted = match.desired.members
    if wanted is None or "members" in match.desired.lifecycle.ignore_changes:
        return None
    who = wanted_members(draft.scene, match.desired, wanted, draft.people, draft.ids, draft.found)
    people, group = draft.people, live.id if live else match.desired.address
    change = member_change(who, live.id if live else None, people, exclusive=wanted.exclusive, going=draft.going)
    kept = people.before.get(live.id, frozenset()) - set(change.remove) if live else frozenset()
    people.members[group] = (who | kept) - draft.going
    made = sum(isinstance(one, ReceiverKey) for one in change.add)
    if made:
        accounts = "1 account that" if made == 1 else f"{made:,} accounts that"
        text = f"takes in {accounts} the service makes of a receiver's number (or e-mail address)"
        draft.notes.append(Note(str(match.desired.address), text, "receiver-accounts", match.desired.place))
    return change if change.add or change.remove else None


def _protect(draft: Draft, change: Change, match: Match) -> None:
    protected = match.desired.lifecycle.prevent_destroy
    if change.action.replaces and protected:
        draft.checks.append(guard.protected(change.address))


def _refuse_adoption(draft: Draft, change: Change, match: Match) -> None:
    assert match.live is not None
    names = [field.name for field in change.fields] + (["members"] if change.members else [])
    draft.found.error(
        match.desired,
        f"{change.address} exists already in the live account (id {match.live.id}) and differs",
        f"It differs in: {', '.join(names) or 'what it does'}.",
        f'Write `import: "{match.live.id}"` to take it under management and change it, or give this one another name.',
        code="exists-and-differs",
    )


# ---- the whole -------------------------------------------------------------------------------------------------------


def _finish(draft: Draft) -> Plan:
    scene = draft.scene
    managed = {(c.address.section, c.live.id) for c in draft.changes if c.live is not None}
    managed |= {(e.address.section, one) for e in scene.known.entries.values() for one in (e.id, *e.superseded)}
    managed |= {("accounts", who) for found in draft.people.rows.values() for who in found.who}
    unmanaged = {
        section: count
        for section in scene.kinds
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
        for section in scene.kinds
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
    narrowing = [c for c in draft.changes if c.narrows]
    going = [c for c in draft.changes if not c.narrows and c.action in (Action.DELETE, Action.FORGET)]
    staying = [c for c in draft.changes if not c.narrows and c.action not in (Action.DELETE, Action.FORGET)]
    going.sort(key=lambda c: (-draft.scene.kinds[c.address.section].order, c.address))
    return [*narrowing, *staying, *going]
