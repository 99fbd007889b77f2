"""The base of all commands: the common options before and after the command, help with examples, lazy loading.

A command is a module with one function `command`, made a command by the decorator of that name here; the table in `app`
(or in its group's package) names the module and the line that help shows.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mscode.app.invocation import Invocation
from mscode.cli.asking import read_answer
from mscode.model.nearest import nearest
from mscode.views.console import Out

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
#: Prefix of the keys under which options are kept in click's context, where every level of a command line finds them.
META = "mscode.cli."
VAR_TEXTS, VAR_FILES = f"{META}var", f"{META}var_file"
COMPACT = f"{META}compact"
#: "document" or "events" where the command line asks for JSON.
AS_JSON = f"{META}json"


def invocation() -> Invocation:
    """The common options of the running command line, wherever in it they stood."""
    ctx = click.get_current_context(silent=True)
    options = ctx.meta if ctx else {}
    no_color, no_input = bool(options.get(f"{META}no_color")), bool(options.get(f"{META}no_input"))
    return Invocation(
        env=options.get(f"{META}env", ""),
        no_color=no_color,
        no_input=no_input,
        show_people=bool(options.get(f"{META}show_people")) and sys.stdout.isatty() and sys.stderr.isatty(),
        compact=options.get(COMPACT),
        out=Out(no_color=no_color, secrets=options.setdefault(f"{META}secrets", set())),
        typed_command=ctx.command_path if ctx else "mscode plan",
        var_texts=options.get(VAR_TEXTS, ()),
        var_files=options.get(VAR_FILES, ()),
        can_ask=not no_input and sys.stdin.isatty(),
        read_answer=read_answer,
    )


def _remember(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep a common option in the context; of several on one command line the last one counts."""
    if value:
        ctx.meta[f"{META}{option.name}"] = value


def _common_options() -> list[click.Parameter]:
    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=_remember, **settings)

    return [
        option("--env", metavar="NAME", help="Environment of mscode.yaml; else MSCODE_ENV, else its default."),
        option("--no-color", is_flag=True, help="No colour (also NO_COLOR)."),
        option("--no-input", is_flag=True, help="Ask nothing."),
        option("--show-people", is_flag=True, help="Do not mask people's data; works on a terminal only."),
    ]


class _Helpful(click.Command):
    """Adds the common options, and examples at the end of the help."""

    def __init__(self, *args: Any, examples: Sequence[str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)
        self.common = _common_options()
        self.params.extend(self.common)

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """The same in any context: click keeps the option that was made first, also where a program reads a command."""
        return ["-h", "--help"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        params = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        specific = [param for param in params if param not in self.common]
        for title, options in (("Options", specific), ("Options of every command", self.common)):
            rows = [row for option in options if (row := option.get_help_record(ctx)) is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write(f"Example{'s' if len(self.examples) > 1 else ''}:\n")
        for example in self.examples:
            formatter.write(f"  {example}\n")


class Command(_Helpful):
    """One command; made with `command`."""


class LazyGroup(_Helpful, click.Group):
    """Commands by name: (module, short help). A module is imported when its `command` runs or shows its own help."""

    def __init__(self, name: str, table: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(name, invoke_without_command=True, callback=_help_when_alone, **settings)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        command: click.Command = importlib.import_module(self.table[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            similar = nearest(args[0], self.table)
            hint = f' Did you mean "{similar[0]}"?' if similar else ""
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])
        super().format_options(ctx, formatter)


def _help_when_alone() -> None:
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def command(name: str, *, examples: Sequence[str]) -> Callable[[Callable[..., int | None]], Command]:
    """Makes a command of a function: its first argument is the `Invocation`, it returns the exit code (None: 0).

    Its docstring is the help; `examples` are whole command lines.
    """

    def decorate(function: Callable[..., int | None]) -> Command:
        @functools.wraps(function)
        def run(**arguments: Any) -> int | None:
            return function(invocation(), **arguments)

        return click.command(name, cls=Command, examples=examples)(run)

    return decorate


def directory_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR]`, the folder of the project: argument `directory`, the current folder when left out."""
    path = click.Path(path_type=Path)
    return click.argument("directory", metavar="[DIR]", default=Path(), type=path)(function)


def json_option(function: AnyFunction) -> AnyFunction:
    """`--json`: argument `as_json`."""
    return json_option_saying("Print JSON.")(function)


def json_events_option(function: AnyFunction) -> AnyFunction:
    """`--json` of a command that prints a stream of events: argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, callback=_remember_events, help="Print JSON.")(function)


def json_option_saying(text: str) -> Callable[[AnyFunction], AnyFunction]:
    """`--json` with a help of its own. An error of a command that was asked for JSON is printed as JSON too (`cli.app`)."""
    return click.option("--json", "as_json", is_flag=True, callback=_remember_json, help=text)


def format_option(*formats: str, help: str, name: str = "shape") -> Callable[[AnyFunction], AnyFunction]:
    """`--format` of a command whose first format is text: argument `name`."""
    choice = click.Choice(formats)
    return click.option("--format", name, type=choice, default=formats[0], callback=_remember_json, help=help)


def _remember_json(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    if value in (True, "json"):
        ctx.meta[AS_JSON] = "document"
    return value


def _remember_events(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    if value:
        ctx.meta[AS_JSON] = "events"
    return value
