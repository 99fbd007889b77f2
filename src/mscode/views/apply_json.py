"""An apply as programs follow it: one JSON object a line (contract §5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from mscode import __version__
from mscode.errors import Diagnostic
from mscode.plan.change import Change, Plan
from mscode.plan.events import ApplySummary, Completed, Event, Failed, Finished, Held, Notice, Progress, Skipped, Started
from mscode.views.apply_text import BEGIN, END, summary_lines
from mscode.views.diagnostics import to_json
from mscode.views.plan_json import actions_of, reach_json
from mscode.views.plan_text import totals_line


def line(kind: str, message: str, level: str = "info", **more: Any) -> str:
    """One line of the stream."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"@level": level, "@message": message, "@timestamp": now, "type": kind, **more}, ensure_ascii=False)


def version_line() -> str:
    return line("version", f"mscode {__version__}", mscode=__version__, ui="1.0")


def plan_lines(plan: Plan) -> Iterator[str]:
    """What is planned: one line per change, then the totals, then what the guards say."""
    for change in plan.shown:
        yield _planned(change)
    t = plan.totals
    changes = {
        "add": t.adds,
        "change": t.changes,
        "remove": t.destroys,
        "import": t.imports,
        "move": t.moves,
        "forget": t.forgets,
        "launch": t.launches,
        "operation": "plan",
    }
    yield line("change_summary", totals_line(plan), changes=changes)
    for check in plan.checks:
        if check.status != "pass":
            level = "error" if check.status == "fail" else "warn"
            found = Diagnostic(f"Guard {check.name}: {check.message}", severity="error" if level == "error" else "warning", code=check.name)
            yield diagnostic_line(found)


def _planned(change: Change) -> str:
    action = actions_of(change)
    resource = {"addr": str(change.address), "resource_type": change.address.section, "resource_name": change.address.name}
    more: dict[str, Any] = {"resource": resource, "action": _verb(change), "actions": action}
    if change.launch is not None:
        more["reach"] = reach_json(change.launch.reach)
    return line("planned_change", f"{change.address}: plan to {_verb(change)}", change=more)


def _verb(change: Change) -> str:
    if change.halts:
        return "halt"
    if change.action.replaces:
        return "replace"
    if change.action.value == "no-op":
        return "launch" if change.launch else "move" if change.is_move else "import" if change.is_import else "noop"
    return change.action.value


def diagnostic_line(found: Diagnostic) -> str:
    level = "error" if found.severity == "error" else "warn"
    return line("diagnostic", found.summary, level, diagnostic=to_json(found))


def event_lines(event: Event) -> Iterator[str]:
    """The lines of one event."""
    if isinstance(event, Started):
        yield line("apply_start", f"{event.address}: {BEGIN[event.action]}", hook=_hook(event, 0.0))
    elif isinstance(event, Progress):
        yield line("apply_progress", f"{event.address}: {event.done} of {event.total}", hook=_hook(event, event.elapsed))
    elif isinstance(event, Completed):
        yield line("apply_complete", f"{event.address}: {END[event.action]}", hook=_hook(event, event.elapsed, event.id))
    elif isinstance(event, Failed):
        yield line("apply_errored", f"{event.address}: failed", "error", hook=_hook(event, event.elapsed))
        for found in event.diagnostics:
            yield diagnostic_line(found)
    elif isinstance(event, Skipped):
        yield line("apply_skipped", f"{event.address}: {event.why}", "warn", hook=_hook(event, 0.0), why=event.why)
    elif isinstance(event, Held):
        hook = {"resource": {"addr": str(event.address)}, "action": "launch", "id_value": "", "elapsed_seconds": 0}
        yield line("apply_skipped", f"{event.address}: launch held, {event.why}", "warn", hook=hook, why=event.why)
    elif isinstance(event, Notice):
        yield diagnostic_line(Diagnostic(event.text, severity="warning", code="notice", address=str(event.address or "")))
    elif isinstance(event, Finished):
        yield from _finished(event.summary)


def _hook(event: Started | Progress | Completed | Failed | Skipped, elapsed: float, live_id: str = "") -> dict[str, Any]:
    return {
        "resource": {"addr": str(event.address)},
        "action": event.action,
        "id_value": live_id,
        "elapsed_seconds": round(elapsed, 3),
    }


def _finished(s: ApplySummary) -> Iterator[str]:
    changes = {
        "add": s.added,
        "change": s.changed,
        "remove": s.destroyed,
        "import": s.imported,
        "move": s.moved,
        "forget": s.forgotten,
        "launch": s.launched,
        "held": s.held,
        "failed": len(s.failed) + len(s.unknown),
        "skipped": len(s.skipped),
        "operation": "destroy" if s.destroy else "apply",
    }
    yield line("change_summary", next(iter(summary_lines(s))), "info" if s.complete else "error", changes=changes)
