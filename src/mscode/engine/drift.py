"""Live against last applied: what `drift` and `--refresh-only` look at. The state is enough; manifests add the members.

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account
from mscode.engine.session import plan_input_of
from mscode.errors import MscodeError, PlanError
from mscode.model.world import DesiredWorld, Known, LiveWorld
from mscode.plan.change import Note, Plan
from mscode.plan.drift.detect import find_drift, is_foreign, memberships
from mscode.plan.inputs import Options, PlanInput
from mscode.plan.planner import make_plan

_NOT_COMPARED = "members of groups and receivers were not compared"


def read_and_detect_drift(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    seal: Callable[[Any], str],
    *,
    why_bare: str = "",
    saw: Callable[[LiveWorld], object] | None = None,
) -> Plan:
    """A plan that changes nothing and holds the drift. `desired` may be bare, without objects; `why_bare` says why it is.
    `saw` learns what is read.

    PlanError where the lists cannot be trusted, or where the state belongs to another account.
    """
    live = read_world(account, desired, known)
    if saw is not None:
        saw(live)
    now = account.now()
    inputs = plan_input_of(live, account, desired, known, seal, Options(), now)
    _refuse_foreign(inputs)
    found = list(find_drift(inputs))
    if not why_bare and desired.objects:
        try:
            found += memberships(make_plan(inputs).changes, known.entries)
        except PlanError as error:
            why_bare = f"no plan can be made ({error.diagnostics[0].summary})"
    notes = (Note("", f"{_NOT_COMPARED}: {why_bare}", "not-compared"),) if why_bare else ()
    return _report(inputs, tuple(sorted(found, key=lambda one: one.address)), notes)


def _refuse_foreign(inputs: PlanInput) -> None:
    for address, entry in sorted(inputs.known.entries.items()):
        if is_foreign(entry, inputs.objects(address.section).get(entry.id)):
            raise MscodeError(
                "This state belongs to another account",
                detail=f"{address} is id {entry.id} in the state, and the live object with that id was made at another time.",
                hint="Check the environment's url and token.",
                code="foreign-state",
            )


def _report(inputs: PlanInput, found: tuple[Any, ...], notes: tuple[Note, ...]) -> Plan:
    project = inputs.desired.project
    return Plan(
        project=project.name,
        environment=inputs.environment,
        url=inputs.url,
        zone_name=project.zone_name,
        window_zone_name=inputs.window_zone_name,
        now=inputs.now,
        notes=notes,
        compared=len(inputs.known.entries),
        serial=inputs.known.serial,
        lineage=inputs.known.lineage,
        drift=found,
        refresh_only=True,
    )
