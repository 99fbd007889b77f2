"""`mscode rehearse`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mscode.app.invocation import Invocation
from mscode.app.rehearsal.rehearse import NOT_REHEARSED, Settings, rehearse
from mscode.app.workspace import error_data, show_plan
from mscode.cli.base import command as make_command
from mscode.cli.base import project_or_plan_argument
from mscode.cli.formats import REHEARSALS, Drawing, rehearsal_format_options, show_rehearsal
from mscode.cli.options import deletes_option, options_of, planning_options, rehearsal_options
from mscode.errors import MscodeError, UsageError
from mscode.views.rehearsal.progress import RehearsalProgress


@make_command(
    "rehearse",
    examples=(
        "mscode rehearse",
        "mscode rehearse plan.json",
        "mscode rehearse --runs 1000 --only 'rsvpCalls.*'",
        "mscode --env production rehearse --format html > rehearsal.html",
    ),
)
@project_or_plan_argument
@rehearsal_format_options
@rehearsal_options
@click.option("--at", default="", metavar="TIME", help="Rehearse as if it were this time, like 2026-12-01T09:00.")
@deletes_option
@planning_options
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    shape: str,
    max_bytes: int,
    runs: int | None,
    seed: int | None,
    at: str,
    allow_deletes: int | None,
    **planning: Any,
) -> int:
    """Play the plan to its end, in a sandbox in memory, and forecast what the real calls are likely to do.

    The live account is copied into the sandbox, the plan is applied there, launches included, and the clock is moved on to the
    end of the last campaign. What the sandbox calls then must be what the plan promises: a breach is exit code 1. Nobody is
    called: the live account gets nothing but GET, and nothing is written.

    A saved plan is planned again from its manifests, and refused with exit code 3 where it is stale.
    """
    form, drawing = "json" if as_json else shape, Drawing(max_bytes, directory, inv.compact)
    if directory.is_file() and (any(planning.values()) or at):
        raise UsageError("The options of planning belong to the saved plan", hint="Give them to `mscode plan`.")
    try:
        options = options_of(**planning, allow_deletes=allow_deletes)
        with RehearsalProgress(inv.out) as progress:
            outcome = rehearse(inv, directory, options, Settings(runs, seed, progress), at=at)
    except MscodeError as error:
        if form in REHEARSALS and form != "json":  # that is printed for every command (`cli.app`)
            show_rehearsal(inv.out, error_data(error), form, drawing)
        raise
    data = outcome.rehearsal_data()
    if outcome.plan.refused and form not in REHEARSALS and not data["campaigns"]:  # nothing was rehearsed
        show_plan(outcome.work, outcome.plan)
        inv.out.info(f"\n{NOT_REHEARSED}")
    else:
        show_rehearsal(inv.out, data, form, drawing)
    return outcome.exit_code()
