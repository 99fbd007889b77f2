"""Updating and deleting what is no campaign: read, compare with the plan, write whole, read back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mscode.api.ids import item
from mscode.engine import ringing
from mscode.engine.account.decode import live_of
from mscode.engine.account.people import refuse_unless_approved_through
from mscode.engine.account.read import read_members
from mscode.engine.apply.run import Run, applied_fields, read_back, record, refuse_stale, wanted
from mscode.engine.lifecycle.deletion import delete_for_good
from mscode.engine.ringing import Request, Seen
from mscode.errors import Rejected, StaleError, UnknownOutcome
from mscode.kinds.groups import member_bodies
from mscode.model.world import Live, called_before
from mscode.plan.change import Change
from mscode.plan.drift.detect import ACCEPTED_HALT
from mscode.plan.events import Progress


def update(run: Run, change: Change) -> Live:
    """PUT every updatable field (docs/service-notes.md#put-carries-everything), the wanted ones changed; then read it back and
    record it.
    """
    kind, planned = run.kind(change), change.live
    assert planned is not None and change.desired is not None
    what = str(change.address)
    fresh = run.fetch(kind, planned.id, what)
    refuse_stale(run.own, kind, planned, fresh, what)
    values = wanted(run, change)
    if kind.section == "accounts":
        run.own.move(fresh, values)
    if values:
        _put(run, change, fresh, kind.wire({**fresh.fields, **values}))
    live, echo = read_back(run, change, planned.id, values, before=fresh) if values else (fresh, {})
    remember(run, change, live, echo)
    return live


def _put(run: Run, change: Change, fresh: Live, body: dict[str, Any]) -> None:
    """A changed phone of somebody who is called is a launch. Any other change is no launch only as long as nobody has started
    what would reach them.
    """

    def still_approved() -> None:
        refuse_unless_approved_through(run, change)

    if change.launch is None:
        ringing.put(run, change, fresh, body, still_approved)
        return
    request = Request("PUT", run.target.item(run.kind(change).collection, fresh.id), body)
    run.own.bring(change.launch)
    ringing.send(run, change, request, Seen(fresh, people=still_approved))


def remember(run: Run, change: Change, live: Live, echo: dict[str, tuple[Any, Any]] | None = None) -> None:
    """Record what the manifest sets as applied."""
    assert change.desired is not None
    entry, halted = run.entry(change.address), live.life.state == "halt"
    stones = run.store.known.tombstones if entry is None else ()
    in_place_of_a_caller = called_before(change.address, live.id, stones) is not None
    if entry is not None and entry.id != live.id:  # another object: what the old one did is not its doing
        in_place_of_a_caller = entry.may_have_rung
        entry = replace(entry, launched=False, first_call="", echo={}, dialled=0)
    kept = {name: pair for name, pair in (entry.echo.items() if entry else ()) if name in change.desired.fields}
    applied = applied_fields(run, change, run.resolved(change.desired.fields))
    if (entry is not None or in_place_of_a_caller) and halted and applied.get("state") == "active":
        # Wanted, but not in force: the launch that makes it so is a step of its own, and may be held. What was found halted in
        # the place of one that has called people would call them again: it stays halted until a person asks for it.
        before = entry.applied.get("state", "active") if entry else "active"
        applied["state"] = ACCEPTED_HALT if in_place_of_a_caller else before
    has_rung = live.life.running or live.life.finished or live.life.dials > 0
    launched = has_rung or bool(entry and entry.launched)
    record(run, change, live, applied=applied, echo={**kept, **(echo or {})}, launched=launched)


def delete(run: Run, change: Change, live_id: str) -> None:
    """Delete one object that is still as it was planned; gone already is done as well."""
    kind, what = run.kind(change), str(change.address)
    raw = run.client.find(run.target.item(kind.collection, live_id), what=what)
    if raw is None:
        return
    if change.live is not None and change.live.id == live_id:
        refuse_stale(run.own, kind, change.live, live_of(kind, raw), what)
    if kind.section == "accounts":
        run.own.delete(live_of(kind, raw))
    try:
        delete_for_good(run, kind, live_id, what)
    except Rejected as error:
        if not kind.delete_optional:
            raise
        run.notice(
            f"the service does not delete {kind.section} (status {error.status}); id {live_id} is left behind",
            change.address,
        )


# ---- members ---------------------------------------------------------------------------------------------------------


def change_members(run: Run, change: Change, group_id: str) -> None:
    """Add in chunks, remove one by one, and confirm both by a list (docs/service-notes.md#groups)."""
    if change.members is None:
        return
    add = [run.id_of(who) for who in change.members.add]
    run.own.change_members(group_id, (*add, *change.members.remove))
    run.own.bring(change.launch)
    total, done, form = len(add) + len(change.members.remove), 0, 0
    for start in range(0, len(add), run.target.chunk):
        chunk = add[start : start + run.target.chunk]
        form = _add(run, change, group_id, chunk, form)
        done += len(chunk)
        run.emit(Progress(change.address, "update", done, total, "members"))
    for account_id in change.members.remove:
        _remove(run, change, group_id, account_id)
        done += 1
        if done % 50 == 0:
            run.emit(Progress(change.address, "update", done, total, "members"))
    _confirm(run, change, group_id, set(add))


#: Statuses by which a service refuses a body for what it looks like.
_REFUSED_FORMS = (400, 415, 422)


def _members_path(run: Run, group_id: str) -> str:
    return f"{run.target.item('groups', group_id)}/accounts"


def _add(run: Run, change: Change, group_id: str, account_ids: list[str], form: int) -> int:
    """Add them in the form that the service took last, else in the next one that it does not refuse; which that is."""
    bodies = list(enumerate(member_bodies(account_ids)))[form:]
    refused: Rejected | None = None
    for at, body in bodies:
        try:
            _add_as(run, change, group_id, body)
        except Rejected as error:
            if error.status not in _REFUSED_FORMS:
                raise
            refused = refused or error
        else:
            return at
    assert refused is not None
    raise refused


def _add_as(run: Run, change: Change, group_id: str, body: Any) -> None:
    """Repeatable: the service ignores those already there, so an unclear answer is settled by the list at the end.

    New members may be called at once by what runs, so each chunk goes out right after a last look.
    """
    request = Request("POST", _members_path(run, group_id), body)
    seen = Seen(people=lambda: refuse_unless_approved_through(run, change))
    try:
        ringing.send(run, change, request, seen)
    except UnknownOutcome:
        ringing.send(run, change, request, seen)


def _remove(run: Run, change: Change, group_id: str, account_id: str) -> None:
    """The printed URL has no /accounts in the middle; on 404 or 405 the list decides, and the longer one is tried once."""
    what = f"members of {change.address}"
    try:
        if run.client.delete(item(run.target.item("groups", group_id), account_id), what=what):
            return
    except Rejected as error:
        if error.status != 405:
            raise
    if account_id in _current(run, group_id):
        run.client.delete(item(_members_path(run, group_id), account_id), what=what)


def _current(run: Run, group_id: str) -> set[str]:
    return {member.account_id for member in read_members(run.client, run.target, group_id)}


def _confirm(run: Run, change: Change, group_id: str, added: set[str]) -> None:
    assert change.members is not None
    now = _current(run, group_id)
    lacking, staying = added - now, set(change.members.remove) & now
    if lacking or staying:
        raise StaleError(
            f"{change.address}: the members are not as wanted after the change",
            detail=f"{len(lacking):,} are missing, {len(staying):,} are still there.",
            hint="Plan again; somebody else may be changing the group.",
            code="members-differ",
        )
