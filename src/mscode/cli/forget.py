"""`mscode forget`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment, parse_address
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.errors import MscodeError


@make_command(
    "forget", examples=("mscode forget groups.donors", "mscode --env production forget rsvpCalls.invite campaigns/")
)
@click.argument("address")
@directory_argument
def command(inv: Invocation, address: str, directory: Path) -> None:
    """Leave an object alone from now on: it stays in the live account, and mscode never touches it again."""
    from mscode.app.state import writing
    from mscode.model.world import Tombstone

    wanted = parse_address(address)
    environment: Environment = load_environment(inv, directory)
    with writing(inv, environment, "forget") as store:
        entry = store.known.entries.get(wanted)
        if entry is None:
            raise MscodeError(
                f"{wanted} is not in the state", hint="`mscode state list` shows what is.", code="unknown-address"
            )
        for one in (*entry.superseded, entry.id):
            store.bury(Tombstone(wanted, one, reached=entry.may_have_rung))
        store.drop(wanted)
    inv.out.result(f"{wanted}: Forgotten [id={entry.id}]. It stays in the live account.")
    inv.out.talk("Take its manifest out too, or give it `import:` to manage it again.")
