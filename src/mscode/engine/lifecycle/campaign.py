"""Campaigns: made halted, launched by a step of their own, edited as one step, halted at once.

See docs/safety.md#launches.

What may ring is one PUT: the one that sets `active`. It is sent once per approval, by nothing but `_activate`, and never by
a retry. Everything else here writes `halt`, or writes nothing about the state.

The marker's phase goes with the state in the same PUT: `new` when made, `live` when launched, `edit` while we edit, `held`
when somebody has run `mscode halt`. Whoever finds a halted campaign can tell from it who halted it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from mscode.engine import ringing
from mscode.engine.account.decode import is_out_of_form
from mscode.engine.account.people import people_reached, read_senders, refuse_unless_approved
from mscode.engine.apply.run import Run, applied_fields, changed_by_others, read_back, record, refuse_stale, wanted
from mscode.engine.campaign_body import campaign_body, marked_meta, unmarked_meta
from mscode.engine.create.protocol import send_create
from mscode.engine.lifecycle.deletion import delete_and_confirm
from mscode.engine.lifecycle.entries import end_superseded, move, supersede
from mscode.engine.lifecycle.narrowing import narrow_fields
from mscode.engine.lifecycle.part import Part, Phase, not_of_lifecycle
from mscode.engine.lifecycle.receivers import add_receivers, added_rows, grown_body
from mscode.engine.lifecycle.resource import as_left, record_applied, record_part
from mscode.engine.lifecycle.results import save_results
from mscode.engine.ringing import NotALaunch, Precondition, RingingRequest
from mscode.errors import ApiError, MscodeError, Rejected, StaleError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.model.calling_window import format_instant, parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import Entry, Live, Marker, Tombstone
from mscode.plan.change import (
    ApplyRows,
    Change,
    Create,
    Delete,
    Halt,
    Launch,
    Launching,
    Making,
    NoOp,
    Replace,
    Update,
    Wanted,
)
from mscode.plan.lifecycle.campaign import never_launched_times

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

#: A campaign is made with a start no earlier than this ahead, so that even one that comes back active rings nobody at once.
INERT_FOR = timedelta(minutes=10)

Fields = Mapping[str, Any]


def _body(run: Run, change: Change, fields: Fields, state: str, marker: Marker | None) -> dict[str, Any]:
    """The body of a PUT, with this marker in `meta`; with none, the one that is there goes."""
    meta = marked_meta(fields, marker) if marker is not None else unmarked_meta(fields)
    return campaign_body(change.address.kind, fields, state, meta, run.now())


def campaign_path(run: Run, change: Change, live_id: str) -> str:
    """The path of one campaign."""
    return run.target.item(change.address.kind.collection, live_id)


# ---- the steps of a change -------------------------------------------------------------------------------------------


def parts(run: Run, change: Wanted, *, waits: bool) -> Iterator[Part]:
    """The steps of one campaign, its launch among them. `waits`: something that it depends on is changed too."""
    match change:
        case Create():
            yield Part("create", Phase.MAKE, partial(create_inert, change=change))
        case Replace():
            if change.stops_first:
                yield Part("halt", Phase.NARROW, partial(_stop_for_rest, change=change), takes_away=True)
            yield Part("replace", Phase.MAKE, partial(_replace, change=change))
        case Halt():
            yield Part("halt", Phase.NARROW, partial(_halt_alone, change=change))
            yield _part_of_halted(change)
        case Update() if change.live.status.running:
            yield from _edit_parts(change, waits=waits)
            return  # the resume of an edit is its launch
        case Update() | NoOp():
            yield _part_of_halted(change)
        case ApplyRows():
            raise not_of_lifecycle(change)
    if change.launch is not None:
        yield Part("launch", Phase.LAUNCH, partial(launch, change=change, planned=change.launch), launches=True)
    if isinstance(change, Replace):
        yield Part("delete", Phase.REMOVE, partial(_delete_replaced, change=change))


def _part_of_halted(change: Update | Halt | NoOp) -> Part:
    """What is changed of it while it calls nobody; where that is nothing, the state alone may learn something."""
    if isinstance(change, NoOp) or (isinstance(change, Halt) and all(field.name == "state" for field in change.fields)):
        return record_part(change)
    return Part("update", Phase.MAKE, partial(edit_halted, change=change))


def _edit_parts(change: Update, *, waits: bool) -> Iterator[Part]:
    """Of an edit of what runs first what it takes away, where anything would hold that up; where it does nothing but take
    away, it is that one step.
    """
    less, launch = change.narrowing, change.launch
    edit = partial(_edit_running, change=change)
    if less is not None and less.stops:
        yield Part("halt", Phase.NARROW, partial(_stop_for_rest, change=change), takes_away=True)
    elif less is not None and not (less.waits and launch is None):
        if less.is_all and launch is None:
            yield Part("update", Phase.NARROW, edit)
            return
        if launch is not None or waits:
            narrow = partial(narrow_fields, change=change, less=less, edit=edit_running)
            yield Part("update", Phase.NARROW, narrow, takes_away=True)
    yield Part.with_launch("update", launch, edit)


def _replace(run: Run, change: Replace) -> Live:
    stop_for_replacement(run, change)
    if not change.keeps_old:
        supersede(run, change)
    return create_inert(run, change)


def _edit_running(run: Run, change: Update) -> Live:
    move(run, change)
    change = as_left(run, change)
    if change.live.status.running:
        return edit_running(run, change)
    if change.launch is not None:  # before the first request of the step, which is not the one that rings
        run.launches.record(run, change, change.launch)
    live = edit_halted(run, change)
    return launch(run, change, change.launch) if change.launch else live


def _halt_alone(run: Run, change: Halt) -> Live:
    """The halt alone, which waits for nothing; what else the manifest changes is a step of its own, after it."""
    move(run, change)
    live = halt(run, change, change.live)
    run.left[change.address] = live
    entry = run.entry(change.address)
    if entry is not None:
        run.store.put(replace(entry, applied={**entry.applied, "state": "halt"}))
    return live


def _stop_for_rest(run: Run, change: Update | Replace) -> Live:
    """Nothing lies between what it does and what it shall do: it is halted (phase `edit`) until the rest is done."""
    move(run, change)
    try:
        live = halt_to_go_on(run, change, change.live)
    except MscodeError:
        tell_what_stays_halted(run, change, change.live)
        raise
    if isinstance(change, Replace):
        run.retired[change.address] = live
    else:
        run.narrowed[change.address] = live
        run.mid_edit.add(change.address)
    return live


# ---- create ----------------------------------------------------------------------------------------------------------


def create_inert(run: Run, change: Making) -> Live:
    """Make it halted, with a start ahead and phase `new`; read it back; refuse to leave one that is not inert."""
    fields = run.resolved(change, change.desired.fields)
    body = {**fields, **_stand_in(run, fields), "state": "halt", "meta": marked_meta(fields, run.marker(change, "new"))}
    live_id = send_create(run, change, body)
    try:
        fresh = run.fetch(change.address.kind, live_id, str(change.address))
    except MscodeError as error:
        if ringing.unreadable(error):  # nobody can say that it is halted
            _halt_now(run, change, live_id)
        raise
    is_inert = fresh.status.state == "halt"
    if not is_inert:
        _halt_what_came_back_ringing(run, change, fresh)
    run.store.end_intent(change.address)  # not before: a crash must leave behind that this may ring
    unchecked = {"startTime", "endTime", "state"}
    sent = {name: value for name, value in fields.items() if name not in unchecked}
    live, echo = read_back(run, change, live_id, sent, read=fresh if is_inert else None)
    if live.status.marker is None:
        raise StaleError(
            f"{change.address}: the service did not keep the ownership marker in `meta`",
            detail="Without it a campaign whose create is lost cannot be found again.",
            hint="It is left halted; look at its meta in the web interface.",
            code="marker-lost",
        )
    answer = run.left.get(change.address)
    changed_at = answer.updated_at if answer is not None and answer.status.state == "halt" else live.updated_at
    run.left[change.address] = replace(live, updated_at=changed_at)
    record(
        run,
        change,
        live,
        applied=applied_fields(run, change, fields),
        server_values=echo,
        origin="created",
        launched=False,
        first_call="",
    )
    return live


def _stand_in(run: Run, fields: Fields) -> dict[str, str]:
    """Start and end until the launch: the start ten minutes ahead at least, the end after it."""
    earliest = run.now() + INERT_FOR
    start = max(earliest, parse_instant(fields["startTime"])) if fields.get("startTime") else earliest
    end = max(parse_instant(fields["endTime"]), start + INERT_FOR)
    return {"startTime": format_instant(start), "endTime": format_instant(end)}


def _halt_what_came_back_ringing(run: Run, change: Change, live: Live) -> None:
    """The service did not keep `halt`: halt it at once, and go on only if a GET confirms that nobody was dialled."""
    fresh = _halt_now(run, change, live.id)
    if fresh.status.state != "halt" or fresh.status.dials:
        raise StaleError(
            f"came back {live.status.state_in_words} although it was made halted",
            detail=f"It is {fresh.status.state_in_words} now and has made {count(fresh.status.dials, 'call')}.",
            hint=f"Stop it with `mscode halt --id {live.id}` and look at it in the web interface.",
            code="not-inert",
        )
    run.notice(
        f"came back {live.status.state_in_words} although it was made halted; it was halted before anybody was dialled",
        change.address,
    )


# ---- launch ----------------------------------------------------------------------------------------------------------


def launch(run: Run, change: Launching, planned: Launch) -> Live:
    """The step that starts dialling: write it down, read once more and count the people once more, send once."""
    kind = change.address.kind
    live = _as_seen(run, change, _the_only_one(run, change, run.reads.whole_list(run.account, kind)))
    fields = _launch_fields(run, change, planned, live)

    def still_allowed() -> None:
        lists = read_senders(run, kind.section)
        _the_only_one(run, change, lists[kind.section])
        _refuse_passed(run, change, fields)
        refuse_unless_approved(run, change, planned, live.fields.get("receivers", ()), fields, lists=lists)

    _refuse_passed(run, change, fields)
    launch_record = run.launches.record(run, change, planned)
    before = run.store.entry(change.address)
    assert before is not None
    _journal_launch(run, planned, before)
    precondition = Precondition(live, people=still_allowed)
    launched = _activate(run, change, live, launch_record, precondition, fields, undo=lambda: run.store.put(before))
    run.mid_edit.discard(change.address)
    return launched


def _as_seen(run: Run, change: Launching, listed: Live) -> Live:
    """The campaign as the plan saw it, or as this run has left it since: that is what was approved. StaleError where somebody
    has touched it in between.
    """
    live = run.left.get(change.address) or (None if isinstance(change, Making) else change.live)
    if live is None:
        return listed
    ringing.refuse_differences(run.own, change.address.kind, live, listed, str(change.address))
    # What this run has made of them since: a person whose number it has changed is reached by the new one.
    return replace(live, fields={**live.fields, "receivers": listed.fields.get("receivers", ())})


def _journal_launch(run: Run, planned: Launch, entry: Entry) -> None:
    """Before anything may ring: that it may, from when on, and that `active` is in force (a halt is a person's from here)."""
    first = planned.reach.first_call
    wanted_first = format_instant(first) if first else ""
    first_call = min(entry.first_call, wanted_first) if entry.launched else wanted_first
    applied = {**entry.applied, "state": "active"}
    launched_at = format_instant(run.now())
    run.store.put(replace(entry, launched=True, first_call=first_call, launched_at=launched_at, applied=applied))


def _the_only_one(run: Run, change: Launching, listed: Mapping[str, Live]) -> Live:
    """The kind was listed once more (`listed`): exactly one object of this owner and address, and it is ours, and halted."""
    live_id = run.ids[change.address]
    retired = _retired(run, change)
    owner = (run.target.project, run.target.environment, change.address)
    marked = [live for live in listed.values() if live.status.marker and live.status.marker.belongs_to(*owner)]
    duplicates = [live for live in marked if live.id != live_id and not live.status.finished]
    duplicate_ids = [live.id for live in duplicates if live.id not in retired or live.status.running]
    if live_id not in listed or duplicate_ids:
        raise StaleError(
            f"{change.address} is not launched: the live account holds {'another one of it' if duplicate_ids else 'it no longer'}",
            detail=f"ids {', '.join([live_id, *duplicate_ids])}" if duplicate_ids else "",
            hint="Plan again.",
            code="stale",
        )
    if (old_live := run.retired.get(change.address)) is not None:
        _refuse_other_old_one(run, change, old_live, listed)
    live = listed[live_id]
    if live.status.state != "halt":
        raise StaleError(
            f"{change.address} is {live.status.state_in_words} already; somebody else started it",
            hint="Plan again.",
            code="stale",
        )
    _refuse_other_phase(change, live)
    return live


def _refuse_other_old_one(run: Run, change: Change, old_live: Live, listed: Mapping[str, Live]) -> None:
    """Whoever halts or deletes the one that is replaced means its people not to be called by the new one either."""
    if old_live.id not in listed:
        raise StaleError(
            f"{change.address} is not launched: its old one (id {old_live.id}) was deleted by somebody",
            hint="Plan again.",
            code="stale",
        )
    ringing.refuse_differences(run.own, change.address.kind, old_live, listed[old_live.id], str(change.address))


def _retired(run: Run, change: Launching) -> set[str]:
    """Ids that this address had before: replaced ones, and those that were left alone on purpose."""
    entry = run.entry(change.address)
    replaced = {change.live.id} if isinstance(change, Replace) else set()
    tombstone_ids = {tombstone.id for tombstone in run.store.tombstones if tombstone.address == change.address}
    return replaced | tombstone_ids | set(entry.superseded if entry else ())


def _refuse_other_phase(change: Launching, live: Live) -> None:
    """The phase is still the one that was approved: somebody may have halted it since."""
    before = change.live.status.marker if change.live else None
    planned = "new" if isinstance(change, Making) else before.phase if before else ""
    marker = live.status.marker
    if (marker.phase if marker else "") != planned:
        raise StaleError(
            f"{change.address} is not launched: it was halted by somebody meanwhile", hint="Plan again.", code="stale"
        )


def _launch_fields(run: Run, change: Launching, planned: Launch, live: Live) -> dict[str, Any]:
    """Live fields with the wanted ones over them. Of a first launch the start is the manifest's; of a resume it is the live
    one where the manifest has none, and is left out where it has passed. (`startTime: now` in the place of a later start has
    been written by the edit before.)
    """
    desired = {
        name: value
        for name, value in change.desired.fields.items()
        if name not in change.desired.lifecycle.ignore_changes
    }
    fields = {**live.fields, **run.resolved(change, desired)}
    if planned.reason == "first":
        fields |= never_launched_times(change.desired)
    elif not fields.get("startTime") or parse_instant(fields["startTime"]) <= run.now():
        fields.pop("startTime", None)
    return fields


def _refuse_passed(run: Run, change: Change, fields: Fields) -> None:
    if parse_instant(fields["endTime"]) <= run.now():
        raise StaleError(
            f"{change.address} is not launched: its endTime has passed", hint="Set a later endTime.", code="expired"
        )


def _activate(
    run: Run,
    change: Launching,
    live: Live,
    launch_record: DurableRecord | NotALaunch,
    precondition: Precondition,
    fields: Fields,
    *,
    undo: Callable[[], None] = lambda: None,
) -> Live:
    """The one PUT that makes phones ring; `undo` takes back what was journalled, where certainly nothing was done."""
    body = _body(run, change, fields, "active", run.marker(change, "live"))
    if "startTime" in fields and not fields["startTime"]:
        body["startTime"] = None
    request = RingingRequest("PUT", campaign_path(run, change, live.id), body)
    for attempt in (1, 2):
        try:
            ringing.send(run, change, request, launch_record, precondition)
        except UnknownOutcome:
            if _was_done(run, change, live):
                break
            if attempt == 2:
                raise
        except MscodeError:
            if attempt == 1:
                undo()
            raise
        else:
            break
    return _confirm_running(run, change, live.id, fields)


def _was_done(run: Run, change: Change, before: Live) -> bool:
    """Nobody knows whether the PUT was done: look. False when it certainly was not, so that it may be sent once more."""
    try:
        fresh = run.fetch(change.address.kind, before.id, str(change.address))
    except MscodeError as error:
        raise UnknownOutcome(
            f"{change.address}: nobody can say whether it was launched, and it cannot be read now",
            detail=error.diagnostics[0].summary,
            hint="Plan again; `mscode halt` stops it where that is in doubt.",
        ) from None
    status = fresh.status
    if status.running or status.finished:
        return True
    was_live = status.marker is not None and status.marker.phase == "live"
    if not was_live and status.marker == before.status.marker and fresh.updated_at == before.updated_at:
        return False
    raise StaleError(
        f"{change.address} was halted by somebody while it was launched; it stays halted",
        hint="Plan again.",
        code="stale",
    )


def _confirm_running(run: Run, change: Launching, live_id: str, fields: Fields) -> Live:
    try:
        live, echo = read_back(run, change, live_id, fields)
    except StaleError:
        _halt_now(run, change, live_id, "edit")
        raise
    status = live.status
    if not (status.running or status.finished):
        raise StaleError(
            f"{change.address} was launched and is {status.state_in_words} now",
            hint="Somebody halted it, or the service did not start it; plan again.",
            code="not-running",
        )
    entry = run.entry(change.address)
    server_values = dict(entry.server_values) if entry else {}
    applied = applied_fields(run, change, run.resolved(change, change.desired.fields))
    record(run, change, live, applied=applied, server_values={**server_values, **echo}, launched=True)
    return live


# ---- edit ------------------------------------------------------------------------------------------------------------


def edit_running(run: Run, change: Update) -> Live:
    """Halt, edit, look, resume: one step. A failed edit restores what ran before, unless somebody else has it in hand."""
    before = ours = _still_running(run, change)
    try:
        _refuse_new_people(run, change, before)
        people = people_reached(run, before.fields.get("receivers", ()))
        launch_record = run.launches.record_or(run, change, NotALaunch.NARROWER_EDIT)
        new_fields = {**before.fields, **wanted(run, change)}
        if ours.status.running:
            ours = _halt_for_edit(run, change, before, new_fields)
        return _edit_and_resume(run, change, ours, new_fields, _Before(before, people), launch_record)
    except MscodeError:
        tell_what_stays_halted(run, change, ours)
        raise


@dataclass(frozen=True, slots=True)
class _Before:
    """A campaign as it ran before an edit, and the numbers that it reached."""

    live: Live
    people: Collection[str]

    @property
    def receivers(self) -> Sequence[Fields]:
        return self.live.fields.get("receivers", ())  # type: ignore[no-any-return]


def _halt_for_edit(run: Run, change: Update, before: Live, new_fields: Fields) -> Live:
    """Halt it as it is. Where the service does not take back what it has (a voice file that somebody deleted), with what is
    wanted; else it could never be halted, nor put right.
    """
    editing = run.marker(change, "edit")
    try:
        return ringing.put(run, change, before, _body(run, change, before.fields, "halt", editing))
    except Rejected:
        return ringing.put(run, change, before, _body(run, change, new_fields, "halt", editing))


def _edit_and_resume(
    run: Run,
    change: Update,
    ours: Live,
    new_fields: Fields,
    before: _Before,
    launch_record: DurableRecord | NotALaunch,
) -> Live:
    """From the halt on: write the edit, see that the service has kept it while nothing can ring, and only then resume.

    `ours` is the campaign as our last request left it; whatever differs from it is somebody else's doing. `launch_record` is that
    of an edit that widens, written before the halt.
    """
    try:
        ours = ringing.put(run, change, ours, _body(run, change, new_fields, "halt", run.marker(change, "edit")))
        ours = _refuse_not_kept(run, change, ours, new_fields)
        ours = add_receivers(run, change, ours, launch_record)
    except MscodeError as error:
        _restore(run, change, ours, before, error)
        raise
    entry = run.entry(change.address)
    if change.launch is not None and entry is not None:
        _journal_launch(run, change.launch, entry)
    run.launches.note_words(run, change)  # before the resume: a crash after it leaves nobody to say what is heard
    precondition = Precondition(ours, people=lambda: _refuse_more_people(run, change, change.launch, ours, before))
    try:
        return _activate(run, change, ours, launch_record, precondition, new_fields)
    except Rejected as error:
        _restore(run, change, ours, before, error)
        raise


def _refuse_not_kept(run: Run, change: Update, ours: Live, sent: Fields) -> Live:
    """The campaign, read back while it is halted: it rings no one by fields that the service has made otherwise."""
    fresh = ringing.refuse_other(run, change, ours)
    names = _not_kept(run, change, fresh, sent)
    if names:
        raise StaleError(
            f"{change.address} did not keep {', '.join(names)}",
            detail="The service stored another value than was sent, and calling depends on it. Nobody was called with it.",
            hint="Look at what the service takes, and correct the manifest.",
            code="not-kept",
        )
    return fresh


def _not_kept(run: Run, change: Update, fresh: Live, sent: Fields) -> list[str]:
    """Names of the fields on which calling depends that are not as they were sent. A start that was left out, or is to be at
    once, is the service's to say.
    """
    body = _body(run, change, sent, "halt", None)
    return [
        rule.name
        for rule in change.address.kind.fields
        if rule.affects_calling
        and not rule.custom_diff
        and not (rule.computed and body.get(rule.name) is None)
        and rule.normalize(sent.get(rule.name)) != rule.normalize(fresh.fields.get(rule.name))
    ]


def _refuse_more_people(run: Run, change: Update, planned: Launch | None, ours: Live, before: _Before) -> None:
    """It may reach whom it called before the edit, and of others only those who were approved."""
    if planned is not None:
        receivers = ours.fields.get("receivers", ())
        refuse_unless_approved(run, change, planned, receivers, ours.fields, before.receivers)
    more = len(people_reached(run, before.receivers) - set(before.people) - run.own.brought_to(str(change.address)))
    if more:
        raise StaleError(
            f"{change.address} is not resumed: it would reach {count(more, 'person')} whom it did not reach before the edit",
            detail="It stays halted.",
            hint="Plan again and look at the people.",
            code="more-people",
        )


def tell_what_stays_halted(run: Run, change: Change, ours: Live) -> None:
    """An edit that ends between its halt and its resume leaves a campaign that calls nobody: it is named at the end."""
    try:
        ours = run.fetch(change.address.kind, ours.id, str(change.address))
    except (
        MscodeError
    ) as error:  # where it cannot be read, it is as our last request left it, as far as anybody can say
        if isinstance(error, ApiError) and error.status == 404:
            return
    if ours.status.state == "halt" and ours.status.marker == run.marker(change, "edit"):
        run.mid_edit.add(change.address)


def _refuse_new_people(run: Run, change: Update, before: Live) -> None:
    """What a widening edit reaches, its new receivers among it: the approved people, or fewer."""
    if change.launch is None:
        return
    present, added = before.fields.get("receivers", ()), grown_body(change.address.kind, added_rows(run, change))
    fields = {**before.fields, **wanted(run, change)}
    refuse_unless_approved(run, change, change.launch, [*present, *added], fields, present)


def _still_running(run: Run, change: Update) -> Live:
    """The campaign as it was planned, running. One whose page cannot be read is halted at once where the edit takes people or
    moments away: they are not to be called while nobody can read it.
    """
    try:
        fresh = run.fetch(change.address.kind, change.live.id, str(change.address))
    except MscodeError as error:
        if change.narrowing is None or change.launch is not None or not ringing.unreadable(error):
            raise
        return _halt_unread(run, change, change.live)
    refuse_stale(run.own, change.address.kind, change.live, fresh, str(change.address))
    if not fresh.status.running:
        raise StaleError(
            f"{change.address} is {fresh.status.state_in_words} now; it was running when this was planned",
            detail="Nothing was changed.",
            hint="Plan again.",
            code="stale",
        )
    return fresh


def _restore(run: Run, change: Update, ours: Live, before: _Before, error: MscodeError) -> None:
    """Back to what ran before, unless somebody else has the campaign in hand, or the service wants to be left alone."""
    if isinstance(error, RateLimited) or (isinstance(error, StaleError) and error.diagnostics[0].code != "not-kept"):
        return
    kind, editing, previous = change.address.kind, run.marker(change, "edit"), before.live
    try:
        fresh = run.fetch(kind, previous.id, str(change.address))
        if ringing.differences(run.own, kind, ours, fresh):
            return
        if not run.own.explain(before.receivers, fresh.fields.get("receivers", ())):
            run.notice("stays halted: its receivers were added in part; plan again", change.address)
            return
        if changed_by_others(run.own, kind, previous, fresh):
            fresh = ringing.put(run, change, fresh, _body(run, change, previous.fields, "halt", editing))
            fresh = _refuse_not_kept(run, change, fresh, previous.fields)
        body = _body(run, change, previous.fields, "active", run.marker(change, "live"))
        precondition = Precondition(fresh, people=lambda: _refuse_more_people(run, change, None, previous, before))
        request = RingingRequest("PUT", campaign_path(run, change, previous.id), body)
        ringing.send(run, change, request, NotALaunch.RESTORED, precondition)
        run.notice("the edit failed; it goes on as it was", change.address)
    except MscodeError:
        run.notice("the edit failed, and it could not be resumed; the next plan shows it", change.address)


# ---- halted ones -----------------------------------------------------------------------------------------------------


def edit_halted(run: Run, change: Update | Halt) -> Live:
    """Change a halted campaign and leave it halted, with the phase it has."""
    move(run, change)
    kind, label = change.address.kind, str(change.address)
    expected = run.left.get(change.address, change.live)
    fresh = run.fetch(kind, expected.id, label)
    refuse_stale(run.own, kind, expected, fresh, label)
    if fresh.status.state != "halt":
        raise StaleError(
            f"{label} is {fresh.status.state_in_words} now; it was halted when this was planned",
            hint="Plan again.",
            code="stale",
        )
    ringing.refuse_differences(run.own, kind, expected, fresh, label)
    values = wanted(run, change)
    marker = fresh.status.marker
    fields = {**fresh.fields, **values}
    is_new = marker is not None and marker.phase == "new"
    if is_new:
        fields |= _stand_in(run, {**run.resolved(change, change.desired.fields)})
    ours = fresh
    if values:
        body = _body(run, change, fields, "halt", replace(marker, address=label) if marker else None)
        ours = ringing.put(run, change, fresh, body)
    ours = add_receivers(run, change, ours, NotALaunch.STAYS_HALTED)
    sent = {name: value for name, value in values.items() if not (is_new and name in ("startTime", "endTime"))}
    live, echo = read_back(run, change, fresh.id, sent, before=fresh)
    entry = run.entry(change.address)
    if isinstance(change, Update) and entry is not None and entry.launched:  # a person may resume it elsewhere
        run.launches.note_words(run, change)
    run.left[change.address] = replace(live, updated_at=ours.updated_at)
    record_applied(run, change, live, echo)
    return live


def halt(run: Run, change: Change, live: Live, phase: str = "") -> Live:
    """Stop a running campaign (`live`, that of the change or one it replaces), as it is. Keeps the phase unless one is given."""
    label = str(change.address)
    live = _halt_now(run, change, live.id, phase)
    if live.status.finished:
        run.notice("is complete already", change.address)
        return live
    if live.status.state not in ("halt", "complete"):
        raise StaleError(
            f"{label} is {live.status.state_in_words} after it was halted",
            hint=f"Run `mscode halt --id {live.id}`.",
            code="not-halted",
        )
    return live


def halt_to_go_on(run: Run, change: Update | Replace, live: Live) -> Live:
    """Halt (phase `edit`) what is to ring again, or another one in its place, when the rest is done; StaleError where somebody
    has touched it since it was seen, for then it is theirs.
    """
    try:
        fresh = ringing.refuse_other(run, change, live)
    except MscodeError as error:
        if not live.status.running or not ringing.unreadable(error):
            raise
        return _halt_unread(run, change, live)
    if not fresh.status.running:
        return fresh
    halted = halt(run, change, fresh, "edit")
    _refuse_halted_by_others(change, fresh, halted)
    return halted


def _halt_unread(run: Run, change: Update | Replace, planned: Live) -> Live:
    """The same of a campaign whose page cannot be read: it is halted first, and what came of it is compared then."""
    try:
        halted = halt(run, change, planned, "edit")
    except MscodeError as error:
        if is_out_of_form(error):  # it took the halt, and still cannot be read
            run.mid_edit.add(change.address)
        raise
    if halted.status.finished:
        raise StaleError(f"{change.address} is complete now", detail="Nothing was changed.", code="stale")
    try:
        _refuse_halted_by_others(change, planned, halted)
        refuse_stale(run.own, change.address.kind, planned, halted, str(change.address))
    except StaleError:
        tell_what_stays_halted(run, change, halted)
        raise
    return halted


def _refuse_halted_by_others(change: Change, before: Live, halted: Live) -> None:
    marker = before.status.marker
    if marker is not None and halted.status.marker != replace(marker, phase="edit"):
        raise StaleError(
            f"{change.address} was halted by somebody meanwhile",
            detail="It stays halted.",
            hint="Plan again.",
            code="stale",
        )


def _halt_now(run: Run, change: Change, live_id: str, phase: str = "") -> Live:
    def body(live: Live, marker: Marker | None) -> Fields:
        return _body(run, change, live.fields, "halt", marker)

    campaign = ringing.HaltTarget(run.client, run.target, change.address.kind, live_id, str(change.address))
    return ringing.halt(campaign, body, phase)


# ---- the end ---------------------------------------------------------------------------------------------------------


def stop_for_replacement(run: Run, change: Replace) -> None:
    """Before a replacement: the old one must not ring while the new one is made. A running one is halted (phase `edit`)."""
    fresh = halt_to_go_on(run, change, run.retired.get(change.address, change.live))
    run.saw(fresh)
    run.retired[change.address] = fresh
    if fresh.status.dials and not change.keeps_old:
        raise StaleError(
            f"{change.address} has dialled people meanwhile, so it cannot be replaced",
            detail="It is halted; a new one would call people again.",
            hint="Plan again and look at what it has done.",
            code="dialled-meanwhile",
        )


def _delete_replaced(run: Run, change: Replace) -> None:
    """After a replacement: the old one goes, unless it stays on purpose."""
    if not change.keeps_old:
        delete_superseded(run, change)


def delete_superseded(run: Run, change: Delete | Replace) -> None:
    """A replaced campaign goes; one that has dialled people after all stays, and is forgotten."""
    live = change.live
    is_kept = remove(run, change, live, save=False) == "kept"
    end_superseded(run, change.address, live.id)
    if is_kept:
        run.store.add_tombstone(Tombstone(change.address, live.id, reached=True))


def remove(run: Run, change: Delete | Replace, planned: Live, *, save: bool) -> str:
    """Delete a campaign, `planned` as the plan saw it; gives "deleted", or "kept" when people were dialled meanwhile and its
    results must stay.

    A running one is halted first and looked at again. `save`: results are saved and then it goes whatever it has done. The
    halt is for good (phase `held`): where the rest of the removal fails, nothing offers to resume what was to go.
    """
    kind, label = change.address.kind, str(change.address)
    try:
        raw = run.client.find(campaign_path(run, change, planned.id), what=label)
        if raw is None:
            return "deleted"
        live = run.account.decode(kind, raw)
    except MscodeError as error:  # it is halted, whatever else it is
        if not ringing.unreadable(error):
            raise
        live = _stopped(run, change, planned, save=save)
    else:
        if live.status.running:
            live = _stopped(run, change, live, save=save)
    run.saw(live)
    if live.status.dials and not save:
        run.notice("dialled people meanwhile; it is halted and its results stay", change.address)
        return "kept"
    if live.status.dials:
        save_results(run, change, live)
    delete_and_confirm(run, kind, live.id, label)
    return "deleted"


def _stopped(run: Run, change: Delete | Replace, live: Live, *, save: bool) -> Live:
    """Halted. Where the service takes no halt, the delete that comes next is what stops it, if it may be deleted."""
    try:
        return halt(run, change, live, "held")
    except Rejected as error:
        fresh = run.fetch(change.address.kind, live.id, str(change.address))
        if fresh.status.dials and not save:
            raise
        run.notice(f"could not be halted before its removal ({error.diagnostics[0].summary})", change.address)
        return fresh
