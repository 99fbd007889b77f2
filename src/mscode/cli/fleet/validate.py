"""`mscode fleet validate`: everything that can be said of the projects of a fleet without the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option
from mscode.cli.fleet.options import fleet_argument, parallel_option, project_selection_options, shard_option
from mscode.cli.validate import FORMATS

if TYPE_CHECKING:
    from mscode.app.fleet.projects import Fleet
    from mscode.app.fleet.validating import FleetValidation, ProjectValidation


@make_command(
    "validate",
    examples=(
        "mscode fleet validate",
        "mscode fleet validate --changed-since origin/main --format github",
        "mscode fleet validate --parallel 8 --json",
    ),
)
@fleet_argument
@project_selection_options
@shard_option
@parallel_option
@format_option(*FORMATS, name="form", help="How to print the findings: text to stderr, all others to stdout.")
@json_option
def command(
    inv: Invocation,
    directory: Path,
    changed_since: str,
    wave: int | None,
    shard_of: tuple[int, int] | None,
    parallel: int,
    form: str,
    as_json: bool,
) -> int:
    """Check every project of fleet.yaml, each in a process of its own, without the network and without tokens.

    A project that is not valid stops no other. Exits with 1 where one has an error, with 5 where a rule refuses one.
    """
    from mscode.app.fleet.listing import select
    from mscode.app.fleet.projects import load_fleet
    from mscode.app.fleet.shards import shard
    from mscode.app.fleet.validating import validate_fleet
    from mscode.views.diagnostics import show_diagnostics
    from mscode.views.fleet.validation import progress_line

    def tell(row: ProjectValidation, done: int, of: int) -> None:
        inv.out.info(progress_line(row.project.path, row.exit_code, row.objects, done, of))

    fleet = load_fleet(inv, directory)
    show_diagnostics(inv.out, fleet.problems)
    projects = select(inv, fleet, changed_since, wave).projects
    projects = shard(projects, *shard_of).projects if shard_of else projects
    outcome = validate_fleet(inv, fleet, projects, parallel, tell)
    if as_json or form == "json":
        _show_json(inv, fleet, outcome)
    elif form == "text":
        _show_text(inv, outcome)
    else:
        _show_findings(inv, directory, outcome, form)
    return outcome.exit_code


def _show_json(inv: Invocation, fleet: Fleet, outcome: FleetValidation) -> None:
    from mscode.views.diagnostics import to_json
    from mscode.views.fleet.validation import FleetValidationJson

    data = FleetValidationJson(
        format_version="1.0",
        fleet=fleet.name,
        valid=outcome.exit_code == 0,
        exit_code=outcome.exit_code,
        projects=[
            {
                "path": row.project.path,
                "project": row.project.project,
                "environment": row.project.chosen_environment,
                "exit_code": row.exit_code,
                "report": row.report,
            }
            for row in outcome.projects
        ],
        diagnostics=[to_json(problem) for problem in (*fleet.problems, *outcome.problems)],
    )
    inv.out.json(json.dumps(data, indent=2))


def _show_text(inv: Invocation, outcome: FleetValidation) -> None:
    from mscode.views.diagnostics import show_diagnostics
    from mscode.views.fleet.validation import total_line
    from mscode.views.text.printable import escape_unprintable

    for row in outcome.projects:
        if row.diagnostics:
            inv.out.info(f"\n{escape_unprintable(row.project.path)}:", "bold")
            show_diagnostics(inv.out, row.diagnostics)
    if outcome.problems:
        inv.out.info("")
        show_diagnostics(inv.out, outcome.problems)
    valid = sum(row.exit_code == 0 for row in outcome.projects)
    inv.out.info("")
    inv.out.info(total_line(valid, len(outcome.projects)), "green" if outcome.exit_code == 0 else "red")


def _show_findings(inv: Invocation, directory: Path, outcome: FleetValidation, form: str) -> None:
    from mscode.app.ci import in_repository
    from mscode.cli.validate import show_findings
    from mscode.model.project_file import FLEET_FILE
    from mscode.views.ci.findings import findings_of, ordered

    folder = in_repository(inv, directory)
    findings = [finding for row in outcome.projects for finding in row.findings]
    findings += findings_of(outcome.problems, folder)
    show_findings(inv, ordered(findings), form, f"{folder}/{FLEET_FILE}" if folder else FLEET_FILE)
