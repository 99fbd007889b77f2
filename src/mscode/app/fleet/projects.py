"""The projects of a fleet, as `fleet.yaml` and the folders below it say."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.project_folder import is_project
from mscode.errors import Diagnostic, ManifestError, Place, UsageError
from mscode.model.globs import path_glob
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.project_file import FILE, FLEET_FILE

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.fleet.file import FleetEntry, FleetFile, FleetLimits
    from mscode.manifest.project.file import GuardRule


@dataclass(frozen=True, slots=True)
class FleetProject:
    """One project of a fleet.

    `path` is its folder relative to fleet.yaml (posix), `folder` the same as a command can open it. `environment` is what its
    process gets as `--env`; "" where its mscode.yaml chooses. `token_variable` is the variable that fleet.yaml names for its token,
    whose value its process gets as MSCODE_TOKEN; "" where fleet.yaml names none: mscode.yaml then says where the token comes from.
    `place` is that of its entry in fleet.yaml. Of its mscode.yaml, as far as that can be read: `project` is its identity ("" for
    none), `own_tokens` the variables that hold tokens by environment, `own_environment` its default.
    """

    path: str
    folder: Path
    environment: str
    token_variable: str
    wave: int
    place: Place = field(compare=False, repr=False)
    project: str = ""
    own_tokens: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    own_environment: str = ""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return folder_name(self.path)

    @property
    def file_stem(self) -> str:
        """What its files are called, without an ending."""
        return file_stem(self.path)

    @property
    def chosen_environment(self) -> str:
        """The environment that its commands work in; "" where none is named anywhere."""
        return self.environment or self.own_environment

    @property
    def needed_token(self) -> str:
        """The variable that holds its token: of fleet.yaml, else of its environment in mscode.yaml; "" where neither names one."""
        return self.token_variable or self.own_tokens.get(self.chosen_environment, "")

    @property
    def secrets(self) -> frozenset[str]:
        """Every variable that may hold a token of it, for whatever environment. The process of another project has none of them,
        unless it needs the same one."""
        return frozenset({self.token_variable, *self.own_tokens.values()} - {""})


@dataclass(frozen=True, slots=True)
class Fleet:
    """`projects` are sorted by path, each once. `problems` are warnings: entries of fleet.yaml that name no project, and folders
    that look like projects and hold no mscode.yaml.
    """

    name: str
    root: Path
    projects: Sequence[FleetProject]
    guards: Mapping[str, GuardRule]
    limits: FleetLimits
    problems: Sequence[Diagnostic] = ()

    @property
    def secrets(self) -> frozenset[str]:
        """Every variable that may hold a token of any of its projects."""
        return frozenset().union(*(project.secrets for project in self.projects))


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the entries of a fleet mean: `projects` sorted by path, `warnings` about entries that mean none, `errors` where two
    projects cannot be told apart.
    """

    projects: Sequence[FleetProject]
    warnings: Sequence[Diagnostic]
    errors: Sequence[Diagnostic]


def load_fleet(inv: Invocation, root: Path) -> Fleet:
    """The fleet of a folder that holds fleet.yaml; ManifestError or ConfigError where it cannot be used.

    `--env` and MSCODE_ENV are the environment of projects whose entry names none. UsageError where `--env` is another than that
    of an entry: the token of that entry is not for it.
    """
    from mscode.manifest.fleet.file import load_fleet_file

    file = load_fleet_file(root)
    for at, entry in enumerate(file.projects):
        if inv.env and entry.environment and entry.environment != inv.env:
            place = file.place(at)
            raise UsageError(
                f'--env {inv.env}: {place.file} line {place.line} says environment "{entry.environment}" for {entry.path}',
                hint="Leave --env out: the tokens in fleet.yaml belong to its environments.",
            )
    expansion = expand(
        file,
        root,
        project_folders(root, file),
        project_file_in(root),
        inv.env or inv.variables.get("MSCODE_ENV", ""),
    )
    if errors := [*expansion.errors, *_linked(root, expansion.projects)]:
        raise ManifestError(sorted(errors, key=Diagnostic.sort_key))
    return Fleet(file.fleet, root, expansion.projects, file.guards, file.limits, expansion.warnings)


def expand(
    file: FleetFile,
    root: Path,
    folders: Collection[str],
    project_file: Callable[[str], bytes],
    default_environment: str = "",
) -> Expansion:
    """The projects of a fleet. `folders` are the paths below `root` that hold mscode.yaml, `project_file` gives the bytes of the
    one in such a path (b"" where it cannot be read).

    A path without wildcards takes its folder from the globs that match it too, so that one project can be set apart.
    """
    exact = {entry.path for entry in file.projects if not entry.is_glob}
    claims: dict[str, list[int]] = defaultdict(list)
    warnings: list[Diagnostic] = []
    for at, entry in enumerate(file.projects):
        paths = _matching(entry, folders) if entry.is_glob else [entry.path]
        warnings += _unmatched(entry, file.place(at), paths, folders)
        for path in paths:
            if not entry.is_glob or path not in exact:
                claims[path].append(at)
    projects = [
        _project(file.projects[entries[0]], file.place(entries[0]), path, root, project_file(path), default_environment)
        for path, entries in sorted(claims.items())
    ]
    twice = [
        Diagnostic(
            f"{path} is meant by two entries",
            file.place(entries[1]),
            hint=f"The other one is in line {file.place(entries[0]).line}. A path without wildcards takes its folder from a glob; "
            "two globs must not share one.",
            code="project-twice",
        )
        for path, entries in sorted(claims.items())
        if len(entries) > 1
    ]
    errors = [*twice, *_indistinct(file, projects)]
    return Expansion(projects, warnings, sorted(errors, key=Diagnostic.sort_key))


def folder_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def file_stem(path: str) -> str:
    """What the files of a project are called, without an ending: its path with `/` as `__`."""
    return path.replace("/", "__")


def _matching(entry: FleetEntry, folders: Collection[str]) -> list[str]:
    glob = path_glob(entry.path)
    return [path for path in folders if glob.matches(path)]


def _unmatched(entry: FleetEntry, place: Place, paths: Sequence[str], folders: Collection[str]) -> Iterator[Diagnostic]:
    """What is said of an entry that means no project."""
    if entry.is_glob and not paths:
        summary = f"No folder that matches {entry.path} holds {FILE}"
        yield Diagnostic(summary, place, code="no-project", severity="warning")
    elif not entry.is_glob and entry.path not in folders:
        hint = did_you_mean(entry.path, folders)
        yield Diagnostic(f"There is no {FILE} in {entry.path}", place, hint=hint, code="no-project", severity="warning")


def _project(
    entry: FleetEntry, place: Place, path: str, root: Path, project_file: bytes, default_environment: str
) -> FleetProject:
    from mscode.manifest.project.salvage import NAMELESS, salvage

    # A mscode.yaml that cannot be read stops the project's own commands, and no other project.
    known = salvage(project_file)
    project = known.project
    return FleetProject(
        path,
        root / path,
        entry.environment or default_environment,
        entry.variable_of(folder_name(path)),
        entry.wave,
        place,
        "" if project.project == NAMELESS and NAMELESS not in known.names else project.project,
        {
            name: str(settings.token.env)
            for name, settings in project.environments.items()
            if settings.token is not None and settings.token.env
        },
        project.defaultEnvironment or "",
    )


def _indistinct(file: FleetFile, projects: Sequence[FleetProject]) -> Iterator[Diagnostic]:
    """Two folders whose names give one variable, so that one project would get the other's token; names that give none; two
    paths whose plans would have one file.
    """
    from mscode.manifest.fleet.file import is_variable

    derived = {file.place(at) for at, entry in enumerate(file.projects) if entry.names_folder}
    variables: dict[str, FleetProject] = {}
    stems: dict[str, FleetProject] = {}
    for project in projects:
        variable = project.token_variable
        if variable and not is_variable(variable):
            summary = f'The name of {project.path} gives "{variable}", which cannot be the name of a variable'
            yield Diagnostic(summary, project.place, hint="Put letters before {name}.", code="token-name")
        other = variables.setdefault(variable.upper(), project)  # Windows and GitHub's secrets know no case
        if variable and other is not project and derived & {project.place, other.place}:
            yield Diagnostic(
                f"{other.path} and {project.path} give one variable for their tokens, {variable}",
                project.place,
                hint="Rename one of the folders, or give one an entry of its own with another variable.",
                code="token-twice",
            )
        other = stems.setdefault(project.file_stem, project)
        if other is not project:
            yield Diagnostic(
                f"The plans of {other.path} and {project.path} would have one file, {project.file_stem}",
                project.place,
                hint="Rename one of the folders.",
                code="plan-file-twice",
            )


def _linked(root: Path, projects: Sequence[FleetProject]) -> Iterator[Diagnostic]:
    """Links that lead out of the folder of fleet.yaml, whose changes nobody would see, and two paths to one folder: its campaigns
    would be applied twice.
    """
    top = os.path.realpath(root)
    paths: dict[str, str] = {}
    for project in projects:
        real = os.path.realpath(project.folder)
        other = paths.setdefault(real, project.path)
        if os.path.commonpath([top, real]) != top:
            summary = f"{project.path} is a link that leads out of the folder of {FLEET_FILE}"
            yield Diagnostic(summary, project.place, hint="Move the folder there.", code="link-out")
        elif other != project.path:
            summary = f"{other} and {project.path} are one folder"
            yield Diagnostic(summary, project.place, hint="Name it once.", code="project-twice")


# ---- the folders -----------------------------------------------------------------------------------------------------


def project_folders(root: Path, file: FleetFile) -> set[str]:
    """The folders below `root` that hold mscode.yaml and may be projects of a fleet, by their paths (posix).

    For globs, none in hidden folders, and none reached by links: it would be one project under two paths.
    """
    globs = [entry.depth for entry in file.projects if entry.is_glob]
    deepest = None if None in globs else max((depth for depth in globs if depth is not None), default=0)
    exact = {entry.path for entry in file.projects if not entry.is_glob}
    folders = {path for path in exact if is_project(root / path)}
    for parent, names, files in os.walk(root):
        relative = Path(parent).relative_to(root)
        if FILE in files and relative.parts:
            folders.add(relative.as_posix())
        is_deepest = deepest is not None and len(relative.parts) >= deepest
        names[:] = [] if is_deepest else sorted(name for name in names if not name.startswith("."))
    return folders


def project_file_in(root: Path) -> Callable[[str], bytes]:
    """Gives the bytes of mscode.yaml in a path below `root`; b"" where it cannot be read."""

    def read(path: str) -> bytes:
        try:
            file = root / path / FILE
            # Of a pipe nobody may ever write, a reader waits for ever.
            return file.read_bytes() if file.is_file() else b""
        except (OSError, ValueError):
            return b""

    return read
