"""`mscode continue`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.completing import AddressType, FileType
from mscode.cli.options import variable_options
from mscode.errors import UsageError


@make_command(
    "continue",
    examples=(
        "mscode continue rsvpCalls.invite --start '2026-12-07 09:00' --end '2026-12-09 17:00'",
        "mscode continue rsvpCalls.invite --start 2026-12-07T09:00 --end 2026-12-09T17:00 --out invite-2.yaml",
    ),
)
@click.argument(
    "address", type=AddressType(can_be_halted=True), help="The campaign that broke off, like rsvpCalls.invite."
)
@directory_argument
@click.option(
    "--start",
    default="",
    metavar="TIME",
    help="When the new campaign starts, like 2026-12-07T09:00; without an offset in the project's timezone.",
)
@click.option("--end", default="", metavar="TIME", help="When it ends, in the same form.")
@click.option(
    "--out", type=FileType(dir_okay=False), metavar="FILE", help="Write the manifest into a new file, not to stdout."
)
@variable_options
def command(inv: Invocation, address: str, directory: Path, start: str, end: str, out: Path | None) -> None:
    """Write the manifest of a new campaign for those whom a finished one did not reach: nobody who has answered is called again.

    It has the hours, days, texts and buttons of the first, wants as many to accept as are still missing, and calls a group of those
    who answered no call. It is only a file: `mscode plan` shows whom it would call, and `mscode apply` calls them. Nothing but
    GET is sent.
    """
    from mscode.app.continuing import Times, continue_campaign, write_manifest
    from mscode.model.plurals import count

    if not (start and end):
        raise UsageError(
            "The new campaign needs its times: --start TIME --end TIME",
            hint="A campaign without a start would call at once.",
        )
    continuation = continue_campaign(inv, directory, parse_address(address), Times(start, end))
    if out is None:
        inv.out.document(continuation.text.rstrip())
    else:
        write_manifest(out, continuation.text)
        inv.out.info(f"Wrote {out}.")
    if continuation.wanted > continuation.people:
        inv.out.info(
            f"Warning: it wants {continuation.wanted:,} to accept and is for {count(continuation.people, 'person')}: a plan "
            "refuses that. Lower its acceptsWanted."
        )
    inv.out.info(
        f"{continuation.address} is for {continuation.people:,} of {count(continuation.of, 'person')}. Next: `mscode plan` shows "
        "whom it would call."
    )
