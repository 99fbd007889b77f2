"""`mscode watch`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import AddressType
from mscode.cli.options import folder_option


@make_command(
    "watch",
    examples=("mscode watch", "mscode watch rsvpCalls.invite --interval 30", "mscode watch 'rsvpCalls.*' --json"),
)
@click.argument(
    "addresses",
    nargs=-1,
    metavar="[ADDRESS]...",
    type=AddressType(),
    help="Addresses, names of a forEach, or globs.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 86400),
    default=5.0,
    metavar="SECONDS",
    help="Seconds between two looks (5).",
)
@folder_option
@json_option
def command(inv: Invocation, addresses: tuple[str, ...], interval: float, directory: Path, as_json: bool) -> None:
    """Follow campaigns until each is done or halted, or Ctrl-C. On a terminal a table; else a line for each change.

    ADDRESS is an address, the name of a forEach, or a glob. With --json each change is a JSON object on a line of its own.
    Without any project, MSCODE_URL and MSCODE_TOKEN show the whole account. Sends nothing but GET.
    """
    from mscode.app.campaigns import open_account
    from mscode.app.watch import follow
    from mscode.views.status.watching import Watched, follower

    with open_account(inv, directory) as account:
        watched = Watched(account.zone_name, account.now, account.environment.has_project)
        with follower(inv.out, watched, as_json=as_json) as show:
            for previous, rows in follow(account, addresses, interval):
                show(previous, rows)
