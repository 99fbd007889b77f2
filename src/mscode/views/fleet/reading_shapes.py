"""What `mscode fleet status`, `drift` and `history` print with --json."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.drift.drift_shapes import DriftJson
from mscode.views.history.history_shapes import HistoryJson
from mscode.views.json_schema import Count, about
from mscode.views.status.status_shapes import StatusJson, StatusTotalsJson


class StatusReadingJson(TypedDict):
    """What a project's process tells of its campaigns: the JSON of `status`, and a row of the table for each, its group first."""

    status: StatusJson
    rows: list[list[str]]


class ReadingHeadJson(TypedDict):
    """A project that was read, or could not be: its `diagnostics` say why."""

    path: Annotated[str, about("Its folder, relative to fleet.yaml.")]
    environment: Annotated[str, about("Its environment.")]
    exit_code: Annotated[Count, about("As the command ended for it.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Why it could not be read.")]


class ProjectStatusJson(ReadingHeadJson):
    """A project; `status` is what `status --json` prints of it, null where it could not be read."""

    status: Annotated[StatusJson | None, about("As `mscode status --json` prints it; null where it could not be read.")]


class ProjectDriftJson(ReadingHeadJson):
    """A project; `drift` is what `drift --json` prints of it, null where it could not be read."""

    drift: Annotated[DriftJson | None, about("As `mscode drift --json` prints it; null where it could not be read.")]


class ProjectHistoryJson(ReadingHeadJson):
    """A project; `history` is what `history list --json` prints of it, null where it could not be read."""

    history: Annotated[
        HistoryJson | None, about("As `mscode history --json` prints it; null where it could not be read.")
    ]


class FleetStatusJson(TypedDict):
    """Where the campaigns of all projects stand. `totals` are over those that could be read."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    fleet: Annotated[str, about("Name of the fleet.")]
    projects: Annotated[list[ProjectStatusJson], about("The projects, by path.")]
    totals: Annotated[StatusTotalsJson, about("Over the projects that could be read.")]
    exit_code: Annotated[Count, about("The first of the order of exit codes over all projects.")]


class FleetDriftJson(TypedDict):
    """What is not as it was applied. `drifted` are the paths of the projects with more than progress."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    fleet: Annotated[str, about("Name of the fleet.")]
    projects: Annotated[list[ProjectDriftJson], about("The projects, by path.")]
    drifted: Annotated[list[str], about("The paths of the projects with more than progress.")]
    exit_code: Annotated[Count, about("The first of the order of exit codes over all projects.")]


class FleetHistoryJson(TypedDict):
    """The launches of all projects."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    fleet: Annotated[str, about("Name of the fleet.")]
    projects: Annotated[list[ProjectHistoryJson], about("The projects, by path.")]
    exit_code: Annotated[Count, about("The first of the order of exit codes over all projects.")]
