"""`mscode plan`."""

from __future__ import annotations

from pathlib import Path

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
from mscode.cli.saved import save_plan
from mscode.errors import GuardError, MscodeError, worst


@make_command(
    "plan",
    examples=("mscode plan", "mscode plan --out plan.json", "mscode --env production plan --json campaigns/"),
)
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the same as --format json.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="How the plan is printed.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes, 0 where there are none.")
@click.option("--destroy", is_flag=True, help="Plan the deletion of everything managed.")
@click.option("--at", default="", metavar="TIME", help="Plan as if it were then.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save the plan, for `apply FILE`."
)
@planning_options
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    shape: str,
    detailed_exitcode: bool,
    destroy: bool,
    at: str,
    out: Path | None,
    resume: tuple[str, ...],
    replace: tuple[str, ...],
    override: tuple[str, ...],
) -> int:
    """Compare the manifests with the live account and show what apply would do. Sends nothing but GET."""
    options = options_of(resume, replace, override, destroy=destroy)
    wants_json = as_json or shape == "json"
    try:
        work = load_work(inv, directory, options, at)
        store = work.read_state()
        with open_reader(work.environment, masker=work.masker()) as reader:
            plan = work.plan(reader, store)
            key = work.key(reader, store)
    except MscodeError as error:
        if wants_json:
            inv.out.result(errors_as_json(error))
        raise
    if wants_json:
        inv.out.result(plan_as_json(work, plan, key))
    else:
        show_plan(work, plan)
    if out is not None:
        save_plan(work, plan, store, key, out)
    return worst(GuardError.exit_code if plan.refused else 0, 2 if detailed_exitcode and plan.shown else 0)
