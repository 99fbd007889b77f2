"""`mscode fleet drift`: what has changed in any project since its last apply."""

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


@make_command("drift", examples=("mscode fleet drift", "mscode fleet drift --detailed-exitcode --parallel 10"))
@fleet_argument
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 where something is not as it was applied; progress alone is 0.",
)
@parallel_option
@json_option
def command(inv: Invocation, directory: Path, detailed_exitcode: bool, parallel: int, as_json: bool) -> int:
    """Show what has changed in the live accounts since the last apply of each project: what a person did, and drift.

    A project that cannot be read is named and stops no other; the exit code is then its own. Nothing is changed: drift sends
    nothing but GET.
    """
    from mscode.app.fleet.projects import load_fleet
    from mscode.app.fleet.readings import exit_code_of, read_drift, read_each
    from mscode.errors import worst
    from mscode.views.fleet.reading_shapes import FleetDriftJson, ProjectDriftJson
    from mscode.views.fleet.reading_text import drift_lines
    from mscode.views.text.width import table_width

    fleet = load_fleet(inv, directory)
    readings = read_each(inv, fleet, read_drift, parallel)
    drifted = [reading.path for reading in readings if reading.data and reading.data["drifted"]]
    code = worst(exit_code_of(readings), 2 if detailed_exitcode and drifted else 0)
    data = FleetDriftJson(
        format_version="1.0",
        fleet=fleet.name,
        projects=[ProjectDriftJson(**head, drift=reading.data) for head, reading in heads(readings)],
        drifted=drifted,
        exit_code=code,
    )
    if as_json:
        inv.out.json(json.dumps(data, indent=2))
    else:
        inv.out.write_lines(drift_lines(data, width=table_width(sys.stdout)))
    show_problems(inv.out, fleet, readings)
    return code
