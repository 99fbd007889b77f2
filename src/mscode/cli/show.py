"""`mscode show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.cli.flow import load_environment
from mscode.cli.frame import Invocation, json_option
from mscode.cli.frame import command as make_command
from mscode.cli.stored import reading
from mscode.errors import UsageError
from mscode.views.state_view import entry_json, entry_lines


@make_command("show", examples=("mscode show", "mscode show --json campaigns/"))
@click.argument("directory", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path))
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Show the state: every managed object, its id, and what was applied."""
    if directory.is_file():
        raise UsageError(f"{directory} is a file; this version shows the state of a project's folder")
    environment = load_environment(inv, directory)
    known = reading(environment).known
    entries = [entry for _, entry in sorted(known.entries.items())]
    if as_json:
        values = {
            "environment": environment.name,
            "serial": known.serial,
            "resources": [entry_json(e) for e in entries],
        }
        inv.out.result(json.dumps(values, indent=2))
        return
    if not entries:
        inv.out.result("The state is empty.")
    for at, entry in enumerate(entries):
        if at:
            inv.out.result("")
        for line in entry_lines(entry):
            inv.out.result(line)
