"""`mscode export`: manifests for what lives in the account already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.environment import Environment, open_reader, resolve
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment
from mscode.cli.exported import copy_sandbox, tell, write_new
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument, json_option
from mscode.cli.options import variable_options
from mscode.errors import ConfigError, MscodeError

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.manifest.export.account import Export
    from mscode.manifest.export.secrets import Secrets
    from mscode.manifest.export.selection import Candidates, Wish
    from mscode.manifest.export.verify import Home
    from mscode.manifest.project.file import ProjectFile
    from mscode.manifest.project.variable_sources import Values
    from mscode.model.address import Address
    from mscode.model.kind import Kind
    from mscode.model.world import Known, Live, LiveWorld

_PROJECT = "mscode.yaml"


@make_command(
    "export",
    examples=(
        "mscode export --out exported",
        "mscode --env production export --out exported --unmanaged --split campaign",
        "mscode export --out exported --only 'rsvpCalls.*' --only groups.donors",
    ),
)
@directory_argument
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to write into; the project's own when left out.",
)
@click.option("--unmanaged", is_flag=True, help="Only what no project manages.")
@click.option(
    "--only", multiple=True, metavar="GLOB", help="Only these addresses, and what they name; may be repeated."
)
@click.option("--people", is_flag=True, help="Also accounts, members and other data of persons.")
@click.option("--split", type=click.Choice(["campaign"]), help="One file per campaign, with what it alone uses.")
@json_option
@variable_options
def command(
    inv: Invocation,
    directory: Path,
    out: Path | None,
    unmanaged: bool,
    only: tuple[str, ...],
    people: bool,
    split: str | None,
    as_json: bool,
) -> None:
    """Write manifests for the objects of the live account. Sends nothing but GET.

    Each object carries `import:` with its id, so that planning what was written gives only imports, and applying it
    changes nothing. Existing files are never overwritten. A folder without mscode.yaml gets one. A text that a secret
    variable of the project has is written as ${var.NAME}; a field with any other secret is left out, and named.
    """
    from mscode.manifest.export.secrets import unset_secrets
    from mscode.manifest.export.selection import Wish

    wish = Wish(people, unmanaged, only, split is not None)
    out = directory if out is None else out
    work = _work(inv, directory, out)
    with open_reader(work.environment) as reader:
        done = work.export(reader, wish)
    if wish.only and not done.objects:
        hint = "Addresses look like groups.donors; * and ? stand for other characters. `--people` is for accounts."
        raise MscodeError("Nothing that can be exported has such an address", hint=hint, code="nothing-selected")
    files = {**(work.new_files() if done.files else {}), **done.files}
    write_new(out, files)
    if work.is_new and work.environment.embedded and files:
        copy_sandbox(directory, out)
    for name in unset_secrets(work.values):
        inv.out.talk(
            f"Warning: the secret variable {name} has no value here, so its text cannot be told from others. "
            "Look through the files before you commit them.",
            "yellow",
        )
    tell(inv, out, done, files, as_json=as_json)


@dataclass(slots=True)
class _Work:
    """Where is read from and where is written to. `is_new`: the folder has no project yet."""

    inv: Invocation
    source: Path
    out: Path
    environment: Environment
    is_new: bool
    known: Known
    declared: frozenset[Address]
    values: Values

    def export(self, reader: Reader, wish: Wish) -> Export:
        """Read, select, write and judge; nothing is on disk yet."""
        from mscode.engine.account.export import survey
        from mscode.manifest.export.account import export
        from mscode.manifest.export.selection import is_history

        kinds = self.environment.kinds()
        target = self.environment.target()

        def wanted(_kind: Kind, live: Live) -> bool:
            return not is_history(live, reader.now() or datetime.now(UTC))

        world = survey(reader, kinds, target, wanted, members=wish.people)
        home = self._home(reader.now() or datetime.now(UTC))
        return export(kinds, world, home, wish, self._candidates(kinds, world, wish, home))

    def _candidates(self, kinds: Mapping[str, Kind], world: LiveWorld, wish: Wish, home: Home) -> Candidates:
        from mscode.manifest.export.selection import candidates

        owner = (self.environment.project.project, self.environment.name)
        return candidates(kinds, world, self.known, wish, home.now, self.declared, owner, home.secrets.title)

    def _home(self, now: datetime) -> Home:
        from mscode.manifest.export.secrets import sealed
        from mscode.manifest.export.verify import Home
        from mscode.manifest.project.file import project_of
        from mscode.model.kind import registry
        from mscode.model.world import Known

        environment = self.environment
        project = project_of(self.new_files()[_PROJECT].encode()) if self.is_new else environment.project
        return Home(
            root=self.out,
            project=project,
            environment=environment.name,
            url=environment.url,
            window_zone=environment.window_zone,
            window_zone_name=environment.window_zone_name,
            now=now,
            known=Known() if self.is_new else self.known,
            sealed=sealed(registry(), self.known),
            given=self.inv.given,
            secrets=self._secrets(project),
        )

    def _secrets(self, project: ProjectFile) -> Secrets:
        """What the written manifests name by a variable of their project, and what they may not hold at all."""
        from mscode.manifest.export.secrets import secrets_of

        is_other = not self.is_new and self.out.resolve() != self.source.resolve()
        values = _values(self.inv, project, self.environment.name) if is_other else self.values
        self.inv.hide(values.secrets)
        return secrets_of(values, frozenset(self.inv.out.secrets))

    def new_files(self) -> dict[str, str]:
        """What a folder needs to be a project."""
        from mscode.manifest.export.project import project_text
        from mscode.manifest.export.secrets import declarations

        if not self.is_new:
            return {}
        environment = self.environment
        declared = declarations(self.values)
        text = project_text(self.source, environment.project, environment.name, environment.url, declared)
        ignore = {} if (self.out / ".gitignore").exists() else {".gitignore": ".mscode/\n"}
        return {_PROJECT: text, **ignore}


def _work(inv: Invocation, directory: Path, out: Path) -> _Work:
    """The project that is written into says what is managed: the source's own, or the one that OUT has already."""
    from mscode.app.state import reading

    environment = load_environment(inv, directory)
    values = _values(inv, environment.project, environment.name)
    inv.hide(values.secrets)
    if not (out / _PROJECT).is_file():
        return _Work(inv, directory, out, environment, True, reading(environment).known, frozenset(), values)
    home = _environment_of(inv, out, environment)
    return _Work(inv, directory, out, home, False, reading(home).known, _declared(inv, out, home), values)


def _values(inv: Invocation, project: ProjectFile, environment: str) -> Values:
    """The variables of a project, as far as they have a value: one that is missing is told by whoever names it."""
    from mscode.manifest.project.variable_sources import values_of

    return values_of(project.root, environment, inv.given)


def _environment_of(inv: Invocation, out: Path, source: Environment) -> Environment:
    from mscode.manifest.project.file import load_project

    project = load_project(out)
    home = resolve(
        project,
        out,
        source.name if source.name in project.environments else "",
        inv.variables,
        hide_token=inv.hide_token,
    )
    if home.url != source.url:
        hint = "Choose another folder, or the environment that belongs to that url."
        raise ConfigError(f"{out / _PROJECT}: environment {home.name} has another url", hint=hint, code="url-differs")
    return home


def _declared(inv: Invocation, out: Path, home: Environment) -> frozenset[Address]:
    from mscode.manifest.load.loader import load

    world = load(
        out,
        home.project,
        home.name,
        window_zone=home.window_zone,
        show_people=inv.show_people,
        given=inv.given,
    )
    inv.hide(world.secrets)
    return frozenset(world.objects)
