"""Options that several commands of a fleet share."""

from __future__ import annotations

import re
from typing import Any

import click

from mscode.cli.base import AnyFunction
from mscode.cli.completing import FileType
from mscode.cli.values import Whole
from mscode.model.late_pattern import late_pattern


def fleet_argument(function: AnyFunction) -> AnyFunction:
    """`[DIR]`, the folder that holds fleet.yaml: argument `directory`."""
    return click.argument(
        "directory",
        metavar="[DIR]",
        default=".",
        type=FileType(folders_only=True),
        help="Folder that holds fleet.yaml; the current one when left out.",
    )(function)


def fleet_folder_option(function: AnyFunction) -> AnyFunction:
    """`--dir`, the same for a command whose arguments are other folders: argument `directory`."""
    return click.option(
        "--dir",
        "directory",
        default=".",
        metavar="DIR",
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


_SHARD = late_pattern(r"([0-9]{1,4})/([0-9]{1,4})", re.ASCII)


class ShardType(click.ParamType[tuple[int, int]]):
    """One of several shards, written as 3/12: its index from 1, and how many there are."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = _SHARD.fullmatch(value)
        index, total = (int(part) for part in match.groups()) if match else (0, 0)
        if not 1 <= index <= total:
            self.fail("must be one of so many, like 3/12", param, ctx)
        return index, total


def shard_option(function: AnyFunction) -> AnyFunction:
    """`--shard I/N`: argument `shard_of`, the index from 1 and the number of shards; None for all."""
    return click.option(
        "--shard",
        "shard_of",
        metavar="I/N",
        type=ShardType(),
        help="Only the I-th of N shards, as `fleet list --shards N` cuts them.",
    )(function)


def parallel_option(function: AnyFunction) -> AnyFunction:
    """`--parallel`: argument `parallel`."""
    return click.option(
        "--parallel", type=Whole(1, 100), default=4, metavar="N", help="Work on N projects at once (4)."
    )(function)
