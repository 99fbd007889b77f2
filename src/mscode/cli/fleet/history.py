"""`mscode fleet history`: the launches of every project in one table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.fleet.options import fleet_argument, parallel_option
from mscode.cli.fleet.reading import heads, show_problems


@make_command("history", examples=("mscode fleet history --since 30d", "mscode fleet history --commit 1a2b3c4d --json"))
@fleet_argument
@click.option(
    "--since",
    default=None,
    metavar="TIME",
    help="Only launches from this time on: a day or time like 2026-12-01, or how long ago, like 36h, 30d or 4w.",
)
@click.option(
    "--commit", default=None, metavar="SHA", help="Only launches of this commit; its first digits are enough."
)
@click.option(
    "--refresh", is_flag=True, help="First read from the services what has come of the launches, and record it."
)
@parallel_option
@json_option
def command(
    inv: Invocation, directory: Path, since: str | None, commit: str | None, refresh: bool, parallel: int, as_json: bool
) -> int:
    """List the launches of every project, newest first: when, of which commit, who approved each, and what came of it.

    A project whose records cannot be read is named and stops no other; the exit code is then its own. `mscode history show` in the
    folder of a project shows all of a launch.
    """
    from mscode.app.fleet.projects import load_fleet
    from mscode.app.fleet.readings import exit_code_of, read_each, read_history
    from mscode.views.fleet.reading_shapes import FleetHistoryJson, ProjectHistoryJson
    from mscode.views.fleet.reading_text import history_lines
    from mscode.views.text.width import table_width

    fleet = load_fleet(inv, directory)
    readings = read_each(inv, fleet, read_history, parallel, since, commit, refresh, needs_token=refresh)
    data = FleetHistoryJson(
        format_version="1.0",
        fleet=fleet.name,
        projects=[ProjectHistoryJson(**head, history=reading.data) for head, reading in heads(readings)],
        exit_code=exit_code_of(readings),
    )
    if as_json:
        inv.out.json(json.dumps(data, indent=2))
    else:
        inv.out.write_lines(history_lines(data, width=table_width(sys.stdout)))
    show_problems(inv.out, fleet, readings)
    return data["exit_code"]
