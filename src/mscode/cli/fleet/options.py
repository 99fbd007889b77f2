"""Options that several commands of a fleet share."""

from __future__ import annotations

import click

from mscode.cli.base import AnyFunction
from mscode.cli.completing import FileType


def fleet_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR]`, the folder that holds fleet.yaml: argument `directory`."""
    return click.argument(
        "directory",
        metavar="[DIR]",
        default=".",
        type=FileType(folders_only=True),
        help="Folder that holds fleet.yaml; the current one when left out.",
    )(function)
