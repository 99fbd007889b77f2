"""Resources: accounts, groups, filters, voice files. Read, compare with the plan, write whole, read back."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mscode.api.ids import item
from mscode.engine import ringing
from mscode.engine.account.people import note_who_is_brought, refuse_unless_approved_through
from mscode.engine.account.read import read_member_ids
from mscode.engine.apply.pace import Pace
from mscode.engine.apply.run import Run, applied_fields, read_back, record, refuse_stale, wanted
from mscode.engine.create.protocol import create
from mscode.engine.create.receiver_accounts import make_accounts
from mscode.engine.lifecycle.deletion import delete_and_confirm
from mscode.engine.lifecycle.entries import end_superseded, move, supersede
from mscode.engine.lifecycle.part import Part, Phase, not_of_lifecycle
from mscode.engine.lifecycle.voice_files import is_played
from mscode.engine.ringing import NotALaunch, Precondition, RingingRequest
from mscode.errors import Rejected, StaleError, UnknownOutcome
from mscode.kinds.groups import member_bodies
from mscode.model.kind import kind_of
from mscode.model.world import Live, called_before
from mscode.plan.change import (
    ApplyRows,
    Change,
    Create,
    Delete,
    Halt,
    Making,
    MemberChange,
    NoOp,
    Replace,
    Update,
    Wanted,
)
from mscode.plan.events import Progress
from mscode.plan.lifecycle.operator_halt import ACCEPTED_HALT

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord


def parts(run: Run, change: Wanted, *, waits: bool) -> Iterator[Part]:
    """The steps of one resource. Who is taken out of a group goes first and without a yes, whatever else the change does."""
    match change:
        case Create():
            yield Part.with_launch("create", change.launch, partial(_make, change=change))
        case Replace():
            yield Part.with_launch("replace", change.launch, partial(_make, change=change))
            yield Part("delete", Phase.REMOVE, partial(_delete_replaced, change=change))
        case Update(members=MemberChange(remove=removed) as members) if removed:
            if not (members.add or change.fields or change.is_move or change.is_import):
                yield Part("update", Phase.NARROW, partial(_update, change=change))
                return
            leave = partial(_remove_members, change=change, members=replace(members, add=()))
            yield Part("update", Phase.NARROW, leave, takes_away=True)
            yield Part.with_launch("update", change.launch, partial(_update, change=change))
        case Update():
            yield Part.with_launch("update", change.launch, partial(_update, change=change))
        case NoOp():
            yield record_part(change)
        case Halt() | ApplyRows():
            raise not_of_lifecycle(change)


def _make(run: Run, change: Making) -> Live:
    launch_record = _launch_record(run, change)
    if isinstance(change, Replace):
        supersede(run, change)
    make_accounts(run, change)
    live = create(run, change)
    change_members(run, change, live.id, change.members, launch_record)
    return live


def _launch_record(run: Run, change: Making | Update) -> DurableRecord | NotALaunch:
    """Of a change by which what is under way reaches more people; written before the first request of its step."""
    return run.launches.record_or(run, change, NotALaunch.REACHES_NOBODY)


def _delete_replaced(run: Run, change: Replace) -> None:
    """After a replacement: the old one goes, unless it stays on purpose or somebody still uses it."""
    if not change.keeps_old:
        delete_superseded(run, change)


def _remove_members(run: Run, change: Update, members: MemberChange) -> Live:
    move(run, change)
    change_members(run, change, change.live.id, members, NotALaunch.REACHES_NOBODY)  # they leave, and nobody joins
    run.narrowed[change.address] = change.live
    return change.live


def _update(run: Run, change: Update) -> Live:
    launch_record = _launch_record(run, change)
    make_accounts(run, change)
    move(run, change)
    change = as_left(run, change)
    live = update(run, change, launch_record)
    change_members(run, change, live.id, change.members, launch_record)
    return live


def as_left(run: Run, change: Update) -> Update:
    """The rest of a change of which a part is done that takes away: it goes on from what that has left."""
    live = run.narrowed.get(change.address)
    if live is None:
        return change
    members = replace(change.members, remove=()) if change.members else None
    return replace(change, live=live, members=members)


def update(run: Run, change: Update, launch_record: DurableRecord | NotALaunch) -> Live:
    """PUT every updatable field (docs/service-notes.md#put-carries-everything), the wanted ones changed; then read it back and
    record it.
    """
    kind, planned = change.address.kind, change.live
    label = str(change.address)
    fresh = run.fetch(kind, planned.id, label)
    refuse_stale(run.own, kind, planned, fresh, label)
    values = wanted(run, change)
    if kind.is_person:
        run.own.move(fresh, values)
    if values:
        _put(run, change, fresh, kind.encode({**fresh.fields, **values}), launch_record)
    live, echo = read_back(run, change, planned.id, values, before=fresh) if values else (fresh, {})
    record_applied(run, change, live, echo)
    return live


def _put(
    run: Run, change: Update, fresh: Live, body: dict[str, Any], launch_record: DurableRecord | NotALaunch
) -> None:
    """A changed phone of somebody who is called is a launch. Any other change is no launch only as long as nobody has started
    what would reach them.
    """

    def still_approved() -> None:
        refuse_unless_approved_through(run, change)

    if change.launch is None:
        ringing.put(run, change, fresh, body, still_approved)
        return
    request = RingingRequest("PUT", run.target.item(change.address.kind.collection, fresh.id), body)
    note_who_is_brought(run, change)
    ringing.send(run, change, request, launch_record, Precondition(fresh, people=still_approved))


def record_part(change: NoOp | Halt) -> Part:
    """An import, a move, or nothing but what the state should know."""
    return Part("move" if change.is_move else "import", Phase.MAKE, partial(_record, change=change))


def _record(run: Run, change: NoOp | Halt) -> Live:
    move(run, change)
    record_applied(run, change, change.live, dict(change.taken))
    if change.is_import and change.origin == "adopted":
        run.store.remove_tombstone(change.address)
    return change.live


def record_applied(run: Run, change: Wanted, live: Live, echo: dict[str, tuple[Any, Any]] | None = None) -> None:
    """Record what the manifest sets as applied."""
    entry, halted = run.entry(change.address), live.status.state == "halt"
    tombstones = run.store.tombstones if entry is None else ()
    in_place_of_a_caller = called_before(change.address, live.id, tombstones) is not None
    if entry is not None and entry.id != live.id:  # another object: what the old one did is not its doing
        in_place_of_a_caller = entry.may_have_rung
        entry = replace(entry, launched=False, first_call="", launched_at="", server_values={}, dialled=0)
    if entry is None or entry.id != live.id:
        run.launches.adopt(run, change, live)
    server_values = {
        name: pair for name, pair in (entry.server_values.items() if entry else ()) if name in change.desired.fields
    }
    applied = applied_fields(run, change, run.resolved(change, change.desired.fields))
    if (entry is not None or in_place_of_a_caller) and halted and applied.get("state") == "active":
        # Wanted, but not in force: the launch that makes it so is a step of its own, and may be held. What was found halted in
        # the place of one that has called people would call them again: it stays halted until a person asks for it.
        before = entry.applied.get("state", "active") if entry else "active"
        applied["state"] = ACCEPTED_HALT if in_place_of_a_caller else before
    has_rung = live.status.running or live.status.finished or live.status.dials > 0
    launched = has_rung or bool(entry and entry.launched)
    record(run, change, live, applied=applied, server_values={**server_values, **(echo or {})}, launched=launched)


# ---- the end ---------------------------------------------------------------------------------------------------------


def delete(run: Run, change: Delete | Replace, live: Live) -> None:
    """Delete one object that is still as it was planned; gone already is done as well."""
    kind, label = change.address.kind, str(change.address)
    raw = run.client.find(run.target.item(kind.collection, live.id), what=label)
    if raw is None:
        return
    fresh = run.account.decode(kind, raw)
    refuse_stale(run.own, kind, live, fresh, label)
    if kind.is_person:
        run.own.delete(fresh)
    if kind.has_members:
        run.own.delete_group(live.id)
    try:
        delete_and_confirm(run, kind, live.id, label)
    except Rejected as error:
        if not kind.delete_optional:
            raise _with_printed_url(run, change, live, error) from None
        run.notice(
            f"the service does not delete {kind.section} (status {error.status}); id {live.id} is left behind",
            change.address,
        )


def _with_printed_url(run: Run, change: Change, live: Live, error: Rejected) -> Rejected:
    """The same refusal; where the page prints another URL for this delete, with why that one is not tried."""
    kind = change.address.kind
    if error.status not in (404, 405) or not kind.misprinted_delete:
        return error
    path = run.target.item(kind.collection, live.id)
    return Rejected(
        str(error),
        status=error.status,
        detail=f"The {kind.singular} is still there. The API's page prints DELETE {path}{kind.misprinted_delete} for this, which "
        "may as well delete what belongs to it: mscode does not send that.",
        hint=f"Delete it in the service's own pages and apply again, or `mscode forget {change.address}`.",
    )


def delete_superseded(run: Run, change: Delete | Replace) -> None:
    """Delete a replaced object, once no unfinished live campaign uses it; till then the state keeps it as superseded."""
    live = change.live
    if change.address.kind.readiness is not None and is_played(run, live.id):
        run.notice(f"its old object (id {live.id}) is kept while an unfinished campaign uses it", change.address)
        return
    delete(run, change, live)
    end_superseded(run, change.address, live.id)


def refuse_what_is_played(run: Run, change: Delete, live_id: str) -> None:
    """A campaign that calls people now, managed or not, keeps what it plays."""
    if change.address.kind.readiness is not None and is_played(run, live_id, running=True):
        raise StaleError(
            f"{change.address} is not deleted: a running campaign plays it (id {live_id})",
            hint="Stop that campaign first, or `mscode forget` the voice file.",
            code="in-use",
        )


# ---- members ---------------------------------------------------------------------------------------------------------


def change_members(
    run: Run,
    change: Making | Update,
    group_id: str,
    members: MemberChange | None,
    launch_record: DurableRecord | NotALaunch,
) -> None:
    """Add in chunks, remove one by one, and confirm both by a list (docs/service-notes.md#groups)."""
    if members is None:
        return
    add = {run.id_of(account): account for account in members.add}
    began, pace, done, total = time.monotonic(), Pace(), 0, len(add) + len(members.remove)

    def report(more: int) -> None:
        nonlocal done
        done, elapsed = done + more, time.monotonic() - began
        if done == total or pace.is_due(elapsed):
            run.emit(Progress(change.address, "update", done, total, "members", elapsed))

    run.own.leave(group_id, members.remove)
    run.own.join(group_id, add, run.plan.builder.people.addresses_of if run.plan.builder else lambda account: ())
    note_who_is_brought(run, change)
    for added in _add_all(run, change, group_id, list(add), launch_record):
        report(added)
    is_nested = False
    for account_id in members.remove:
        is_nested = _remove(run, change, group_id, account_id, is_nested)
        report(1)
    current = _confirming(run, group_id, add, members.remove)
    missing, remaining = add.keys() - current, set(members.remove) & current
    if missing or remaining:
        raise StaleError(
            f"{change.address}: the members are not as wanted after the change",
            detail=f"Missing: {len(missing):,}. Still there: {len(remaining):,}.",
            hint="Plan again; somebody else may be changing the group.",
            code="members-differ",
        )


def _confirming(run: Run, group_id: str, added: Collection[str], removed: Collection[str]) -> set[str]:
    """Who is in a group, by a list. Whoever is on it is in the group, whether or not it is whole; that somebody is not, only one
    says that is as long as the group counts.
    """
    if not removed:
        listed = set(read_member_ids(run.account, group_id, {"numberOfAccounts": len(added)}))
        if listed.issuperset(added):
            return listed
    return _current(run, group_id)


#: Statuses by which a service refuses a body for what it looks like.
_REFUSED_FORMS = (400, 415, 422)


def _members_path(run: Run, group_id: str) -> str:
    return f"{run.account.path(kind_of('group'), group_id)}/accounts"


def _add_all(
    run: Run, change: Change, group_id: str, account_ids: list[str], launch_record: DurableRecord | NotALaunch
) -> Iterator[int]:
    """Add them chunk by chunk; gives the size of each that is added. By the first chunk it is known which form the service takes;
    the others go out several at once, unless they may ring: then each goes out after a look that the one before is part of.
    """
    chunks = [account_ids[start : start + run.target.chunk] for start in range(0, len(account_ids), run.target.chunk)]
    form = 0
    at_once = isinstance(launch_record, NotALaunch)
    for chunk in chunks[: 1 if at_once else None]:
        form = _add(run, change, group_id, chunk, form, launch_record)
        yield len(chunk)
    add = partial(_add, run, change, group_id, form=form, launch_record=launch_record)
    for chunk, _ in run.client.each(add, chunks[1:] if at_once else ()):
        yield len(chunk)


def _add(
    run: Run,
    change: Change,
    group_id: str,
    account_ids: list[str],
    form: int,
    launch_record: DurableRecord | NotALaunch,
) -> int:
    """Add them in the form that the service took last, else in the next one that it does not refuse; which that is."""
    refusals: list[Rejected] = []
    for at, body in list(enumerate(member_bodies(account_ids)))[form:]:
        try:
            _add_as(run, change, group_id, body, launch_record)
        except Rejected as error:
            if error.status not in _REFUSED_FORMS:
                raise
            refusals.append(error)
        else:
            return at
    raise refusals[0]


def _add_as(run: Run, change: Change, group_id: str, body: Any, launch_record: DurableRecord | NotALaunch) -> None:
    """Repeatable: the service ignores those already there, so an unclear answer is settled by the list at the end.

    New members may be called at once by what runs, so each chunk goes out right after a last look.
    """
    request = RingingRequest("POST", _members_path(run, group_id), body)
    precondition = Precondition(people=lambda: refuse_unless_approved_through(run, change))
    try:
        ringing.send(run, change, request, launch_record, precondition)
    except UnknownOutcome:
        ringing.send(run, change, request, launch_record, precondition)


def _remove(run: Run, change: Change, group_id: str, account_id: str, is_nested: bool) -> bool:
    """The printed URL has no /accounts in the middle; on 404 or 405 the list decides, and the longer one is tried once
    (docs/service-notes.md#groups). `is_nested`: the service took the longer one last, so that it comes first; the answer is which
    of them it took now.
    """
    printed = item(run.account.path(kind_of("group"), group_id), account_id)
    paths = [printed, item(_members_path(run, group_id), account_id)]
    first, second = reversed(paths) if is_nested else paths
    label = f"members of {change.address}"
    try:
        if run.client.delete(first, what=label):
            return is_nested
    except Rejected as error:
        if error.status != 405:
            raise
    if account_id not in _current(run, group_id):
        return is_nested
    return not is_nested if run.client.delete(second, what=label) else is_nested


def _current(run: Run, group_id: str) -> set[str]:
    return set(read_member_ids(run.account, group_id))
