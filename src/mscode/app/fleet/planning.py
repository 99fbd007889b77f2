"""`mscode fleet plan` and `mscode fleet merge`: a plan of each project, one summary, and the guards over all of them."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app.fleet.people import fleet_key, key_id, line_hash, people_line, reaches_of
from mscode.app.fleet.processes import KEY, Ended, Job, environment_of, limits_of, run_side_by_side
from mscode.app.fleet.projects import file_stem
from mscode.app.fleet.run_folder import (
    LOGS,
    RunFolder,
    begin_folder,
    file_hash,
    plan_name,
    read_run,
    write_run,
)
from mscode.app.invocation import Invocation
from mscode.errors import ConfigError, Diagnostic, Interrupted, MscodeError, UsageError, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.fleet.projects import Fleet, FleetProject
    from mscode.views.fleet.plan_shapes import FleetPlanJson, FleetProjectPlanJson

#: Takes a project's row once it is there, with how many of how many are done.
OnProject = Callable[["FleetProjectPlanJson", int, int, float], object]


@dataclass(frozen=True, slots=True)
class FleetPlanRequest:
    """What `mscode fleet plan` is asked for. `projects` are those to be planned, `selection` all of the run, those of other
    shards too. `out` is the folder for the plans (None: they are not kept), `shard` is like `1/4` ("" for all projects).
    """

    projects: Sequence[FleetProject]
    selection: Sequence[FleetProject]
    out: Path | None = None
    parallel: int = 4
    shard: str = ""
    changed_since: str = ""
    override: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FleetPlanOutcome:
    """What came of all projects, as JSON data."""

    data: FleetPlanJson

    def exit_code(self, *, detailed: bool = False) -> int:
        """The first in the order of exit codes over all projects. `detailed`: 2 where any has changes."""
        has_changes = any(project["result"] == "changes" for project in self.data["projects"])
        return worst(self.data["exit_code"], 2 if detailed and has_changes else 0)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the process of a project has to know of the run. The key never leaves memory."""

    id: str
    key: bytes = field(repr=False)
    override: tuple[str, ...] = ()


def plan_fleet(inv: Invocation, fleet: Fleet, request: FleetPlanRequest, on_project: OnProject) -> FleetPlanOutcome:
    """Plan each project in a process of its own. Sends nothing but GET, and takes no lock.

    A project that cannot be planned stops no other. Interrupted where a signal came: then the folder is none of a run.
    """
    check_override(request.override)
    run = _Run(
        secrets.token_hex(8),
        fleet_key(inv.variables, is_shard=bool(request.shard)),
        tuple(sorted(request.override)),
    )
    began = datetime.now(UTC)
    with _folder_of(request) as folder:
        rows, lines = _plan_each(inv, fleet, request, run, folder, on_project)
        data = _together(inv, fleet, request, run, began, rows, list(lines.values()))
        if request.out is not None:
            write_run(request.out, data, key_id(run.key), lines.values(), inv.out.without_secrets)
    return FleetPlanOutcome(data)


def check_override(names: frozenset[str]) -> None:
    """UsageError for a name that is no guard over projects: it would override nothing, and the refusal would not say so."""
    from mscode.model.nearest import nearest
    from mscode.plan.guards.over_projects import NAMES

    for name in sorted(names.difference(NAMES)):
        similar = nearest(name, NAMES)
        known = f'Did you mean "{similar[0]}"?' if similar else f"Known: {', '.join(NAMES)}."
        raise UsageError(
            f'--override: "{name}" is no guard of a fleet',
            hint=f"{known} A guard of one project is overridden where that project is planned alone.",
        )


@contextmanager
def _folder_of(request: FleetPlanRequest) -> Iterator[Path]:
    """Where the processes write: the folder of the run, or one that goes with the command."""
    if request.out is not None:
        begin_folder(request.out, [project.path for project in request.projects])
        yield request.out
        return
    with tempfile.TemporaryDirectory(prefix="mscode-fleet-") as name:
        (Path(name) / LOGS).mkdir()
        yield Path(name)


def _plan_each(
    inv: Invocation,
    fleet: Fleet,
    request: FleetPlanRequest,
    run: _Run,
    folder: Path,
    on_project: OnProject,
) -> tuple[list[FleetProjectPlanJson], dict[str, str]]:
    """The row of each project, and its line of people where it has a plan; by path."""
    rows: dict[str, FleetProjectPlanJson] = {}
    lines: dict[str, str] = {}
    interrupted = False
    for project, ended in _ends(inv, fleet, request, run, folder):
        interrupted = interrupted or ended.exit_code == Interrupted.exit_code
        if ended.result is not None:
            row, line = ended.result
            rows[project.path] = row
            lines[project.path] = line
        else:
            rows[project.path] = _failed(project, ended)
        if not interrupted:
            on_project(rows[project.path], len(rows), len(request.projects), ended.seconds)
    if interrupted:
        done = sum(row["result"] != "error" for row in rows.values())
        raise Interrupted(
            f"Interrupted: {done} of {len(request.projects)} projects are planned, and nothing was changed",
            hint="Run the command again.",
            code="interrupted",
        )
    return [rows[path] for path in sorted(rows)], {path: lines[path] for path in sorted(lines)}


def _ends(
    inv: Invocation, fleet: Fleet, request: FleetPlanRequest, run: _Run, folder: Path
) -> Iterator[tuple[FleetProject, Ended]]:
    """Each project with the end of its process, those first that have no token and so none."""
    fleet_tokens = fleet.secrets
    inv.hide(filter(None, [inv.variables.get(KEY, "")]))
    jobs: dict[str, tuple[FleetProject, Job]] = {}
    for project in request.projects:
        try:
            token = token_of(project, inv)
        except MscodeError as error:
            yield project, Ended(project.path, error.exit_code, None, error.diagnostics, began=False)
            continue
        target = str(folder / plan_name(project.path)) if request.out is not None else ""
        job = Job(
            project.path,
            plan_project,
            environment_of(token, inv.variables, fleet_tokens),
            folder / LOGS / f"{project.file_stem}.log",
            (project, target, run),
            {"env": project.environment, "typed_command": "mscode plan", "verbose": inv.verbose},
        )
        jobs[project.path] = project, job
    for ended in run_side_by_side(
        [job for _, job in jobs.values()], request.parallel, limits_of(fleet.limits), secret_variables=fleet_tokens
    ):
        yield jobs[ended.path][0], ended


def token_of(project: FleetProject, inv: Invocation) -> str:
    """The token of a project, which no output shows from now on. "" where fleet.yaml names no variable for it, and its own
    mscode.yaml none that is set: then its process looks for one. ConfigError where the variable of fleet.yaml is not set.
    """
    token = inv.variables.get(project.needed_token, "").strip() if project.needed_token else ""
    if not token and project.token_variable:
        raise ConfigError(
            [
                Diagnostic(
                    f"The variable {project.token_variable} is not set",
                    project.place,
                    detail=f"fleet.yaml says that it holds the token of {project.path}.",
                    hint="Set it to the token of that account.",
                    code="token",
                )
            ]
        )
    if token:
        inv.hide_token(token)
    return token


def _failed(project: FleetProject, ended: Ended) -> FleetProjectPlanJson:
    from mscode.views.fleet.plan_json import failed_json

    return failed_json(
        project.path,
        project.wave,
        project.project,
        project.chosen_environment,
        ended.diagnostics,
        ended.exit_code,
    )


# ---- in the process of a project -------------------------------------------------------------------------------------


def plan_project(
    inv: Invocation, project: FleetProject, target: str, run: _Run
) -> tuple[int, tuple[FleetProjectPlanJson, str]]:
    """Plan a project, print the plan, and save it to the file `target` ("" for none). Gives the plan's exit code, the project's
    row, and its line of people.
    """
    from mscode.app.plan import make_plan
    from mscode.app.saved_plan import save_plan
    from mscode.app.workspace import show_plan
    from mscode.plan.inputs import Options
    from mscode.views.fleet.plan_json import planned_json
    from mscode.views.plan.saved_shape import SavedRun

    outcome = make_plan(inv, project.folder, Options(), with_drift=True)
    show_plan(outcome.work, outcome.plan)
    line, data = people_line(project.path, outcome.plan, run.key), outcome.data(show_people=False)
    if target:
        made_in = SavedRun(id=run.id, key_id=key_id(run.key), people=line_hash(line), override=run.override)
        save_plan(outcome, Path(target), made_in, data)
    code = outcome.exit_code()
    people = len(frozenset().union(*(c.launch.reach.phones for c in outcome.plan.changes if c.launch is not None)))
    row = planned_json(project.path, project.wave, data, people, code)
    if target:
        row["plan"] = plan_name(project.path)
        row["plan_sha256"] = file_hash(Path(target))
    return code, (row, line)


# ---- all projects together -------------------------------------------------------------------------------------------


def _together(
    inv: Invocation,
    fleet: Fleet,
    request: FleetPlanRequest,
    run: _Run,
    began: datetime,
    rows: Sequence[FleetProjectPlanJson],
    lines: Sequence[str],
) -> FleetPlanJson:
    from mscode.app.git.revision import revision_of
    from mscode.model.calling_window import format_instant

    revision = revision_of(fleet.root, inv.variables)
    head: dict[str, Any] = {
        "format_version": "1.0",
        "mscode_version": __version__,
        "timestamp": format_instant(began),
        "fleet": fleet.name,
        "runs": [run.id],
        "shard": request.shard or None,
        "selection": _selection_hash(project.path for project in request.selection),
        "changed_since": request.changed_since,
        **({"commit": revision.commit} if revision.commit else {}),
        **({"branch": revision.branch} if revision.branch else {}),
    }
    return _summed_up(head, rows, lines, fleet.guards, list(run.override))


def _summed_up(
    head: Mapping[str, Any],
    rows: Sequence[FleetProjectPlanJson],
    lines: Sequence[str],
    guards: Mapping[str, Any],
    override: list[str],
) -> FleetPlanJson:
    """The summary of these projects; `head` are the members that say which run it is."""
    from mscode.plan.guards.over_projects import checks_over
    from mscode.views.fleet import plan_json as views

    reaches = reaches_of(lines)
    checks = views.checks_json(checks_over(reaches, guards, frozenset(override)))
    people = len(frozenset().union(*(reach.people for reach in reaches)))
    summary: Any = {
        **head,
        "projects": list(rows),
        "checks": checks,
        "totals": views.totals_over(rows),
        "reach": views.reach_over(rows, people),
        "override": override,
        "digest": views.digest_over(rows),
        "exit_code": views.exit_code_over(rows, checks),
    }
    return summary  # type: ignore[no-any-return]


def merge_shards(inv: Invocation, fleet: Fleet, folders: Sequence[Path], out: Path) -> FleetPlanOutcome:
    """Put the folders of all shards of a run together, judge the guards over all of their projects, and write one folder.

    MscodeError where a shard is missing, or where two are not of one run: of another commit, other projects, or another key.
    """
    shards = [read_run(folder) for folder in folders]
    for shard in shards:
        shard.check_plans()
    refuse_other_runs(shards)
    if any(out.resolve() == shard.path.resolve() for shard in shards):
        raise UsageError(f"--out {out} is one of the folders to be merged", hint="Name a new folder.")
    rows = sorted((row for shard in shards for row in shard.data["projects"]), key=lambda row: row["path"])
    begin_folder(out, [row["path"] for row in rows])
    for shard in shards:
        _copy(shard, out)
    lines = {path: line for shard in shards for path, line in shard.lines.items()}
    data: Any = {**shards[0].data, "shard": None}
    data["runs"] = sorted({run for shard in shards for run in shard.data["runs"]})
    data["timestamp"] = min(shard.data["timestamp"] for shard in shards)
    in_order = [lines[path] for path in sorted(lines)]
    merged = _summed_up(data, rows, in_order, fleet.guards, shards[0].data["override"])
    write_run(out, merged, shards[0].key_name, in_order, inv.out.without_secrets)
    return FleetPlanOutcome(merged)


def refuse_other_runs(shards: Sequence[RunFolder]) -> None:
    """MscodeError unless these are all shards of one run, each once."""
    first = shards[0]
    for shard in shards[1:]:
        for name, words in _SAME.items():
            if shard.data.get(name) != first.data.get(name):
                raise _not_one_run(f"{first.path} and {shard.path} are not of one run: {words}")
        if shard.key_name != first.key_name:
            raise _not_one_run(f"{first.path} and {shard.path} are not of one run: their MSCODE_FLEET_KEY differs")
    places: dict[str, Path] = {}
    for shard in shards:
        place = shard.data["shard"] or ""
        if place in places:
            what = f"shard {place}" if place else "of all projects"
            raise _not_one_run(f"{places[place]} and {shard.path} are both {what}")
        places[place] = shard.path
    if "" in places and len(places) > 1:
        raise _not_one_run(f"{places['']} holds all projects, and the other folders shards of them")
    totals = {place.partition("/")[2] for place in places}
    if len(totals) > 1:
        raise _not_one_run(f"The folders are shards of {' and of '.join(sorted(totals))}")
    paths = [row["path"] for shard in shards for row in shard.data["projects"]]
    if _selection_hash(paths) != first.data["selection"]:
        numbers = {place.partition("/")[0] for place in places}
        missing = [str(at) for at in range(1, int(totals.pop() or 1) + 1) if str(at) not in numbers]
        raise _not_one_run(f"Not every project is in one of the folders: shard {', '.join(missing) or '?'} is missing")


def _selection_hash(paths: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()


_SAME = {
    "fleet": "they are of other fleets",
    "commit": "they were made of other commits",
    "selection": "they were cut from other projects",
    "changed_since": "they have another --changed-since",
    "override": "other guards are overridden",
    "mscode_version": "they were made by other versions of mscode",
}


def _not_one_run(summary: str) -> MscodeError:
    return MscodeError(
        summary,
        detail="Nothing was written.",
        hint="Run the jobs of all shards again, with the same commit and MSCODE_FLEET_KEY.",
        code="not-one-run",
    )


def _copy(shard: RunFolder, out: Path) -> None:
    """The plans and logs of a shard."""
    try:
        for row in shard.data["projects"]:
            log = f"{file_stem(row['path'])}.log"
            if row["plan"] is not None:
                shutil.copyfile(shard.path / row["plan"], out / row["plan"])
            if (shard.path / LOGS / log).is_file():
                shutil.copyfile(shard.path / LOGS / log, out / LOGS / log)
    except OSError as error:
        raise ConfigError(f"{error.filename or out} cannot be copied: {error.strerror}", code="unwritable") from None
