"""The group of all commands, and the only place where an error becomes a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import click

from mscode import __version__
from mscode.cli.base import AS_JSON, LazyGroup, invocation
from mscode.cli.cli_args import with_variables
from mscode.errors import Diagnostic, Interrupted, MscodeError, UsageError, worst
from mscode.views.console import Out, lost
from mscode.views.diagnostics import show_diagnostics

#: Name -> module (its attribute `command`) and the line `mscode --help` shows, so that help imports no command.
COMMANDS = {
    "init": ("mscode.cli.init", "Create a small project that plans cleanly in the sandbox."),
    "validate": ("mscode.cli.validate", "Check the manifests, without the network."),
    "plan": ("mscode.cli.plan", "Show what apply would change."),
    "rehearse": ("mscode.cli.rehearse", "Play the plan to its end in memory, and forecast its calls."),
    "apply": ("mscode.cli.apply", "Create, change and delete live objects as the manifests say."),
    "status": ("mscode.cli.status", "Show where the campaigns stand."),
    "watch": ("mscode.cli.watch", "Follow campaigns until they are done."),
    "results": ("mscode.cli.results", "Show the replies to a campaign."),
    "history": ("mscode.cli.history", "Show what was launched, by whom, and what came of it."),
    "halt": ("mscode.cli.halt", "Stop campaigns now."),
    "continue": ("mscode.cli.continue_", "Write a campaign for those whom a finished one did not reach."),
    "fmt": ("mscode.cli.fmt", "Rewrite manifests in the canonical layout."),
    "render": ("mscode.cli.render", "Print the manifests with variables and forEach filled in."),
    "checks": ("mscode.cli.checks", "List the rules by which manifests and plans are checked."),
    "graph": ("mscode.cli.graph", "Print what depends on what, as Mermaid or DOT."),
    "schema": ("mscode.cli.schema", "Print a JSON Schema, or restore those of the editor."),
    "test": ("mscode.cli.test", "Run the tests of the project's campaigns."),
    "policy": ("mscode.cli.policy", "Test the project's own rules over plans."),
    "voices": ("mscode.cli.voices", "List the voices that can speak a text."),
    "show": ("mscode.cli.show", "Show a saved plan, or the state."),
    "comment": ("mscode.cli.comment", "Show plans in a comment of the pull request."),
    "drift": ("mscode.cli.drift", "Show what has changed since the last apply."),
    "export": ("mscode.cli.export", "Write manifests for live objects."),
    "import": ("mscode.cli.import_", "Bring a live object under management."),
    "forget": ("mscode.cli.forget", "Stop managing an object."),
    "destroy": ("mscode.cli.destroy", "Delete everything that the project manages."),
    "resolve": ("mscode.cli.resolve", "Settle a create whose outcome is unknown."),
    "state": ("mscode.cli.state", "Inspect and repair the state."),
    "fleet": ("mscode.cli.fleet", "Work on many projects at once."),
    "login": ("mscode.cli.login", "Log in, and keep the token in the system's keyring."),
    "sandbox": ("mscode.cli.sandbox", "Try campaigns in a sandbox that rings nobody."),
    "completion": ("mscode.cli.completion", "Print the script that completes mscode in a shell."),
    "help": ("mscode.cli.help", "Show the help of a command."),
    "version": ("mscode.cli.version", "Print the version."),
}
#: The commands by what they are for.
SECTIONS = {
    "Main commands": ("init", "validate", "plan", "rehearse", "apply"),
    "Running campaigns": ("status", "watch", "results", "history", "halt", "continue"),
    "Writing manifests": ("fmt", "render", "checks", "graph", "schema", "test", "policy", "voices"),
    "Review and CI": ("show", "comment", "drift"),
    "Managed objects": ("export", "import", "forget", "destroy", "resolve", "state"),
    "Many projects": ("fleet",),
    "Accounts and sandbox": ("login", "sandbox"),
    "About mscode": ("completion", "help", "version"),
}

EXAMPLES = ("mscode init", "mscode plan", "mscode --env production apply drives/spring")

app = LazyGroup(
    "mscode",
    COMMANDS,
    SECTIONS,
    help="Campaign-as-code: plan and apply Multisender campaigns from YAML manifests.",
    examples=EXAMPLES,
)
app.params.append(
    click.Option(
        ["-V", "--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=lambda ctx, _option, is_given: _print_version(ctx) if is_given else None,
        help="Print the version and exit.",
    )
)


def _print_version(ctx: click.Context) -> None:
    click.echo(f"mscode {__version__}")
    ctx.exit()


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code. Nothing but `SystemExit` of a signal handler leaves it."""
    # Where the caller has closed a stream (`>&-`, a service without a console), Python has none at all.
    for name, mode in (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, mode)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w", encoding="utf-8"))
    lost.clear()
    folder = _current_folder()
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except OSError as error:
        _let_go_of_stdout()
        if isinstance(error, BrokenPipeError) or error.errno == errno.EIO:
            return 1
        code = 1
        lost.append(error.strerror or type(error).__name__)
    finally:
        if folder and _current_folder() != folder:  # `-C` counts for this command line alone
            os.chdir(folder)
    if lost:
        summary = f"The output could not be written whole: {lost[0]}"
        show_diagnostics(
            Out(), [Diagnostic(summary, hint="What was done is done; see `mscode status` and `mscode plan`.")]
        )
        return worst(code, 1)
    return code


def _current_folder() -> Path | None:
    """None where it has been deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _let_go_of_stdout() -> None:
    """Its reader has gone: without this the interpreter would complain when it flushes stdout at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _invoke(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code. Errors are rendered inside of its context, so that they know `--no-color`."""
    try:
        words, sources = with_variables(app, arguments, os.environ)
        with app.make_context("mscode", words) as ctx:
            if sources:
                invocation().out.info(sources)
            return _guarded(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.show()
        if _asks_for_json(arguments):
            _print_as_json(Out(), UsageError(error.format_message(), code="usage"))
        return UsageError.exit_code
    except UsageError as error:
        show_diagnostics(Out(), error.diagnostics)
        if _asks_for_json(arguments):
            _print_as_json(Out(), error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        Out().info("\nInterrupted.")
        if _asks_for_json(arguments):
            _print_as_json(Out(), Interrupted("Interrupted", code="interrupted"))
        return Interrupted.exit_code


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """`--json` or `--format json` on a command line that may not be readable as a whole."""
    options = " ".join(arguments).partition(" -- ")[0].split(" ")
    return "--json" in options or "--format=json" in options or ("--format", "json") in pairwise(options)


def _guarded(ctx: click.Context) -> int:
    """Run the command, and show an error as a diagnostic. What `_invoke` and `run` handle is passed on to them."""
    try:
        result = app.invoke(ctx)
        return result if isinstance(result, int) else 0
    except (click.UsageError, click.exceptions.Exit, click.Abort, KeyboardInterrupt, BrokenPipeError):
        raise
    except click.ClickException as error:
        return _report(ctx, MscodeError(error.format_message()))
    except MscodeError as error:
        return _report(ctx, error)
    except Exception as error:
        from mscode.app.unexpected import unexpected

        return _report(ctx, unexpected(error))


def _report(ctx: click.Context, error: MscodeError) -> int:
    """Show an error on stderr and, where JSON was asked for, on stdout too; gives the exit code."""
    out = invocation().out
    show_diagnostics(out, error.diagnostics)
    if form := ctx.meta.get(AS_JSON):
        _print_as_json(out, error, form)
    return error.exit_code


def _print_as_json(out: Out, error: MscodeError, form: str = "document") -> None:
    """As the end of a stream of events, or as a document: in one line, so that it may also end a stream of other lines."""
    if form == "events":
        from mscode.views.apply.apply_json import error_lines

        for line in error_lines(error.diagnostics):
            out.json(line)
        return
    import json

    from mscode.app.workspace import error_data

    out.json(json.dumps(error_data(error)))
