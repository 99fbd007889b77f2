"""`mscode destroy`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mscode.app.apply import run_apply
from mscode.app.approval import ApplyOptions
from mscode.app.invocation import Invocation
from mscode.app.reporting import reporter_of
from mscode.app.workspace import load_work
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_events_option
from mscode.cli.options import apply_options, options_of, selection_options, variable_options


@make_command(
    "destroy", examples=("mscode destroy", "mscode destroy --auto-approve --allow-deletes 200"), asks_for_parent=True
)
@directory_argument
@variable_options
@json_events_option
@apply_options
@selection_options
@click.option(
    "--override",
    multiple=True,
    metavar="GUARD",
    help="Go on although this guard refuses; the plan shows it. May be repeated.",
)
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    auto_approve: bool,
    allow_launch: bool,
    no_launch: bool,
    allow_deletes: int | None,
    parallelism: int,
    fail_fast: bool,
    **planning: Any,
) -> int:
    """Delete everything that the project manages. Shows the plan and asks for approval first.

    Objects that were imported stay live and are only forgotten. Results of campaigns are saved to .mscode/results before they go.
    """
    options = options_of(**planning, destroy=True, allow_deletes=allow_deletes)
    answers = ApplyOptions(auto_approve, allow_launch, no_launch, parallelism, fail_fast)
    reporter = reporter_of(inv, as_json=as_json)
    return run_apply(lambda: load_work(inv, directory, options), inv, answers, reporter).exit_code
