"""The invariant of exports, checked before anything is written: the manifests load, and planning them gives only imports.

It is checked with the loader and the planner themselves, so that an export cannot disagree with them. An object they
object to is left out and named, never written in a form that would change the live account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, tzinfo
from pathlib import Path

from mscode.errors import Diagnostic, ManifestError, MscodeError, PlanError
from mscode.manifest.export.secrets import Secrets
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.project.variable_sources import NOTHING, VariableSources
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Desired, DesiredWorld, Known, LiveWorld
from mscode.plan.change import NoOp
from mscode.plan.inputs import PlanInput
from mscode.plan.order import dependencies
from mscode.plan.planner import make_plan


@dataclass(frozen=True, slots=True)
class Home:
    """The project that the manifests are written into, and the environment they are planned in.

    `known` is its state: empty where it has none. `sealed` are fields that are known to hold a secret; `given` are the
    values of its variables from the command line, `secrets` its secret ones.
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
    exported = {str(address): address for address in addresses}
    raw = {name: text.encode() for name, text in texts.items()}
    try:
        desired = load(
            home.root, home.project, home.environment, window_zone=home.window_zone, sources=home.given, more=raw
        )
    except ManifestError as error:
        return _reasons(error.diagnostics, exported, error)
    desired = _with_dependencies(desired, exported.values())
    inputs = PlanInput(
        desired=desired,
        live=world,
        known=Known({address: entry for address, entry in home.known.entries.items() if address in desired.objects}),
        environment=home.environment,
        url=home.url,
        window_zone=home.window_zone,
        window_zone_name=home.window_zone_name,
        now=home.now,
        keyed_hash=str,
    )
    try:
        plan = make_plan(inputs)
    except PlanError as error:
        return _reasons(error.diagnostics, exported, error)
    objections: dict[Address, str] = {}
    for change in plan.changes:
        is_import_alone = isinstance(change, NoOp) and change.launch is None and change.is_import
        if str(change.address) in exported and not is_import_alone:
            names = [field_change.name for field_change in change.fields] + (["members"] if change.members else [])
            effect = ", ".join(names) or "what it does"
            objections[change.address] = f"a manifest cannot say it as it is ({effect})"
    return objections


def _with_dependencies(desired: DesiredWorld, exported: Iterable[Address]) -> DesiredWorld:
    """The exported objects and everything they refer to. The rest of the project is not planned here."""
    objects: dict[Address, Desired] = {}
    todo = list(exported)
    while todo:
        address = todo.pop()
        if address not in objects and address in desired.objects:
            objects[address] = desired.objects[address]
            todo.extend(dependencies(objects[address]))
    return replace(desired, objects=objects)


def _reasons(
    diagnostics: Iterable[Diagnostic], exported: Mapping[str, Address], error: MscodeError
) -> dict[Address, str]:
    """The objection to each exported address; the error itself where it concerns none of them."""
    reasons = {
        exported[diagnostic.address]: diagnostic.summary for diagnostic in diagnostics if diagnostic.address in exported
    }
    if not reasons:
        raise error
    return reasons
