"""What `mscode fleet apply --json` prints; with the schema's texts."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.json_schema import Count, FromOne, about

#: What came of a project.
Applied = Literal[
    "done", "held", "refused", "stale", "locked", "partly", "unknown", "error", "no-plan", "interrupted", "not-begun"
]


class FleetProjectApplyJson(TypedDict):
    """A project and what came of its plan."""

    path: Annotated[str, about("Its folder, relative to fleet.yaml.")]
    environment: Annotated[str, about("Its environment.")]
    wave: Annotated[FromOne, about("When it is applied: lower ones first.")]
    result: Annotated[
        Applied,
        about(
            "`held`: launches wait for a yes. `refused`: by a guard. `stale`: its plan is no longer what would be done. `no-plan`: "
            "it could not be planned. `not-begun`: a project of an earlier wave has not ended with 0, or the command was "
            "interrupted."
        ),
    ]
    exit_code: Annotated[Count | None, about("As `mscode apply` ended; null where it was not begun.")]
    summary: Annotated[list[str], about("How it ended, as people read it.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Its errors.")]


class FleetApplyCountsJson(TypedDict):
    """How many projects have ended in which way: `failed` are those with another exit code than 0 that are not held."""

    done: Annotated[Count, about("Ended with 0.")]
    held: Annotated[Count, about("Launches of them wait for a yes.")]
    failed: Annotated[Count, about("Ended otherwise.")]
    not_begun: Annotated[Count, about("Were not begun.")]


class FleetApplyJson(TypedDict):
    """What came of the saved plans of a fleet."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    mscode_version: Annotated[str, about("Version of mscode.")]
    fleet: Annotated[str, about("Name of the fleet.")]
    runs: Annotated[list[str], about("Ids of the runs in which the plans were made.")]
    projects: Annotated[list[FleetProjectApplyJson], about("The projects, by path.")]
    counts: Annotated[FleetApplyCountsJson, about("How many projects have ended in which way.")]
    summary: Annotated[str, about("The last line, as people read it.")]
    exit_code: Annotated[Count, about("The first of the order of exit codes over all projects.")]
