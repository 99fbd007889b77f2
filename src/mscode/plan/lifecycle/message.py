"""What reaches people by its POST alone: calls, text messages, e-mails, click-to-calls.

See docs/safety.md#launches.

Terms. *Gone out*: a message that was sent (`editable` is `n`), a click-to-call that is over. *Waiting*: not yet.

Rule. Nothing of this can be made inert, so the create is the launch: it needs the launch's yes, is sent once, and is held
while nobody knows whether it was done. It is found again by its content and receivers (a click-to-call by its marker), at
any age: what has gone out is done, whatever its manifest says later. A new name sends anew.

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
from mscode.plan.lifecycle.narrowing import kept_receivers, narrowing
from mscode.plan.object_context import Case, LiveCase, Outcome
from mscode.plan.people.prices import cents_per_person
from mscode.plan.people.reach import first_and_last, live_numbers
from mscode.plan.people.receivers import compare_receivers, receivers_change


def plan_sending(case: Case) -> Outcome:
    """The change of one wanted object, and what else to know about it."""
    if case.match.live is None:
        return _absent(case)
    case = LiveCase(case.draft, case.match, case.match.live)
    life = case.live.life
    has_gone_out = not life.unfinished
    if case.is_replacement_asked_for:
        shown, same = _differences(case)
        return _anew(case, shown, same, "replacement was asked for", gone_out=has_gone_out)
    return _gone_out(case) if has_gone_out else _waiting(case)


def _goes_out_once(case: Case) -> bool:
    """At one instant; else it calls for a while (a click-to-call)."""
    return case.kind.goes_out_once


# ---- not there yet, or not any more ----------------------------------------------------------------------------------


def _absent(case: Case) -> Outcome:
    entry, asked = case.match.entry, case.is_replacement_asked_for
    if case.match.gone and entry is not None and not entry.is_blank and not asked:
        return None, [case.note(*_deleted_outside(case, entry))]
    if _has_passed(case, case.match.desired.fields):
        return _too_late(case)
    shown = tuple(created_fields(case.kind, case.match.desired.fields))
    return Create(**case.of_desired(), fields=shown, launch=_launch(case, "first")), []


def _deleted_outside(case: Case, entry: Entry) -> tuple[str, NoteKind, str]:
    """Deleting is the only way a person has to stop it, so it is respected as a halt is, also before its time."""
    early = bool(entry.first_call) and parse_instant(entry.first_call) > case.scene.now and not entry.dialled
    text = "was deleted by a person" if early else "was deleted after it may have reached people"
    detail = (
        f"To reach these people all the same, plan with --replace {case.address}; to accept it, remove the manifest."
    )
    return f"{text}; it is not made again", "gone-after-dialling", detail


def _has_passed(case: Case, fields: Mapping[str, Any]) -> bool:
    end = fields.get(case.kind.ends)
    return bool(end) and parse_instant(str(end)) <= case.scene.now


def _too_late(case: Case) -> Outcome:
    """What goes out at an instant that has passed is never sent late, and is an error; a click-to-call has expired."""
    if not _goes_out_once(case):
        case.found.warn(
            case.match.desired,
            f"{case.address} is expired",
            f"Its {case.kind.ends} has passed; it is not made.",
            code="expired",
            at=case.kind.ends,
        )
        return None, [case.note("is expired", "expired")]
    live = case.match.live
    case.found.error(
        case.match.desired,
        f"{case.address} was never sent, and its {case.kind.ends} has passed",
        "Nothing in the live account has its content and its receivers."
        if live is None
        else f"The live one (id {live.id}) is left as it is; its own {case.kind.ends} is {live.fields.get(case.kind.ends)}.",
        "Set a new time, or remove it.",
        code="never-sent",
        at=case.kind.ends,
    )
    return None, []


# ---- gone out --------------------------------------------------------------------------------------------------------


def _gone_out(case: LiveCase) -> Outcome:
    names = ", ".join(change.name for change in _differences(case)[0])
    done = "was sent" if _goes_out_once(case) else "is complete"
    if names:
        case.found.warn(
            case.match.desired,
            f"{case.address} {done}; its manifest's changes are not applied",
            f"Changed: {names}. What has reached people is never changed or sent again.",
            "Use a new name to reach people again.",
            code="complete",
        )
    return NoOp(**case.of_live(), origin=case.origin), [case.note(done, "complete")]


# ---- waiting ---------------------------------------------------------------------------------------------------------


def _waiting(case: LiveCase) -> Outcome:
    shown, same = _differences(case)
    if not shown:
        return NoOp(**case.of_live(), unchanged=same, origin=case.origin), []
    if not _goes_out_once(case):
        return _replacement(case, shown, same)
    if _has_passed(case, case.after()):
        return _too_late(case)
    receivers = compare_receivers(case)
    is_all = len(shown) == 1 and not receivers.added
    less = kept_receivers(case.live.fields.get("receivers", ()), receivers.removed, is_all=is_all)
    if less is not None and less.stops:
        return _anew(case, shown, same, "none of its receivers stays", gone_out=False)
    change = Update(
        **case.of_live(),
        fields=tuple(shown),
        unchanged=same,
        launch=_edit_launch(case),
        narrowing=less,
        origin=case.origin,
    )
    return change, []


def _differences(case: LiveCase) -> tuple[list[FieldChange], int]:
    match = case.match
    fields, same = changed_fields(case.kind, match.desired, case.live, match.entry, case.ids, case.scene.seal)
    return [*fields, *receivers_change(case, compare_receivers(case))], same


def _edit_launch(case: LiveCase) -> Launch | None:
    """Another instant reaches everybody at a moment at which they would not have been; new receivers are reached anew."""
    after = case.after()
    reach = _reach(case, after)
    if after["actionTime"] != case.live.fields.get("actionTime"):
        return Launch("edit", reach, ("another time",), (str(case.address),))
    numbers = live_numbers(case.live, case.people, case.kind.reached_by)
    more = reach.phones - {number for _, _, found in numbers for number in found}
    if not more:
        return None
    only_more = replace(reach, phones=more, via=(), is_more=True)
    return Launch("reaches-more", only_more, ("new receivers",), (str(case.address),))


# ---- replaced --------------------------------------------------------------------------------------------------------


def _replacement(case: LiveCase, shown: list[FieldChange], same: int) -> Outcome:
    """Nothing of a click-to-call can be changed: the old one goes first, and the new one calls from the beginning."""
    life = case.live.life
    if life.dials > 0:
        names = ", ".join(change.name for change in shown)
        case.found.error(
            case.match.desired,
            f"{case.address} has called people, so it cannot be replaced without your word",
            f"Changed: {names}. The API changes nothing in place, and a new one would call people again.",
            f"Take the change back, or plan with --replace {case.address} to call everybody anew.",
            code="dialled",
        )
        return None, []
    return _anew(case, shown, same, "the API changes nothing of it in place", gone_out=False)


def _anew(case: LiveCase, shown: list[FieldChange], same: int, why: str, *, gone_out: bool) -> Outcome:
    """What has gone out stays with its results; what has not goes before the new one is made."""
    if _has_passed(case, case.match.desired.fields):
        return _too_late(case)
    anew = Case(case.draft, replace(case.match, live=None))
    of_live = case.of_live()
    of_live["generation"] += 1
    of_live["import_id"] = ""
    change = Replace(
        **of_live,
        create_first=gone_out,
        fields=tuple(shown),
        unchanged=same,
        launch=_launch(anew, "first"),
        reason=why,
        old_was_adopted=case.is_adopted,
        keeps_old=gone_out,
        stops_first=not gone_out and _takes_away(case, shown),
    )
    return change, []


def _takes_away(case: LiveCase, shown: list[FieldChange]) -> bool:
    """A click-to-call that takes anybody or any moment away is stopped first, since nothing of it can be changed."""
    if not case.live.life.running:
        return False
    less = narrowing(case.live.fields, case.after(), [change.name for change in shown], case.scene.now)
    return less is not None or bool(compare_receivers(case).removed)


# ---- launching -------------------------------------------------------------------------------------------------------


def _launch(case: Case, reason: LaunchReason) -> Launch:
    fields = case.after()
    if first_and_last(fields, case.scene)[0] is None:
        case.found.error(
            case.match.desired,
            "The calling window never opens",
            f"Between now and the end of {case.address} there is no moment on the active weekdays within activeFrom "
            "and activeTo.",
            "Widen the window, add a weekday, or set a later expiresAt.",
            code="window-never-opens",
            at="activeWeekdays",
        )
    reach = _reach(case, fields)
    if not reach.people:
        case.found.warn(
            case.match.desired,
            f"{case.address} reaches nobody",
            f"As it stands, none of its receivers has {'an e-mail address' if case.kind.reached_by == 'email' else 'a number'}.",
            "A group may still be filled before it goes out; else look at the receivers.",
            code="reaches-nobody",
            at="receivers",
        )
    return Launch(reason, reach, campaigns=(str(case.address),))


def _reach(case: Case, fields: dict[str, object]) -> Reach:
    reach = case.reach(fields)
    each = cents_per_person(case.scene, case.kind)
    return reach if each is None else replace(reach, cents=each * reach.people)
