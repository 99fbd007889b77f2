"""Options that several commands share, and their values as the planner takes them.

Variables (`--var`, `--var-file`) are kept in the command line's context, as the common options are, so that no command has to
pass them on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from mscode.app.policies import overridden
from mscode.cli.base import COMPACT, DIR_HELP, VAR_TEXTS, AnyFunction, ProjectFolder, remember
from mscode.cli.completing import AddressType, FileType
from mscode.cli.values import Duration, Whole
from mscode.errors import UsageError
from mscode.model.address import Address

if TYPE_CHECKING:
    from mscode.plan.inputs import Options


def variable_options(function: AnyFunction) -> AnyFunction:
    """`--var` and `--var-file`, both repeatable; they are no arguments of the command."""
    for option in (
        click.option(
            "--var-file",
            multiple=True,
            metavar="FILE",
            type=FileType(),
            expose_value=False,
            callback=remember,
            help="Read values of variables from a YAML file; may be repeated, the last one wins.",
        ),
        click.option(
            "--var",
            multiple=True,
            metavar="NAME=VALUE",
            expose_value=False,
            callback=_remember_texts,
            help="Set a variable; a list or mapping in YAML, like 'cities=[espoo, turku]'. May be repeated.",
        ),
    ):
        function = option(function)
    return function


def _remember_texts(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    pairs = [(name.strip(), equals, text) for name, equals, text in (text.partition("=") for text in value)]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("the form is NAME=VALUE, for example --var city=Espoo", ctx, option)
    ctx.meta[VAR_TEXTS] = tuple((name, text) for name, _, text in pairs)


def planning_options(function: AnyFunction) -> AnyFunction:
    """The planning options of plan and apply: arguments `only`, `exclude`, `resume`, `replace`,
    `allow_unsuppress`, `override`."""
    for option in (
        click.option(
            "--override",
            multiple=True,
            metavar="GUARD",
            help="Go on although this guard or rule refuses; the plan shows it. May be repeated.",
        ),
        click.option("--allow-unsuppress", is_flag=True, help="Let numbers be taken off the do-not-call list."),
        click.option(
            "--replace",
            multiple=True,
            metavar="ADDRESS",
            type=AddressType(),
            help="Delete this object and create it anew. May be repeated.",
        ),
        click.option(
            "--resume",
            multiple=True,
            metavar="ADDRESS",
            type=AddressType(can_be_halted=True),
            help="Launch this halted campaign again. May be repeated.",
        ),
    ):
        function = option(function)
    return variable_options(selection_options(function))


def selection_options(function: AnyFunction) -> AnyFunction:
    """`--only` and `--exclude`."""
    for option in (
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            type=AddressType(files=True),
            help="Leave out the objects whose address or file matches. May be repeated.",
        ),
        click.option(
            "--only",
            multiple=True,
            metavar="GLOB",
            type=AddressType(files=True),
            help="Plan only the objects whose address or file matches (with * and ?), and what they use. May be repeated.",
        ),
    ):
        function = option(function)
    return function


def options_of(
    resume: Sequence[str] = (),
    replace: Sequence[str] = (),
    override: Sequence[str] = (),
    *,
    only: Sequence[str] = (),
    exclude: Sequence[str] = (),
    destroy: bool = False,
    allow_deletes: int | None = None,
    list_unmanaged: bool = False,
    allow_unsuppress: bool = False,
) -> Options:
    """The planning options as the planner takes them; UsageError for a text that is no address."""
    from mscode.plan.inputs import Options

    return Options(
        destroy=destroy,
        resume=_addresses("--resume", resume),
        replace=_addresses("--replace", replace),
        override=overridden(override),
        only=tuple(only),
        exclude=tuple(exclude),
        list_unmanaged=list_unmanaged,
        allow_deletes=allow_deletes,
        allow_unsuppress=allow_unsuppress,
    )


def _addresses(option: str, texts: Iterable[str]) -> frozenset[Address]:
    from mscode.app.workspace import parse_address

    return frozenset(parse_address(text, option) for text in texts)


def refuse_others(options: Options, **flags: object) -> None:
    """UsageError for options that change what a plan does: --refresh-only changes nothing live."""
    from mscode.plan.inputs import Options

    names = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value]
    if options != Options() or names:
        subject = names[0] if names else "the options of a plan that changes something"
        raise UsageError(
            f"--refresh-only does not go with {subject}", hint="It takes live values into the state alone."
        )


def rehearsal_options(function: AnyFunction) -> AnyFunction:
    """`--runs` and `--seed` of a rehearsal: arguments `runs` and `seed`, None where they are not given."""
    for option in (
        click.option(
            "--seed",
            type=Whole(0, 2**32 - 1),
            metavar="N",
            help="Seed of the rehearsal's random numbers; left out, it is derived from the plan's digest.",
        ),
        click.option(
            "--runs",
            type=Whole(0, 100_000),
            metavar="N",
            help="Replays of each campaign for the forecast (200); 0 only checks the calls.",
        ),
    ):
        function = option(function)
    return function


def apply_options(function: AnyFunction) -> AnyFunction:
    """The options that apply and destroy share."""
    for option in (
        click.option("--fail-fast", is_flag=True, help="Start nothing new after the first failure."),
        click.option(
            "--parallelism", type=Whole(1, 100), default=10, metavar="N", help="Send at most N requests at once (10)."
        ),
        click.option("--no-launch", is_flag=True, help="Launch nothing: create and change campaigns, and hold them."),
        click.option("--allow-launch", is_flag=True, help="Answer the launch question with yes."),
        click.option(
            "--auto-approve",
            is_flag=True,
            help="Answer the first question with yes. Launches need --allow-launch as well.",
        ),
    ):
        function = option(function)
    return lock_option(compact_option(deletes_option(function)))


def deletes_option(function: AnyFunction) -> AnyFunction:
    """`--allow-deletes`: argument `allow_deletes`, None where it is not given."""
    return click.option(
        "--allow-deletes",
        type=Whole(0),
        metavar="N",
        help="Allow N deletions in this run, whatever the guard maxDeletes says.",
    )(function)


def compact_option(function: AnyFunction, *, subject: str = "plan") -> AnyFunction:
    """`--compact`, `--no-compact`: how a plan is shown (`Invocation.compact`), and no argument of the command. `subject` is what
    the command prints; where that is no plan, a plan is shown only when a guard refuses it."""
    first = "Show" if subject == "plan" else "Of a plan that a guard refuses, show"
    return click.option(
        "--compact/--no-compact",
        default=None,
        expose_value=False,
        callback=_remember_compact,
        help=f"{first} each change that reaches nobody and destroys nothing in one line; --no-compact shows all in full.",
    )(function)


def _remember_compact(ctx: click.Context, option: click.Parameter, value: bool | None) -> None:
    ctx.meta[COMPACT] = value


def lock_option(function: AnyFunction) -> AnyFunction:
    """`--lock-timeout`; it is no argument of the command."""
    return click.option(
        "--lock-timeout",
        metavar="DURATION",
        type=Duration(),
        expose_value=False,
        callback=remember,
        help="Wait so long for a locked state, like 30s or 5m; left out, not at all.",
    )(function)


def folder_option(function: AnyFunction) -> AnyFunction:
    """`--dir`, for commands whose arguments are addresses: argument `directory`."""
    return click.option("--dir", "directory", metavar="DIR", type=ProjectFolder(folders_only=True), help=DIR_HELP)(
        function
    )
