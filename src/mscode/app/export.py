"""Export: manifests for the objects of a live account, in new files; all of them are written, or none."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_reader, private_folder, resolve, sandbox_database
from mscode.app.new_project import IGNORE_FILE, add_local_files, already_there, modeline, project_name
from mscode.app.state import open_state
from mscode.app.workspace import account_of_variables, load_account
from mscode.errors import ConfigError, MscodeError
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.app.invocation import Invocation
    from mscode.manifest.export.account import Export
    from mscode.manifest.export.selection import ExportOptions
    from mscode.manifest.export.verify import Home
    from mscode.manifest.project.file import ProjectFile
    from mscode.manifest.project.variable_sources import Values
    from mscode.model.address import Address
    from mscode.model.kind import Kind
    from mscode.model.world import Known, Live


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export of the account of the project in `directory`, and where to.

    `people`: accounts, members and other data of persons too. `unmanaged`: only what no project manages. `only` are globs of
    addresses (all of them where there is none). `split`: a file for each campaign. `is_new_project`: of the account that
    MSCODE_URL names, whatever is in `directory`; `out`, which must have no mscode.yaml, gets one also where nothing is live, and
    what an editor needs.
    """

    directory: Path
    out: Path
    people: bool = False
    unmanaged: bool = False
    only: tuple[str, ...] = ()
    split: bool = False
    is_new_project: bool = False


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """What was exported, and the `files` that were written into `out`. `unset_secrets` are secret variables of the project
    without a value here: their texts cannot be told from others."""

    out: Path
    files: Sequence[str]
    export: Export
    unset_secrets: Sequence[str]


def export_account(inv: Invocation, request: ExportRequest) -> ExportOutcome:
    """Write manifests for what lives in the account. Sends nothing but GET.

    ConfigError where a file is there already or cannot be written, MscodeError where no object has an address of `only`;
    nothing is left behind then.
    """
    from mscode.manifest.export.secrets import unset_secrets
    from mscode.manifest.export.selection import ExportOptions

    out, options = request.out, ExportOptions(request.people, request.unmanaged, request.only, request.split)
    if request.is_new_project and os.path.lexists(out / FILE):
        raise already_there([out / FILE])
    source = account_of_variables(inv) if request.is_new_project else load_account(inv, request.directory)
    destination = _destination(inv, source, request.directory, out)
    with open_reader(destination.environment) as reader:
        export = _read(inv, reader, destination, options)
    if options.only and not export.objects:
        hint = "Addresses look like groups.donors; * and ? stand for other characters. `--people` is for accounts."
        raise MscodeError("Nothing that can be exported has such an address", hint=hint, code="nothing-selected")
    makes_project = bool(export.files) or request.is_new_project
    files = {**(destination.project_files() if makes_project else {}), **export.files}
    if request.is_new_project:
        files = {name: f"{modeline(name)}{text}" for name, text in files.items() if name != IGNORE_FILE}
    write_new(out, files)
    if request.is_new_project:
        add_local_files(out)
    if destination.is_new and destination.environment.embedded and files:
        _copy_sandbox(request.directory, out)
    return ExportOutcome(out, sorted(files), export, list(unset_secrets(destination.values)))


# ---- where to --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Destination:
    """The project that is written into, which says what is managed: the one that `out` has already, or the source's own
    where `out` has none yet (`is_new`). `values` are the variables of the source's."""

    source: Path
    out: Path
    environment: Environment
    is_new: bool
    known: Known
    declared: frozenset[Address]
    values: Values

    def project_files(self) -> dict[str, str]:
        """What a folder needs to be a project, by the file's name."""
        from mscode.manifest.export.project import project_text
        from mscode.manifest.export.secrets import declarations

        if not self.is_new:
            return {}
        environment = self.environment
        declared = declarations(self.values)
        source = self.source if environment.has_project else None
        text = project_text(source, environment.project, environment.name, environment.url, declared)
        ignore = {} if (self.out / ".gitignore").exists() else {".gitignore": ".mscode/\n"}
        return {FILE: text, **ignore}


def _destination(inv: Invocation, source: Environment, directory: Path, out: Path) -> _Destination:
    """Where to write what `source` has, the environment of the project in `directory` or an account without one; ConfigError where
    the project of `out` has another URL."""
    from mscode.manifest.load.loader import load
    from mscode.manifest.project.file import load_project
    from mscode.manifest.project.salvage import nameless
    from mscode.model.world import Known

    if not source.has_project:
        source = replace(source, project=nameless().model_copy(update={"project": project_name(out.resolve().name)}))
    values = _values(inv, source.project, source.name)
    inv.hide(values.secrets)
    if not (out / FILE).is_file():
        known = open_state(source).known if source.has_project else Known()
        return _Destination(directory, out, source, True, known, frozenset(), values)
    project = load_project(out)
    name = source.name if source.name in project.environments else ""  # "" chooses the default of `out`
    environment = resolve(project, out, name, hide_token=source.hide_token)
    if environment.url != source.url:
        hint = "Choose another folder, or the environment that belongs to that url."
        raise ConfigError(
            f"{out / FILE}: environment {environment.name} has another url", hint=hint, code="url-differs"
        )
    known = open_state(environment).known
    world = load(
        out,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        sources=inv.given,
    )
    inv.hide(world.secrets)
    return _Destination(directory, out, environment, False, known, frozenset(world.objects), values)


def _values(inv: Invocation, project: ProjectFile, environment: str) -> Values:
    """The variables of a project that have a value. One without is an error only for a manifest that names it."""
    from mscode.manifest.project.variable_sources import values_of

    return values_of(project.root, environment, inv.given)


# ---- reading ---------------------------------------------------------------------------------------------------------


def _read(inv: Invocation, reader: Reader, destination: _Destination, options: ExportOptions) -> Export:
    """Read the account, select what to export, and make the files' texts and verify them; nothing is on disk yet."""
    from mscode.engine.account.export import read_account_for_export
    from mscode.manifest.export.account import export
    from mscode.manifest.export.selection import candidates, is_history

    def wanted(_kind: Kind, live: Live) -> bool:
        return not is_history(live, reader.now() or datetime.now(UTC))

    environment = destination.environment
    world = read_account_for_export(environment.account(reader), wanted, members=options.people)
    home = _home(inv, destination, reader.now() or datetime.now(UTC))
    owner = (environment.project.project, environment.name)
    selected = candidates(world, destination.known, options, home.now, destination.declared, owner, home.secrets.title)
    return export(world, home, options, selected)


def _home(inv: Invocation, destination: _Destination, now: datetime) -> Home:
    """The project in which the written manifests will be read: its settings, the variables by which they name secret texts, and
    the secrets that they must not hold."""
    from mscode.manifest.export.secrets import sealed, secrets_of
    from mscode.manifest.export.verify import Home
    from mscode.manifest.project.file import project_of
    from mscode.model.world import Known

    environment, is_new = destination.environment, destination.is_new
    project = project_of(destination.project_files()[FILE].encode()) if is_new else environment.project
    has_own_values = not is_new and destination.out.resolve() != destination.source.resolve()
    values = _values(inv, project, environment.name) if has_own_values else destination.values
    inv.hide(values.secrets)
    return Home(
        root=destination.out,
        project=project,
        environment=environment.name,
        url=environment.url,
        window_zone=environment.window_zone,
        window_zone_name=environment.window_zone_name,
        now=now,
        known=Known() if is_new else destination.known,
        sealed=sealed(destination.known),
        given=inv.given,
        secrets=secrets_of(values, frozenset(inv.out.secrets)),
    )


# ---- writing ---------------------------------------------------------------------------------------------------------


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Write files that are not there yet; ConfigError, and nothing written, where one is."""
    if existing := [folder / name for name in files if os.path.lexists(folder / name)]:
        raise already_there(existing)
    created: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                created.append(path)
                file.write(text)
    except OSError as error:
        for path in created:
            with suppress(OSError):
                path.unlink()
        raise ConfigError(
            f"{error.filename or folder} cannot be written: {error.strerror}", code="unwritable"
        ) from None


def _copy_sandbox(source: Path, out: Path) -> None:
    """The embedded emulator belongs to its project's folder; a new project gets a copy of the account that was read."""
    copy = sandbox_database(out)
    if copy.exists():
        return
    try:
        private_folder(copy.parent)
        with (
            closing(sqlite3.connect(sandbox_database(source))) as original,
            closing(sqlite3.connect(copy)) as connection,
        ):
            original.backup(connection)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{copy} cannot be written: {reason}", code="unwritable") from None
