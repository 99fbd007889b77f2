"""`mscode history show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.history.options import folder_options, page_of, project_of


@make_command("show", examples=("mscode history show 7-3fa9c1", "mscode history show 7-3fa9c1 --json"))
@click.argument("id", metavar="ID", help="The id of a record, as `mscode history` lists it; its number is enough.")
@folder_options
@json_option
def command(inv: Invocation, id: str, named: Path | None, folder: Path | None, as_json: bool) -> None:
    """Show one record, whole: of a launch also what people heard, its window, what was overridden, and the run that made it.

    Numbers, addresses and names of people in texts are masked. Sends nothing to the service.
    """
    from mscode.app.history.questions import read_record
    from mscode.views.history.history_text import record_lines

    answer = read_record(inv, project_of(inv, named, folder), id)
    if as_json:
        inv.out.json(json.dumps(answer.data, indent=2))
    else:
        inv.out.write_lines(record_lines(answer.data, page_of(answer)))
