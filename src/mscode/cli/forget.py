"""`mscode forget`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.completing import AddressType
from mscode.cli.options import lock_option


@make_command(
    "forget",
    examples=("mscode forget groups.donors", "mscode --env production forget rsvpCalls.invite drives/spring"),
    asks_for_parent=True,
)
@click.argument("address", type=AddressType(), help="A managed object, like groups.donors.")
@directory_argument
@lock_option
def command(inv: Invocation, address: str, directory: Path) -> None:
    """Stop managing an object. It stays in the live account, and mscode does not touch it again."""
    from mscode.app.management import forget

    target = parse_address(address)
    entry = forget(inv, directory, target)
    inv.out.result(f"{target}: Forgotten [id={entry.id}]. It stays in the live account.")
    inv.out.info("Take its manifest out too, or give it `import:` to manage it again.")
