"""`mscode import`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.completing import AddressType
from mscode.cli.options import lock_option, variable_options


@make_command(
    "import",
    examples=("mscode import groups.donors 12", "mscode --env production import rsvpCalls.invite 303"),
    asks_for_parent=True,
)
@click.argument("address", type=AddressType(), help="An address that the manifests declare, like groups.donors.")
@click.argument("live_id", metavar="ID", help="The id of the live object.")
@directory_argument
@variable_options
@lock_option
def command(inv: Invocation, address: str, live_id: str, directory: Path) -> None:
    """Bring a live object under management, so that it is changed in place of being created. Nothing live is changed.

    The address must be declared in a manifest. `import:` in the manifest does the same, and is reviewed with it.
    """
    from mscode.app.management import import_object

    target = parse_address(address)
    live = import_object(inv, directory, target, live_id)
    inv.out.result(f"{target}: Import complete [id={live.id}]")
    inv.out.info("`mscode plan` shows how it differs from its manifest.")
