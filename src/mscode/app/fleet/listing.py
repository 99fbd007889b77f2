"""`mscode fleet list`: the projects of a fleet, all of them or those that have changed, and what removed ones have left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mscode.app.fleet.changes import ChangedProject, fleet_changes
from mscode.app.fleet.projects import Fleet, FleetProject, load_fleet
from mscode.app.fleet.removed import Remains, remains_of
from mscode.app.invocation import Invocation
from mscode.model.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Projects of a fleet. With `is_compared` the members of `changed` say what has changed of them, in the same order.

    `commit` is the one that was compared with ("" for none), `shared` are changed files that lie in no project.
    """

    projects: Sequence[FleetProject]
    is_compared: bool = False
    changed: Sequence[ChangedProject] = ()
    removed: Sequence[Remains] = ()
    commit: str = ""
    shared: Sequence[str] = ()


def select(
    inv: Invocation, fleet: Fleet, changed_since: str = "", wave: int | None = None, *, with_removed: bool = False
) -> Selection:
    """The projects that a command is to work on: with `changed_since` those that have changed, with `wave` those of one wave.
    `with_removed` also looks what removed ones have live.
    """

    def is_meant(project: FleetProject) -> bool:
        return wave is None or project.wave == wave

    if not changed_since:
        return Selection([project for project in fleet.projects if is_meant(project)])
    changes = fleet_changes(inv, fleet, changed_since)
    changed = [entry for entry in changes.changed if is_meant(entry.project)]
    gone = [entry for entry in changes.removed if with_removed and is_meant(entry.project)]
    removed = [remains_of(inv, entry, changes.commit) for entry in gone]
    return Selection([entry.project for entry in changed], True, changed, removed, changes.commit, changes.shared)


def list_fleet(inv: Invocation, directory: Path, changed_since: str, wave: int | None) -> tuple[Fleet, Selection]:
    """The fleet of a folder, and what of it was asked for."""
    fleet = load_fleet(inv, directory)
    return fleet, select(inv, fleet, changed_since, wave, with_removed=True)
