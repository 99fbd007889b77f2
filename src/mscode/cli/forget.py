"""`mscode forget`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument


@make_command(
    "forget", examples=("mscode forget groups.donors", "mscode --env production forget rsvpCalls.invite campaigns/")
)
@click.argument("address")
@directory_argument
def command(inv: Invocation, address: str, directory: Path) -> None:
    """Leave an object alone from now on: it stays in the live account, and mscode never touches it again."""
    from mscode.app.management import forget

    target = parse_address(address)
    entry = forget(inv, directory, target)
    inv.out.result(f"{target}: Forgotten [id={entry.id}]. It stays in the live account.")
    inv.out.info("Take its manifest out too, or give it `import:` to manage it again.")
