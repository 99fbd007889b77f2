"""`mscode fleet apply DIR`: the saved plans of a run, each in a process of its own, wave after wave.

A wave begins only when every project of the one before has ended with 0. What was begun by a run that died goes on, and what is
done is done: the state of each project knows which saved plan has changed it last (`SavedWork.opened`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.approval import ApplyOptions
from mscode.app.fleet.people import ANEW
from mscode.app.fleet.planning import token_of
from mscode.app.fleet.processes import Ended, Job, environment_of, limits_of, run_side_by_side
from mscode.app.fleet.run_folder import LOGS, RunFolder, plan_name, read_run
from mscode.app.fleet.shards import shard
from mscode.app.invocation import Invocation
from mscode.errors import ConfigError, Diagnostic, GuardError, Interrupted, MscodeError, StalePlan, UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.app.fleet.projects import Fleet, FleetProject
    from mscode.views.fleet.apply_shapes import FleetApplyJson, FleetProjectApplyJson
    from mscode.views.fleet.plan_shapes import FleetProjectPlanJson

#: Takes a project's row once it has ended, with how many of how many have.
OnProject = Callable[["FleetProjectApplyJson", int, int], object]


@dataclass(frozen=True, slots=True)
class FleetApplyRequest:
    """What `mscode fleet apply` is asked for. `shard_of` is like (3, 12), `wave` the only one to be applied; None for all."""

    folder: Path
    options: ApplyOptions
    allow_deletes: int | None = None
    parallel: int = 4
    shard_of: tuple[int, int] | None = None
    wave: int | None = None


@dataclass(frozen=True, slots=True)
class FleetApplyOutcome:
    """What came of all projects, as JSON data."""

    data: FleetApplyJson

    @property
    def exit_code(self) -> int:
        """The first of the order of exit codes over all projects."""
        return self.data["exit_code"]


@dataclass(frozen=True, slots=True)
class _Task:
    """A project of the run, and what its plan was said to do."""

    project: FleetProject
    planned: FleetProjectPlanJson


def apply_fleet(inv: Invocation, fleet: Fleet, request: FleetApplyRequest, on_project: OnProject) -> FleetApplyOutcome:
    """Apply the saved plans of a folder. StalePlan (3) unless all are of one run; GuardError (5) where a guard over all projects
    refuses: nothing is sent then.
    """
    from mscode.app.ci import append_summary
    from mscode.views.fleet.apply_json import fleet_json
    from mscode.views.fleet.apply_markdown import apply_markdown

    run = read_run(request.folder)
    run.check_plans()
    tasks = _chosen(_tasks(fleet, run), request)
    _refuse(run, fleet.guards)
    options = _with_answer(inv, tasks, request.options)
    logs = _log_folder(request.folder)
    rows: list[FleetProjectApplyJson] = []
    for wave in sorted({task.project.wave for task in tasks}):
        of_wave = [task for task in tasks if task.project.wave == wave]
        has_failed = any(row["exit_code"] != 0 for row in rows)
        ends = (
            map(_not_begun, of_wave)
            if has_failed
            else _ends(inv, fleet, replace(request, options=options), of_wave, logs)
        )
        for row in ends:
            rows.append(row)
            on_project(row, len(rows), len(tasks))
    data = fleet_json(fleet.name, run.data["runs"], sorted(rows, key=lambda row: row["path"]))
    append_summary(inv, lambda room: apply_markdown(data, max_bytes=room))
    return FleetApplyOutcome(data)


# ---- what is applied -------------------------------------------------------------------------------------------------


def _tasks(fleet: Fleet, run: RunFolder) -> list[_Task]:
    """The projects of the run, by path. StalePlan where it is not whole, or where fleet.yaml says something else by now."""
    if run.data["fleet"] != fleet.name:
        raise _stale(f"{run.path} is of the fleet {run.data['fleet']}, and this is {fleet.name}")
    if run.data["shard"] is not None:
        raise StalePlan(
            f"{run.path} holds shard {run.data['shard']} alone",
            detail="The guards over all projects are judged where the shards are put together. Nothing was applied.",
            hint="Put them together: mscode fleet merge DIR... --out DIR",
            code="stale-plan",
        )
    projects = {project.path: project for project in fleet.projects}
    tasks = []
    for planned in run.data["projects"]:
        project = projects.get(planned["path"])
        if project is None:
            raise _stale(f"{planned['path']} is no project of fleet.yaml any more")
        if project.wave != planned["wave"]:
            raise _stale(f"{project.path} is of wave {project.wave} in fleet.yaml, and was of {planned['wave']}")
        tasks.append(_Task(project, planned))
    return sorted(tasks, key=lambda task: task.project.path)


def _chosen(tasks: Sequence[_Task], request: FleetApplyRequest) -> list[_Task]:
    """Those of one job. UsageError for a shard of several waves: it would know nothing of how the others end."""
    waves = sorted({task.project.wave for task in tasks})
    if request.wave is not None:
        tasks = [task for task in tasks if task.project.wave == request.wave]
    if request.shard_of is None:
        return list(tasks)
    if request.wave is None and len(waves) > 1:
        raise UsageError(
            "--shard applies one wave at a time",
            detail="A wave begins when every project of the one before has ended well, those of other shards too.",
            hint=f"Name the wave: --wave {waves[0]}; its jobs must end before those of wave {waves[1]} begin.",
        )
    paths = {project.path for project in shard([task.project for task in tasks], *request.shard_of).projects}
    return [task for task in tasks if task.project.path in paths]


def _refuse(run: RunFolder, guards: Mapping[str, Any]) -> None:
    """GuardError where a guard over all projects of the run refuses, as fleet.yaml has the guards now."""
    refusals = [check for check in run.judge(guards) if check.status == "fail"]
    if refusals:
        raise GuardError(
            [
                Diagnostic(
                    f"Guard {check.name} refuses these plans: {check.summary}",
                    detail="\n".join([*check.lines, "Nothing was applied."]),
                    hint=f"If it is meant: mscode fleet plan --override {check.name}",
                    code=check.name,
                )
                for check in refusals
            ]
        )


def _with_answer(inv: Invocation, tasks: Sequence[_Task], options: ApplyOptions) -> ApplyOptions:
    """The options with a person's answer to the one question of an apply of saved plans: whether to launch."""
    launches = sum(task.planned["reach"]["launches"] for task in tasks)
    if not launches or options.allow_launch or options.no_launch or not inv.can_ask:
        return options
    projects = sum(bool(task.planned["reach"]["launches"]) for task in tasks)
    calls = sum(task.planned["reach"]["maxCalls"] for task in tasks)
    question = (
        f"{count(launches, 'launch')} in {count(projects, 'project')}, at most {count(calls, 'call')}.\n"
        "Do you want to launch? People will be called. Only 'yes' will be accepted; anything else holds the launches."
    )
    return replace(options, allow_launch=inv.ask(f"\n{question}") == "yes")


def _log_folder(folder: Path) -> Path:
    try:
        (folder / LOGS).mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder / LOGS} cannot be written: {error.strerror}", code="unwritable") from None
    return folder / LOGS


def _stale(summary: str) -> StalePlan:
    return StalePlan(summary, detail="Nothing was applied.", hint=ANEW, code="stale-plan")


# ---- one wave --------------------------------------------------------------------------------------------------------


def _ends(
    inv: Invocation, fleet: Fleet, request: FleetApplyRequest, tasks: Sequence[_Task], logs: Path
) -> Iterator[FleetProjectApplyJson]:
    """The row of each project as it ends; those first for which no process is begun."""
    fleet_tokens = fleet.secrets
    jobs: dict[str, tuple[_Task, Job]] = {}
    for task in tasks:
        project = task.project
        if task.planned["plan"] is None:
            yield _without_plan(task)
            continue
        try:
            token = token_of(project, inv)
        except MscodeError as error:
            yield _row(task, Ended(project.path, error.exit_code, None, error.diagnostics, began=False))
            continue
        job = Job(
            project.path,
            apply_project,
            environment_of(token, inv.variables, fleet_tokens),
            logs / f"{project.file_stem}.apply.log",
            (project, request.folder / plan_name(project.path), request.options, request.allow_deletes),
            {"env": project.environment, "typed_command": "mscode apply", "lock_timeout": inv.lock_timeout},
        )
        jobs[project.path] = task, job
    work = [job for _, job in jobs.values()]
    for ended in run_side_by_side(work, request.parallel, limits_of(fleet.limits), secret_variables=fleet_tokens):
        yield _row(jobs[ended.path][0], ended)


def _row(task: _Task, ended: Ended) -> FleetProjectApplyJson:
    from mscode.views.fleet.apply_json import project_json

    lines, held = ended.result or ([], 0)
    is_begun = ended.began or ended.exit_code != Interrupted.exit_code
    return project_json(
        task.planned,
        ended.exit_code if is_begun else None,
        lines,
        ended.diagnostics,
        is_held=bool(held),
    )


def _not_begun(task: _Task) -> FleetProjectApplyJson:
    from mscode.views.fleet.apply_json import project_json

    return project_json(task.planned, None, [], ())


def _without_plan(task: _Task) -> FleetProjectApplyJson:
    """A project of the run that could not be planned: what it needs is not known, so no later wave may begin."""
    from mscode.views.fleet.apply_json import project_json

    diagnostic = Diagnostic("It has no plan in this run, so nothing of it was applied", hint=ANEW, code="no-plan")
    return project_json(task.planned, task.planned["exit_code"] or 1, [], [diagnostic])


# ---- in the process of a project -------------------------------------------------------------------------------------


def apply_project(
    inv: Invocation, project: FleetProject, plan: Path, options: ApplyOptions, allow_deletes: int | None
) -> tuple[int, tuple[list[str], int]]:
    """Apply the saved plan of a project, or go on with it. Gives the exit code, the lines that say how it ended, and how many
    launches are held.
    """
    from mscode.app.reporting import TextReporter
    from mscode.app.saved_plan import SavedWork, apply_saved, load_saved
    from mscode.views.apply.apply_text import summary_lines

    read: list[SavedWork] = []

    def load(inv: Invocation, path: Path, allow_deletes: int | None) -> SavedWork:
        read.append(load_saved(inv, path, allow_deletes, directory=project.folder, goes_on=True))
        return read[0]

    outcome = apply_saved(inv, plan, replace(options, auto_approve=True), TextReporter(inv), allow_deletes, load)
    mask = read[0].masker(show_people=False)
    if outcome.summary is None:
        refusals = [check for check in outcome.plan.checks if check.status == "fail"]
        return outcome.exit_code, ([f"{check.name} refuses this plan: {mask(check.summary)}" for check in refusals], 0)
    return outcome.exit_code, (list(summary_lines(outcome.summary, mask)), outcome.summary.held)
