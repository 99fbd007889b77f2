"""`mscode plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mscode.cli.environment import open_reader
from mscode.cli.flow import (
    errors_as_json,
    load_work,
    options_of,
    plan_as_json,
    planning_options,
    show_plan,
)
from mscode.cli.frame import Invocation, directory_argument
from mscode.cli.frame import command as make_command
from mscode.errors import GuardError, MscodeError, UnknownOutcome, worst


@make_command(
    "plan",
    examples=("mscode plan", "mscode plan --detailed-exitcode", "mscode --env production plan --json campaigns/"),
)
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the same as --format json.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="How the plan is printed.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes, 0 where there are none.")
@click.option("--destroy", is_flag=True, help="Plan the deletion of everything managed.")
@click.option("--unmanaged", is_flag=True, help="List what is live and not managed, in every section.")
@click.option("--at", default="", metavar="TIME", help="Plan as if it were then.")
@planning_options
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    shape: str,
    detailed_exitcode: bool,
    destroy: bool,
    unmanaged: bool,
    at: str,
    **planning: Any,
) -> int:
    """Compare the manifests with the live account and show what apply would do. Sends nothing but GET."""
    options = options_of(**planning, destroy=destroy, list_unmanaged=unmanaged)
    wants_json = as_json or shape == "json"
    try:
        work = load_work(inv, directory, options, at)
        store = work.read_state()
        with open_reader(work.environment, masker=work.masker()) as reader:
            plan = work.plan(reader, store)
    except MscodeError as error:
        if wants_json:
            inv.out.result(errors_as_json(error))
        raise
    if wants_json:
        inv.out.result(plan_as_json(work, plan, store.key))
    else:
        show_plan(work, plan)
    return worst(
        UnknownOutcome.exit_code if plan.is_held else 0,
        GuardError.exit_code if plan.refused else 0,
        2 if detailed_exitcode and plan.shown else 0,
    )
