"""What `mscode fleet halt` prints when it has ended: a table of the projects, its last line, and the JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mscode.views.status.halt import last_line
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.width import display_width

if TYPE_CHECKING:
    from mscode.views.diagnostic_shapes import DiagnosticJson
    from mscode.views.fleet.halt_shapes import FleetHaltJson, ProjectHaltJson
    from mscode.views.status.halt_shapes import HaltCountsJson, HaltJson

_LONGEST_NAME = 60


def project_json(
    path: str,
    environment: str,
    code: int,
    halt: HaltJson | None,
    diagnostics: Sequence[DiagnosticJson],
    *,
    is_reached: bool,
) -> ProjectHaltJson:
    """What is known of one project."""
    if halt is not None and is_reached:
        summary = halt["summary"]
    else:
        errors = diagnostics or (halt["diagnostics"] if halt is not None else [])
        reason = errors[0]["summary"] if errors else "nothing is known of it"
        summary = f"{'Not halted' if is_reached else 'NOT REACHED'}: {reason}"
    return {
        "path": path,
        "environment": halt["environment"] if halt is not None else environment,
        "exit_code": code,
        "reached": is_reached,
        "summary": summary,
        "halt": halt,
        "diagnostics": list(diagnostics),
    }


def fleet_json(
    fleet: str, code: int, projects: Sequence[ProjectHaltJson], diagnostics: Sequence[DiagnosticJson]
) -> FleetHaltJson:
    """The whole document."""
    not_halted = [name for project in projects for name in _not_halted(project)]
    known = [project["halt"]["counts"] for project in projects if project["halt"] is not None and project["reached"]]
    counts: HaltCountsJson = {
        "halted": sum(row["halted"] for row in known),
        "already_halted": sum(row["already_halted"] for row in known),
        "not_halted": len(not_halted),
    }
    return {
        "fleet": fleet,
        "exit_code": code,
        "projects": list(projects),
        "not_reached": [project["path"] for project in projects if not project["reached"]],
        "not_halted": not_halted,
        "counts": counts,
        "summary": last_line(counts, [escape_unprintable(name, 200) for name in not_halted]),
        "errored": bool(diagnostics) or any(map(_is_errored, projects)),
        "diagnostics": list(diagnostics),
    }


def _is_errored(project: ProjectHaltJson) -> bool:
    return bool(project["diagnostics"]) or (project["halt"] is not None and project["halt"]["errored"])


def _not_halted(project: ProjectHaltJson) -> list[str]:
    """What may go on calling, by project and name; of a project that was not reached nobody knows what that is."""
    path, halt = project["path"], project["halt"]
    if not project["reached"]:
        return [f"{path} (not reached)"]
    if halt is None:
        return [f"{path} (nothing is known of it)"]
    return [f"{path}: {name}" for name in halt["not_halted"]]


def table_lines(projects: Sequence[ProjectHaltJson]) -> Iterator[str]:
    """A line a project: its path, its environment, and what became of it."""
    paths = [escape_unprintable(project["path"], _LONGEST_NAME) for project in projects]
    environments = [escape_unprintable(project["environment"], _LONGEST_NAME) for project in projects]
    widths = [max(map(display_width, column), default=0) for column in (paths, environments)]
    for path, environment, project in zip(paths, environments, projects, strict=True):
        cells = [
            cell + " " * (width - display_width(cell)) for cell, width in zip((path, environment), widths, strict=True)
        ]
        yield f"{'  '.join(cells)}  {escape_unprintable(project['summary'], 300)}".rstrip()
