"""Calls, text messages, e-mails and click-to-calls: sent once, edited while they wait, taken back before they go out.

There is nothing to launch afterwards, so the POST is what the launch's yes was given for: the people are counted once
more right before it, and its outcome is never guessed (see `create`). What comes back otherwise than it was sent is taken
back at once while nobody has been reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode.engine import ringing
from mscode.engine.account.people import refuse_unless_approved
from mscode.engine.apply.run import Run, applied_fields, read_back, record, refuse_stale, wanted
from mscode.engine.create.protocol import CreateThatRings, send_create
from mscode.engine.lifecycle.deletion import delete_and_confirm
from mscode.engine.lifecycle.entries import move
from mscode.engine.lifecycle.narrowing import narrow_fields
from mscode.engine.lifecycle.part import Part, Phase, not_of_lifecycle
from mscode.engine.lifecycle.receivers import refuse_empty_groups, refuse_other_receivers
from mscode.engine.lifecycle.resource import as_left, record_applied, record_part
from mscode.engine.lifecycle.results import save_results
from mscode.engine.ringing import Precondition, RingingRequest
from mscode.errors import StaleError
from mscode.kinds.fields.receivers import encode_receivers
from mscode.model.calling_window import format_instant, parse_instant
from mscode.model.kind import Kind, Post
from mscode.model.world import MARKER_KEY, Intent, Live, Tombstone
from mscode.plan.change import Change, Create, Delete, Launch, Making, NoOp, Replace, Update, Wanted
from mscode.plan.people.prices import cents_of

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

Echo = dict[str, tuple[Any, Any]]


def parts(run: Run, change: Wanted, *, waits: bool) -> Iterator[Part]:
    """The steps of what reaches people by its POST: the create is the launch, and is the second half of a replacement.

    `waits`: something that it depends on is changed too.
    """
    match change:
        case Create(launch=Launch() as launch):
            yield Part.with_launch("create", launch, partial(create, change=change, planned=launch))
        case Replace(launch=Launch() as launch):
            entry = run.entry(change.address) or run.entry(change.previous_address or change.address)
            if change.stops_first and entry:
                yield Part("delete", Phase.NARROW, partial(_stop_for_new_one, change=change), takes_away=True)
            yield Part.with_launch("replace", launch, partial(_replace, change=change, planned=launch))
        case Update():
            narrowing, work = change.narrowing, partial(edit, change=change)
            if narrowing is not None and narrowing.is_all and change.launch is None:
                yield Part("update", Phase.NARROW, work)
                return
            if narrowing is not None and (change.launch is not None or waits):
                narrow = partial(narrow_fields, change=change, less=narrowing, edit=edit)
                yield Part("update", Phase.NARROW, narrow, takes_away=True)
            yield Part.with_launch("update", change.launch, work)
        case NoOp():
            yield record_part(change)
        case _:  # among it a create without a launch: it would reach people without a yes
            raise not_of_lifecycle(change)


def _stop_for_new_one(run: Run, change: Replace) -> None:
    """Nothing lies between what it does and what it shall do, and it has no halt: it goes, to be made anew."""
    move(run, change)
    if not remove(run, change, change.live, for_a_new_one=True):
        raise StaleError(f"{change.address} has gone out meanwhile", detail="Nothing was sent.", code="stale")


def _replace(run: Run, change: Replace, planned: Launch) -> Live:
    """The old one goes, gone and confirmed, before the new one is made; one that has gone out stays with its results."""
    run.launches.record(run, change, planned)  # before the old one goes: without it, it stays and nothing is sent
    move(run, change)
    if not change.keeps_old:
        _stop_for_new_one(run, change)
    run.store.drop(change.address)
    if change.keeps_old:
        run.store.add_tombstone(Tombstone(change.address, change.live.id, reached=True))
    return create(run, change, planned)


# ---- create ----------------------------------------------------------------------------------------------------------


def create(run: Run, change: Making, planned: Launch) -> Live:
    """Send it: one POST, right after the people were counted once more; read it back, record it."""
    move(run, change)
    kind, fields = change.address.kind, run.resolved(change, change.desired.fields)

    def launch_record() -> DurableRecord:
        return run.launches.record(run, change, planned)

    def still_allowed() -> None:
        _refuse_late(run, change, kind, fields)
        refuse_empty_groups(run, change, fields["receivers"])
        refuse_unless_approved(run, change, planned, encode_receivers(fields["receivers"], kind.reached_by), fields)

    launched_at = format_instant(run.now())
    reached: dict[str, Any] = {"launched": True, "first_call": _first_call(planned), "launched_at": launched_at}
    sent = dict(fields)
    if kind.carries_marker:  # phase `live`: what is sent can reach people from the start
        sent["meta"] = {**fields.get("meta", {}), MARKER_KEY: str(run.marker(change, "live"))}
    live_id = send_create(run, change, sent, CreateThatRings(still_allowed, launch_record), **reached)
    live, echo = _kept(run, change, live_id, fields)
    record(
        run, change, live, applied=applied_fields(run, change, fields), server_values=echo, origin="created", **reached
    )
    if cents := cents_of(live):
        run.notice(f"the service estimates its price at {cents:,.10g} cents", change.address)
    if change.address.kind.carries_marker and live.status.marker is None:
        lost = "the service did not keep its ownership marker in `meta`: without the state it could not be found again"
        run.notice(lost, change.address)
    return live


def _refuse_late(run: Run, change: Change, kind: Kind, fields: Mapping[str, Any]) -> None:
    end = fields.get(kind.ends)
    if end and parse_instant(end) <= run.now():
        raise StaleError(
            f"{change.address} is not sent: its {kind.ends} has passed", hint="Set a later one.", code="expired"
        )


def _first_call(planned: Launch) -> str:
    first = planned.reach.first_call
    return format_instant(first) if first else ""


def _kept(run: Run, change: Making, live_id: str, sent: Mapping[str, Any]) -> tuple[Live, Echo]:
    """Read it back, with its echo (see `read_back`).

    One that differs in what reaching people depends on is taken back, if nobody was reached yet. It stays known that it was
    sent: a POST that reaches people is not sent again because what came of it has another form, but held until a person
    has said what became of it.
    """
    try:
        live, echo = read_back(run, change, live_id, sent)
        refuse_other_receivers(run, change, live, sent["receivers"], ordered=not change.address.kind.goes_out_once)
    except StaleError as error:
        fresh = run.fetch(change.address.kind, live_id, str(change.address))
        if fresh.status.finished or fresh.status.dials:
            raise
        request = change.address.kind.create(sent)
        assert isinstance(request, Post)
        digest = run.store.keyed_hash(dict(request.body))
        run.store.begin([Intent(change.address, change.generation, uuid4().hex, digest, (live_id,))])
        _delete(run, change, fresh)
        run.store.drop(change.address)
        raise StaleError(
            error.diagnostics[0].summary,
            detail="The service stored another value than was sent. It was taken back before it is known to have reached "
            "anybody, and is not sent again by itself.",
            hint="Look at what the service takes, and correct the manifest; then "
            f"`mscode resolve {change.address} --not-created` lets it be sent once more.",
            code="not-kept",
        ) from None
    return live, echo


# ---- edit ------------------------------------------------------------------------------------------------------------


def edit(run: Run, change: Update) -> Live:
    """Change what waits for its time: PUT it whole, read it back (docs/service-notes.md#put-carries-everything)."""
    move(run, change)
    change = as_left(run, change)
    kind, label = change.address.kind, str(change.address)
    fresh = run.fetch(kind, change.live.id, label)
    refuse_stale(run.own, kind, change.live, fresh, label)
    if fresh.status.finished:
        raise StaleError(f"{label} has gone out meanwhile", detail="Nothing was changed.", code="stale")
    values = wanted(run, change)
    fields = {**fresh.fields, **values}
    _refuse_late(run, change, kind, fields)
    refuse_empty_groups(run, change, fields["receivers"])
    _put(run, change, kind, fresh, fields)
    live, echo = read_back(run, change, fresh.id, values, before=fresh)
    refuse_other_receivers(run, change, live, encode_receivers(fields["receivers"], kind.reached_by))
    record_applied(run, change, live, echo)
    return live


def _put(run: Run, change: Update, kind: Kind, fresh: Live, fields: Mapping[str, Any]) -> None:
    """What reaches nobody else, and no earlier, is a plain PUT. Else it is a launch: the approved people, or fewer, and it is
    written down before it that they may be reached, and from when on.
    """
    planned = change.launch
    if planned is None:
        ringing.put(run, change, fresh, kind.encode(fields))
        run.launches.note_words(run, change)
        return

    def still_allowed() -> None:
        _refuse_late(run, change, kind, fields)
        receivers_before, receivers_after = (
            encode_receivers(each["receivers"], kind.reached_by) for each in (fresh.fields, fields)
        )
        refuse_unless_approved(run, change, planned, receivers_after, fields, receivers_before)

    launch_record = run.launches.record(run, change, planned)
    entry, first = run.entry(change.address), _first_call(planned)
    if entry is not None:
        first = min(filter(None, (entry.first_call, first)), default="")
        run.store.put(replace(entry, launched=True, first_call=first, launched_at=format_instant(run.now())))
    request = RingingRequest("PUT", run.target.item(kind.collection, fresh.id), kind.encode(fields))
    ringing.send(run, change, request, launch_record, Precondition(fresh, people=still_allowed))


# ---- the end ---------------------------------------------------------------------------------------------------------


def remove(run: Run, change: Delete | Replace, planned: Live, *, for_a_new_one: bool = False) -> bool:
    """Take back what has not gone out, and stop a click-to-call by deleting it, its results saved. False: it stays.

    `for_a_new_one`: written down before it goes, since what is gone without that was deleted by a person. That is the only
    halt that a person has for it, so nothing is made in its place then: StaleError.
    """
    kind, label = change.address.kind, str(change.address)
    entry = run.entry(change.address)
    raw = run.client.find(run.target.item(kind.collection, planned.id), what=label)
    if raw is None:
        if for_a_new_one and not (entry is not None and entry.is_reset):
            raise _deleted_by_a_person(change)
        return True
    live = run.account.decode(kind, raw)
    if kind.goes_out_once and live.status.finished:
        run.notice("has gone out meanwhile; it stays in the live account", change.address)
        return False
    run.saw(live)
    if live.status.dials:
        save_results(run, change, live)
    if for_a_new_one and entry is not None:
        run.store.put(
            replace(entry.reset_for_replacement(), origin="created")
        )  # the one that comes in its place is ours
    if not _delete(run, change, live) and for_a_new_one:
        if entry is not None:
            run.store.put(entry)
        raise _deleted_by_a_person(change)
    return True


def _deleted_by_a_person(change: Change) -> StaleError:
    return StaleError(
        f"{change.address} was deleted by somebody meanwhile; nothing is made in its place",
        detail="Deleting is the only way to stop it. Nothing was sent.",
        hint="Plan again.",
        code="stale",
    )


def _delete(run: Run, change: Change, live: Live) -> bool:
    """Gone and confirmed: what comes after it may call the same people. False where somebody else had deleted it."""
    return delete_and_confirm(run, change.address.kind, live.id, str(change.address))
