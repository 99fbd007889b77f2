"""Drift: what differs from what was last applied, which `--refresh-only` takes into the state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.app.environment import Environment, open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import open_state
from mscode.app.workspace import load_environment, load_work
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.model.privacy import Masker
    from mscode.model.world import DesiredWorld, LiveWorld
    from mscode.plan.change import Plan
    from mscode.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Ground:
    """Where drift is looked for. `why_bare` says why there are no manifests to compare members with."""

    inv: Invocation
    environment: Environment
    desired: DesiredWorld
    masker: Masker
    #: the same for what is no terminal: it shows nobody
    hidden: Masker
    why_bare: str = ""

    def look(self, reader: Reader, store: StateStore) -> Plan:
        """Read live and compare it with the state."""
        from mscode.engine.drift import read_and_detect_drift
        from mscode.engine.session import PlanRequest

        def saw(live: LiveWorld) -> None:
            for objects in live.objects.values():
                store.saw(objects.values())

        return read_and_detect_drift(
            self.environment.account(reader),
            PlanRequest(self.desired, store.known, store.keyed_hash),
            why_bare=self.why_bare,
            on_read=saw,
        )


@dataclass(frozen=True, slots=True)
class DriftOutcome:
    """What differs, as a plan without changes; `masker` masks people as the command line wants it, `hidden` all of them."""

    plan: Plan
    masker: Masker
    hidden: Masker

    @property
    def matters(self) -> bool:
        """Is something not as it was applied? Progress alone is as it was meant."""
        return any(drifted.matters for drifted in self.plan.drift)


def detect_drift(inv: Invocation, directory: Path) -> DriftOutcome:
    """Compare the live account with what was last applied. Sends nothing but GET."""
    where = ground(inv, directory)
    store = open_state(where.environment, inv.out.info)
    with open_reader(where.environment, masker=where.masker) as reader:
        return DriftOutcome(where.look(reader, store), where.masker, where.hidden)


def ground(inv: Invocation, directory: Path) -> Ground:
    """With the manifests where they can be read: the state alone tells everything but members and receivers."""
    from mscode.plan.inputs import Options

    environment = load_environment(inv, directory)
    try:
        work = load_work(inv, directory, Options())
    except MscodeError:
        return bare_ground(inv, environment, "the manifests have errors, see `mscode validate`")
    return Ground(inv, work.environment, work.desired, work.masker(), work.masker(show_people=False))


def bare_ground(inv: Invocation, environment: Environment, why_bare: str = "") -> Ground:
    """Without any manifest."""
    from mscode.model.privacy import Masker
    from mscode.model.world import DesiredWorld, Project

    file = environment.project
    desired = DesiredWorld(Project(file.project, ZoneInfo(file.timezone), file.timezone), {})
    return Ground(inv, environment, desired, Masker(show_people=inv.show_people), Masker(), why_bare)
