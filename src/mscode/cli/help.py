"""`mscode help`."""

from __future__ import annotations

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import LazyGroup
from mscode.cli.base import command as make_command
from mscode.cli.completing import CommandType


@make_command("help", examples=("mscode help", "mscode help plan", "mscode help state mv"))
@click.argument("words", metavar="[COMMAND]...", nargs=-1, type=CommandType(), help="A command, like plan or state mv.")
def command(inv: Invocation, words: tuple[str, ...]) -> None:
    """Show the help of a command, or the list of all commands. The same as `mscode COMMAND --help`."""
    ctx = click.get_current_context().find_root()
    current = ctx.command
    for word in words:
        inner = current.get_command(ctx, word) if isinstance(current, LazyGroup) else None
        if inner is None:
            text = (
                current.no_command(word) if isinstance(current, LazyGroup) else f"{ctx.command_path} has no commands."
            )
            raise click.UsageError(text, ctx)
        current, ctx = inner, click.Context(inner, info_name=word, parent=ctx)
    inv.out.result(current.get_help(ctx))
