"""`mscode fleet status`: the campaigns of every project in one table."""

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


@make_command("status", examples=("mscode fleet status", "mscode fleet status --active --parallel 10"))
@fleet_argument
@click.option("--active", is_flag=True, help="Show only what may reach people as it stands.")
@parallel_option
@json_option
def command(inv: Invocation, directory: Path, active: bool, parallel: int, as_json: bool) -> int:
    """Show where the live campaigns and messages of every project stand, running ones first.

    A project that cannot be read is named and stops no other; the exit code is then its own. Needs no manifests and no lock.
    Sends nothing but GET.
    """
    from mscode.app.fleet.projects import load_fleet
    from mscode.app.fleet.readings import exit_code_of, read_each, read_status
    from mscode.views.fleet.reading_shapes import FleetStatusJson, ProjectStatusJson
    from mscode.views.fleet.reading_text import status_lines, totals_over
    from mscode.views.text.width import table_width

    fleet = load_fleet(inv, directory)
    readings = read_each(inv, fleet, read_status, parallel, active)
    projects = [
        ProjectStatusJson(**head, status=reading.data["status"] if reading.data else None)
        for head, reading in heads(readings)
    ]
    totals = totals_over(projects)
    data = FleetStatusJson(
        format_version="1.0", fleet=fleet.name, projects=projects, totals=totals, exit_code=exit_code_of(readings)
    )
    if as_json:
        inv.out.json(json.dumps(data, indent=2))
    else:
        rows = [(reading.path, cells) for reading in readings if reading.data for cells in reading.data["rows"]]
        unread = [reading.path for reading in readings if reading.data is None]
        inv.out.write_lines(status_lines(rows, totals, unread, width=table_width(sys.stdout)))
    show_problems(inv.out, fleet, readings)
    return data["exit_code"]
