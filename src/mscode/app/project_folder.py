"""Which folder a command works in: the one that was named, the current one, or the nearest parent that is a project.

A folder that was named is taken as it is: it must be a project itself. Where none was named, a person in a subfolder means the
project around it. The commands that change something ask first then: nobody has named the project that they would change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.errors import ConfigError, MscodeError
from mscode.model.project_file import FILE
from mscode.views.text.printable import escape_unprintable


def project_folder(inv: Invocation, named: Path | None, *, asks: bool = False) -> Path:
    """The folder of the project: `named` where it is not None, else the current folder, else the nearest parent with mscode.yaml.

    A parent's project is named on stderr. `asks`: the person must agree to it first; MscodeError where nobody can be asked, or
    the answer is no. Where no folder is a project the current one is given, and reading it says what is missing.
    """
    if named == Path() and not is_project(named):
        from mscode.manifest.project.file import no_project

        raise no_project(named, inv.typed_command)
    if named is not None:
        return named
    if is_project(Path()):
        return Path()
    if inv.folder is not None:
        raise no_project_in(inv.folder, inv.typed_command)
    near = nearest_project()
    if near == Path():
        return near
    _refuse_foreign(near, inv)
    name = _name_of(near)
    inv.out.info(project_line(name, near))
    if asks:
        _ask(inv, name, near)
    return near


def project_line(name: str, folder: Path) -> str:
    """What a person is told of a project that nobody has named; `name` is "" where it cannot be read."""
    try:
        near = os.path.relpath(folder)
    except ValueError:  # another drive
        near = str(folder)
    place = escape_unprintable(near)
    return f"Project {name} in {place}" if name else f"Project in {place}"


def nearest_project() -> Path:
    """The current folder or the nearest parent that is a project, as a relative path; the current one where none is."""
    here = Path.cwd()
    return Path(os.path.relpath(first_project((here, *here.parents)) or here, here))


def missing_folder(folder: Path, command: str) -> ConfigError:
    """The error for a folder of `-C` that is not there."""
    summary = f'There is no folder "{escape_unprintable(str(folder)[:200])}", which -C names'
    if command == "mscode halt":  # phones go on ringing: this must not be read as "nothing to halt"
        return ConfigError(
            f"NOTHING WAS HALTED: {summary}", hint="Leave -C out, or name the folder.", code="no-project"
        )
    return ConfigError(summary, detail="Nothing was done.", code="no-project")


def no_project_in(folder: Path, command: str) -> ConfigError:
    """The folder of `-C`, which is the current one by now, is no project: a project above it is named and not taken."""
    parent = first_project(Path.cwd().parents)
    return ConfigError(
        f"There is no {FILE} in {escape_unprintable(str(folder))}",
        detail=f"The folder {parent} above it holds one." if parent else "",
        hint=f"Type: {_command_in(parent, command)}" if parent else "Make a project with `mscode init`.",
        code="no-project",
    )


def is_project(folder: Path) -> bool:
    """Does the folder hold mscode.yaml? False where that cannot be known: reading the project says why."""
    return is_there((folder / FILE).is_file)


def is_there(check: Callable[[], bool]) -> bool:
    """`Path.is_dir` or `Path.is_file`; False for a path that the system refuses, such as one that is too long."""
    try:
        return check()
    except (OSError, ValueError):
        return False


def first_project(folders: Iterable[Path]) -> Path | None:
    """The first of the folders that is a project; None where none is."""
    return next(filter(is_project, folders), None)


def _command_in(folder: Path, command: str) -> str:
    """The command line that names the project of this folder."""
    return f"mscode -C {folder} {command.removeprefix('mscode ')}"


def _refuse_foreign(near: Path, inv: Invocation) -> None:
    """ConfigError where its mscode.yaml is another user's: it can name commands to be run, and where a token is sent to.

    Anybody may write one into a parent such as /tmp. Git refuses a repository in a foreign parent for the same reason.
    """
    owner, user = (near / FILE).stat().st_uid, getattr(os, "geteuid", lambda: None)()
    if user is not None and owner not in (user, 0):
        raise ConfigError(
            f"The nearest {FILE}, in {escape_unprintable(str(near))}, belongs to another user",
            detail="It is not used without being named, since it can name commands to run.",
            hint=f"If it is the right one: {_command_in(near, inv.typed_command)}",
            code="foreign-project",
        )


def _name_of(folder: Path) -> str:
    """The project's name; "" where mscode.yaml cannot be read, which the command will say itself."""
    from mscode.manifest.project.file import load_project

    try:
        return load_project(folder).project
    except MscodeError:
        return ""


def _ask(inv: Invocation, name: str, near: Path) -> None:
    if not inv.can_ask:
        raise MscodeError(
            f"`{inv.typed_command}` was not told which project to change",
            detail=f"The current folder holds no {FILE}, and nobody can be asked whether the one in {near} is meant.",
            hint=f"Name its folder: {_command_in(near, inv.typed_command)}",
            code="no-terminal",
        )
    answer = inv.ask(
        f"\nDo you want to run `{inv.typed_command}` in project {name or near}? Only 'yes' will be accepted."
    )
    if answer != "yes":
        raise MscodeError("Cancelled; nothing was done", code="cancelled")
