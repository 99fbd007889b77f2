"""What commands of a fleet share that plan or apply it: options of their processes and shards, and how a summary is printed."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from mscode.cli.base import AnyFunction, format_option, json_option_saying
from mscode.cli.formats import FORMATS, LEAST_BYTES, MAX_BYTES
from mscode.cli.values import Whole

if TYPE_CHECKING:
    from mscode.app.fleet.planning import FleetPlanOutcome
    from mscode.app.invocation import Invocation


def summary_options(function: AnyFunction) -> AnyFunction:
    """`--format`, `--json`, `--max-bytes` and `--detailed-exitcode`: arguments `shape`, `as_json`, `max_bytes`,
    `detailed_exitcode`."""
    for option in (
        click.option(
            "--detailed-exitcode",
            is_flag=True,
            help="Exit with 2 where there are changes, with 0 where there are none.",
        ),
        click.option(
            "--max-bytes",
            type=Whole(LEAST_BYTES),
            default=MAX_BYTES,
            metavar="N",
            help="Size limit of --format markdown (60000 bytes); a larger summary is shown in less detail.",
        ),
        json_option_saying("Print JSON; the same as --format json."),
        format_option(*FORMATS, help="How to print the summary."),
    ):
        function = option(function)
    return function


def show_summary(inv: Invocation, outcome: FleetPlanOutcome, form: str, max_bytes: int) -> None:
    """The summary on stdout, and in the summary of a step of GitHub Actions."""
    from mscode.app.ci import append_summary
    from mscode.views.fleet.plan_markdown import fleet_markdown

    data = outcome.data
    append_summary(inv, lambda room: fleet_markdown(data, max_bytes=room))
    if form == "json":
        inv.out.document(json.dumps(data, indent=2))
    elif form == "markdown":
        inv.out.document(fleet_markdown(data, max_bytes=max_bytes).removesuffix("\n"))
    elif form == "html":
        from mscode.views.fleet.plan_html import fleet_html

        inv.out.document(fleet_html(data).removesuffix("\n"))
    else:
        from mscode.views.fleet.plan_text import fleet_lines
        from mscode.views.text.width import terminal_width

        inv.out.write_lines(fleet_lines(data, width=terminal_width(sys.stdout)))


_SHARD = re.compile(r"([0-9]{1,4})/([0-9]{1,4})", re.ASCII)


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
