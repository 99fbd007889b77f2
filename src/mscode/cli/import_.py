"""`mscode import`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_work, parse_address
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.cli.options import options_of, variable_options
from mscode.errors import MscodeError, UsageError
from mscode.model.address import Address
from mscode.model.world import Entry, Known, called_before, remembered


@make_command(
    "import", examples=("mscode import groups.donors 12", "mscode --env production import rsvpCalls.invite 303")
)
@click.argument("address")
@click.argument("live_id", metavar="ID")
@directory_argument
@variable_options
def command(inv: Invocation, address: str, live_id: str, directory: Path) -> None:
    """Take a live object under management, under an address that the manifests declare. Changes nothing live."""
    from mscode.app.state import writing
    from mscode.model.kind import ID
    from mscode.plan.drift.detect import ACCEPTED_HALT

    wanted = parse_address(address)
    if not ID.match(live_id):
        raise UsageError(f'"{live_id}" is not an id of the live account')
    work = load_work(inv, directory, options_of())
    if wanted not in work.desired.objects:
        raise MscodeError(
            f"{wanted} is not declared in the manifests", hint="Declare it first, then import.", code="unknown-address"
        )
    kind, target = wanted.kind, work.environment.target()
    if kind.rows is not None:
        raise MscodeError(
            f"There is nothing to import for {wanted}",
            detail=f"Of a list nothing is live but its {kind.rows.section}, and these are found by its rows.",
            hint="Just plan and apply.",
            code="bad-import",
        )
    with (
        open_reader(work.environment, masker=work.masker()) as reader,
        writing(inv, work.environment, "import") as store,
    ):
        _refuse_taken(store.known, wanted, live_id)
        raw = reader.find(target.item(kind.collection, live_id), what=address)
        if raw is None:
            raise MscodeError(
                f"There is no {kind.singular} with id {live_id}",
                hint="Check the id and the environment.",
                code="bad-import",
            )
        live = work.environment.account(reader).decode(kind, raw)
        entry = Entry(wanted, live.id, origin="adopted", created_at=live.created_at)
        if called_before(wanted, live.id, store.known.tombstones) and live.fields.get("state") == "halt":
            # the one before it has called people: this one stays halted until a person asks for more
            entry = replace(entry, applied={"state": ACCEPTED_HALT})
        store.put(remembered(entry, live))
        store.unbury(wanted)
    inv.out.result(f"{wanted}: Import complete [id={live.id}]")
    inv.out.talk("`mscode plan` shows how it differs from its manifest.")


def _refuse_taken(known: Known, wanted: Address, live_id: str) -> None:
    entry = known.entries.get(wanted)
    if entry is not None:
        raise MscodeError(
            f"{wanted} is managed already, as id {entry.id}", hint=f"`mscode forget {wanted}` first.", code="bad-import"
        )
    for other in known.entries.values():
        if (other.address.section, other.id) == (wanted.section, live_id):
            raise MscodeError(f"id {live_id} is managed already, as {other.address}", code="bad-import")
