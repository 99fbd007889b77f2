"""`mscode sandbox seed`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import FileType
from mscode.cli.sandbox.control import control, control_options


@make_command("seed", examples=["mscode sandbox seed people.csv", "mscode sandbox seed people.json"])
@click.argument("file", metavar="FILE", type=FileType(dir_okay=False, exists=True), help="A CSV or JSON file.")
@control_options
@json_option
def command(invocation: Invocation, file: Path, directory: Path | None, url: str | None, as_json: bool) -> None:
    """Load many accounts into the sandbox at once.

    A CSV file has the names of the account's fields in its first line. A JSON file is a list of accounts, or {"accounts": [...],
    "groups": [{"name", "description", "accounts"}]}.
    """
    from mscode.app.emulator_seed import read_seed

    emulator = control(invocation, directory, url)
    counts = emulator.call("POST", "/seed", json.dumps(read_seed(file)))
    if as_json:
        invocation.out.json(json.dumps(counts))
    else:
        invocation.out.info(f"Loaded {', '.join(f'{count} {name}' for name, count in counts.items())}.")
