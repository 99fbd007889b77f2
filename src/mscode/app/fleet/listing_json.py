"""The list of a fleet as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mscode.app.fleet.changes import ChangedProject
from mscode.app.fleet.listing import Selection
from mscode.app.fleet.projects import Fleet, FleetProject
from mscode.app.fleet.removed import Remains
from mscode.app.fleet.shards import Shard
from mscode.views.fleet.list_shapes import FleetListJson, ListedProjectJson, RemovedProjectJson, ShardJson


def list_json(fleet: Fleet, selection: Selection, shards: Sequence[Shard] | None = None) -> FleetListJson:
    """What `mscode fleet list --json` prints; `shards` is None where it was not cut."""
    changes = {entry.project.path: entry for entry in selection.changed}
    data = FleetListJson(
        format_version="1.0",
        fleet=fleet.name,
        projects=[_project(project, changes.get(project.path)) for project in selection.projects],
        removed=[_removed(remains) for remains in selection.removed],
    )
    if selection.is_compared:
        data["commit"], data["shared"] = selection.commit, list(selection.shared)
    if shards is not None:
        data["shards"] = shards_json(shards)
    return data


def shards_json(shards: Iterable[Shard]) -> list[ShardJson]:
    """Shards as the members of a matrix."""
    return [
        {
            "shard": shard.name,
            "index": shard.index,
            "projects": [project.path for project in shard.projects],
            "tokens": shard.tokens,
        }
        for shard in shards
    ]


def _project(project: FleetProject, change: ChangedProject | None) -> ListedProjectJson:
    data = ListedProjectJson(
        path=project.path,
        project=project.project,
        environment=project.chosen_environment,
        token=project.needed_token,
        wave=project.wave,
    )
    if change is not None:
        data["change"], data["renamed_from"] = change.change, change.renamed_from
    return data


def _removed(remains: Remains) -> RemovedProjectJson:
    project = remains.gone.project
    return {
        "path": project.path,
        "project": project.project,
        "environment": project.chosen_environment,
        "token": project.needed_token,
        "live": dict(remains.live) if remains.live is not None else None,
        "calling": remains.calling if remains.live is not None else None,
        "reason": remains.reason,
        "command": remains.command,
    }
