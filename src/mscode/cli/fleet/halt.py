"""`mscode fleet halt`: stops the campaigns of every project now."""

from __future__ import annotations

import json
from dataclasses import field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.fleet.options import fleet_argument
from mscode.cli.halt import halt_json, halted_line, notes_of, show_errors, stand_in_line
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.project_file import FLEET_FILE
from mscode.views.diagnostics import to_json

if TYPE_CHECKING:
    from mscode.app.fleet.halt import FleetHalt, ProjectHalt
    from mscode.app.fleet.projects import FleetProject
    from mscode.app.halt import Halted
    from mscode.errors import Diagnostic, Place
    from mscode.views.console import Out
    from mscode.views.fleet.halt_shapes import ProjectHaltJson


@make_command(
    "halt",
    examples=("mscode fleet halt", "mscode fleet halt agency --all-in-account", "mscode fleet halt --json"),
)
@fleet_argument
@click.option(
    "--all-in-account", is_flag=True, help="Halt every unfinished campaign of their accounts, whoever made it."
)
@json_option
def command(inv: Invocation, directory: Path, all_in_account: bool, as_json: bool) -> int:
    """Stop every unfinished campaign of every project now. Asks nothing, and works without valid manifests, state or lock.

    All projects are halted side by side in one process, by fleet.yaml, the url in each mscode.yaml and the tokens. A project
    whose mscode.yaml or token is missing, or whose service does not answer within 10 seconds, is named and stops no other. The
    exit code is 0 only where all is halted for certain; a project that was not reached counts as 7.
    """
    from mscode.app.fleet.halt import halt_fleet
    from mscode.app.halt import through_hangup

    with through_hangup():
        progress = _Progress(inv.out, as_json)
        outcome = halt_fleet(
            inv,
            directory,
            everything_in_account=all_in_account,
            begin=progress.begin,
            tell=progress.report,
            say=progress.say,
        )
        _show(inv.out, outcome, as_json=as_json)
    return outcome.code


@dataclass(frozen=True, slots=True)
class _Progress:
    """Reports each campaign as soon as it is halted, and what is said of a project; called by many threads."""

    out: Out
    as_json: bool
    _lock: Lock = field(default_factory=Lock)

    def begin(self, fleet: str, number: int) -> None:
        (self.out.info if self.as_json else self.out.result)(
            f"Halting {count(number, 'project')} of the fleet {fleet}."
        )

    def report(self, project: FleetProject, halted: Halted) -> None:
        with self._lock:
            if not self.as_json:
                self.out.result(f"{project.path}: {halted_line(halted)}")
            if text := stand_in_line(halted):
                self.out.info(f"{project.path}: {text}", "yellow")

    def say(self, project: FleetProject, text: str) -> None:
        with self._lock:
            self.out.info(f"{project.path}: {text}", "yellow")


def _show(out: Out, outcome: FleetHalt, *, as_json: bool) -> None:
    """Print the rest: each halt was reported as it happened. The last line comes last of all."""
    from mscode.views.fleet.halt import fleet_json, table_lines

    rows = [_row(project_halt) for project_halt in outcome.projects]
    fleet_problems = [to_json(diagnostic) for problem in outcome.problems for diagnostic in problem.diagnostics]
    report = fleet_json(outcome.fleet, outcome.code, rows, fleet_problems)
    for project_halt in outcome.projects:
        for text in notes_of(project_halt.outcome) if project_halt.outcome is not None else ():
            out.info(f"{project_halt.project.path}: {text}", "yellow")
    if as_json:
        out.json(json.dumps(report, indent=2))
    else:
        out.result("")
        for line in table_lines(rows):
            out.result(line)
        out.result("")
    diagnostics = [diagnostic for problem in outcome.problems for diagnostic in problem.diagnostics]
    diagnostics += [diagnostic for project_halt in outcome.projects for diagnostic in _diagnostics_of(project_halt)]
    show_errors(out, diagnostics)
    (out.info if as_json else out.result)(report["summary"])


def _row(project_halt: ProjectHalt) -> ProjectHaltJson:
    from mscode.views.fleet.halt import project_json

    problem, outcome = project_halt.problem, project_halt.outcome
    return project_json(
        project_halt.project.path,
        project_halt.project.environment,
        project_halt.code,
        halt_json(outcome) if outcome is not None else None,
        [to_json(diagnostic) for diagnostic in problem.diagnostics] if problem is not None else [],
        is_reached=project_halt.is_reached,
    )


def _diagnostics_of(project_halt: ProjectHalt) -> list[Diagnostic]:
    """The errors of a project, each with the project's path before it, and before the file that it is in."""
    outcome, problem = project_halt.outcome, project_halt.problem
    path = project_halt.project.path
    errors = [*([problem] if problem is not None else []), *(outcome.problems if outcome is not None else [])]
    return [
        replace(diagnostic, summary=f"{path}: {diagnostic.summary}", place=_below(path, diagnostic.place))
        for error in errors
        for diagnostic in error.diagnostics
    ]


def _below(path: str, place: Place | None) -> Place | None:
    """A place in a project, as seen from fleet.yaml, which is none of its files."""
    return place if place is None or place.file == FLEET_FILE else replace(place, file=f"{path}/{place.file}")
