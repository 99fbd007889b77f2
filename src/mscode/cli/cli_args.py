"""Options from MSCODE_CLI_ARGS and MSCODE_CLI_ARGS_<command>, as Terraform's TF_CLI_ARGS.

They stand before what was typed, so that a typed option wins. MSCODE_CLI_ARGS is for all commands: an option that a command does
not have is passed over with its value. A variable outlives the moment in which it was set, so it holds no answer to a question
and nothing else that a person decides for one run. The commands that stop calls and settle what is unknown read neither variable:
they must work whatever a shell has in them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

import click

from mscode.cli.base import LazyGroup, after_options, option_named, takes_value
from mscode.errors import UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import nearest

NAME = "MSCODE_CLI_ARGS"
#: What a person decides for one run.
FORBIDDEN = frozenset(
    {
        "--auto-approve",
        "--allow-launch",
        "--override",
        "--resume",
        "--replace",
        "--allow-deletes",
        "--allow-unsuppress",
        "--yes-personal-data",
        "--show-people",
    }
)
#: Commands that read neither variable. Those of the last row take no option that is worth a variable.
UNREAD = frozenset({"halt", "fleet halt", "resolve", "help", "version", "completion"})


@dataclass(frozen=True, slots=True)
class _Given:
    """One option of a variable: its name as it was written, its words, and the option itself."""

    name: str
    words: list[str]
    option: click.Option


def with_variables(app: LazyGroup, arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[list[str], str]:
    """The command line with the options of the variables in it, and a line that names them ("" where none counts).

    UsageError where a variable holds what it must not.
    """
    words = list(arguments)
    if not any(variable.startswith(NAME) for variable in variables):
        return words, ""
    command, path, at = _command_of(app, words)
    if not path or " ".join(path) in UNREAD or {"--help", "-h"} & set(words):
        return words, ""
    specific = f"{NAME}_{'_'.join(path).replace('-', '_')}"
    common: list[str] = []
    own: list[str] = []
    sources = []
    for variable in (NAME, specific):
        given = [
            option
            for option in _options_in(app, variable, variables.get(variable, ""), command)
            if option.option in command.params
        ]
        for option in given:
            # A common option goes to the front: one that was typed before the command wins over it, too.
            (common if option.option in getattr(command, "common", ()) else own).extend(option.words)
        if given:
            sources.append(f"{variable} ({', '.join(dict.fromkeys(option.name for option in given))})")
    line = f"Options from {' and '.join(sources)}" if sources else ""
    return [*common, *words[:at], *own, *words[at:]], line


def _command_of(app: LazyGroup, words: list[str]) -> tuple[click.Command, list[str], int]:
    """The command of a command line, its path, and where its own words begin; an empty path where it names none. The default
    command of a group is put into the words."""
    command: click.Command = app
    path: list[str] = []
    at = 0
    while isinstance(command, LazyGroup):
        words[at:] = command.with_command(words[at:])
        at = after_options(command, words, at)
        if at >= len(words):
            return command, [], at
        inner = command.get_command(click.Context(command), words[at])
        if inner is None:
            return command, [], at
        path.append(words[at])
        command, at = inner, at + 1
    return command, path, at


def _options_in(app: LazyGroup, variable: str, text: str, command: click.Command) -> Iterator[_Given]:
    """The options of a variable's text, each with its value."""
    words = _split(variable, text)
    for word in words:
        if word.partition("=")[0] in FORBIDDEN:
            raise UsageError(
                f"{variable} must not hold {word.partition('=')[0]}",
                detail="It is decided for one run at a time, and a variable counts for every one.",
                hint="Take it out, and type it where it is meant.",
            )
    at = 0
    while at < len(words):
        name, equals, _ = words[at].partition("=")
        option = option_named(command, name) or (_elsewhere(app, name) if variable == NAME else None)
        if option is None or not name.startswith("-") or name == "-C":
            raise UsageError(f"{variable}: {_wrong(app, variable, name, command)}")
        size = 2 if takes_value(option) and not equals else 1
        if at + size > len(words):
            raise UsageError(f"{variable}: {name} needs a value")
        yield _Given(name, words[at : at + size], option)
        at += size


def _split(variable: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise UsageError(f"{variable} cannot be read: a quotation mark is not closed") from None


def _wrong(app: LazyGroup, variable: str, name: str, command: click.Command) -> str:
    """Why a word cannot stand in a variable. A word that is no option is not repeated: it may be somebody's number."""
    if name.startswith("-C"):
        return "-C names the folder of one command line"
    if not name.startswith("-"):
        return "it can only hold options"
    commands = [command] if variable != NAME else list(_all_commands(app))
    similar = nearest(name, sorted({text for each in commands for text in _names(each)} - FORBIDDEN))
    subject = "the command has no option" if variable != NAME else "there is no option"
    return f"{subject} {name}.{f' Did you mean {similar[0]}?' if similar else ''}"


def _spellings(option: click.Option) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _names(command: click.Command) -> Iterator[str]:
    for param in command.params:
        if isinstance(param, click.Option):
            yield from _spellings(param)


def _elsewhere(app: LazyGroup, name: str) -> click.Option | None:
    """The option of that name of any other command."""
    return next((option for command in _all_commands(app) if (option := option_named(command, name)) is not None), None)


def _all_commands(group: LazyGroup) -> Iterator[click.Command]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, LazyGroup):
            yield from _all_commands(command)
        elif command is not None:
            yield command
