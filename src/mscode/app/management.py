"""Take a live object under management by its id, or leave a managed one alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import open_reader
from mscode.app.state import lock_state
from mscode.app.state_edit import not_in_state
from mscode.app.workspace import load_environment, load_work
from mscode.errors import MscodeError, UsageError
from mscode.model.nearest import did_you_mean

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.model.address import Address
    from mscode.model.world import Entry, Known, Live


def import_object(inv: Invocation, directory: Path, address: Address, live_id: str) -> Live:
    """Take the live object with this id under management, under an address that the manifests declare. Sends nothing but GET.

    MscodeError where the object is not there, where it or the address is managed already, or where nothing declares it.
    """
    from mscode.model.kind import ID
    from mscode.model.world import Entry, called_before, people_called_by, remembered
    from mscode.plan.inputs import Options
    from mscode.plan.lifecycle import operator_halt

    if not ID.match(live_id):
        raise UsageError(f'"{live_id}" is not an id of the live account')
    workspace = load_work(inv, directory, Options())
    if address not in workspace.desired.objects:
        hint = did_you_mean(str(address), map(str, workspace.desired.objects)) or "Declare it first, then import."
        raise MscodeError(f"{address} is not declared in the manifests", hint=hint, code="unknown-address")
    kind, target = address.kind, workspace.environment.target()
    if kind.rows is not None:
        raise MscodeError(
            f"There is nothing to import for {address}",
            detail=f"Of a list nothing is live but its {kind.rows.section}, and these are found by its rows.",
            hint="Just plan and apply.",
            code="bad-import",
        )
    with (
        open_reader(workspace.environment, masker=workspace.masker()) as reader,
        lock_state(inv, workspace.environment, "import") as store,
    ):
        _refuse_managed(store.known, address, live_id)
        raw = reader.find(target.item(kind.collection, live_id), what=str(address))
        if raw is None:
            raise MscodeError(
                f"There is no {kind.singular} with id {live_id}",
                hint="Check the id and the environment.",
                code="bad-import",
            )
        live = workspace.environment.account(reader).decode(kind, raw)
        called = people_called_by(address, live.id, store.known.tombstones)
        entry = Entry(address, live.id, origin="adopted", created_at=live.creation, called=called)
        if called_before(address, live.id, store.known.tombstones) and live.fields.get("state") == "halt":
            # The object before it has called people already: this one stays halted until a person resumes it.
            entry = operator_halt.accepted(entry)
        store.put(remembered(entry, live))
        store.remove_tombstone(address)
    return live


def _refuse_managed(known: Known, address: Address, live_id: str) -> None:
    """MscodeError where the address stands for an object already, or the object has an address."""
    entry = known.entries.get(address)
    if entry is not None:
        raise MscodeError(
            f"{address} is managed already, as id {entry.id}",
            hint=f"`mscode forget {address}` first.",
            code="bad-import",
        )
    for entry in known.entries.values():
        if (entry.address.section, entry.id) == (address.section, live_id):
            raise MscodeError(f"id {live_id} is managed already, as {entry.address}", code="bad-import")


def forget(inv: Invocation, directory: Path, address: Address) -> Entry:
    """Leave a managed object alone from now on; gives what the state knew of it. MscodeError where that is nothing."""
    from mscode.model.world import Tombstone

    with lock_state(inv, load_environment(inv, directory), "forget") as store:
        entry = store.known.entries.get(address)
        if entry is None:
            raise not_in_state(address, store.known.entries)
        for live_id in (*entry.superseded, entry.id):
            store.add_tombstone(Tombstone.of(entry, live_id))
        store.drop(address)
    return entry
