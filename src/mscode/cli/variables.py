"""`--var` and `--var-file`: values of variables, for every command that reads manifests.

They are kept in the command line's context, as the common options are, so that no command has to pass them on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mscode.app.workspace import AnyFunction
    from mscode.manifest.project.variable_sources import Given

_TEXTS = "mscode.cli.var"
_FILES = "mscode.cli.var_file"


def variable_options(function: AnyFunction) -> AnyFunction:
    """`--var` and `--var-file`, both repeatable; they are no arguments of the command."""
    for option in (
        click.option(
            "--var-file",
            multiple=True,
            metavar="FILE",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember_files,
            help="A YAML file of variables' values; repeatable, later wins.",
        ),
        click.option(
            "--var",
            multiple=True,
            metavar="NAME=VALUE",
            expose_value=False,
            callback=_remember_texts,
            help="The value of a variable; a list or mapping as YAML, like 'cities=[espoo, turku]'.",
        ),
    ):
        function = option(function)
    return function


def _remember_files(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    ctx.meta[_FILES] = tuple(value)


def _remember_texts(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    pairs = [(name.strip(), equals, text) for name, equals, text in (one.partition("=") for one in value)]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("the form is NAME=VALUE, for example --var city=Espoo", ctx, option)
    ctx.meta[_TEXTS] = tuple((name, text) for name, _, text in pairs)


def given_variables() -> Given:
    """What this command line and the process's environment say of variables."""
    from mscode.manifest.project.variable_sources import Given

    ctx = click.get_current_context(silent=True)
    meta: dict[str, Any] = ctx.meta if ctx is not None else {}
    return Given(meta.get(_FILES, ()), meta.get(_TEXTS, ()), os.environ)
