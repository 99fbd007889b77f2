"""An apply as programs follow it: one JSON object a line, as `terraform apply -json` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import singledispatch
from typing import TypedDict

from mscode import __version__
from mscode.errors import Diagnostic, Severity
from mscode.model.address import Address
from mscode.model.privacy import mask_numbers
from mscode.plan.change import Action, Change, Delete, Forget, Halt, HaltAndForget, Plan, Replace
from mscode.plan.events import (
    ApplySummary,
    Completed,
    Event,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    RunProgress,
    Skipped,
    Started,
    StepAction,
    Stopping,
)
from mscode.views.apply.apply_text import MID_EDIT, ending_of, masked, spoken, summary_lines
from mscode.views.apply.event_shapes import (
    AddrJson,
    ChangesJson,
    ChangeSummaryLine,
    CompleteLine,
    DiagnosticLine,
    DriftedJson,
    Envelope,
    ErroredLine,
    EventType,
    HookJson,
    Level,
    Line,
    ObjectJson,
    OutcomeJson,
    PlannedChangeJson,
    PlannedChangeLine,
    ProgressLine,
    ReasonJson,
    ResourceDriftLine,
    SkippedLine,
    StartLine,
    VersionLine,
)
from mscode.views.diagnostics import to_json
from mscode.views.drift.drift_json import cause_json
from mscode.views.plan.headline import headline
from mscode.views.plan.plan_json import actions_of, effects_of, reach_json, totals_json
from mscode.views.plan.plan_shapes import ReachJson
from mscode.views.plan.plan_text import totals_line

UI_VERSION = "1.0"


def line(kind: EventType, message: str, payload: Line, level: Level = "info") -> str:
    """One line of the stream, without its line end; `payload` holds the members of its type beside the envelope. ASCII only, so
    that no terminal obeys control characters in text from outside.
    """
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    envelope: Envelope = {"@level": level, "@message": message, "@timestamp": timestamp, "type": kind}
    return json.dumps({**envelope, **payload})


def version_line() -> str:
    """The first line of every stream."""
    return line("version", f"mscode {__version__}", VersionLine(mscode=__version__, ui=UI_VERSION))


# Members that stand in an entry only where there is something to say.


class _Moved(TypedDict, total=False):
    previous_resource: AddrJson


class _Reasoned(TypedDict, total=False):
    reason: str


class _Launched(TypedDict, total=False):
    reach: ReachJson


def plan_lines(plan: Plan) -> Iterator[str]:
    """What is planned: a line per change, the totals, then the verdicts of guards that did not pass."""
    for change in plan.shown:
        moved: _Moved = {"previous_resource": _reference(change.previous_address)} if change.previous_address else {}
        reason: _Reasoned = {"reason": mask_numbers(change.reason)} if change.reason else {}
        launched: _Launched = {"reach": reach_json(change.launch.reach)} if change.launch is not None else {}
        data: PlannedChangeJson = {
            "resource": _object(change.address),
            "action": action_of(change),
            "actions": actions_of(change),
            **moved,
            **reason,
            "effects": effects_of(change),
            **launched,
        }
        yield line("planned_change", headline(change), PlannedChangeLine(change=data))
    changes: ChangesJson = {**totals_json(plan), "operation": "plan"}
    yield line("change_summary", totals_line(plan), ChangeSummaryLine(changes=changes))
    for check in plan.checks:
        if check.status not in ("pass", "allowed") or check.denies:
            severity: Severity = "error" if check.status == "fail" else "warning"
            summary = f"{'Check' if check.is_finding else 'Guard'} {check.name}: {check.message}"
            detail = "\n".join(filter(None, (check.reason, check.hint)))
            yield diagnostic_line(Diagnostic(summary, check.place, detail=detail, severity=severity, code=check.name))


def drift_lines(plan: Plan) -> Iterator[str]:
    """What --refresh-only would accept into the state: a line for each difference, as Terraform's `resource_drift`."""
    for drift in plan.drift:
        if drift.matters and drift.accepted:
            change: DriftedJson = {
                "resource": _object(drift.address),
                "action": "delete" if drift.live is None else "update",
                "cause": cause_json(drift.cause),
            }
            yield line(
                "resource_drift", f"{drift.address} {mask_numbers(drift.text)}", ResourceDriftLine(change=change)
            )


def nothing_done_line() -> str:
    """The end of a run that changed the state alone."""
    return next(event_lines(Finished(ApplySummary())))


def _object(address: Address) -> ObjectJson:
    return {
        "addr": str(address),
        "resource_type": address.section,
        "resource_name": address.name,
        "resource_key": address.key or None,
    }


def action_of(change: Change) -> StepAction:
    """The action of a shown change in one word, as in a hook's `action`."""
    match change:
        case Halt() | HaltAndForget():
            return "halt"
        case Replace():
            return "replace"
        case Delete():
            return "delete"
        case Forget():
            return "forget"
    match change.action:
        case Action.CREATE:
            return "create"
        case Action.UPDATE:
            return "update"
        case _:
            return "launch" if change.launch else "move" if change.is_move else "import"


def diagnostic_line(diagnostic: Diagnostic) -> str:
    """An error or a warning."""
    safe = masked(diagnostic, mask_numbers)
    level: Level = "error" if diagnostic.severity == "error" else "warn"
    return line("diagnostic", safe.summary, DiagnosticLine(diagnostic=to_json(safe)), level)


def error_lines(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """The end of a run that an error ended: a line for each diagnostic, the last of which has all of them."""
    *others, last = (masked(diagnostic, mask_numbers) for diagnostic in diagnostics)
    yield from map(diagnostic_line, others)
    ending = DiagnosticLine(diagnostic=to_json(last), errored=True, diagnostics=[*map(to_json, (*others, last))])
    yield line("diagnostic", last.summary, ending, "error")


@singledispatch
def event_lines(event: Event) -> Iterator[str]:
    """The lines of one event; TypeError for a type that is not registered."""
    raise TypeError(f"{event!r} is no event of an apply")


@event_lines.register
def _(event: Started) -> Iterator[str]:
    yield line("apply_start", _message(event), StartLine(hook=_hook(event.address, event.action)))


@event_lines.register
def _(event: Progress) -> Iterator[str]:
    hook = _hook(event.address, event.action, event.elapsed)
    if event.total:
        hook |= {"done": event.done, "total": event.total, "unit": event.unit}
    yield line("apply_progress", _message(event), ProgressLine(hook=hook))


@event_lines.register
def _(event: RunProgress) -> Iterator[str]:
    """Nothing: a program counts the steps itself, of which each has its lines."""
    yield from ()


@event_lines.register
def _(event: Completed) -> Iterator[str]:
    hook = _hook(event.address, event.action, event.elapsed, event.id)
    yield line("apply_complete", _message(event), CompleteLine(hook=hook))


@event_lines.register
def _(event: Failed) -> Iterator[str]:
    hook = _hook(event.address, event.action, event.elapsed)
    yield line("apply_errored", _message(event), ErroredLine(hook=hook), "error")
    for diagnostic in event.diagnostics:
        yield diagnostic_line(diagnostic)


@event_lines.register
def _(event: Skipped) -> Iterator[str]:
    hook = _hook(event.address, event.action)
    hook["reason"] = mask_numbers(event.why)
    yield line("apply_skipped", _message(event), SkippedLine(hook=hook), "warn")


@event_lines.register
def _(event: Held) -> Iterator[str]:
    hook = _hook(event.address, "launch")
    hook["reason"] = mask_numbers(event.why)
    yield line("apply_skipped", _message(event), SkippedLine(hook=hook), "warn")


@event_lines.register
def _(event: Notice) -> Iterator[str]:
    address = str(event.address) if event.address else ""
    yield diagnostic_line(Diagnostic(event.text, severity="warning", code="notice", address=address))


@event_lines.register
def _(event: Stopping) -> Iterator[str]:
    yield diagnostic_line(Diagnostic(event.text, severity="warning", code="stopping"))


@event_lines.register
def _(event: Finished) -> Iterator[str]:
    summary = event.summary
    if summary.interrupted:
        yield diagnostic_line(Diagnostic(ending_of(summary), severity="warning", code="interrupted"))
    changes: ChangesJson = {
        "import": summary.imported,
        "move": summary.moved,
        "add": summary.added,
        "change": summary.changed,
        "remove": summary.destroyed,
        "forget": summary.forgotten,
        "launch": summary.launched,
        "operation": "destroy" if summary.destroy else "apply",
    }
    data: ChangeSummaryLine = {"changes": changes, "outcome": outcome_json(summary)}
    yield line("change_summary", next(summary_lines(summary)), data, "info" if summary.complete else "error")


def _message(event: Event) -> str:
    """The message of an event: the first line of its text form."""
    return next(text for _, text in spoken(event, mask_numbers))


def _reference(address: Address) -> AddrJson:
    return {"addr": str(address)}


def _hook(address: Address, action: StepAction, elapsed: float = 0.0, live_id: str = "") -> HookJson:
    """The hook of a step's event. `elapsed` is in seconds; `id_value` is null where no live object exists (yet)."""
    return {
        "resource": _reference(address),
        "action": action,
        "id_value": live_id or None,
        "elapsed_seconds": round(elapsed, 3),
    }


def outcome_json(summary: ApplySummary) -> OutcomeJson:
    """How much was done, and how the rest ended."""
    return {
        "done": summary.done,
        "held": summary.held,
        "failed": _reasons(summary.failed),
        "skipped": _reasons(summary.skipped),
        "unknown": _reasons(summary.unknown),
        "interrupted": summary.interrupted,
        "mid_edit": _reasons(tuple((address, MID_EDIT) for address in summary.mid_edit)),
    }


def _reasons(reasons: tuple[tuple[Address, str], ...]) -> list[ReasonJson]:
    return [{"addr": str(address), "reason": mask_numbers(reason)} for address, reason in reasons]
