"""What steps do to the state's entries, besides recording what was applied: move, supersede, forget, bury."""

from __future__ import annotations

from dataclasses import replace

from mscode.engine.apply.run import Run
from mscode.model.address import Address
from mscode.model.world import Tombstone
from mscode.plan.change import Replace, Wanted


def move(run: Run, change: Wanted) -> None:
    """The entry stands under the address that the manifest gives it now."""
    if change.previous_address is not None and run.entry(change.previous_address) is not None:
        run.store.move(change.previous_address, change.address)


def supersede(run: Run, change: Replace) -> None:
    """Remember the old object before the new one is made, so that neither a crash nor a lost answer orphans it.

    An adopted object that was replaced is left alone for good.
    """
    entry, old_id = run.entry(change.address), change.live.id
    if entry is not None and old_id not in entry.superseded and not change.old_was_adopted:
        run.store.put(replace(entry, superseded=(*entry.superseded, old_id)))


def end_superseded(run: Run, address: Address, old_id: str) -> None:
    """A superseded object is gone, or is left alone from now on."""
    entry = run.entry(address)
    if entry is not None:
        run.store.put(replace(entry, superseded=tuple(live_id for live_id in entry.superseded if live_id != old_id)))


def forget(run: Run, address: Address) -> None:
    """Drop an address from the state and remember its id, so that it does not come back by its name."""
    entry = run.entry(address)
    if entry is not None:
        for live_id in (*entry.superseded, entry.id) if address.kind.has_live_objects else ():
            run.store.add_tombstone(Tombstone.of(entry, live_id))
        run.store.drop(address)


def bury_what_called(run: Run, address: Address) -> None:
    """What has called people and is deleted on purpose is not made again either, should its manifest come back."""
    entry = run.entry(address)
    if entry is not None and entry.dialled:
        run.store.add_tombstone(Tombstone.of(entry, reached=True))
