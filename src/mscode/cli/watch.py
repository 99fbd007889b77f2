"""`mscode watch`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.campaigns import Account, chosen, open_account
from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import json_option
from mscode.cli.options import folder_option
from mscode.cli.status import rows
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.views.status.table import Row


@make_command("watch", examples=("mscode watch", "mscode watch rsvpCalls.invite --interval 30"))
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--interval", type=click.FloatRange(0.1, 86400), default=5.0, metavar="SECONDS", help="Time between two looks (5)."
)
@folder_option
@json_option
def command(inv: Invocation, addresses: tuple[str, ...], interval: float, directory: Path, as_json: bool) -> None:
    """Follow campaigns until each is done or halted, or Ctrl-C. On a terminal a table; else a line for each change.

    With --json each change is a JSON object on a line of its own. Sends nothing but GET.
    """
    from mscode.views.status.watching import follower

    with open_account(inv, directory) as account, follower(inv.out, _zone(account), as_json=as_json) as show:
        before: list[Row] = []
        seen = False
        while True:
            now = _look(account, addresses, first=not seen)
            show(before, now)
            before, seen = now, True
            if all(row.standing.finished or row.standing.state == "halt" for row in now):
                return
            wait(interval)


def _zone(account: Account) -> str:
    return account.environment.project.timezone


def _look(account: Account, addresses: tuple[str, ...], *, first: bool) -> list[Row]:
    """Where they stand now. One that is deleted while it is followed is no error."""
    campaigns = account.campaigns()
    try:
        return rows(chosen(campaigns, addresses))
    except MscodeError:
        if first:
            raise
        return rows(one for one in campaigns if one.address in addresses)


def wait(seconds: float) -> None:
    """Until the next look; Ctrl-C ends it at once."""
    time.sleep(seconds)
