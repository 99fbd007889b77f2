"""`mscode fleet plan`: a plan of each project, and one summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.fleet.formats import show_summary, summary_options
from mscode.cli.fleet.options import fleet_argument, parallel_option, project_selection_options, shard_option

if TYPE_CHECKING:
    from mscode.views.fleet.plan_shapes import FleetProjectPlanJson


@make_command(
    "plan",
    examples=(
        "mscode fleet plan",
        "mscode fleet plan --out plans --parallel 10",
        "mscode fleet plan --out plans --changed-since origin/main --shard 3/12",
        "mscode fleet plan --format html > plans.html",
    ),
)
@fleet_argument
@summary_options
@click.option(
    "--override",
    multiple=True,
    metavar="GUARD",
    help="Go on although this guard of fleet.yaml refuses; the summary shows it. May be repeated.",
)
@project_selection_options
@shard_option
@parallel_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save the plans and the summary in a folder, for `mscode fleet apply DIR`.",
)
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    shape: str,
    max_bytes: int,
    detailed_exitcode: bool,
    override: tuple[str, ...],
    changed_since: str,
    wave: int | None,
    shard_of: tuple[int, int] | None,
    parallel: int,
    out: Path | None,
) -> int:
    """Plan every project of fleet.yaml, each in a process of its own, and judge the guards over all of them.

    Nothing is changed: plan sends nothing but GET. A project that cannot be planned stops no other. Shards of a CI need
    MSCODE_FLEET_KEY, 32 bytes or more; `mscode fleet merge` puts them together.
    """
    from mscode.app.fleet.listing import select
    from mscode.app.fleet.planning import FleetPlanRequest, plan_fleet
    from mscode.app.fleet.projects import load_fleet
    from mscode.app.fleet.shards import shard
    from mscode.views.diagnostics import show_diagnostics
    from mscode.views.fleet.plan_words import progress_line, saved_line

    fleet = load_fleet(inv, directory)
    show_diagnostics(inv.out, fleet.problems)
    selected = select(inv, fleet, changed_since, wave)
    request = FleetPlanRequest(
        projects=shard(selected.projects, *shard_of).projects if shard_of else selected.projects,
        selection=selected.projects,
        out=out,
        parallel=parallel,
        shard=f"{shard_of[0]}/{shard_of[1]}" if shard_of else "",
        changed_since=selected.commit,
        override=frozenset(override),
    )

    def tell(project: FleetProjectPlanJson, done: int, of: int, seconds: float) -> None:
        inv.out.info(progress_line(project, done, of, seconds))

    outcome = plan_fleet(inv, fleet, request, tell)
    show_summary(inv, outcome, "json" if as_json else shape, max_bytes)
    if out is not None:
        inv.out.info(f"\n{saved_line(outcome.data, str(out))}")
    return outcome.exit_code(detailed=detailed_exitcode)
