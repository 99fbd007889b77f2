"""`mscode fleet list`: the projects of a fleet."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.fleet.options import fleet_argument


@make_command("list", examples=["mscode fleet list"])
@fleet_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the projects of fleet.yaml, with their environments, waves and tokens. Sends nothing."""
    from mscode.app.fleet.projects import load_fleet
    from mscode.views.diagnostics import show_diagnostics
    from mscode.views.fleet.fleet_list import list_lines
    from mscode.views.fleet.list_shapes import FleetListJson
    from mscode.views.text.width import terminal_width

    fleet = load_fleet(inv, directory)
    show_diagnostics(inv.out, fleet.problems)
    data = FleetListJson(
        format_version="1.0",
        fleet=fleet.name,
        projects=[
            {
                "path": project.path,
                "project": project.project,
                "environment": project.chosen_environment,
                "token": project.needed_token,
                "wave": project.wave,
            }
            for project in fleet.projects
        ],
    )
    if as_json:
        inv.out.document(json.dumps(data, indent=2))
    else:
        inv.out.write_lines(list_lines(data, width=terminal_width(sys.stdout)))
