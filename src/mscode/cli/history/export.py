"""`mscode history export`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import FileType
from mscode.cli.history.options import folder_options, project_of


@make_command("export", examples=("mscode history export --out audit-2026",))
@folder_options
@click.option(
    "--out", required=True, metavar="DIR", type=FileType(folders_only=True), help="A new folder, for you alone to read."
)
@json_option
def command(inv: Invocation, named: Path | None, folder: Path | None, out: Path, as_json: bool) -> None:
    """Write the records into a new folder, for somebody who has to look at them without mscode.

    It holds tables of the launches and of what came of each person's calls (under keyed hashes, without anybody's number), the
    texts, the digests of recordings, and a README that names what the service cannot tell. Sends nothing to the service.
    """
    from mscode.app.history.export import export_records
    from mscode.model.plurals import count

    answer = export_records(inv, project_of(inv, named, folder), out)
    if as_json:
        inv.out.json(json.dumps(answer.data, indent=2))
        return
    launches, files = count(answer.data["launches"], "launch"), count(answer.data["files"], "file")
    inv.out.result(f"{launches} written to {out} in {files}; you alone can read them.")
