"""`mscode watch`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import AddressType, FileType
from mscode.cli.options import folder_option
from mscode.cli.values import Duration
from mscode.errors import Interrupted, UsageError


@make_command(
    "watch",
    examples=(
        "mscode watch",
        "mscode watch rsvpCalls.invite --interval 30",
        "mscode watch 'rsvpCalls.*' --json",
        "mscode watch --listen 8090",
        "mscode watch rsvpCalls.invite --until complete --timeout 5m",
        "mscode watch --serve 8080 --stay",
    ),
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
    metavar="SECONDS",
    help="Seconds between two reads of the account (5; with --listen 30).",
)
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    help="Take the service's webhooks at this address (this machine alone unless HOST names another), and read the campaign that "
    "one is about at once.",
)
@click.option(
    "--serve",
    metavar="[HOST:]PORT",
    help="Serve the page of `status --format html` at this address (this machine alone unless HOST names another), following "
    "along, with /metrics and /healthz.",
)
@click.option(
    "--stay", is_flag=True, help="With --serve or --listen: go on when each campaign is done or halted, until Ctrl-C."
)
@click.option(
    "--rehearsal",
    metavar="FILE",
    type=FileType(exists=True, dir_okay=False),
    help="With --serve: show beside the accepts what this JSON of `mscode rehearse` expects.",
)
@click.option(
    "--until",
    type=click.Choice(["complete"]),
    help="End when every campaign is complete with its accepts, or with exit code 1 as soon as one can no longer be.",
)
@click.option(
    "--timeout", type=Duration(), metavar="DURATION", help="End with exit code 1 after so long, like 30s, 5m or 1h30m."
)
@folder_option
@json_option
def command(
    inv: Invocation,
    addresses: tuple[str, ...],
    interval: float | None,
    listen: str | None,
    serve: str | None,
    stay: bool,
    rehearsal: Path | None,
    until: str | None,
    timeout: float | None,
    directory: Path,
    as_json: bool,
) -> int:
    """Follow campaigns until each is done or halted, or Ctrl-C. On a terminal a table; else a line for each change.

    ADDRESS is an address, the name of a forEach, or a glob. With --json each change is a JSON object on a line of its own, with
    --listen an event whose type is state, reply or progress. With --serve a page follows along in the browser, on which nothing can
    be started or changed. Without any project, MSCODE_URL and MSCODE_TOKEN show the whole
    account. Sends nothing but GET, whatever a webhook says.
    """
    from mscode.app.campaigns import open_account
    from mscode.app.live.address import Address
    from mscode.app.live.bands import read_bands
    from mscode.app.live.events import EventLog
    from mscode.app.live.page_server import page_server
    from mscode.app.watch import WatchRequest, watch
    from mscode.views.status.watching import Watched, follower, write_events

    if stay and serve is None and listen is None:
        raise UsageError("--stay goes with --serve or --listen alone", hint="Add one of them, or leave it out.")
    if rehearsal and serve is None:
        raise UsageError("--rehearsal goes with --serve alone", hint="Add --serve PORT, or leave it out.")
    address = None if listen is None else Address.parse(listen, "--listen")
    page = None if serve is None else Address.parse(serve, "--serve")
    request = WatchRequest(addresses, interval, until is not None, timeout, address, stay, page is not None)
    bands = read_bands(rehearsal)
    with open_account(inv, directory) as account, page_server(account, page, request.seconds, inv.out, bands) as pages:
        if as_json and address is not None:
            log = EventLog(account)
            try:
                outcome = watch(
                    inv, account, request, lambda *reading: write_events(inv.out, log.events(*reading)), *pages
                )
            except KeyboardInterrupt:  # is how it mostly ends; every line on stdout is an event, and this is none
                inv.out.info("\nInterrupted.")
                return Interrupted.exit_code
        else:
            watched = Watched(account.zone_name, account.now, account.environment.has_project)
            with follower(inv.out, watched, as_json=as_json) as show:
                outcome = watch(
                    inv, account, request, lambda before, after, hints: show(before.rows, after.rows), *pages
                )
    for reason in outcome.reasons:
        inv.out.info(reason, "red")
    return outcome.code
