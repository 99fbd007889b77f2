"""Completion in a shell: the types of arguments that know what may stand there, and the answer to a shell that asks.

The shells' side is click's. What a project offers is read by `app.completion`, and only when an address or an environment is asked
for. Nothing is sent, and no error is shown: somebody is in the middle of typing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mscode.model.late_pattern import late_pattern

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem, ShellComplete

#: The variable by which a shell asks, as click's scripts set it.
VARIABLE = "_MSCODE_COMPLETE"
#: File names that a shell takes as they are: a completion is inserted without quotes.
_PLAIN = late_pattern(r"[\w./@%+=:,-]+\Z")


def script(shell: str) -> str:
    """What a shell reads to complete `mscode`: click's own script."""
    completer = _completer(shell)
    return completer.source_template % completer.source_vars()


def answer(instruction: str) -> int:
    """Print what may stand at the cursor; `instruction` is the variable's value: shell and request. Gives the exit code."""
    shell = instruction.partition("_")[0]
    try:
        text = _completions(_completer(shell))
    except Exception:  # whatever is wrong with what is typed so far, or with the project, is said when the command runs
        return 1
    click.echo(text.encode("utf-8", "replace"))
    return 0


def _completions(completer: ShellComplete) -> str:
    """The answer to the line that the shell has put into variables, in the shell's form.

    Shells differ in what `--env=p` is: bash makes three words of it, and replaces the last; zsh and fish replace all of it.
    """
    from click.shell_completion import CompletionItem

    words, incomplete = completer.get_completion_args()
    name, equals, _ = incomplete.partition("=")
    kept = f"{name}=" if equals and name.startswith("--") else ""
    return "\n".join(
        completer.format_completion(CompletionItem(f"{kept}{item.value}", item.type, item.help) if kept else item)
        for item in completer.get_completions([word for word in words if word != "="], incomplete)
    )


def _completer(shell: str) -> ShellComplete:
    from click.shell_completion import get_completion_class

    from mscode.cli.app import app

    completer = get_completion_class(shell)
    if completer is None:
        raise ValueError(shell)
    return completer(app, {}, "mscode", VARIABLE)


class FileType(click.Path):
    """A path, completed by the shell; after `-C` by the files of that folder, which the shell does not know of."""

    def __init__(self, *, folders_only: bool = False, **settings: Any) -> None:
        super().__init__(path_type=Path, **settings)
        self._folders_only = folders_only

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from mscode.cli.base import FOLDER

        if not ctx.meta.get(FOLDER) or param.name == "first_folder":
            return [CompletionItem(incomplete, type="dir" if self._folders_only else "file")]
        return [CompletionItem(name) for name in self._names(incomplete)]

    def _names(self, incomplete: str) -> Iterable[str]:
        before, slash, _ = incomplete.rpartition("/")
        for entry in sorted(os.scandir(before + slash or "."), key=lambda entry: entry.name):
            name = f"{before}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
            if name.startswith(incomplete) and (entry.is_dir() or not self._folders_only) and _PLAIN.match(name):
                yield name


class AddressType(click.ParamType[str]):
    """The text of an address. The project's addresses complete it: with `can_be_halted` those of campaigns alone, with `files` the
    names of manifests too.
    """

    name = "address"

    def __init__(self, *, can_be_halted: bool = False, files: bool = False) -> None:
        self._can_be_halted, self._files = can_be_halted, files

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from mscode.app.completion import addresses, manifest_names

        folder, env = _project_of(ctx)
        names = list(addresses(folder, env, can_be_halted=self._can_be_halted))
        names += manifest_names(folder) if self._files else []
        return [CompletionItem(name) for name in names if name.startswith(incomplete) and _PLAIN.match(name)]


class CommandType(click.ParamType[str]):
    """The name of a command, or of one in the group that the words before it name."""

    name = "command"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        group: click.Command | None = ctx.find_root().command
        for word in ctx.params.get(param.name or "") or ():
            group = group.get_command(ctx, word) if isinstance(group, click.Group) else None
        names = group.list_commands(ctx) if isinstance(group, click.Group) else []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_environments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the project's environments."""
    from mscode.app.completion import environments

    return [name for name in environments(_project_of(ctx)[0]) if name.startswith(incomplete)]


def _project_of(ctx: click.Context) -> tuple[Path, str]:
    """The project's folder and `--env`, as far as they are typed already."""
    from mscode.app.project_folder import nearest_project
    from mscode.cli.base import ENV, ProjectFolder

    params = (param for param in ctx.command.params if isinstance(param.type, ProjectFolder))
    values = (ctx.params.get(param.name or "") for param in params)
    folder = next((value for value in values if isinstance(value, Path) and value.is_dir()), None)
    return folder or nearest_project(), ctx.meta.get(ENV, "")
