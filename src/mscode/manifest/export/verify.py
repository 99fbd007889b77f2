"""The law of exports, held before anything is written: what is written down loads, and planning it gives only imports.

The judges are the loader and the planner themselves, so that an export cannot believe something else than they do. What
they object to is left out and named, never written in a form that would change the live account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path

from mscode.errors import Diagnostic, ManifestError, MscodeError, PlanError
from mscode.manifest.export.secrets import Secrets
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.project.variable_sources import NOTHING, VariableSources
from mscode.model.address import Address
from mscode.model.world import Desired, DesiredWorld, Known, LiveWorld
from mscode.plan.change import Change, NoOp
from mscode.plan.inputs import PlanInput
from mscode.plan.order import dependencies
from mscode.plan.planner import make_plan


@dataclass(frozen=True, slots=True)
class Home:
    """The project that the manifests are written into, and the environment they are planned in.

    `known` is its state: empty where it has none. `sealed` are fields that are known to hold a
    secret; `given` and `secrets` are what is known of its variables.
    """

    root: Path
    project: ProjectFile
    environment: str
    url: str
    window_zone: tzinfo
    window_zone_name: str
    now: datetime
    known: Known = field(default_factory=Known)
    sealed: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)
    given: VariableSources = NOTHING
    secrets: Secrets = field(default_factory=Secrets)


def violations(
    home: Home, world: LiveWorld, texts: Mapping[str, str], addresses: Iterable[Address]
) -> dict[Address, str]:
    """Why an address cannot stay, for each that cannot. ManifestError (or PlanError) where the fault
    is not in what was written.
    """
    ours = {str(address): address for address in addresses}
    raw = {name: text.encode() for name, text in texts.items()}
    try:
        desired = load(
            home.root, home.project, home.environment, window_zone=home.window_zone, sources=home.given, more=raw
        )
    except ManifestError as error:
        return _ours(error.diagnostics, ours, error)
    try:
        plan = make_plan(_scene(home, world, _alone(desired, ours.values())))
    except PlanError as error:
        return _ours(error.diagnostics, ours, error)
    changed = (change for change in plan.changes if str(change.address) in ours and not _is_import_alone(change))
    return {change.address: f"a manifest cannot say it as it is ({_what(change)})" for change in changed}


def _alone(desired: DesiredWorld, ours: Iterable[Address]) -> DesiredWorld:
    """What was written and what that names: whatever else the project plans is not this command's matter."""
    objects: dict[Address, Desired] = {}
    todo = list(ours)
    while todo:
        address = todo.pop()
        if address not in objects and address in desired.objects:
            objects[address] = desired.objects[address]
            todo.extend(dependencies(objects[address]))
    return replace(desired, objects=objects)


def _ours(diagnostics: Iterable[Diagnostic], ours: Mapping[str, Address], error: MscodeError) -> dict[Address, str]:
    reasons = {ours[diagnostic.address]: diagnostic.summary for diagnostic in diagnostics if diagnostic.address in ours}
    if not reasons:
        raise error
    return reasons


def _known(home: Home, desired: DesiredWorld) -> Known:
    return Known({address: entry for address, entry in home.known.entries.items() if address in desired.objects})


def _scene(home: Home, world: LiveWorld, desired: DesiredWorld) -> PlanInput:
    return PlanInput(
        desired=desired,
        live=world,
        known=_known(home, desired),
        environment=home.environment,
        url=home.url,
        window_zone=home.window_zone,
        window_zone_name=home.window_zone_name,
        now=home.now,
        keyed_hash=str,
    )


def _is_import_alone(change: Change) -> bool:
    return isinstance(change, NoOp) and change.launch is None and change.is_import


def _what(change: Change) -> str:
    names = [field_change.name for field_change in change.fields] + (["members"] if change.members else [])
    return ", ".join(names) or "what it does"
