"""Live against last applied: what `drift` and `--refresh-only` look at. The state is enough; manifests add the members.

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account
from mscode.engine.session import scene_of
from mscode.errors import MscodeError, PlanError
from mscode.model.world import DesiredWorld, Known, LiveWorld
from mscode.plan.change import Note, Plan
from mscode.plan.drift.detect import find_drift, is_foreign, memberships
from mscode.plan.inputs import Options, Scene
from mscode.plan.planner import make_plan

_NOT_COMPARED = "members of groups and receivers were not compared"


def look_for_drift(
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
    scene = scene_of(live, account, desired, known, seal, Options(), now)
    _refuse_foreign(scene)
    found = list(find_drift(scene))
    if not why_bare and desired.objects:
        try:
            found += memberships(make_plan(scene).changes, known.entries)
        except PlanError as error:
            why_bare = f"no plan can be made ({error.diagnostics[0].summary})"
    notes = (Note("", f"{_NOT_COMPARED}: {why_bare}", "not-compared"),) if why_bare else ()
    return _report(scene, tuple(sorted(found, key=lambda one: one.address)), notes)


def _refuse_foreign(scene: Scene) -> None:
    for address, entry in sorted(scene.known.entries.items()):
        if is_foreign(entry, scene.objects(address.section).get(entry.id)):
            raise MscodeError(
                "This state belongs to another account",
                detail=f"{address} is id {entry.id} in the state, and the live object with that id was made at another time.",
                hint="Check the environment's url and token.",
                code="foreign-state",
            )


def _report(scene: Scene, found: tuple[Any, ...], notes: tuple[Note, ...]) -> Plan:
    project = scene.desired.project
    return Plan(
        project=project.name,
        environment=scene.environment,
        url=scene.url,
        zone_name=project.zone_name,
        window_zone_name=scene.window_zone_name,
        now=scene.now,
        notes=notes,
        compared=len(scene.known.entries),
        serial=scene.known.serial,
        lineage=scene.known.lineage,
        drift=found,
        refresh_only=True,
    )
