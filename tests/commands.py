"""Every command of mscode, for the tests that look at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from mscode.cli.app import app
from mscode.cli.base import LazyGroup


def _commands(group: LazyGroup, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield " ".join((*words, name)), command
        if isinstance(command, LazyGroup):
            yield from _commands(command, (*words, name))


#: Words behind `mscode` -> command; groups too, like `state`.
COMMANDS: Mapping[str, click.Command] = dict(_commands(app))
