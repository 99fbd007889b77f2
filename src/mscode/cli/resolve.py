"""`mscode resolve`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.completing import AddressType
from mscode.cli.options import lock_option
from mscode.errors import UsageError


@make_command(
    "resolve",
    examples=("mscode resolve clickToCalls.survey --adopt 17", "mscode resolve clickToCalls.survey --not-created"),
)
@click.argument("address", type=AddressType(), help="The object whose create is unresolved, like clickToCalls.survey.")
@directory_argument
@lock_option
@click.option(
    "--adopt", "adopt_id", default="", metavar="ID", help="It was created: manage the live object with this id."
)
@click.option("--not-created", is_flag=True, help="It was not created: the next apply may create it.")
def command(inv: Invocation, address: str, directory: Path, adopt_id: str, not_created: bool) -> None:
    """Settle a create whose outcome is unknown, which `mscode plan` shows with a `?`. Nothing live is changed.

    Look in the account first: if the object is there, give its id with --adopt, else say --not-created.
    """
    from mscode.app.resolve import resolve_create

    target = parse_address(address)
    if bool(adopt_id) == not_created:
        raise UsageError("Say one of the two: --adopt ID, or --not-created")
    resolution = resolve_create(inv, directory, target, adopt_id)
    if resolution.adopted_id:
        inv.out.result(f"{target}: Resolved, it was created [id={resolution.adopted_id}]")
        inv.out.info("`mscode plan` shows how it differs from its manifest.")
        return
    inv.out.result(f"{target}: Resolved, it was not created")
    if resolution.is_declared:
        inv.out.info("The next plan creates it; where that reaches people, it asks for its own yes.")
