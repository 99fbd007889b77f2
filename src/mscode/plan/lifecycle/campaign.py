"""The lifecycle of a campaign: what a difference means for something that dials people.

See docs/safety.md#launches.

Terms. *Phase*: who last changed the state, as our marker says: `new` (never launched), `live` (our launch), `edit` (our own
halt while editing), `held` (`mscode halt`). *Running*: active, or waiting for its start. *A person's halt*: halted, and no
phase of ours explains it. *Launch*: a step that lets a number ring that would not have rung, or at another moment.

Rule. The service owns the state; the manifest states an intent, `active` or `halt`. A campaign is created halted and is
launched by a step of its own; `complete` is success and final; a person's halt stays; a running campaign is edited as one
step (halt, edit, resume), and the resume is a launch only when the edit widens.

Why not simply write the wanted state? Because a PUT of `active` makes phones ring. It must come from exactly one decision
of a person, and never from a retry, a lost state or a difference in spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mscode.model.calling_window import parse_instant
from mscode.model.kind import kind_of
from mscode.model.plurals import count
from mscode.model.world import Desired, Entry, Live
from mscode.plan.change import Create, FieldChange, Halt, Launch, LaunchReason, NoOp, NoteKind, Replace, Update
from mscode.plan.diff import changed_fields, created_fields
from mscode.plan.lifecycle.finished import changed_by_manifest
from mscode.plan.lifecycle.local_hours import settled
from mscode.plan.lifecycle.narrowing import narrowing
from mscode.plan.lifecycle.operator_halt import reason_to_start, was_stopped
from mscode.plan.lifecycle.passed_start import both_passed
from mscode.plan.object_context import LiveObjectContext, ObjectContext, Outcome
from mscode.plan.people.reach import LATEST_START, first_and_last, live_numbers, widened_aspects
from mscode.plan.people.receivers import Receivers, compare_receivers, receivers_change


def never_launched_times(desired: Desired) -> dict[str, Any]:
    """Start and end of a campaign before its first launch: the manifest's, for what it carries live is a stand-in."""
    return {"startTime": desired.fields.get("startTime"), "endTime": desired.fields["endTime"]}


def _wants_calls(context: ObjectContext) -> bool:
    return bool(context.match.desired.fields["state"] == "active")


def _after(context: ObjectContext) -> dict[str, Any]:
    """The campaign's fields as they will be; before its first launch it carries stand-in times."""
    fields = context.desired_fields()
    is_new = isinstance(context, LiveObjectContext) and _is_new(context)
    return fields | never_launched_times(context.match.desired) if is_new else fields


def plan_campaign(context: ObjectContext) -> Outcome:
    """The change of one wanted campaign, and what else to know about it."""
    if context.match.live is None:
        return _without_live_object(context)
    context = LiveObjectContext(context.builder, context.match, context.match.live)
    if context.is_replacement_asked_for:
        return _replacement(context, "replacement was asked for")
    context = _with_earlier_start(context)
    status = context.live.status
    starts_again = status.state == "halt" and _wants_calls(context) and _why_resume(context) is not None
    context = settled(context, launches=starts_again, halts=status.running and not _wants_calls(context))
    if status.finished:
        return _finished(context)
    return _halted(context) if status.state == "halt" else _running(context)


def _with_earlier_start(context: LiveObjectContext) -> LiveObjectContext:
    """`startTime: now` is a start that is left out, but where the live campaign is to start later: there its start becomes null.

    One that was never launched carries a stand-in start, which says nothing; one that is complete starts no more.
    """
    match, start = context.match, context.live.fields.get("startTime")
    is_later = start is not None and parse_instant(start) > context.inputs.now
    if not (match.desired.starts_now and is_later) or _is_new(context) or context.live.status.finished:
        return context
    desired = replace(match.desired, fields={**match.desired.fields, "startTime": None})
    return replace(context, match=replace(match, desired=desired))


# ---- not there yet, or not any more ----------------------------------------------------------------------------------


def _without_live_object(context: ObjectContext) -> Outcome:
    """A create, except of what a person deleted and of what has expired."""
    entry, is_asked_for = context.match.entry, context.is_replacement_asked_for
    if context.match.removed and entry and not is_asked_for and (entry.may_have_rung or entry.origin == "adopted"):
        return None, [context.note(*_deleted_outside(context, entry))]
    fields = dict(context.match.desired.fields)
    if parse_instant(fields["endTime"]) <= context.inputs.now:
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} is expired",
            "Its endTime has passed; it is not created.",
            code="expired",
            at="endTime",
        )
        return None, [context.note("is expired", "expired")]
    change = Create(
        **context.of_desired(),
        fields=tuple(created_fields(context.match.desired)),
        launch=_launch(context, "first") if _wants_calls(context) else None,
    )
    return change, []


def _deleted_outside(context: ObjectContext, entry: Entry) -> tuple[str, NoteKind, str]:
    """A launched campaign that a person deletes stays deleted, whatever the forecast said of its first call: the service may
    ring earlier than we think, and who deletes what is to call people wants it stopped.
    """
    text = "was deleted after it had been launched" if entry.may_have_rung else "was deleted by a person"
    detail = f"It had made {count(entry.dialled, 'call')}. " if entry.dialled else ""
    detail += (
        f"To call these people all the same, plan with --replace {context.address}; to accept it, remove the manifest."
    )
    return f"{text}; it is not made again", "gone-after-dialling", detail


# ---- complete --------------------------------------------------------------------------------------------------------


def _finished(context: LiveObjectContext) -> Outcome:
    """No change: a complete campaign is never changed or started again, and a manifest that differs gets a warning."""
    fields, _, receivers = _differences(context)
    fields = changed_by_manifest(context, fields)
    if fields or receivers.added or receivers.removed:
        names = ", ".join([f.name for f in fields] + (["receivers"] if receivers.added or receivers.removed else []))
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} is complete; its manifest's changes are not applied",
            f"Changed: {names}. A finished campaign is never changed or started again.",
            "Use a new name to call again.",
            code="complete",
        )
    status = context.live.status
    if _was_stopped(context):
        text = "was halted by a person, and its end has passed"
        return NoOp(**context.of_live(), origin=context.origin), [context.note(text, "operator-halt", _NEW_NAME)]
    missed = status.dials == 0
    if missed:
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} was missed",
            "It ended without a single call.",
            "Use a new name, with a later endTime, to call.",
            code="missed",
        )
    note = context.note("was missed", "missed") if missed else context.note("is complete", "complete")
    return NoOp(**context.of_live(), origin=context.origin), [note]


_NEW_NAME = "It is never started again; to call these people, use a new name."


def _was_stopped(context: LiveObjectContext) -> bool:
    """Did a person halt it, as far as its marker or the state tells, before its end made it complete?"""
    entry = context.match.entry
    applied = entry.applied.get("state") if entry is not None else None
    return context.live.status.state == "complete" and was_stopped(phase_of(context), applied)


# ---- running ---------------------------------------------------------------------------------------------------------


def _running(context: LiveObjectContext) -> Outcome:
    """A halt where the manifest wants one, else an edit; the edit is a launch where it widens."""
    fields, unchanged, receivers = _differences(context)
    if not _wants_calls(context):
        state = FieldChange("state", context.live.fields["state"], "halt")
        staying = _staying_receivers(context, receivers)
        halt = Halt(
            **context.of_live(),
            fields=(state, *fields, *receivers_change(context, staying)),
            unchanged=unchanged,
            added_receivers=staying.added,
            origin=context.origin,
        )
        return halt, []
    if receivers.removed:
        return _remove_receivers(context)
    notes = [context.note(_STARTED_ELSEWHERE, "operator-start")] if phase_of(context) == "new" else []
    if not fields and not receivers.added:
        return NoOp(**context.of_live(), unchanged=unchanged, origin=context.origin), notes
    shown = (*fields, *receivers_change(context, receivers))
    narrower = narrowing(context.live.fields, _after(context), [f.name for f in shown], context.inputs.now)
    if narrower is not None and not narrower.stops and _plays_missing_voice_file(context, fields):
        narrower = replace(narrower, waits=True)
    change = Update(
        **context.of_live(),
        fields=shown,
        unchanged=unchanged,
        launch=_edit_launch(context, receivers),
        added_receivers=receivers.added,
        narrowing=narrower,
        origin=context.origin,
    )
    return change, notes


_STARTED_ELSEWHERE = "runs although mscode never launched it; `mscode halt` stops it"


def _staying_receivers(context: LiveObjectContext, receivers: Receivers) -> Receivers:
    """The manifest wants the campaign halted: nobody is called, so receivers that it no longer names may stay in it."""
    if receivers.removed:
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} keeps receivers that its manifest does not name",
            "The API removes nobody from a campaign. While it is halted nobody of them is called.",
            "Use a new name to call the others.",
            code="receivers-kept",
            at="receivers",
        )
    return Receivers(receivers.added)


def _edit_launch(context: LiveObjectContext, receivers: Receivers) -> Launch | None:
    """An edit is a launch where it widens: other moments, more calls, new numbers."""
    after = _after(context)
    aspects = widened_aspects(context.live.fields, after, context.inputs.now)
    reach = context.reach(after)
    reached = {number for _, _, numbers in live_numbers(context.live, context.people) for number in numbers}
    new_numbers = reach.phones - reached
    if receivers.added and not aspects:
        aspects = ["new receivers"] if new_numbers or not reach.phones else []
        return Launch(
            "reaches-more",
            replace(reach, phones=frozenset(new_numbers), via=(), is_more=True),
            tuple(aspects),
            (str(context.address),),
        )
    if not aspects:
        return None
    return Launch("edit", reach, tuple(aspects + (["new receivers"] if new_numbers else [])), (str(context.address),))


def _remove_receivers(context: LiveObjectContext) -> Outcome:
    """Only while nobody was dialled: the new one is made, launched, and the old one goes."""
    status = context.live.status
    if status.dials > 0:
        context.diagnostics.error(
            context.match.desired,
            "Receivers cannot be removed from a campaign that has dialled people",
            f"{context.address} has made {count(status.dials, 'call')}; "
            "the API removes nobody, and a new campaign would call people again.",
            "Put the receivers back, write `state: halt` to stop it, "
            f"or plan with --replace {context.address} to call everybody anew.",
            code="receivers-removed",
            at="receivers",
        )
        return None, []
    return _replacement(context, "receivers cannot be removed in place", forced_by="receivers")


def _replacement(context: LiveObjectContext, reason: str, forced_by: str = "") -> Outcome:
    if parse_instant(_after(context)["endTime"]) <= context.inputs.now:
        _warn_expired(context, "Its endTime has passed; it is not made again.")
        return NoOp(**context.of_live(), origin=context.origin), [context.note("is expired", "expired")]
    fields, unchanged, receivers = _differences(context, anew=True)
    shown = [*fields, *receivers_change(context, receivers)]
    shown = [replace(f, forces_replacement=f.name == forced_by) for f in shown]
    status = context.live.status
    new_context = ObjectContext(context.builder, replace(context.match, live=None))
    of_live = context.of_live()
    of_live["generation"] += 1
    change = Replace(
        **of_live,
        create_first=True,
        fields=tuple(shown),
        unchanged=unchanged,
        launch=_launch(new_context, "first") if _wants_calls(context) else None,
        reason=reason,
        old_was_adopted=context.is_adopted,
        keeps_old=context.is_adopted or status.dials > 0,
        stops_first=status.running,
    )
    return change, []


# ---- halted ----------------------------------------------------------------------------------------------------------


def _halted(context: LiveObjectContext) -> Outcome:
    """An edit in place; launched where the manifest wants calls and the halt is not a person's."""
    fields, unchanged, receivers = _differences(context)
    if receivers.removed and (_wants_calls(context) or not context.live.status.dials > 0):
        return _remove_from_halted(context)
    receivers = _staying_receivers(context, receivers) if receivers.removed else receivers
    shown = (*fields, *receivers_change(context, receivers))
    change: Update | NoOp = (
        Update(
            **context.of_live(),
            fields=shown,
            unchanged=unchanged,
            added_receivers=receivers.added,
            origin=context.origin,
        )
        if shown
        else NoOp(**context.of_live(), unchanged=unchanged, origin=context.origin)
    )
    if not _wants_calls(context):
        return change, []
    reason = _why_resume(context)
    if reason is None:
        is_over = parse_instant(_after(context)["endTime"]) <= context.inputs.now
        detail = f"To let it call again, plan with --resume {context.address}; to keep it halted, write `state: halt`."
        note = context.note(
            "was halted by a person; stays halted",
            "operator-halt",
            f"Its endTime has passed. {_NEW_NAME}" if is_over else detail,
        )
        return change, [note]
    if parse_instant(_after(context)["endTime"]) <= context.inputs.now:
        _warn_expired(context, "Its endTime has passed; it is not launched.")
        return change, [context.note("is expired", "expired")]
    return replace(change, launch=_launch(context, reason)), []


def _warn_expired(context: ObjectContext, detail: str) -> None:
    context.diagnostics.warn(
        context.match.desired, f"{context.address} is expired", detail, code="expired", at="endTime"
    )


def _remove_from_halted(context: LiveObjectContext) -> Outcome:
    """The replacement would be launched, and so start again what a person halted: that takes --resume."""
    if _wants_calls(context) and _why_resume(context) is None:
        context.diagnostics.error(
            context.match.desired,
            f"{context.address} was halted by a person, so its receivers cannot be removed",
            "Removing receivers makes the campaign anew and launches it.",
            f"To let it call again, plan with --resume {context.address}; to keep it halted, write `state: halt`.",
            code="operator-halt",
            at="receivers",
        )
        return None, []
    return _remove_receivers(context)


def phase_of(context: LiveObjectContext) -> str:
    """The phase that our marker tells, "" where no marker of ours can be read."""
    status = context.live.status
    marker = status.marker
    names = {str(context.address), str(context.match.moved_from or "")}
    if marker is None or not context.inputs.owns(marker):
        return ""
    if context.match.entry is None and marker.address not in names:
        return ""
    return marker.phase


def _why_resume(context: LiveObjectContext) -> LaunchReason | None:
    """Why a halted campaign that the manifest wants active may be launched; None: a person's halt, which stays."""
    phase, entry = phase_of(context), context.match.entry
    if context.address in context.inputs.options.resume:
        return "first" if phase == "new" else "resume"
    before = context.match.before
    if before is not None and before.may_have_rung:
        return None  # another one in the place of what has called people: to launch it would call them once more
    return reason_to_start(phase, entry.applied.get("state") if entry else None)


# ---- launching -------------------------------------------------------------------------------------------------------


def _launch(context: ObjectContext, reason: LaunchReason) -> Launch:
    """The launch of a halted or new campaign, refused where it could not do what the manifest says."""
    fields = _after(context)
    start, now = fields.get("startTime"), context.inputs.now
    if reason == "first" and start and parse_instant(start) < now - LATEST_START:
        context.diagnostics.error(
            context.match.desired,
            f"The start of {context.address} is more than 55 minutes past",
            "The service refuses a start of over an hour ago, so the campaign cannot be launched as it is written.",
            "Set a later startTime, or leave startTime out to start at once.",
            code="start-passed",
            at="startTime",
        )
    first, _ = first_and_last(fields, context.inputs)
    if first is None and parse_instant(fields["endTime"]) > now:
        context.diagnostics.error(
            context.match.desired,
            "The calling window never opens",
            f"Between now (or startTime) and endTime of {context.address} there is no moment on the active weekdays "
            "within activeFrom and activeTo.",
            "Widen the window, add a weekday, or move endTime.",
            code="window-never-opens",
            at="activeWeekdays",
        )
    return Launch(reason, context.reach(fields), campaigns=(str(context.address),))


# ---- differences -----------------------------------------------------------------------------------------------------


def _plays_missing_voice_file(context: LiveObjectContext, changes: Sequence[FieldChange]) -> bool:
    """Was one of its voice files deleted, and does the change bring another?"""
    plays = context.kind.plays
    if plays is None or not any(change.name == plays.field for change in changes):
        return False
    voice_files = context.inputs.objects(kind_of("voice").section)
    return any(voice_file_id not in voice_files for voice_file_id in plays.ids(context.live.fields))


def _differences(context: LiveObjectContext, *, anew: bool = False) -> tuple[list[FieldChange], int, Receivers]:
    """Fields and receivers that differ; `state` is not among them: the lifecycle decides about it. `anew`: between this object
    and the one that takes its place. Before its first launch a campaign has the manifest's start, so it loses that with it.
    """
    match, is_new = context.match, _is_new(context)
    live = _as_applied(context) if is_new else context.live
    fields, unchanged = changed_fields(
        context.kind, match.desired, live, match.entry, context.ids, context.inputs.keyed_hash, anew=anew or is_new
    )
    if not anew and not is_new:
        differing = [f for f in fields if not both_passed(f.name, f.before, f.after, context.inputs.now)]
        fields, unchanged = differing, unchanged + len(fields) - len(differing)
    return fields, unchanged, compare_receivers(context)


def _is_new(context: LiveObjectContext) -> bool:
    return context.live.status.state == "halt" and phase_of(context) == "new"


def _as_applied(context: LiveObjectContext) -> Live:
    """Before its launch a campaign carries a stand-in start (and end); what was applied is what the manifest said then."""
    entry, fields = context.match.entry, dict(context.live.fields)
    for name in ("startTime", "endTime"):
        wanted = context.match.desired.fields.get(name)
        fields[name] = (entry.applied.get(name) or None) if entry and name in entry.applied else wanted
    return replace(context.live, fields=fields)
