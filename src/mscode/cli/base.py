"""The base of all commands: the common options before and after the command, help with examples, lazy loading.

A command is a module with one function `command`, made a command by the decorator of that name here; the table in `app`
(or in its group's package) names the module and the line that help shows.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mscode.app.invocation import Invocation
from mscode.cli.asking import read_answer
from mscode.cli.completing import FileType, complete_environments
from mscode.model.nearest import nearest
from mscode.views.console import Out

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
#: Prefix of the keys under which options are kept in click's context, where every level of a command line finds them.
META = "mscode.cli."
ENV, FOLDER, COMPACT, VAR_TEXTS = f"{META}env", f"{META}folder", f"{META}compact", f"{META}var"
#: "document" or "events" where the command line asks for JSON.
AS_JSON = f"{META}json"
_NO_FOLDER, _STARTED_IN, _FOLDERS = f"{META}no_folder", f"{META}started_in", f"{META}folders"
_PATH_VARIABLES = ("MSCODE_LOG_PATH", "MSCODE_REPORT")
#: What people type for a command by another name.
_OTHER_WORDS = {
    **dict.fromkeys(("cancel", "stop", "pause", "kill", "abort"), "halt"),
    **dict.fromkeys(("check", "lint"), "validate"),
    **dict.fromkeys(("diff", "preview"), "plan"),
    **dict.fromkeys(("deploy", "up"), "apply"),
    **dict.fromkeys(("new", "create"), "init"),
    **dict.fromkeys(("force-unlock", "unlock"), "state unlock"),
    "format": "fmt",
    "replies": "results",
    **dict.fromkeys(("log", "launches", "records"), "history"),
}


def invocation() -> Invocation:
    """The common options of the running command line, wherever in it they stood."""
    ctx = click.get_current_context(silent=True)
    options = ctx.meta if ctx else {}
    no_color, no_input = bool(options.get(f"{META}no_color")), bool(options.get(f"{META}no_input"))
    return Invocation(
        env=options.get(ENV, ""),
        no_color=no_color,
        no_input=no_input,
        show_people=bool(options.get(f"{META}show_people")) and sys.stdout.isatty() and sys.stderr.isatty(),
        compact=options.get(COMPACT),
        out=Out(no_color=no_color, secrets=options.setdefault(f"{META}secrets", set())),
        typed_command=ctx.command_path if ctx else "mscode plan",
        var_texts=options.get(VAR_TEXTS, ()),
        var_files=options.get(f"{META}var_file", ()),
        can_ask=not no_input and sys.stdin.isatty(),
        folder=options.get(FOLDER),
        lock_timeout=options.get(f"{META}lock_timeout", 0.0),
        verbose=bool(options.get(f"{META}verbose")),
        variables=_variables(options.get(_STARTED_IN)),
        read_answer=read_answer,
    )


def _variables(started_in: Path | None) -> Mapping[str, str]:
    """The variables of the process. A path in one is seen from where the command was typed, and not from the folder of `-C`."""
    if started_in is None:
        return os.environ
    paths = {name: os.environ[name] for name in _PATH_VARIABLES if os.environ.get(name)}
    return {**os.environ, **{name: str(started_in / path) for name, path in paths.items()}}


def remember(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep an option in the context, where `invocation` finds it; of several on one command line the last one counts."""
    if value:
        ctx.meta[f"{META}{option.name}"] = value


def _change_folder(ctx: click.Context, option: click.Parameter, values: tuple[Path, ...]) -> None:
    """Change into the folder of `-C` before anything else of the command line is read: paths in it are seen from there. As of git,
    each further one is seen from the one before, those of a command from that before its name.
    """
    if not values:
        return
    folders = ctx.meta.setdefault(_FOLDERS, {})
    folders[ctx.command_path] = values
    value = Path(*(folder for of_command in folders.values() for folder in of_command))
    ctx.meta[FOLDER] = value
    started_in = ctx.meta.setdefault(_STARTED_IN, Path.cwd())
    ctx.meta.pop(_NO_FOLDER, None)
    try:
        os.chdir(started_in / value)
    except (OSError, ValueError):
        ctx.meta[_NO_FOLDER] = value


def _common_options() -> list[click.Parameter]:
    def option(*names: str, callback: Any = remember, **settings: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=callback, **settings)

    folder_type = FileType(folders_only=True)
    return [
        option(
            "-C",
            "first_folder",
            metavar="DIR",
            type=folder_type,
            is_eager=True,
            multiple=True,
            callback=_change_folder,
            help="Change into this folder first; it must be a project. A further one is seen from the one before.",
        ),
        option(
            "--env",
            metavar="NAME",
            shell_complete=complete_environments,
            help="Environment of mscode.yaml; else MSCODE_ENV, else its default.",
        ),
        option("--no-color", is_flag=True, help="No colour (also NO_COLOR)."),
        option("--no-input", is_flag=True, help="Never ask; what would be asked counts as not answered."),
        option("--show-people", is_flag=True, help="Show people's data unmasked; on a terminal only."),
        option("-v", "--verbose", is_flag=True, help="Log each request on stderr (also MSCODE_LOG=debug)."),
    ]


class ProjectFolder(FileType):
    """The type of an argument or option that names the project's folder; one that is left out is resolved later."""


def option_named(command: click.Command, name: str) -> click.Option | None:
    """The option of a command that is spelled so."""
    options = (param for param in command.params if isinstance(param, click.Option))
    return next((option for option in options if name in (*option.opts, *option.secondary_opts)), None)


def takes_value(option: click.Option) -> bool:
    """Is the word behind it its value?"""
    return not (option.is_flag or option.count)


def after_options(command: click.Command, words: Sequence[str], at: int = 0) -> int:
    """Where the first word from `at` on stands that is neither an option nor the value of one of the command's."""
    while at < len(words) and words[at].startswith("-"):
        option = option_named(command, words[at].partition("=")[0])
        at += 2 if option is not None and takes_value(option) and "=" not in words[at] else 1
    return at


#: Columns from which click's own form of a help fits.
_ROOMY = 52


class _HelpFormatter(click.HelpFormatter):
    """Fits a terminal that is narrower than the 50 columns which click takes at least."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        import shutil

        columns = shutil.get_terminal_size().columns
        is_narrow = width is None and 0 < columns < _ROOMY
        super().__init__(indent_increment, max(columns - 1, 20) if is_narrow else width, max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, min(col_max, self.width // 3) if self.width < _ROOMY - 2 else col_max, col_spacing)


class _HelpContext(click.Context):
    formatter_class = _HelpFormatter


class _Helpful(click.Command):
    """Adds the common options, and examples at the end of the help."""

    context_class = _HelpContext

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
    """Commands by name: (module, short help). A module is imported when its `command` runs or shows its own help.

    `sections` are titles of the help, each with the names of its commands; what is in none of them comes last. `default` is the
    command that runs where none is named ("": the help is shown): the words that follow are its own.
    """

    def __init__(
        self,
        name: str,
        table: Mapping[str, tuple[str, str]],
        sections: Mapping[str, Sequence[str]] | None = None,
        *,
        default: str = "",
        **settings: Any,
    ) -> None:
        super().__init__(
            name, invoke_without_command=True, callback=_help_when_alone, subcommand_metavar="COMMAND", **settings
        )
        self.table, self._sections, self._default = table, sections or {}, default

    def with_command(self, words: Sequence[str], *, is_typing: bool = False) -> list[str]:
        """The words behind the group's name, with its default command in front where they name none of its commands. `is_typing`:
        a shell completes them, so that the next word may yet be a command."""
        default = self.get_command(click.Context(self), self._default) if self._default else None
        if default is None:
            return list(words)
        at = after_options(default, words)
        names_command = at < len(words) and words[at] in self.table
        is_open = at >= len(words) and (is_typing or {"--help", "-h"} & set(words))
        return list(words) if names_command or is_open else [self._default, *words]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.with_command(args, is_typing=ctx.resilient_parsing))

    def sections(self) -> dict[str, list[str]]:
        """Every command under the title of its section."""
        sections = {title: [name for name in names if name in self.table] for title, names in self._sections.items()}
        listed = {name for names in sections.values() for name in names}
        others = [name for name in self.table if name not in listed]
        return sections | ({"Other commands" if sections else "Commands": others} if others else {})

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
        if args and args[0] not in self.table and not args[0].startswith("-") and not ctx.resilient_parsing:
            ctx.fail(self.no_command(args[0]))
        return super().resolve_command(ctx, args)

    def no_command(self, word: str) -> str:
        """What is said of a word that is no command, with the one that may be meant."""
        summary = f'There is no command "{word}".'
        other = _OTHER_WORDS.get(word.lower(), "")
        if other and other.split()[0] in self.table:
            return f"{summary} Did you mean {other}?"
        similar = nearest(word, self.table)
        return f'{summary} Did you mean "{similar[0]}"?' if similar else summary

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands' names and lines of help, from the table: completing a name imports no command."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=line) for name, (_, line) in self.table.items() if name.startswith(incomplete)
        ]
        default = self.get_command(ctx, self._default) if self._default else None
        if default is not None:
            arguments = [param for param in default.params if isinstance(param, click.Argument)]
            names += [item for argument in arguments[:1] for item in argument.shell_complete(ctx, incomplete)]
            own = [param for param in default.params if param not in getattr(default, "common", ())]
            names += [CompletionItem(name) for name in _option_names(own) if incomplete and name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, self.table))
        for title, names in self.sections().items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), self.table[name][1]) for name in names])
        super().format_options(ctx, formatter)


def _option_names(params: Sequence[click.Parameter]) -> list[str]:
    return [name for param in params if isinstance(param, click.Option) for name in param.opts]


def _help_when_alone() -> None:
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def command(
    name: str, *, examples: Sequence[str], asks_for_parent: bool = False
) -> Callable[[Callable[..., int | None]], Command]:
    """Makes a command of a function: its first argument is the `Invocation`, it returns the exit code (None: 0).

    Its docstring is the help; `examples` are whole command lines. Where nobody has named the project's folder, the function gets
    the current one or the nearest parent's; `asks_for_parent`: of a parent's a person is asked first.
    """

    def decorate(function: Callable[..., int | None]) -> Command:
        @functools.wraps(function)
        def run(**arguments: Any) -> int | None:
            from mscode.app.logs import logging_to

            inv = invocation()
            with logging_to(inv):
                _refuse_missing_folder(inv)
                return function(inv, **_with_folder(inv, arguments, asks=asks_for_parent))

        return click.command(name, cls=Command, examples=examples)(run)

    return decorate


def _refuse_missing_folder(inv: Invocation) -> None:
    """ConfigError where the folder of `-C` could not be changed into."""
    if _NO_FOLDER in click.get_current_context().meta and inv.folder is not None:
        from mscode.app.project_folder import missing_folder

        raise missing_folder(inv.folder, inv.typed_command)


def _with_folder(inv: Invocation, arguments: dict[str, Any], *, asks: bool) -> dict[str, Any]:
    """The arguments with the project's folder in the place of one that was left out."""
    for param in click.get_current_context().command.params:
        if isinstance(param.type, ProjectFolder) and param.name in arguments:
            from mscode.app.project_folder import project_folder

            arguments[param.name] = project_folder(inv, arguments[param.name], asks=asks)
    return arguments


#: What `[DIR]` is, in each command's help.
DIR_HELP = (
    "Folder of the project (it holds mscode.yaml); else the current one, or the nearest parent that is a project."
)


def directory_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR]`, the folder of the project: argument `directory`, resolved where it was left out."""
    folder = ProjectFolder(folders_only=True)
    return click.argument("directory", metavar="[DIR]", required=False, type=folder, help=DIR_HELP)(function)


def project_or_plan_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR|PLANFILE]`: argument `directory`, the folder of the project (resolved where it was left out) or a saved plan."""
    return click.argument(
        "directory",
        metavar="[DIR|PLANFILE]",
        required=False,
        type=ProjectFolder(),
        help="Folder of the project (it holds mscode.yaml; the current one when left out), or a plan saved by `mscode plan --out`.",
    )(function)


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
