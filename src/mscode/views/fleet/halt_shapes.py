"""What `mscode fleet halt --json` prints; with the schema's texts."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.json_schema import Count, about
from mscode.views.status.halt_shapes import HaltCountsJson, HaltJson


class ProjectHaltJson(TypedDict):
    """One project."""

    path: Annotated[str, about("Its folder, relative to fleet.yaml.")]
    environment: Annotated[str, about("Its environment.")]
    exit_code: Annotated[Count, about("As the halt of this project ended; 7 where it was not reached.")]
    reached: Annotated[bool, about("False: its service gave no answer at all.")]
    summary: Annotated[str, about("Its line of the table, as people read it.")]
    halt: Annotated[HaltJson | None, about("As `mscode halt --json` prints it; null where nothing is known of it.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Why it was not reached.")]


class FleetHaltJson(TypedDict):
    """What became of the campaigns of a fleet that were to be halted."""

    fleet: Annotated[str, about("Name of the fleet.")]
    exit_code: Annotated[Count, about("The first of the order of exit codes over all projects.")]
    projects: Annotated[list[ProjectHaltJson], about("The projects, by path.")]
    not_reached: Annotated[list[str], about("The paths of the projects of which nothing is known.")]
    not_halted: Annotated[list[str], about("Everything that may go on calling, as in the last line.")]
    counts: Annotated[HaltCountsJson, about("The numbers of the last line, over all projects.")]
    summary: Annotated[str, about("The last line, as people read it.")]
    errored: Annotated[bool, about("Something could not be read or halted.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Errors of fleet.yaml.")]
