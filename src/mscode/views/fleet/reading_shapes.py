"""What `mscode fleet status`, `drift` and `history` print with --json."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.drift.drift_shapes import DriftJson
from mscode.views.history.history_shapes import HistoryJson
from mscode.views.status.status_shapes import StatusJson, StatusTotalsJson


class StatusReadingJson(TypedDict):
    """What a project's process tells of its campaigns: the JSON of `status`, and a row of the table for each, its group first."""

    status: StatusJson
    rows: list[list[str]]


class ReadingHeadJson(TypedDict):
    """A project that was read, or could not be: its `diagnostics` say why."""

    path: str
    environment: str
    exit_code: int
    diagnostics: list[DiagnosticJson]


class ProjectStatusJson(ReadingHeadJson):
    """A project; `status` is what `status --json` prints of it, null where it could not be read."""

    status: StatusJson | None


class ProjectDriftJson(ReadingHeadJson):
    """A project; `drift` is what `drift --json` prints of it, null where it could not be read."""

    drift: DriftJson | None


class ProjectHistoryJson(ReadingHeadJson):
    """A project; `history` is what `history list --json` prints of it, null where it could not be read."""

    history: HistoryJson | None


class FleetStatusJson(TypedDict):
    """Where the campaigns of all projects stand. `totals` are over those that could be read."""

    format_version: Literal["1.0"]
    fleet: str
    projects: list[ProjectStatusJson]
    totals: StatusTotalsJson
    exit_code: int


class FleetDriftJson(TypedDict):
    """What is not as it was applied. `drifted` are the paths of the projects with more than progress."""

    format_version: Literal["1.0"]
    fleet: str
    projects: list[ProjectDriftJson]
    drifted: list[str]
    exit_code: int


class FleetHistoryJson(TypedDict):
    """The launches of all projects."""

    format_version: Literal["1.0"]
    fleet: str
    projects: list[ProjectHistoryJson]
    exit_code: int
