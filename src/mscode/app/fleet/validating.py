"""`mscode fleet validate`: every project as `mscode validate` checks it, each in a process of its own.

No network and no token is needed, so no process has one: a pull request of a fork is checked too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.fleet.processes import Ended, Job, environment_of, limits_of, run_side_by_side
from mscode.app.fleet.projects import Fleet, FleetProject
from mscode.errors import ConfigError, Diagnostic, Interrupted, MscodeError, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.views.ci.findings import Finding

#: Takes a project once it is checked, with how many of how many are.
OnProject = Callable[["ProjectValidation", int, int], object]


@dataclass(frozen=True, slots=True)
class ProjectValidation:
    """What was found in one project. `report` is what `mscode validate --json` prints, `diagnostics` the same for a person, with
    files as seen from fleet.yaml; `findings` are for review tools, with files as seen from the repository. `entry_error` is what is
    wrong with its entry in fleet.yaml. `url` is that of its account, "" where it cannot be told.
    """

    project: FleetProject
    exit_code: int
    report: dict[str, Any]
    diagnostics: Sequence[Diagnostic] = ()
    findings: Sequence[Finding] = ()
    objects: int = 0
    entry_error: Diagnostic | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class FleetValidation:
    """`projects` by path. `problems` are errors of fleet.yaml, and of several projects together."""

    projects: Sequence[ProjectValidation]
    problems: Sequence[Diagnostic]

    @property
    def exit_code(self) -> int:
        """The first in the order of exit codes over all."""
        return worst(*(project.exit_code for project in self.projects), MscodeError.exit_code if self.problems else 0)


def validate_fleet(
    inv: Invocation, fleet: Fleet, projects: Sequence[FleetProject], parallel: int, on_project: OnProject
) -> FleetValidation:
    """Check each project in a process of its own, whatever is wrong with others. Interrupted where a signal came."""
    tokens = fleet.secrets
    variables = environment_of("", inv.variables, tokens)
    by_path = {project.path: project for project in projects}
    rows: list[ProjectValidation] = []
    with tempfile.TemporaryDirectory(prefix="mscode-fleet-") as logs:
        jobs = [
            Job(
                project.path,
                validate_project,
                variables,
                Path(logs) / f"{project.file_stem}.log",
                (project,),
                {"env": project.environment, "typed_command": "mscode validate"},
            )
            for project in projects
        ]
        for ended in run_side_by_side(jobs, parallel, limits_of(fleet.limits), secret_variables=tokens):
            if ended.exit_code == Interrupted.exit_code:
                raise Interrupted("Interrupted: not every project was checked", code="interrupted")
            rows.append(ended.result or _broken_off(by_path[ended.path], ended))
            on_project(rows[-1], len(rows), len(projects))
    rows.sort(key=lambda row: row.project.path)
    of_entries = [row.entry_error for row in rows if row.entry_error is not None]
    return FleetValidation(rows, [*of_entries, *_entangled(rows)])


def _broken_off(project: FleetProject, ended: Ended) -> ProjectValidation:
    """A project whose process has no result."""
    from mscode.app.validate import ValidationOutcome
    from mscode.app.validation_report import report

    outcome = ValidationOutcome(error=MscodeError(ended.diagnostics))
    return ProjectValidation(project, ended.exit_code or 1, report(outcome, str), ended.diagnostics)


# ---- in the process of a project -------------------------------------------------------------------------------------


def validate_project(inv: Invocation, project: FleetProject) -> tuple[int, ProjectValidation]:
    """Check a project, and that it has the environment that fleet.yaml names."""
    from mscode.app.ci import in_repository
    from mscode.app.validate import validate
    from mscode.app.validation_report import findings_in, mask_of, report
    from mscode.views.text.findings import finding_diagnostics

    outcome = validate(inv, project.folder)
    url, entry_error = _account(inv, project) if outcome.error is None else ("", None)
    code = worst(outcome.code, MscodeError.exit_code if entry_error else 0)
    of_rules, sentences = finding_diagnostics(outcome.checks, mask_of(inv))
    of_rules += [Diagnostic(sentence, severity="warning") for sentence in sentences]
    return code, ProjectValidation(
        project,
        code,
        report(outcome, mask_of(inv)),
        [_from_fleet(diagnostic, project) for diagnostic in (*outcome.diagnostics, *of_rules)],
        findings_in(inv, outcome, in_repository(inv, project.folder)),
        outcome.objects,
        entry_error,
        url,
    )


def _account(inv: Invocation, project: FleetProject) -> tuple[str, Diagnostic | None]:
    """The URL of the account that a project works in; or what is wrong, where its entry names an environment that it has not."""
    from mscode.app.environment import chosen_name
    from mscode.manifest.project.file import load_project

    file = load_project(project.folder)
    if not project.environment:
        known = file.environments.get(chosen_name(file, "", inv.variables))
        return str(known.url) if known is not None else "", None
    try:
        return str(file.environment(project.environment).url), None
    except ConfigError as error:
        diagnostic = error.diagnostics[0]
        return "", replace(diagnostic, summary=f"{project.path}: {diagnostic.summary}", place=project.place)


def _from_fleet(diagnostic: Diagnostic, project: FleetProject) -> Diagnostic:
    """The same with its file as seen from fleet.yaml."""
    place = diagnostic.place
    return replace(diagnostic, place=replace(place, file=f"{project.path}/{place.file}")) if place else diagnostic


# ---- several projects together ---------------------------------------------------------------------------------------


def _entangled(rows: Iterable[ProjectValidation]) -> list[Diagnostic]:
    """Projects of one identity in one account: each would take the other's objects for its own, and delete them."""
    from mscode.model.project_file import EMBEDDED

    owners: dict[tuple[str, ...], FleetProject] = {}
    problems = []
    for row in rows:
        project = row.project
        # The same token is the same account; which account two tokens open, only the service knows.
        account = (project.project, project.chosen_environment, row.url, project.needed_token)
        if not all(account) or row.url == EMBEDDED:
            continue
        other = owners.setdefault(account, project)
        if other is not project:
            problems.append(
                Diagnostic(
                    f"{other.path} and {project.path} are both project {project.project} of one account",
                    project.place,
                    detail="Each would take the other's objects for its own.",
                    hint="Give one of them another `project:`, or a token of its own.",
                    code="project-twice",
                )
            )
    return problems
