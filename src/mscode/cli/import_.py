"""`mscode import`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.options import variable_options


@make_command(
    "import", examples=("mscode import groups.donors 12", "mscode --env production import rsvpCalls.invite 303")
)
@click.argument("address")
@click.argument("live_id", metavar="ID")
@directory_argument
@variable_options
def command(inv: Invocation, address: str, live_id: str, directory: Path) -> None:
    """Take a live object under management, under an address that the manifests declare. Changes nothing live."""
    from mscode.app.management import import_object

    target = parse_address(address)
    live = import_object(inv, directory, target, live_id)
    inv.out.result(f"{target}: Import complete [id={live.id}]")
    inv.out.info("`mscode plan` shows how it differs from its manifest.")
