"""The group of all commands, and the only place where an error becomes a message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from itertools import pairwise

import click

from mscode import __version__
from mscode.cli.base import AS_JSON, LazyGroup, invocation
from mscode.errors import Diagnostic, Interrupted, MscodeError, UsageError, worst
from mscode.views.console import Out, lost
from mscode.views.diagnostics import show_diagnostics

#: Name -> module (its attribute `command`) and the line `mscode --help` shows, so that help imports no command.
COMMANDS = {
    "init": ("mscode.cli.init", "Write a small project that plans cleanly against the sandbox."),
    "validate": ("mscode.cli.validate", "Check manifests without the network."),
    "fmt": ("mscode.cli.fmt", "Lay out manifests canonically."),
    "plan": ("mscode.cli.plan", "Show what apply would do."),
    "apply": ("mscode.cli.apply", "Show the plan, ask, and apply it."),
    "destroy": ("mscode.cli.destroy", "Plan and apply with everything managed deleted."),
    "show": ("mscode.cli.show", "Show a saved plan, or the state."),
    "drift": ("mscode.cli.drift", "Compare the live account with what was last applied."),
    "comment": ("mscode.cli.comment", "Show plans in one comment of a pull request."),
    "export": ("mscode.cli.export", "Write manifests for what is live already."),
    "import": ("mscode.cli.import_", "Take a live object under management."),
    "forget": ("mscode.cli.forget", "Leave an object alone from now on."),
    "state": ("mscode.cli.state", "Look at the state document."),
    "halt": ("mscode.cli.halt", "Stop campaigns now."),
    "status": ("mscode.cli.status", "Show where this project's campaigns stand."),
    "watch": ("mscode.cli.watch", "Follow this project's campaigns until they are done."),
    "results": ("mscode.cli.results", "Show who replied how to a campaign."),
    "voices": ("mscode.cli.voices", "List the service's voice codes."),
    "login": ("mscode.cli.login", "Trade e-mail and password for a token, kept in the system's keyring."),
    "render": ("mscode.cli.render", "Print the manifests as they are after substitution."),
    "graph": ("mscode.cli.graph", "Print what depends on what, as Mermaid or DOT."),
    "resolve": ("mscode.cli.resolve", "Say what became of a create whose outcome is unknown."),
    "schema": (
        "mscode.cli.schema",
        "Print the JSON Schema of manifests, project files, policies, plans, events, drift or errors.",
    ),
    "policy": ("mscode.cli.policy", "Test the project's own rules over plans."),
    "sandbox": ("mscode.cli.sandbox", "The emulator: serve it, move its clock, see who was rung."),
}

EXAMPLES = ("mscode init", "mscode plan", "mscode --env production apply campaigns/")

app = LazyGroup(
    "mscode",
    COMMANDS,
    help="Campaign-as-code: plan and apply Multisender campaigns from YAML manifests.",
    examples=EXAMPLES,
)
app.params.append(
    click.Option(
        ["--version"],
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
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except OSError as error:
        _let_go_of_stdout()
        if isinstance(error, BrokenPipeError) or error.errno == errno.EIO:
            return 1
        code = 1
        lost.append(error.strerror or type(error).__name__)
    if lost:
        summary = f"The output could not be written whole: {lost[0]}"
        show_diagnostics(
            Out(), [Diagnostic(summary, hint="What was done is done; see `mscode status` and `mscode plan`.")]
        )
        return worst(code, 1)
    return code


def _let_go_of_stdout() -> None:
    """Its reader has gone: without this the interpreter would complain when it flushes stdout at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _invoke(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code. Errors are rendered inside of its context, so that they know `--no-color`."""
    try:
        with app.make_context("mscode", list(arguments)) as ctx:
            return _guarded(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.show()
        if _asks_for_json(arguments):
            _print_as_json(Out(), UsageError(error.format_message(), code="usage"))
        return UsageError.exit_code
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
    except OSError as error:
        return _report(ctx, _system(error))
    except Exception as error:
        return _report(ctx, _internal(error))


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
            out.document(line)
        return
    from mscode.app.workspace import error_data
    from mscode.cli.formats import one_line

    out.document(one_line(error_data(error)))


def _system(error: OSError) -> MscodeError:
    """The system refused an operation for which no command has its own message: on a folder, a file, a full disk."""
    if os.environ.get("MSCODE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    event = f"{error.filename} cannot be used" if error.filename else "The system refused a file operation"
    summary = f"{event}: {error.strerror or type(error).__name__}"
    hint = "Look at the permissions of the folder, and at the room on its disk; then run it again."
    return MscodeError(summary, hint=hint, code="system")


def _internal(error: Exception) -> MscodeError:
    """A bug of mscode. The exception's text may quote people's data, so only its type and place are shown."""
    if os.environ.get("MSCODE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" in {last.tb_frame.f_globals.get('__name__')}, line {last.tb_lineno}" if last else ""
    summary = f"internal error ({type(error).__name__}{place}), a bug of mscode {__version__}; please report it"
    return MscodeError(summary, hint="MSCODE_DEBUG=1 shows where it comes from.")
