"""The plans of a fleet as text: a row for each project, what keeps any from being applied, and the totals of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mscode.plan.change import CheckStatus
from mscode.views.fleet.plan_shapes import FleetPlanJson, FleetProjectPlanJson, Result
from mscode.views.fleet.plan_words import (
    FLEET_VERBS,
    NUMBERS,
    TITLES,
    cells,
    errors_of,
    has_changes,
    launch_line,
    noun_of,
    place_of,
    results_line,
    title,
    totals_line,
)
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.headline import DIALS
from mscode.views.plan.plan_shapes import CheckJson
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line
from mscode.views.text.findings import VERBS, summary_of
from mscode.views.text.printable import escape_unprintable

_STYLES: dict[Result, Style] = {
    "changes": "yellow",
    "refused": "red",
    "unknown": "red",
    "error": "red",
    "no-changes": "dim",
}
_CHECK_STYLES: dict[CheckStatus, Style] = {"fail": "red", "warn": "yellow", "overridden": "yellow"}


def fleet_lines(data: FleetPlanJson, *, width: int = 0) -> Iterator[Line]:
    """All of it. With a `width` no row of the table is longer."""
    yield line(Segment(f"{escape_unprintable(title(data))}.", "bold"))
    yield EMPTY
    if data["projects"]:
        yield from columns(TITLES, [_row(project) for project in data["projects"]], NUMBERS, width=width)
        yield EMPTY
    for project in data["projects"]:
        yield from _obstacles(project)
    for check in data["checks"]:
        if check["status"] != "pass":
            yield from _check(check, "Guard of the fleet", "", FLEET_VERBS)
            yield EMPTY
    yield line(results_line(data))
    yield line(totals_line(data["totals"]) if has_changes(data) else "No changes in any project.")
    if launch := launch_line(data["reach"]):
        yield line(Segment(f"{DIALS} {launch}", "magenta"))


def _row(project: FleetProjectPlanJson) -> list[Cell]:
    path, result, *rest = cells(project)
    return [escape_unprintable(path), (result, _STYLES[project["result"]]), *rest]


def _obstacles(project: FleetProjectPlanJson) -> Iterator[Line]:
    """Why a project has no plan, or one that is refused; its warnings stand in its own log."""
    errors = errors_of(project)
    refusals = [check for check in project["checks"] if check["status"] == "fail"]
    if not errors and not refusals:
        return
    yield line(Segment(escape_unprintable(project["path"]), "bold"))
    for error in errors:
        yield line("  ", Segment(f"Error: {escape_unprintable(error['summary'], 500)}", "red"))
        place = place_of(project, error)
        texts = (f"on {place}" if place else "", error["detail"], error["hint"])
        yield from (line(f"    {escape_unprintable(text, 500)}") for text in texts if text)
    for check in refusals:
        yield from _check(check, noun_of(check), "  ")
    yield EMPTY


def _check(check: CheckJson, noun: str, indent: str, verbs: Mapping[str, str] = VERBS) -> Iterator[Line]:
    """A verdict, and below it what else is said of it."""
    reason = f" ({check['reason']})" if check["reason"] else ""
    text = f"{noun} {check['name']} {verbs[check['status']]}: {summary_of(dict(check))}{reason}"
    yield line(indent, Segment(escape_unprintable(text), _CHECK_STYLES.get(check["status"], "")))
    yield from (line(f"{indent}  {escape_unprintable(more)}") for more in check.get("lines", ()))
