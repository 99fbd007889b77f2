"""`mscode fleet status`, `drift` and `history`: each project is read in a process of its own, and all are shown together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mscode.app.fleet.planning import token_of
from mscode.app.fleet.processes import Ended, Job, Work, environment_of, limits_of, run_side_by_side
from mscode.app.invocation import Invocation
from mscode.errors import Diagnostic, Interrupted, MscodeError, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.fleet.projects import Fleet, FleetProject
    from mscode.views.drift.drift_shapes import DriftJson
    from mscode.views.fleet.reading_shapes import StatusReadingJson
    from mscode.views.history.history_shapes import HistoryJson

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Reading(Generic[Data]):
    """What was read of one project. `data` is None where nothing could be, and `diagnostics` say why."""

    path: str
    environment: str
    exit_code: int
    data: Data | None
    diagnostics: Sequence[Diagnostic]


def read_each(
    inv: Invocation,
    fleet: Fleet,
    work: Work,
    parallel: int,
    *arguments: Any,
    needs_token: bool = True,
) -> list[Reading[Any]]:
    """What `work` gives of each project, by path. One that cannot be read stops no other. Interrupted where a signal came."""
    projects = fleet.projects
    with tempfile.TemporaryDirectory(prefix="mscode-fleet-") as folder:
        ends = dict(_ends(inv, fleet, work, parallel, arguments, Path(folder), needs_token=needs_token))
    if any(ended.exit_code == Interrupted.exit_code for ended in ends.values()):
        raise Interrupted("Interrupted: not every project was read", hint="Run the command again.", code="interrupted")
    return [
        Reading(
            project.path,
            project.chosen_environment,
            ends[project.path].exit_code,
            ends[project.path].result,
            ends[project.path].diagnostics,
        )
        for project in projects
    ]


def exit_code_of(readings: Sequence[Reading[Any]]) -> int:
    """The first of the order of exit codes over all projects."""
    return worst(0, *(reading.exit_code for reading in readings))


def _ends(
    inv: Invocation,
    fleet: Fleet,
    work: Work,
    parallel: int,
    arguments: tuple[Any, ...],
    logs: Path,
    *,
    needs_token: bool,
) -> Iterator[tuple[str, Ended]]:
    fleet_tokens = fleet.secrets
    jobs = []
    for project in fleet.projects:
        try:
            token = token_of(project, inv)
        except MscodeError as error:
            if needs_token:
                yield project.path, Ended(project.path, error.exit_code, None, error.diagnostics, began=False)
                continue
            token = ""
        variables: Mapping[str, str] = environment_of(token, inv.variables, fleet_tokens)
        log = logs / f"{project.file_stem}.log"
        options = {"env": project.environment, "lock_timeout": inv.lock_timeout}
        jobs.append(Job(project.path, work, variables, log, (project, *arguments), options))
    for ended in run_side_by_side(jobs, parallel, limits_of(fleet.limits), secret_variables=fleet_tokens):
        yield ended.path, ended


# ---- in the process of a project -------------------------------------------------------------------------------------


def read_status(inv: Invocation, project: FleetProject, only_active: bool) -> tuple[int, StatusReadingJson]:
    """Where its campaigns stand, as JSON and as the cells of a table."""
    from mscode.app.campaigns import CampaignSelection
    from mscode.app.campaigns import read_status as read_one
    from mscode.views.status.table import in_order, plain_cells, status_json

    status = read_one(inv, project.folder, CampaignSelection.parse((), only_active=only_active))
    rows = in_order(status.campaigns)
    return 0, {
        "status": status_json(status.environment, rows),
        "rows": [[row.group, *plain_cells(row, status.now, status.zone_name)] for row in rows],
    }


def read_drift(inv: Invocation, project: FleetProject) -> tuple[int, DriftJson]:
    """What is not as it was last applied, people masked."""
    from mscode import __version__
    from mscode.app.drift import detect_drift
    from mscode.views.drift.drift_json import drift_json

    outcome = detect_drift(inv, project.folder)
    return 0, drift_json(outcome.plan, mscode_version=__version__, show_people=False, mask=outcome.full_masker)


def read_history(
    inv: Invocation, project: FleetProject, since: str | None, commit: str | None, refresh: bool
) -> tuple[int, HistoryJson]:
    """Its launches, newest first."""
    from mscode.app.history.questions import HistoryRequest
    from mscode.app.history.questions import read_history as read_one

    return 0, read_one(inv, HistoryRequest(project.folder, (), since, commit, refresh)).data
