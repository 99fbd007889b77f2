"""Which projects of a fleet have changed since a commit: changed, new, renamed and removed ones.

A file belongs to the project in whose folder it lies. What lies in none (fleet.yaml, shared variables, texts that several import)
may concern all of them, so a change of it changes all; documentation excepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Literal

from mscode.app.fleet.git import Changes, changes_since
from mscode.app.fleet.projects import Fleet, FleetProject, expand, project_file_in
from mscode.app.invocation import Invocation
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED, FILE, FLEET_FILE

Change = Literal["changed", "new", "renamed"]
#: Files outside of all projects that no project can depend on.
_DOCUMENTATION = (".md", ".rst", ".adoc")
_FOR_PEOPLE = frozenset({"LICENSE", "CODEOWNERS", ".gitignore", ".gitattributes", ".editorconfig", ".mailmap"})
#: Where mscode keeps what is its own.
_OWN = ".mscode"


@dataclass(frozen=True, slots=True)
class ChangedProject:
    """A project to look at. `renamed_from` is its path before ("" where that is the same)."""

    project: FleetProject
    change: Change
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class GoneProject:
    """A project that the fleet had at the commit and has no more, in this environment at least.

    `project_file` is its mscode.yaml as it was, `in_repository` the path of its folder from the top of the repository.

    `is_here`: its folder is still this project, with the same environment. `is_replaced`: it is another project or account now.
    """

    project: FleetProject
    project_file: bytes
    in_repository: str
    is_here: bool
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class FleetChanges:
    """`commit` is the one compared with, "" for none. `shared` are the files outside of all projects that have changed."""

    commit: str
    changed: list[ChangedProject]
    removed: list[GoneProject]
    shared: list[str]


def fleet_changes(inv: Invocation, fleet: Fleet, ref: str) -> FleetChanges:
    """What has changed of a fleet since `ref`; UsageError or ConfigError where git cannot tell."""
    changes = changes_since(fleet.root, ref)
    if changes is None:
        return FleetChanges("", [ChangedProject(project, "new") for project in fleet.projects], [], [])
    before = {project.path: project for project in _projects_before(inv, fleet, changes)}
    now = {project.path: project for project in fleet.projects}
    renamed = _renames(before, now, changes)
    touched, shared = _owners(changes.paths, {*before, *now})
    changed = [
        ChangedProject(project, change, renamed.get(project.path, ""))
        for project in fleet.projects
        if (change := _change_of(project, before, renamed, touched, is_all=bool(shared)))
    ]
    gone = [project for path, project in before.items() if _is_gone(project, now) and path not in renamed.values()]
    files = changes.contents(f"{project.path}/{FILE}" for project in gone)
    removed = [
        _gone(project, files[f"{project.path}/{FILE}"], changes)
        for project in gone
        if not _left_a_sandbox(project, now.get(project.path), files[f"{project.path}/{FILE}"])
    ]
    return FleetChanges(changes.commit, changed, removed, shared)


def _projects_before(inv: Invocation, fleet: Fleet, changes: Changes) -> list[FleetProject]:
    """The projects of the fleet as it was."""
    from mscode.manifest.fleet.file import salvage_fleet

    file = salvage_fleet(changes.content(FLEET_FILE))
    exact = {entry.path for entry in file.projects if not entry.is_glob}
    parents = {path.removesuffix(f"/{FILE}") for path in changes.before if path.endswith(f"/{FILE}")}
    folders = sorted(path for path in parents if path in exact or not _is_hidden(path))
    files = changes.contents(f"{folder}/{FILE}" for folder in folders)
    environment = inv.env or inv.variables.get("MSCODE_ENV", "")
    expansion = expand(file, fleet.root, folders, lambda path: files.get(f"{path}/{FILE}", b""), environment)
    return [project for project in expansion.projects if project.path in folders]


def _gone(project: FleetProject, project_file: bytes, changes: Changes) -> GoneProject:
    from mscode.manifest.project.salvage import salvage

    current = project_file_in(changes.root)(project.path)
    known, before = salvage(current), salvage(project_file).project
    environment = project.chosen_environment
    # Another account or another state under the name of the environment is not where it made anything.
    is_same = (not project.project or project.project in known.names) and (
        known.project.environments.get(environment) == before.environments.get(environment)
    )
    return GoneProject(
        project,
        project_file,
        f"{changes.prefix}{project.path}",
        is_here=bool(current) and is_same,
        is_replaced=bool(current) and not is_same,
    )


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _is_gone(project: FleetProject, now: Mapping[str, FleetProject]) -> bool:
    """Is what it was, its folder, its identity and its environment, not there any more?"""
    current = now.get(project.path)
    return current is None or _is_another(project, current) or _has_left_its_environment(project, current)


def _is_another(project: FleetProject, current: FleetProject) -> bool:
    """Has the folder a project of another name? It owns nothing of what the one before made."""
    return bool(project.project and current.project and project.project != current.project)


def _has_left_its_environment(project: FleetProject, current: FleetProject) -> bool:
    """Does the fleet apply it elsewhere now, so that nothing looks after what it made before?"""
    return bool(project.chosen_environment) and project.chosen_environment != current.chosen_environment


def _left_a_sandbox(project: FleetProject, current: FleetProject | None, project_file: bytes) -> bool:
    """Has a project that is still there left an embedded sandbox, which rings nobody, for another environment?"""
    from mscode.manifest.project.salvage import salvage

    if current is None or _is_another(project, current):
        return False
    settings = salvage(project_file).project.environments.get(project.chosen_environment)
    return settings is not None and settings.url == EMBEDDED


def _renames(before: Mapping[str, FleetProject], now: Mapping[str, FleetProject], changes: Changes) -> dict[str, str]:
    """New paths of renamed projects to their old ones: the same identity and environment in another folder.

    Where several projects have one identity (in different accounts), git says which file became which.
    """
    new = [project for path, project in now.items() if path not in before and project.project]
    old = [project for path, project in before.items() if path not in now and project.project]
    renamed: dict[str, str] = {}
    for project in new:
        candidates = [other.path for other in old if _is_same(other, project)]
        by_git = [path for path in candidates if changes.renames.get(f"{path}/{FILE}") == f"{project.path}/{FILE}"]
        is_only = sum(_is_same(other, project) for other in new) == 1
        candidates = by_git or (candidates if is_only else [])
        if len(candidates) == 1:
            renamed[project.path] = candidates[0]
    return renamed


def _is_same(one: FleetProject, other: FleetProject) -> bool:
    """Do both mean the same live objects, as far as their files tell?"""
    return (one.project, one.chosen_environment) == (other.project, other.chosen_environment)


def _change_of(
    project: FleetProject,
    before: Mapping[str, FleetProject],
    renamed: Mapping[str, str],
    touched: Collection[str],
    *,
    is_all: bool,
) -> Change | None:
    if project.path in renamed:
        return "renamed"
    if project.path not in before or _is_another(before[project.path], project):
        return "new"
    return "changed" if is_all or project.path in touched else None


def _owners(paths: Iterable[str], projects: Collection[str]) -> tuple[set[str], list[str]]:
    """The projects in whose folders files lie, and the files that lie in none and may concern all."""
    touched: set[str] = set()
    shared: list[str] = []
    for path in paths:
        parts = PurePosixPath(path).parts
        if _OWN in parts:
            continue
        # The deepest one: a project inside of another's folder is not a part of it.
        parents = ("/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
        owner = next((parent for parent in parents if parent in projects), None)
        if owner is not None:
            touched.add(owner)
        elif not parts[-1].lower().endswith(_DOCUMENTATION) and parts[-1] not in _FOR_PEOPLE:
            shared.append(path)
    return touched, sorted(shared)
