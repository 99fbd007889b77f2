"""What came of the saved plans of a fleet, as text: a row for each project, and why any has not ended with 0."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.views.fleet.apply_shapes import Applied, FleetApplyJson, FleetProjectApplyJson
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line
from mscode.views.text.printable import escape_unprintable

#: What came of a project, as people read it.
RESULTS: dict[Applied, str] = {
    "done": "done",
    "held": "launches held",
    "refused": "refused",
    "stale": "plan stale",
    "locked": "state locked",
    "partly": "partly applied",
    "unknown": "unknown outcome",
    "error": "error",
    "no-plan": "no plan",
    "interrupted": "interrupted",
    "not-begun": "not begun",
}
TITLES = ("PROJECT", "WAVE", "RESULT", "EXIT CODE")
_NUMBERS = (1, 3)


def apply_lines(data: FleetApplyJson, *, width: int = 0) -> Iterator[Line]:
    """All of it; the last line says how many are done. With a `width` no row of the table is longer."""
    if data["projects"]:
        yield from columns(TITLES, [_row(project) for project in data["projects"]], _NUMBERS, width=width)
        yield EMPTY
    for project in data["projects"]:
        yield from _reasons(project)
    yield line(Segment(data["summary"], "bold"))


def _row(project: FleetProjectApplyJson) -> list[Cell]:
    code = project["exit_code"]
    return [
        escape_unprintable(project["path"]),
        str(project["wave"]),
        (RESULTS[project["result"]], _style(project["result"])),
        "" if code is None else str(code),
    ]


def _style(result: Applied) -> Style:
    if result == "done":
        return "dim"
    return "yellow" if result in ("held", "not-begun") else "red"


def _reasons(project: FleetProjectApplyJson) -> Iterator[Line]:
    """Why a project has not ended with 0: its errors, else the lines with which it ended."""
    if project["result"] in ("done", "not-begun"):
        return
    yield line(Segment(escape_unprintable(project["path"]), "bold"))
    for error in project["diagnostics"]:
        yield line("  ", Segment(f"Error: {escape_unprintable(error['summary'], 500)}", "red"))
        yield from (line(f"    {escape_unprintable(text, 500)}") for text in (error["detail"], error["hint"]) if text)
    if not project["diagnostics"]:
        yield from (line(f"  {escape_unprintable(text, 500)}") for text in project["summary"])
    yield EMPTY


def progress_line(project: FleetProjectApplyJson, done: int, of: int) -> str:
    """`[3/12] clients/aurora: Apply complete! Resources: …`."""
    errors = [error["summary"] for error in project["diagnostics"]]
    text = f"Error: {errors[0]}" if errors else " ".join(project["summary"][:1]) or RESULTS[project["result"]]
    return f"[{done}/{of}] {project['path']}: {escape_unprintable(text, 500)}"
