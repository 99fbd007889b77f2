"""`mscode drift`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.ci import report_drift
from mscode.app.drift import Ground, ground
from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import reading
from mscode.app.workspace import error_data
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.cli.options import variable_options
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.plan.change import Plan


@make_command(
    "drift",
    examples=("mscode drift", "mscode drift --detailed-exitcode", "mscode --env production drift --format markdown"),
)
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the same as --format json.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "markdown"]), default="text", help="How it is printed."
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit 2 where something is not as it was applied; progress alone is 0."
)
@variable_options
def command(inv: Invocation, directory: Path, as_json: bool, shape: str, detailed_exitcode: bool) -> int:
    """Compare the live account with what was last applied: progress, operator action, drift of configuration.

    The state is enough. Where the manifests can be read, members of groups are compared too. Sends nothing but GET.
    """
    shape = "json" if as_json else shape
    try:
        where = ground(inv, directory)
        store = reading(where.environment, inv.out.talk)
        with open_reader(where.environment, masker=where.masker) as reader:
            plan = where.look(reader, store)
    except MscodeError as error:
        if shape == "json":
            inv.out.document(json.dumps(error_data(error), indent=2))
        raise
    _show(inv, where, plan, shape)
    return 2 if detailed_exitcode and any(one.matters for one in plan.drift) else 0


def _show(inv: Invocation, where: Ground, plan: Plan, shape: str) -> None:
    report_drift(inv, _markdown(where, plan))
    if shape == "markdown":
        inv.out.document(_markdown(where, plan))
    elif shape == "json":
        from mscode import __version__
        from mscode.views.drift.drift_json import drift_json

        data = drift_json(plan, mscode_version=__version__, show_people=inv.show_people, mask=where.masker)
        inv.out.document(json.dumps(data, indent=2))
    else:
        from mscode.views.drift.drift_text import render_drift

        inv.out.pieces(render_drift(plan, show_people=inv.show_people, mask=where.masker))


def _markdown(where: Ground, plan: Plan) -> str:
    """For an issue or a job's summary, which are no terminal: people are masked always."""
    from mscode.views.drift.drift_markdown import drift_markdown

    return drift_markdown(plan, mask=where.hidden)
