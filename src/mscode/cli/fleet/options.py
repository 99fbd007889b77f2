"""Options that several commands of a fleet share."""

from __future__ import annotations

import click

from mscode.cli.base import AnyFunction
from mscode.cli.completing import FileType
from mscode.cli.values import Whole


def fleet_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR]`, the folder that holds fleet.yaml: argument `directory`."""
    return click.argument(
        "directory",
        metavar="[DIR]",
        default=".",
        type=FileType(folders_only=True),
        help="Folder that holds fleet.yaml; the current one when left out.",
    )(function)


def project_selection_options(function: AnyFunction) -> AnyFunction:
    """`--changed-since` and `--wave`: arguments `changed_since` ("" for all) and `wave` (None for all)."""
    for option in (
        click.option("--wave", metavar="N", type=Whole(1), help="Only the projects of this wave."),
        click.option(
            "--changed-since",
            metavar="REF",
            default="",
            help="Only projects that have changed since their history left that of this branch, tag or commit of git.",
        ),
    ):
        function = option(function)
    return function
