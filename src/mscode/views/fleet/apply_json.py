"""What came of the saved plans of a fleet, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mscode import __version__
from mscode.errors import Diagnostic, worst
from mscode.model.plurals import count
from mscode.views.diagnostics import to_json
from mscode.views.fleet.apply_shapes import Applied, FleetApplyCountsJson, FleetApplyJson, FleetProjectApplyJson
from mscode.views.fleet.plan_shapes import FleetProjectPlanJson

_RESULTS: Mapping[int, Applied] = {
    0: "done",
    1: "error",
    3: "stale",
    4: "locked",
    5: "refused",
    6: "partly",
    7: "unknown",
    130: "interrupted",
}


def project_json(
    planned: FleetProjectPlanJson,
    exit_code: int | None,
    summary: Sequence[str],
    diagnostics: Iterable[Diagnostic],
    *,
    is_held: bool = False,
) -> FleetProjectApplyJson:
    """A project that has ended, or (`exit_code` None) was not begun. `is_held`: launches of it wait for a yes."""
    result: Applied = "not-begun" if exit_code is None else _RESULTS.get(exit_code, "error")
    if planned["plan"] is None and exit_code is not None:
        result = "no-plan"
    elif result == "refused" and is_held:
        result = "held"
    return {
        "path": planned["path"],
        "environment": planned["environment"],
        "wave": planned["wave"],
        "result": result,
        "exit_code": exit_code,
        "summary": list(summary),
        "diagnostics": list(map(to_json, diagnostics)),
    }


def fleet_json(fleet: str, runs: Sequence[str], projects: Sequence[FleetProjectApplyJson]) -> FleetApplyJson:
    """All of them, by path."""
    results = [project["result"] for project in projects]
    counts: FleetApplyCountsJson = {
        "done": results.count("done"),
        "held": results.count("held"),
        "failed": sum(result not in ("done", "held", "not-begun") for result in results),
        "not_begun": results.count("not-begun"),
    }
    return {
        "format_version": "1.0",
        "mscode_version": __version__,
        "fleet": fleet,
        "runs": list(runs),
        "projects": list(projects),
        "counts": counts,
        "summary": _last_line(counts),
        "exit_code": worst(0, *(project["exit_code"] for project in projects if project["exit_code"] is not None)),
    }


def _last_line(counts: FleetApplyCountsJson) -> str:
    """`Apply complete! Projects: 12 done.`, or `Apply incomplete: …` where any has not ended with 0."""
    if not (counts["held"] or counts["failed"] or counts["not_begun"]):
        return f"Apply complete! Projects: {counts['done']:,} done."
    parts = [f"{counts['done']:,} done", f"{counts['failed']:,} failed"]
    parts += [f"{counts['held']:,} held"] if counts["held"] else []
    parts += [f"{counts['not_begun']:,} not begun"] if counts["not_begun"] else []
    return f"Apply incomplete: {count(sum_of(counts), 'project')}, {', '.join(parts)}."


def sum_of(counts: FleetApplyCountsJson) -> int:
    """How many projects there are."""
    return counts["done"] + counts["held"] + counts["failed"] + counts["not_begun"]
