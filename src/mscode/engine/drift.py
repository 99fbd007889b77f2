"""Live against last applied: what `drift` and `--refresh-only` compare. The state is enough; manifests add the members.

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Callable

from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account
from mscode.engine.session import PlanRequest
from mscode.errors import MscodeError, PlanError
from mscode.model.world import LiveWorld
from mscode.plan.change import Note, Plan
from mscode.plan.drift.detect import find_drift, is_foreign, memberships
from mscode.plan.planner import make_plan

_NOT_COMPARED = "members of groups and receivers were not compared"


def read_and_detect_drift(
    account: Account,
    request: PlanRequest,
    *,
    why_bare: str = "",
    on_read: Callable[[LiveWorld], object] | None = None,
) -> Plan:
    """A plan that changes nothing and holds the drift. The manifests of `request` may be bare, without objects; `why_bare` says
    why they are. `on_read` is called with what was read.

    PlanError where the lists cannot be trusted, MscodeError where the state belongs to another account.
    """
    live = read_world(account, request.desired, request.known)
    if on_read is not None:
        on_read(live)
    inputs = request.inputs(account, live, account.now())
    for address, entry in sorted(inputs.known.entries.items()):
        if is_foreign(entry, inputs.objects(address.section).get(entry.id)):
            raise MscodeError(
                "This state belongs to another account",
                detail=f"{address} is id {entry.id} in the state, and the live object with that id was made at another time.",
                hint="Check the environment's url and token.",
                code="foreign-state",
            )
    drift = list(find_drift(inputs))
    if not why_bare and request.desired.objects:
        try:
            drift += memberships(make_plan(inputs).changes, request.known.entries)
        except PlanError as error:
            why_bare = f"no plan can be made ({error.diagnostics[0].summary})"
    notes = (Note("", f"{_NOT_COMPARED}: {why_bare}", "not-compared"),) if why_bare else ()
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
        drift=tuple(sorted(drift, key=lambda difference: difference.address)),
        refresh_only=True,
    )
