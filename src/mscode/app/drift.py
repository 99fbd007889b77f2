"""Drift: what differs from what was last applied, which `--refresh-only` takes into the state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.app.environment import Environment, open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import open_state
from mscode.app.workspace import load_environment, work_in
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.model.privacy import Masker
    from mscode.model.world import DesiredWorld, LiveWorld
    from mscode.plan.change import Plan
    from mscode.state.store import StateStore


@dataclass(frozen=True, slots=True)
class DriftWorkspace:
    """A project whose drift is detected: its environment, and its manifests where they can be read.

    Without them `desired` is empty: the state tells everything but the members of groups and the receivers.
    `why_no_manifests` then says why, "" where nobody asked for them. `masker` masks people as the command line wants it.
    """

    inv: Invocation
    environment: Environment
    desired: DesiredWorld
    masker: Masker
    #: masks everybody, for what is not a terminal
    full_masker: Masker
    why_no_manifests: str = ""

    def detect(self, reader: Reader, store: StateStore) -> Plan:
        """Read live and compare it with the state: a plan without changes that holds the drift."""
        from mscode.engine.drift import read_and_detect_drift
        from mscode.engine.session import PlanRequest

        def saw(live: LiveWorld) -> None:
            for objects in live.objects.values():
                store.saw(objects.values())

        return read_and_detect_drift(
            self.environment.account(reader),
            PlanRequest(self.desired, store.known, store.keyed_hash),
            why_bare=self.why_no_manifests,
            on_read=saw,
        )


@dataclass(frozen=True, slots=True)
class DriftOutcome:
    """What differs, as a plan without changes; `masker` masks people as the command line wants it, `full_masker` all of them."""

    plan: Plan
    masker: Masker
    full_masker: Masker

    @property
    def matters(self) -> bool:
        """Is something not as it was applied? Progress alone is as it was meant."""
        return any(drifted.matters for drifted in self.plan.drift)


def detect_drift(inv: Invocation, directory: Path) -> DriftOutcome:
    """Compare the live account with what was last applied. Sends nothing but GET."""
    from mscode.plan.inputs import Options

    environment = load_environment(inv, directory)
    try:
        project = work_in(inv, directory, environment, Options())
    except MscodeError:
        workspace = without_manifests(inv, environment, "the manifests have errors, see `mscode validate`")
    else:
        full_masker = project.masker(show_people=False)
        workspace = DriftWorkspace(inv, project.environment, project.desired, project.masker(), full_masker)
    store = open_state(workspace.environment, inv.out.info)
    with open_reader(workspace.environment, masker=workspace.masker) as reader:
        return DriftOutcome(workspace.detect(reader, store), workspace.masker, workspace.full_masker)


def without_manifests(inv: Invocation, environment: Environment, reason: str = "") -> DriftWorkspace:
    """Detect drift by the state alone; `reason` says why the manifests are not read."""
    from mscode.model.privacy import Masker
    from mscode.model.world import DesiredWorld, Project

    file = environment.project
    desired = DesiredWorld(Project(file.project, ZoneInfo(file.timezone), file.timezone), {})
    return DriftWorkspace(inv, environment, desired, Masker(show_people=inv.show_people), Masker(), reason)
