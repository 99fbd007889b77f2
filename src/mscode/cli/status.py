"""`mscode status`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.campaigns import open_account
from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument, json_option

if TYPE_CHECKING:
    from mscode.engine.account.status import Campaign
    from mscode.views.status.table import Row


@make_command("status", examples=("mscode status", "mscode status --json", "mscode --env production status campaigns/"))
@directory_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Show where this project's live campaigns stand: those that the state knows, and those that carry its mark.

    Needs no manifests and no lock. Sends nothing but GET.
    """
    from mscode.views.status.table import row_json, status_lines

    with open_account(inv, directory) as account:
        found = rows(account.campaigns())
    if as_json:
        import json

        values = {"environment": account.environment.name, "campaigns": [row_json(row) for row in found]}
        inv.out.document(json.dumps(values, indent=2))
        return
    inv.out.pieces(status_lines(found, account.environment.project.timezone))


def rows(campaigns: Iterable[Campaign]) -> list[Row]:
    """Campaigns as views take them."""
    from mscode.views.status.table import Row

    return [
        Row(one.address, one.section, one.live.id, one.managed, one.standing, one.first, one.next, one.last)
        for one in campaigns
    ]
