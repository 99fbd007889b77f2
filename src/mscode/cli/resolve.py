"""`mscode resolve`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.errors import UsageError


@make_command(
    "resolve",
    examples=("mscode resolve clickToCalls.survey --adopt 17", "mscode resolve clickToCalls.survey --not-created"),
)
@click.argument("address")
@directory_argument
@click.option(
    "--adopt", "adopt_id", default="", metavar="ID", help="It was created: it is the live object with this id."
)
@click.option("--not-created", is_flag=True, help="It was not created, and may be sent again.")
def command(inv: Invocation, address: str, directory: Path, adopt_id: str, not_created: bool) -> None:
    """Say what became of a create whose answer was lost and which plan shows with a `?`. Sends nothing but GET."""
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
