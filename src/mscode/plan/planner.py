"""The planner: wanted, live and known objects compared, as data. Pure: the same inputs give the same plan.

The steps, in order: the selection (`--only`, `--exclude`); hours as they are sent; a match for each address; accounts and
groups as they will be; ids, kind by kind, so that the users of a replaced object see its new id as unknown; the change of each
object; removals; creates without an answer; launches through groups and accounts; hours and times that cannot be
sent; guards; findings; the order of the changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.model.kind import Kind, LifecycleName, kind_of, registry
from mscode.model.nearest import did_you_mean
from mscode.model.values import Unknown
from mscode.model.world import Live
from mscode.plan.builder import PlanBuilder
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
    UnmanagedObject,
    Wanted,
)
from mscode.plan.checks.judge import judge_plan
from mscode.plan.guards import limits as guard
from mscode.plan.guards.called_already import other_environments
from mscode.plan.guards.do_not_call import notes_of_suppressed
from mscode.plan.guards.unfinished_campaign import notes_of_continued
from mscode.plan.guards.unreadable_number import warn_of_unreadable
from mscode.plan.guards.webhooks import destination_notes
from mscode.plan.identity import recovery
from mscode.plan.identity.matching import (
    match_all,
    old_address,
    removed_entries,
    unwanted_intents,
)
from mscode.plan.inputs import Diagnostics, Match, PlanInput
from mscode.plan.launch_facts import launch_facts
from mscode.plan.lifecycle import duplicate_sends as twice
from mscode.plan.lifecycle import removal
from mscode.plan.lifecycle.account_list import plan_account_list
from mscode.plan.lifecycle.campaign import plan_campaign
from mscode.plan.lifecycle.local_hours import refuse_unfit, with_sent_hours
from mscode.plan.lifecycle.message import plan_message
from mscode.plan.lifecycle.resource import plan_resource, will_be_replaced
from mscode.plan.lifecycle.unfit_times import refuse_unfit_times
from mscode.plan.object_context import LiveObjectContext, ObjectContext, Outcome
from mscode.plan.order import dependencies, depths
from mscode.plan.people import exposure as rings
from mscode.plan.people.filled_later import notes_of_groups_filled_later
from mscode.plan.people.left_out import notes_of_left_out
from mscode.plan.people.list_rows import now_rows, project_rows
from mscode.plan.people.members_taken import notes_of_members_taken
from mscode.plan.people.projection import project
from mscode.plan.people.receivers import group_notes, with_taken
from mscode.plan.people.unlisted import unlisted_people
from mscode.plan.selection import select
from mscode.plan.words import words

#: Which function plans a wanted object, by the lifecycle of its kind; engine/apply/steps.py has the table of the functions that
#: carry the changes out.
DECIDERS: Mapping[LifecycleName, Callable[[ObjectContext], Outcome]] = {
    "resource": plan_resource,
    "campaign": plan_campaign,
    "message": plan_message,
    "account_list": plan_account_list,
}

#: Ids of live objects by section; those of lists' people may be many, and hold their rows' keys where they have no id yet.
_Ids = defaultdict[str, set[Any]]


def make_plan(inputs: PlanInput) -> Plan:
    """The plan for these inputs; raises PlanError with every error found, sorted by place."""
    whole_project, inputs = inputs, with_sent_hours(_selected(inputs))
    diagnostics = Diagnostics()
    builder = PlanBuilder(inputs, _matches(inputs, diagnostics), diagnostics)
    removed = removed_entries(inputs, builder.matches)
    builder.listed = now_rows(inputs, builder.matches, removed)
    builder.going = frozenset(
        entry.id
        for entry in removed
        if entry.address.kind.is_person and entry.address not in builder.listed and removal.is_deleted(inputs, entry)
    )
    builder.people = project(inputs, builder.matches, builder.going, diagnostics)
    _identify(builder)
    for address in _in_order(builder):
        _plan_one(builder, builder.matches[address])
    removal.plan_removals(builder, removed)
    removal.plan_superseded(builder)
    recovery.plan_lost(builder, unwanted_intents(inputs, builder.matches, diagnostics))
    rings.add_launches(builder)
    refuse_unfit(builder)
    refuse_unfit_times(builder)
    recovery.find_duplicates(builder)
    twice.refuse_duplicate_sends(builder)
    builder.checks.extend(guard.check_all(builder))
    warn_of_unreadable(builder)
    builder.notes.extend([*destination_notes(builder), *notes_of_suppressed(builder)])
    builder.notes.extend(notes_of_left_out(builder))
    builder.notes.extend(other_environments(builder))
    builder.notes.extend(notes_of_groups_filled_later(builder))
    builder.notes.extend(notes_of_members_taken(builder))
    builder.notes.extend(notes_of_continued(builder))
    builder.notes.extend(unlisted_people(builder))
    if diagnostics.errors:
        raise PlanError(sorted(diagnostics.errors, key=lambda d: d.sort_key()))
    judgement = judge_plan(builder)
    builder.checks.extend(judgement.checks)
    diagnostics.warnings.extend(judgement.diagnostics())
    return _finish(builder, _left_out(whole_project) if inputs.excluded else _Ids(set))


def _selected(inputs: PlanInput) -> PlanInput:
    """The inputs without what --only and --exclude leave out."""
    chosen = select(inputs.desired, inputs.known, inputs.options.only, inputs.options.exclude)
    desired = replace(inputs.desired, objects=chosen.objects)
    names = {*inputs.desired.objects, *(old for item in inputs.desired.objects.values() if (old := old_address(item)))}
    declared = frozenset[Address]() if inputs.options.destroy else frozenset(names)
    return replace(
        inputs,
        desired=desired,
        whole_desired=inputs.desired,
        excluded=chosen.excluded,
        included_dependencies=chosen.included_dependencies,
        declared=declared,
    )


def _matches(inputs: PlanInput, diagnostics: Diagnostics) -> dict[Address, Match]:
    """The matches of all wanted addresses; errors for addresses of --resume and --replace that mean nothing."""
    if inputs.options.destroy:
        return {}
    unknown = [a for a in (*inputs.options.resume, *inputs.options.replace) if a not in inputs.desired.objects]
    for address in sorted(unknown):
        diagnostics.error(
            None,
            f"{address} is not declared in the manifests" + (", or not selected" if inputs.excluded else ""),
            hint=did_you_mean(str(address), map(str, inputs.desired.objects)) or "Check the address.",
            code="unknown-address",
        )
    for address in sorted(named for named in inputs.options.resume if named not in unknown):
        if not address.kind.can_be_halted:
            text = f"{address} cannot be resumed: there is no halt for a {address.kind.singular}"
            diagnostics.error(inputs.desired.objects[address], text, hint="Take --resume away.", code="no-halt")
    return match_all(inputs, diagnostics)


def _in_order(builder: PlanBuilder) -> list[Address]:
    """The matched addresses, each after everything that it uses."""
    objects = {address: match.desired for address, match in builder.matches.items()}
    uses = {address: [a for a in dependencies(item) if a in objects] for address, item in objects.items()}
    depth = depths(uses)
    return sorted(objects, key=lambda a: (depth[a], a.section, a.name, a.key))


# ---- ids -------------------------------------------------------------------------------------------------------------


def _identify(builder: PlanBuilder) -> None:
    """The id of each object that stays; that of a created or replaced object is unknown until the apply."""
    for address, match in sorted(builder.matches.items(), key=lambda pair: registry()[pair[0].section].order):
        live = match.live
        # What refers to a campaign means its people, not its id.
        is_resource = not address.kind.reaches_people
        is_new = live is None or (is_resource and will_be_replaced(LiveObjectContext(builder, match, live)))
        builder.ids[address] = Unknown(address) if live is None or is_new else live.id
        if live is not None and is_new and address.kind.is_person:
            builder.people.replace(address, live.id, stays=LiveObjectContext(builder, match, live).is_adopted)


# ---- one object ------------------------------------------------------------------------------------------------------


def _plan_one(builder: PlanBuilder, match: Match) -> None:
    """Adds the change of one wanted object to the plan, with its notes, checks and errors."""
    if recovery.waits(builder, match):
        return
    context = ObjectContext(builder, match)
    change, notes = DECIDERS[context.kind.lifecycle.name](context)
    builder.notes.extend(notes)
    if change is None:
        return
    match = builder.matches[match.desired.address] = replace(match, desired=change.desired)  # with its hours settled
    if match.live is not None and context.kind.reaches_people:
        live_context = LiveObjectContext(builder, match, match.live)
        # Only what stays, and may still reach people.
        if not (isinstance(change, Replace | Halt) or match.live.status.finished):
            builder.notes.extend(group_notes(live_context))
        change = with_taken(live_context, change)
    if match.live is not None and match.matched_by in ("marker", "name") and change.action is not Action.NOOP:
        _refuse_adoption(builder, change, match.live)
        return
    if isinstance(change, Replace) and match.desired.lifecycle.prevent_destroy:
        builder.checks.append(guard.protected(change.address))
    _note_unseen(builder, context.kind, change)
    builder.changes.append(recovery.explained(builder, change, match))


def _note_unseen(builder: PlanBuilder, kind: Kind, change: Wanted) -> None:
    """A note on fields that the service does not show (an uploaded recording): in an adopted object they count as equal."""
    names = [rule.name for rule in kind.fields if rule.write_only and rule.name in change.desired.fields]
    if change.is_import and names:
        text = f"is taken in as it is: the service does not show its {names[0]}, so it cannot be compared"
        builder.notes.append(Note(str(change.address), text, "unseen", change.place))


def _refuse_adoption(builder: PlanBuilder, change: Wanted, live: Live) -> None:
    """An error: an object that the state does not know is adopted without `import` only where it equals the manifest."""
    names = [field.name for field in change.fields] + (["members"] if change.members else [])
    builder.diagnostics.error(
        change.desired,
        f"{change.address} exists already in the live account (id {live.id}) and differs",
        f"It differs in: {', '.join(names) or 'what it does'}.",
        f'Write `import: "{live.id}"` to take it under management and change it, or give this one another name.',
        code="exists-and-differs",
    )


# ---- the whole -------------------------------------------------------------------------------------------------------


def _left_out(project: PlanInput) -> _Ids:
    """Section and id of each live object that the whole project declares, whatever --only and --exclude choose of it: what a
    selection leaves alone is managed all the same.
    """
    diagnostics = Diagnostics()  # the plan of a selection says nothing of the rest
    matches = match_all(project, diagnostics)
    accounts: dict[object, Mapping[str, Any]] = {live.id: live.fields for live in project.accounts.values()}
    rows = project_rows(project, matches, accounts, diagnostics)
    ids = _Ids(set)
    for address, match in matches.items():
        if match.live is not None:
            ids[address.section].add(match.live.id)
    for list_rows in rows.values():
        ids[kind_of("person").section] |= list_rows.accounts
    return ids


def _finish(builder: PlanBuilder, left_out: _Ids) -> Plan:
    """The finished plan, with its counts of what is not managed; `left_out` is managed, and not selected."""
    inputs = builder.inputs
    managed = _Ids(set, {section: set(ids) for section, ids in left_out.items()})
    for change in builder.changes:
        if change.live is not None:
            managed[change.address.section].add(change.live.id)
    for entry in inputs.known.entries.values():
        managed[entry.address.section] |= {entry.id, *entry.superseded}
    for list_rows in builder.people.rows.values():
        managed[kind_of("person").section] |= list_rows.accounts
    unmanaged = {
        section: count
        for section in registry()
        if (count := len(objects := inputs.objects(section)) - sum(map(managed[section].__contains__, objects)))
    }
    unmanaged_objects = (
        UnmanagedObject(section, live.id, str(live.fields.get("name") or ""))
        for section in registry()
        for live in inputs.objects(section).values()
        if live.id not in managed[section]
    )
    return Plan(
        project=inputs.desired.project.name,
        environment=inputs.environment,
        url=inputs.url,
        zone_name=inputs.desired.project.zone_name,
        window_zone_name=inputs.window_zone_name,
        now=inputs.now,
        changes=tuple(_sorted(builder)),
        notes=tuple(builder.notes),
        checks=tuple(builder.checks),
        warnings=tuple(sorted([*inputs.desired.warnings, *builder.diagnostics.warnings], key=lambda d: d.sort_key())),
        unmanaged=unmanaged,
        orphaned_objects=_strays(inputs, managed),
        compared=len(inputs.desired.objects) if not inputs.options.destroy else len(inputs.known.entries),
        files=inputs.desired.files,
        destroy=inputs.options.destroy,
        serial=inputs.known.serial,
        lineage=inputs.known.lineage,
        excluded=len(inputs.excluded),
        included_dependencies=tuple(str(address) for address in inputs.included_dependencies),
        unmanaged_objects=tuple(unmanaged_objects) if inputs.options.list_unmanaged else (),
        words=words(builder),
        facts=launch_facts(builder),
        builder=builder,
    )


def _strays(inputs: PlanInput, managed: _Ids) -> int:
    """How many live objects carry our marker although neither state nor manifests know them: counted, never touched."""
    forgotten = {(stone.address.section, stone.id) for stone in inputs.known.tombstones}
    return sum(
        inputs.owns(live.status.marker) and live.id not in managed[section] and (section, live.id) not in forgotten
        for section, objects in inputs.live.objects.items()
        for live in objects.values()
    )


def _sorted(builder: PlanBuilder) -> list[Change]:
    """Narrowing first, then creates and updates as they depend on each other, deletes the other way and last."""
    narrowing = [c for c in builder.changes if _comes_first(c)]
    remaining = [c for c in builder.changes if not _comes_first(c)]
    removals = [c for c in remaining if isinstance(c, Delete | Forget)]
    removals.sort(key=lambda c: (-c.address.kind.order, c.address))
    return [*narrowing, *(c for c in remaining if not isinstance(c, Delete | Forget)), *removals]


def _comes_first(change: Change) -> bool:
    """Does the change do nothing but stop or reduce calls?"""
    match change:
        case Halt() | HaltAndForget():
            return True
        case Delete(narrows=narrows):
            return narrows
        case _:
            return False
