"""The life of a campaign: what a difference means for something that dials people.

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
from mscode.model.world import Desired, Entry, Live
from mscode.plan.change import Create, FieldChange, Halt, Launch, LaunchReason, NoOp, NoteKind, Replace, Update
from mscode.plan.diff import changed_fields, created_fields
from mscode.plan.lifecycle.narrowing import narrowing
from mscode.plan.lifecycle.operator_halt import reason_to_start
from mscode.plan.object_context import Case, LiveCase, Outcome
from mscode.plan.people.reach import LATEST_START, first_and_last, live_numbers, widening
from mscode.plan.people.receivers import Receivers, compare_receivers, receivers_change


def never_launched_times(desired: Desired) -> dict[str, Any]:
    """Start and end of a campaign before its first launch: the manifest's, for what it carries live is a stand-in."""
    return {"startTime": desired.fields.get("startTime"), "endTime": desired.fields["endTime"]}


def _wants_calls(case: Case) -> bool:
    return bool(case.match.desired.fields["state"] == "active")


def _after(case: Case) -> dict[str, Any]:
    """The campaign's fields as they will be; before its first launch it carries stand-in times."""
    fields = case.after()
    is_new = isinstance(case, LiveCase) and _is_new(case)
    return fields | never_launched_times(case.match.desired) if is_new else fields


def plan_campaign(case: Case) -> Outcome:
    """The change of one wanted campaign, and what else to know about it."""
    if case.match.live is None:
        return _absent(case)
    case = LiveCase(case.draft, case.match, case.match.live)
    if case.is_replacement_asked_for:
        return _replacement(case, "replacement was asked for")
    life = case.live.life
    if life.finished:
        return _finished(case)
    return _halted(case) if life.state == "halt" else _running(case)


# ---- not there yet, or not any more ----------------------------------------------------------------------------------


def _absent(case: Case) -> Outcome:
    entry, asked = case.match.entry, case.is_replacement_asked_for
    if case.match.gone and entry and not asked and (entry.may_have_rung or entry.origin == "adopted"):
        return None, [case.note(*_deleted_outside(case, entry))]
    fields = dict(case.match.desired.fields)
    if parse_instant(fields["endTime"]) <= case.scene.now:
        case.found.warn(
            case.match.desired,
            f"{case.address} is expired",
            "Its endTime has passed; it is not created.",
            code="expired",
            at="endTime",
        )
        return None, [case.note("is expired", "expired")]
    change = Create(
        **case.of_desired(),
        fields=tuple(created_fields(case.kind, fields)),
        launch=_launch(case, "first") if _wants_calls(case) else None,
    )
    return change, []


def _deleted_outside(case: Case, entry: Entry) -> tuple[str, NoteKind, str]:
    """A launched campaign that a person deletes stays deleted, whatever the forecast said of its first call: the service may
    ring earlier than we think, and who deletes what is to call people wants it stopped.
    """
    text = "was deleted after it had been launched" if entry.may_have_rung else "was deleted by a person"
    calls = "1 call" if entry.dialled == 1 else f"{entry.dialled:,} calls"
    detail = f"It had made {calls}. " if entry.dialled else ""
    detail += (
        f"To call these people all the same, plan with --replace {case.address}; to accept it, remove the manifest."
    )
    return f"{text}; it is not made again", "gone-after-dialling", detail


# ---- complete --------------------------------------------------------------------------------------------------------


def _finished(case: LiveCase) -> Outcome:
    fields, _, receivers = _differences(case)
    if fields or receivers.added or receivers.removed:
        names = ", ".join([f.name for f in fields] + (["receivers"] if receivers.added or receivers.removed else []))
        case.found.warn(
            case.match.desired,
            f"{case.address} is complete; its manifest's changes are not applied",
            f"Changed: {names}. A finished campaign is never changed or started again.",
            "Use a new name to call again.",
            code="complete",
        )
    life = case.live.life
    missed = life.dials == 0
    if missed:
        case.found.warn(
            case.match.desired,
            f"{case.address} was missed",
            "It ended without a single call.",
            "Use a new name, with a later endTime, to call.",
            code="missed",
        )
    note = case.note("was missed", "missed") if missed else case.note("is complete", "complete")
    return NoOp(**case.of_live(), origin=case.origin), [note]


# ---- running ---------------------------------------------------------------------------------------------------------


def _running(case: LiveCase) -> Outcome:
    fields, same, receivers = _differences(case)
    if not _wants_calls(case):
        state = FieldChange("state", case.live.fields["state"], "halt")
        stays = _kept_receivers(case, receivers)
        halt = Halt(
            **case.of_live(),
            fields=(state, *fields, *receivers_change(case, stays)),
            unchanged=same,
            added_receivers=stays.added,
            origin=case.origin,
        )
        return halt, []
    if receivers.removed:
        return _remove_receivers(case)
    notes = [case.note(_STARTED_ELSEWHERE, "operator-start")] if phase_of(case) == "new" else []
    if not fields and not receivers.added:
        return NoOp(**case.of_live(), unchanged=same, origin=case.origin), notes
    shown = (*fields, *receivers_change(case, receivers))
    less = narrowing(case.live.fields, _after(case), [f.name for f in shown], case.scene.now)
    if less is not None and not less.stops and _plays_what_is_gone(case, fields):
        less = replace(less, waits=True)
    change = Update(
        **case.of_live(),
        fields=shown,
        unchanged=same,
        launch=_edit_launch(case, receivers),
        added_receivers=receivers.added,
        narrowing=less,
        origin=case.origin,
    )
    return change, notes


_STARTED_ELSEWHERE = "runs although mscode never launched it; `mscode halt` stops it"


def _kept_receivers(case: LiveCase, receivers: Receivers) -> Receivers:
    """The manifest wants the campaign halted: nobody is called, so receivers that it no longer names may stay in it."""
    if receivers.removed:
        case.found.warn(
            case.match.desired,
            f"{case.address} keeps receivers that its manifest does not name",
            "The API removes nobody from a campaign. While it is halted nobody of them is called.",
            "Use a new name to call the others.",
            code="receivers-kept",
            at="receivers",
        )
    return Receivers(receivers.added)


def _edit_launch(case: LiveCase, receivers: Receivers) -> Launch | None:
    """An edit is a launch where it widens: other moments, more calls, new numbers."""
    after = _after(case)
    ways = widening(case.live.fields, after, case.scene.now)
    reach = case.reach(after)
    reached = {number for _, _, numbers in live_numbers(case.live, case.people) for number in numbers}
    more = reach.phones - reached
    if receivers.added and not ways:
        ways = ["new receivers"] if more or not reach.phones else []
        return Launch(
            "reaches-more",
            replace(reach, phones=frozenset(more), via=(), is_more=True),
            tuple(ways),
            (str(case.address),),
        )
    if not ways:
        return None
    return Launch("edit", reach, tuple(ways + (["new receivers"] if more else [])), (str(case.address),))


def _remove_receivers(case: LiveCase) -> Outcome:
    """Only while nobody was dialled: the new one is made, launched, and the old one goes."""
    life = case.live.life
    if life.dials > 0:
        case.found.error(
            case.match.desired,
            "Receivers cannot be removed from a campaign that has dialled people",
            f"{case.address} has made {life.dials:,} calls; the API removes nobody, and a new campaign would call people again.",
            "Put the receivers back, write `state: halt` to stop it, "
            f"or plan with --replace {case.address} to call everybody anew.",
            code="receivers-removed",
            at="receivers",
        )
        return None, []
    return _replacement(case, "receivers cannot be removed in place", forced_by="receivers")


def _replacement(case: LiveCase, why: str, forced_by: str = "") -> Outcome:
    if parse_instant(_after(case)["endTime"]) <= case.scene.now:
        _warn_expired(case, "Its endTime has passed; it is not made again.")
        return NoOp(**case.of_live(), origin=case.origin), [case.note("is expired", "expired")]
    fields, same, receivers = _differences(case)
    shown = [*fields, *receivers_change(case, receivers)]
    shown = [replace(f, forces_replacement=f.name == forced_by) for f in shown]
    life = case.live.life
    anew = Case(case.draft, replace(case.match, live=None))
    of_live = case.of_live()
    of_live["generation"] += 1
    change = Replace(
        **of_live,
        create_first=True,
        fields=tuple(shown),
        unchanged=same,
        launch=_launch(anew, "first") if _wants_calls(case) else None,
        reason=why,
        old_was_adopted=case.is_adopted,
        keeps_old=case.is_adopted or life.dials > 0,
        stops_first=life.running,
    )
    return change, []


# ---- halted ----------------------------------------------------------------------------------------------------------


def _halted(case: LiveCase) -> Outcome:
    fields, same, receivers = _differences(case)
    if receivers.removed and (_wants_calls(case) or not case.live.life.dials > 0):
        return _remove_from_halted(case, receivers)
    receivers = _kept_receivers(case, receivers) if receivers.removed else receivers
    shown = (*fields, *receivers_change(case, receivers))
    change: Update | NoOp = (
        Update(**case.of_live(), fields=shown, unchanged=same, added_receivers=receivers.added, origin=case.origin)
        if shown
        else NoOp(**case.of_live(), unchanged=same, origin=case.origin)
    )
    if not _wants_calls(case):
        return change, []
    reason = _why_resume(case)
    if reason is None:
        note = case.note(
            "was halted by a person; stays halted",
            "operator-halt",
            f"To let it call again, plan with --resume {case.address}; to keep it halted, write `state: halt`.",
        )
        return change, [note]
    if parse_instant(_after(case)["endTime"]) <= case.scene.now:
        _warn_expired(case, "Its endTime has passed; it is not launched.")
        return change, [case.note("is expired", "expired")]
    return replace(change, launch=_launch(case, reason)), []


def _warn_expired(case: Case, detail: str) -> None:
    case.found.warn(case.match.desired, f"{case.address} is expired", detail, code="expired", at="endTime")


def _remove_from_halted(case: LiveCase, receivers: Receivers) -> Outcome:
    """The replacement would be launched, and so start again what a person halted: that takes --resume."""
    if _wants_calls(case) and _why_resume(case) is None:
        case.found.error(
            case.match.desired,
            f"{case.address} was halted by a person, so its receivers cannot be removed",
            "Removing receivers makes the campaign anew and launches it.",
            f"To let it call again, plan with --resume {case.address}; to keep it halted, write `state: halt`.",
            code="operator-halt",
            at="receivers",
        )
        return None, []
    return _remove_receivers(case)


def phase_of(case: LiveCase) -> str:
    """The phase that our marker tells, "" where no marker of ours can be read."""
    life = case.live.life
    marker = life.marker
    names = {str(case.address), str(case.match.moved_from or "")}
    if marker is None or not case.scene.owns(marker):
        return ""
    if case.match.entry is None and marker.address not in names:
        return ""
    return marker.phase


def _why_resume(case: LiveCase) -> LaunchReason | None:
    """Why a halted campaign that the manifest wants active may be launched; None: a person's halt, which stays."""
    phase, entry = phase_of(case), case.match.entry
    if case.address in case.scene.options.resume:
        return "first" if phase == "new" else "resume"
    before = case.match.before
    if before is not None and before.may_have_rung:
        return None  # another one in the place of what has called people: to launch it would call them once more
    return reason_to_start(phase, entry.applied.get("state") if entry else None)


# ---- launching -------------------------------------------------------------------------------------------------------


def _launch(case: Case, reason: LaunchReason) -> Launch:
    """The launch of a halted or new campaign, refused where it could not do what the manifest says."""
    fields = _after(case)
    start, now = fields.get("startTime"), case.scene.now
    if reason == "first" and start and parse_instant(start) < now - LATEST_START:
        case.found.error(
            case.match.desired,
            f"The start of {case.address} is more than 55 minutes past",
            "The service refuses a start of over an hour ago, so the campaign cannot be launched as it is written.",
            "Set a later startTime, or leave startTime out to start at once.",
            code="start-passed",
            at="startTime",
        )
    first, _ = first_and_last(fields, case.scene)
    if first is None and parse_instant(fields["endTime"]) > now:
        case.found.error(
            case.match.desired,
            "The calling window never opens",
            f"Between now (or startTime) and endTime of {case.address} there is no moment on the active weekdays "
            "within activeFrom and activeTo.",
            "Widen the window, add a weekday, or move endTime.",
            code="window-never-opens",
            at="activeWeekdays",
        )
    return Launch(reason, case.reach(fields), campaigns=(str(case.address),))


# ---- differences -----------------------------------------------------------------------------------------------------


def _plays_what_is_gone(case: LiveCase, changes: Sequence[FieldChange]) -> bool:
    """Is one of its voice files gone, and does the change bring another?"""
    plays = case.kind.plays
    if plays is None or not any(change.name == plays.field for change in changes):
        return False
    there = case.scene.objects(kind_of("voice").section)
    return any(voice_file_id not in there for voice_file_id in plays.ids(case.live.fields))


def _differences(case: LiveCase) -> tuple[list[FieldChange], int, Receivers]:
    """Fields and receivers that differ; `state` is not among them, for it is a matter of life."""
    match = case.match
    live = _as_applied(case) if _is_new(case) else case.live
    fields, same = changed_fields(case.kind, match.desired, live, match.entry, case.ids, case.scene.seal)
    return fields, same, compare_receivers(case)


def _is_new(case: LiveCase) -> bool:
    return case.live.life.state == "halt" and phase_of(case) == "new"


def _as_applied(case: LiveCase) -> Live:
    """Before its launch a campaign carries a stand-in start (and end); what was applied is what the manifest said then."""
    entry, fields = case.match.entry, dict(case.live.fields)
    for name in ("startTime", "endTime"):
        wanted = case.match.desired.fields.get(name)
        fields[name] = (entry.applied.get(name) or None) if entry and name in entry.applied else wanted
    return replace(case.live, fields=fields)
