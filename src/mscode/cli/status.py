"""`mscode status`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option


@make_command("status", examples=("mscode status", "mscode status --json", "mscode --env production status campaigns/"))
@directory_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Show where this project's live campaigns stand: those that the state knows, and those that carry its mark.

    Needs no manifests and no lock. Sends nothing but GET.
    """
    from mscode.app.campaigns import read_status
    from mscode.views.status.table import row_json, status_lines

    status = read_status(inv, directory)
    if as_json:
        data = {"environment": status.environment, "campaigns": [row_json(row) for row in status.campaigns]}
        inv.out.document(json.dumps(data, indent=2))
    else:
        inv.out.write_lines(status_lines(status.campaigns, status.zone_name))
