"""Settling by hand what became of a create: what is looked at before a person's word is taken.

See docs/protocol.md#resolving-an-unknown-outcome.
"""

from __future__ import annotations

from dataclasses import replace

from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account
from mscode.engine.session import PlanRequest
from mscode.errors import MscodeError
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import DesiredWorld, Entry, Intent, Live, Tombstone, remembered
from mscode.plan.identity.candidates import marker_of
from mscode.plan.identity.lost_create import is_create, is_recorded, needs_manual_resolution
from mscode.plan.identity.matching import CandidateIndex, manifest_of, verdict_on
from mscode.plan.planner import make_plan
from mscode.state.store import StateStore


def open_create(store: StateStore, address: Address) -> Intent:
    """The create of an address that has no known end; MscodeError where there is none."""
    intent = store.intent(address)
    if intent is None or not is_create(intent) or is_recorded(intent, store.entry(address)):
        raise MscodeError(
            f"{address} has no unresolved create; nothing to resolve.",
            hint="`mscode plan` shows an unresolved one with a `?`.",
            code="nothing-unknown",
        )
    return intent


# ---- it is there -----------------------------------------------------------------------------------------------------


def adopt(account: Account, kind: Kind, store: StateStore, intent: Intent, live_id: str) -> Live:
    """The live object that a person says it is; MscodeError where it cannot be."""
    raw = account.reader.find(account.path(kind, live_id), what=str(intent.address))
    if raw is None:
        raise MscodeError(
            f"There is no {kind.singular} with id {live_id}", hint="Check the id and the environment.", code="bad-adopt"
        )
    live = account.decode(kind, raw)
    key = (intent.address.section, live.id)
    for entry in store.known.entries.values():
        if key in {(entry.address.section, live_id) for live_id in (entry.id, *entry.superseded)}:
            raise MscodeError(f"id {live.id} is managed already, as {entry.address}", code="bad-adopt")
    marker = marker_of(live)
    if marker is not None and not marker.belongs_to(account.target.project, account.target.environment, intent.address):
        owner = f"{marker.project}/{marker.environment}, as {marker.address}"
        raise MscodeError(f"id {live.id} is managed elsewhere: its mark says {owner}", code="bad-adopt")
    return live


def record_adopted(store: StateStore, kind: Kind, intent: Intent, live: Live) -> None:
    """It is ours, as if its answer had come. What it replaced stays superseded, or is left alone."""
    entry = store.entry(intent.address)
    if entry is not None and entry.id not in entry.superseded:
        store.add_tombstone(Tombstone.of(entry))
    fresh = replace(
        entry or Entry(intent.address, live.id),
        id=live.id,
        origin="created",
        created_at=live.creation,
        generation=intent.generation,
        applied={},
        server_values={},
        launched=needs_manual_resolution(kind),
        dialled=0,
    )
    store.put(remembered(fresh, live))
    store.end_intent(intent.address)


# ---- it is not there -------------------------------------------------------------------------------------------------


def people_if_made_again(account: Account, desired: DesiredWorld, store: StateStore, intent: Intent) -> int:
    """How many people a create reaches, twice if it was done after all; MscodeError where something of it is there."""
    live = read_world(account, desired, store.known)
    inputs = PlanRequest(desired, store.known, store.keyed_hash).inputs(account, live, account.now())
    managed = {(entry.address.section, entry.id): entry.address for entry in inputs.known.entries.values()}
    verdict = verdict_on(inputs, intent, manifest_of(inputs, intent.address), managed, CandidateIndex(inputs))
    candidates = [verdict.adopted] if verdict.adopted else list(verdict.ambiguous)
    if candidates:
        ids = " and ".join(candidate.id for candidate in candidates)
        raise MscodeError(
            f"{intent.address} is there after all: id {ids}",
            hint=f"The next apply takes it in; or say so: `mscode resolve {intent.address} --adopt {candidates[0].id}`."
            if verdict.adopted
            else f"Say which it is: `mscode resolve {intent.address} --adopt ID`.",
            code="found-after-all",
        )
    other_intents = {address: pending for address, pending in inputs.known.intents.items() if address != intent.address}
    plan = make_plan(replace(inputs, known=replace(inputs.known, intents=other_intents)))
    reaches = [c.launch.reach.people for c in plan.changes if c.address == intent.address and c.launch is not None]
    return sum(reaches)
