"""The formats of the plans of a fleet."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from mscode.cli.base import AnyFunction
from mscode.cli.formats import document_options

if TYPE_CHECKING:
    from mscode.app.fleet.planning import FleetPlanOutcome
    from mscode.app.invocation import Invocation


def summary_options(function: AnyFunction) -> AnyFunction:
    """`--format`, `--json`, `--max-bytes` and `--detailed-exitcode`: arguments `shape`, `as_json`, `max_bytes`,
    `detailed_exitcode`."""
    detailed = click.option(
        "--detailed-exitcode",
        is_flag=True,
        help="Exit with 2 where there are changes, with 0 where there are none.",
    )
    return document_options(detailed(function), subject="summary")


def show_summary(inv: Invocation, outcome: FleetPlanOutcome, form: str, max_bytes: int) -> None:
    """The summary on stdout, and in the summary of a step of GitHub Actions."""
    from mscode.app.ci import append_summary
    from mscode.views.fleet.plan_markdown import fleet_markdown

    data = outcome.data
    append_summary(inv, lambda room: fleet_markdown(data, max_bytes=room))
    if form == "json":
        inv.out.json(json.dumps(data, indent=2))
    elif form == "markdown":
        inv.out.document(fleet_markdown(data, max_bytes=max_bytes).removesuffix("\n"))
    elif form == "html":
        from mscode.views.fleet.plan_html import fleet_html

        inv.out.document(fleet_html(data).removesuffix("\n"))
    else:
        from mscode.views.fleet.plan_text import fleet_lines
        from mscode.views.text.width import table_width

        inv.out.write_lines(fleet_lines(data, width=table_width(sys.stdout)))
