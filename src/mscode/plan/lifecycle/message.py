"""What reaches people by its POST alone: calls, text messages, e-mails, click-to-calls.

See docs/safety.md#launches.

Terms. *Gone out*: a message that was sent (`editable` is `n`), a click-to-call that is over. *Waiting*: not yet. What
`goes_out_once` does so at one instant; a click-to-call calls for a while.

Rule. Nothing of this can be made inert, so the create is the launch: it needs the confirmation of a launch, is sent once, and
is held while its outcome is unknown. It is found again by its content and receivers (a click-to-call by its marker), at any
age: what has gone out is done, whatever its manifest says later. A new name sends anew.

Why not by content without the receivers? Two groups may get the same text; only both together say that it is this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mscode.model.calling_window import parse_instant
from mscode.model.world import Entry
from mscode.plan.change import Create, FieldChange, Launch, LaunchReason, NoOp, NoteKind, Reach, Replace, Update
from mscode.plan.diff import changed_fields, created_fields
from mscode.plan.lifecycle.finished import changed_by_manifest
from mscode.plan.lifecycle.local_hours import settled
from mscode.plan.lifecycle.narrowing import kept_receivers, narrowing
from mscode.plan.object_context import LiveObjectContext, ObjectContext, Outcome
from mscode.plan.people.prices import cents_per_person
from mscode.plan.people.reach import first_and_last, live_numbers
from mscode.plan.people.receivers import compare_receivers, receivers_change


def plan_message(context: ObjectContext) -> Outcome:
    """The change of one wanted object, and what else to know about it."""
    if context.match.live is None:
        return _without_live_object(context)
    context = LiveObjectContext(context.builder, context.match, context.match.live)
    status = context.live.status
    has_gone_out = not status.unfinished
    if context.is_replacement_asked_for:
        shown, unchanged = _differences(context, anew=True)
        return _made_again(context, shown, unchanged, "replacement was asked for", gone_out=has_gone_out)
    return _after_sending(settled(context, launches=False)) if has_gone_out else _waiting(context)


# ---- not there yet, or not any more ----------------------------------------------------------------------------------


def _without_live_object(context: ObjectContext) -> Outcome:
    """A create, except of what a person deleted and of what would come too late."""
    entry, is_asked_for = context.match.entry, context.is_replacement_asked_for
    if context.match.removed and entry is not None and not entry.is_reset and not is_asked_for:
        return None, [context.note(*_deleted_outside(context, entry))]
    if _has_passed(context, context.match.desired.fields):
        return _too_late(context)
    shown = tuple(created_fields(context.match.desired))
    return Create(**context.of_desired(), fields=shown, launch=_launch(context, "first")), []


def _deleted_outside(context: ObjectContext, entry: Entry) -> tuple[str, NoteKind, str]:
    """Deleting is the only way a person has to stop it, so it is respected as a halt is, also before its time."""
    is_before_its_time = (
        bool(entry.first_call) and parse_instant(entry.first_call) > context.inputs.now and not entry.dialled
    )
    text = "was deleted by a person" if is_before_its_time else "was deleted after it may have reached people"
    detail = (
        f"To reach these people all the same, plan with --replace {context.address}; to accept it, remove the manifest."
    )
    return f"{text}; it is not made again", "gone-after-dialling", detail


def _has_passed(context: ObjectContext, fields: Mapping[str, Any]) -> bool:
    end = fields.get(context.kind.ends)
    return bool(end) and parse_instant(str(end)) <= context.inputs.now


def _too_late(context: ObjectContext) -> Outcome:
    """What goes out at an instant that has passed is never sent late, and is an error; a click-to-call has expired."""
    if not context.kind.goes_out_once:
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} is expired",
            f"Its {context.kind.ends} has passed; it is not made.",
            code="expired",
            at=context.kind.ends,
        )
        return None, [context.note("is expired", "expired")]
    live = context.match.live
    context.diagnostics.error(
        context.match.desired,
        f"{context.address} was never sent, and its {context.kind.ends} has passed",
        "Nothing in the live account has its content and its receivers."
        if live is None
        else f"The live one (id {live.id}) is left as it is; its own {context.kind.ends} is {live.fields.get(context.kind.ends)}.",
        "Set a new time, or remove it.",
        code="never-sent",
        at=context.kind.ends,
    )
    return None, []


# ---- gone out --------------------------------------------------------------------------------------------------------


def _after_sending(context: LiveObjectContext) -> Outcome:
    """What has reached people is never changed: a warning where its manifest differs."""
    names = ", ".join(change.name for change in changed_by_manifest(context, _differences(context)[0]))
    outcome = "was sent" if context.kind.goes_out_once else "is complete"
    if names:
        context.diagnostics.warn(
            context.match.desired,
            f"{context.address} {outcome}; its manifest's changes are not applied",
            f"Changed: {names}. What has reached people is never changed or sent again.",
            "Use a new name to reach people again.",
            code="complete",
        )
    return NoOp(**context.of_live(), origin=context.origin), [context.note(outcome, "complete")]


# ---- waiting ---------------------------------------------------------------------------------------------------------


def _waiting(context: LiveObjectContext) -> Outcome:
    """What has not gone out is updated in place; a click-to-call, of which nothing can be changed, is replaced."""
    as_live = settled(context, launches=False)
    shown, unchanged = _differences(as_live)
    if not shown:
        return NoOp(**as_live.of_live(), unchanged=unchanged, origin=context.origin), []
    if not context.kind.goes_out_once:
        return _replacement(context, *_differences(context, anew=True))
    if _has_passed(context, context.desired_fields()):
        return _too_late(context)
    receivers = compare_receivers(context)
    is_all = len(shown) == 1 and not receivers.added
    narrower = kept_receivers(context.live.fields.get("receivers", ()), receivers.removed, is_all=is_all)
    if narrower is not None and narrower.stops:
        return _made_again(context, shown, unchanged, "none of its receivers stays", gone_out=False)
    change = Update(
        **context.of_live(),
        fields=tuple(shown),
        unchanged=unchanged,
        launch=_edit_launch(context),
        narrowing=narrower,
        origin=context.origin,
    )
    return change, []


def _differences(context: LiveObjectContext, *, anew: bool = False) -> tuple[list[FieldChange], int]:
    """`anew`: between this object and the one that takes its place."""
    match = context.match
    fields, unchanged = changed_fields(
        context.kind, match.desired, context.live, match.entry, context.ids, context.inputs.keyed_hash, anew=anew
    )
    return [*fields, *receivers_change(context, compare_receivers(context))], unchanged


def _edit_launch(context: LiveObjectContext) -> Launch | None:
    """Another instant reaches everybody at a moment at which they would not have been; new receivers are reached anew."""
    after = context.desired_fields()
    reach = _reach(context, after)
    if after["actionTime"] != context.live.fields.get("actionTime"):
        return Launch("edit", reach, ("another time",), (str(context.address),))
    numbers = live_numbers(context.live, context.people, context.kind.reached_by)
    new_numbers = reach.phones - {number for _, _, reached in numbers for number in reached}
    if not new_numbers:
        return None
    new_reach = replace(reach, phones=new_numbers, via=(), is_more=True)
    return Launch("reaches-more", new_reach, ("new receivers",), (str(context.address),))


# ---- replaced --------------------------------------------------------------------------------------------------------


def _replacement(context: LiveObjectContext, shown: list[FieldChange], unchanged: int) -> Outcome:
    """Nothing of a click-to-call can be changed: the old one goes first, and the new one calls from the beginning."""
    status = context.live.status
    if status.dials > 0:
        names = ", ".join(change.name for change in shown)
        context.diagnostics.error(
            context.match.desired,
            f"{context.address} has called people, so it cannot be replaced without your word",
            f"Changed: {names}. The API changes nothing in place, and a new one would call people again.",
            f"Take the change back, or plan with --replace {context.address} to call everybody anew.",
            code="dialled",
        )
        return None, []
    return _made_again(context, shown, unchanged, "the API changes nothing of it in place", gone_out=False)


def _made_again(
    context: LiveObjectContext, shown: list[FieldChange], unchanged: int, reason: str, *, gone_out: bool
) -> Outcome:
    """What has gone out stays with its results; what has not goes before the new one is made."""
    if _has_passed(context, context.match.desired.fields):
        return _too_late(context)
    new_context = ObjectContext(context.builder, replace(context.match, live=None))
    of_live = context.of_live()
    of_live["generation"] += 1
    of_live["import_id"] = ""
    change = Replace(
        **of_live,
        create_first=gone_out,
        fields=tuple(shown),
        unchanged=unchanged,
        launch=_launch(new_context, "first"),
        reason=reason,
        old_was_adopted=context.is_adopted,
        keeps_old=gone_out,
        stops_first=not gone_out and _narrows(context, shown),
    )
    return change, []


def _narrows(context: LiveObjectContext, shown: list[FieldChange]) -> bool:
    """A click-to-call that takes anybody or any moment away is stopped first, since nothing of it can be changed."""
    if not context.live.status.running:
        return False
    narrower = narrowing(
        context.live.fields, context.desired_fields(), [change.name for change in shown], context.inputs.now
    )
    return narrower is not None or bool(compare_receivers(context).removed)


# ---- launching -------------------------------------------------------------------------------------------------------


def _launch(context: ObjectContext, reason: LaunchReason) -> Launch:
    fields = context.desired_fields()
    if first_and_last(fields, context.inputs)[0] is None:
        context.diagnostics.error(
            context.match.desired,
            "The calling window never opens",
            f"Between now and the end of {context.address} there is no moment on the active weekdays within activeFrom "
            "and activeTo.",
            "Widen the window, add a weekday, or set a later expiresAt.",
            code="window-never-opens",
            at="activeWeekdays",
        )
    reach = _reach(context, fields)
    return Launch(reason, reach, campaigns=(str(context.address),))


def _reach(context: ObjectContext, fields: dict[str, object]) -> Reach:
    reach = context.reach(fields)
    cents = cents_per_person(context.inputs, context.kind)
    return reach if cents is None else replace(reach, cents=cents * reach.people)
