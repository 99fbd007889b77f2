"""`mscode fleet merge`: the folders of all shards as one."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.fleet.formats import show_summary, summary_options
from mscode.cli.fleet.options import fleet_folder_option


@make_command("merge", examples=("mscode fleet merge plans-1 plans-2 plans-3 --out plans",))
@click.argument(
    "folders",
    metavar="DIR...",
    nargs=-1,
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folders that `mscode fleet plan --shard --out` has written: one of each shard.",
)
@summary_options
@fleet_folder_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="The folder to write: new, or of an earlier run.",
)
def command(
    inv: Invocation,
    folders: tuple[Path, ...],
    as_json: bool,
    shape: str,
    max_bytes: int,
    detailed_exitcode: bool,
    directory: Path,
    out: Path,
) -> int:
    """Put the plans of all shards together, judge the guards over all projects, and end as `mscode fleet plan` does.

    Needs no token and no key, and sends nothing.
    """
    from mscode.app.fleet.planning import merge_shards
    from mscode.app.fleet.projects import load_fleet
    from mscode.views.fleet.plan_words import saved_line

    outcome = merge_shards(inv, load_fleet(inv, directory), folders, out)
    show_summary(inv, outcome, "json" if as_json else shape, max_bytes)
    inv.out.info(f"\n{saved_line(outcome.data, str(out))}")
    return outcome.exit_code(detailed=detailed_exitcode)
