"""`mscode fleet apply`: the saved plans of every project."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.fleet.options import fleet_folder_option, parallel_option, shard_option
from mscode.cli.options import lock_option
from mscode.cli.values import Whole
from mscode.errors import UsageError

if TYPE_CHECKING:
    from mscode.views.fleet.apply_shapes import FleetProjectApplyJson


@make_command(
    "apply",
    examples=(
        "mscode fleet apply plans",
        "mscode fleet apply plans --allow-launch --parallel 10",
        "mscode fleet apply plans --no-launch",
        "mscode fleet apply plans --allow-launch --wave 2 --shard 3/12",
    ),
)
@click.argument(
    "plans",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that `mscode fleet plan --out` or `mscode fleet merge` has written.",
)
@click.option("--auto-approve", is_flag=True, help="Accepted as by `mscode apply`: saved plans ask for launches alone.")
@click.option("--allow-launch", is_flag=True, help="Launch without asking: people will be called or written to.")
@click.option("--no-launch", is_flag=True, help="Hold every launch, on purpose: the next wave begins all the same.")
@click.option("--allow-deletes", metavar="N", type=Whole(0), help="Let each plan delete so many objects.")
@click.option("--wave", metavar="N", type=Whole(1), help="Only the projects of this wave.")
@shard_option
@parallel_option
@lock_option
@fleet_folder_option
@json_option
def command(
    inv: Invocation,
    plans: Path,
    auto_approve: bool,
    allow_launch: bool,
    no_launch: bool,
    allow_deletes: int | None,
    wave: int | None,
    shard_of: tuple[int, int] | None,
    parallel: int,
    directory: Path,
    as_json: bool,
) -> int:
    """Apply the saved plans of every project, each in a process of its own with its own token, state and lock.

    Waves come one after the other: one begins only when every project of the one before has ended with exit code 0. A held launch
    (5) stops the next wave, --no-launch does not. The guards of fleet.yaml are judged once more before anything is sent.

    It may be run again after it has died: what is done is done, and the rest of each plan follows.
    """
    from mscode.app.approval import ApplyOptions
    from mscode.app.fleet.applying import FleetApplyRequest, apply_fleet
    from mscode.app.fleet.projects import load_fleet
    from mscode.views.fleet.apply_text import apply_lines, progress_line
    from mscode.views.text.width import table_width

    if allow_launch and no_launch:
        raise UsageError("--allow-launch and --no-launch exclude each other")
    fleet = load_fleet(inv, directory)
    options = ApplyOptions(auto_approve, allow_launch, no_launch)

    def tell(project: FleetProjectApplyJson, done: int, of: int) -> None:
        inv.out.info(progress_line(project, done, of))

    request = FleetApplyRequest(plans, options, allow_deletes, parallel, shard_of, wave)
    outcome = apply_fleet(inv, fleet, request, tell)
    if as_json:
        inv.out.json(json.dumps(outcome.data, indent=2))
    else:
        inv.out.write_lines(apply_lines(outcome.data, width=table_width(sys.stdout)))
    return outcome.exit_code
