"""`mscode drift`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode import __version__
from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, format_option, json_option_saying
from mscode.cli.options import variable_options


@make_command(
    "drift",
    examples=("mscode drift", "mscode drift --detailed-exitcode", "mscode --env production drift --format markdown"),
)
@directory_argument
@json_option_saying("Print JSON; the same as --format json.")
@format_option("text", "json", "markdown", help="How to print it.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 where something is not as it was applied; progress alone is 0.",
)
@variable_options
def command(inv: Invocation, directory: Path, as_json: bool, shape: str, detailed_exitcode: bool) -> int:
    """Show what has changed in the live account since the last apply: progress of campaigns, what a person did, and drift.

    Needs only the state; where the manifests can be read, members of groups are compared too. Nothing is changed: drift sends
    nothing but GET.
    """
    from mscode.app.ci import report_drift
    from mscode.app.drift import detect_drift
    from mscode.views.drift.drift_json import drift_json
    from mscode.views.drift.drift_markdown import drift_markdown
    from mscode.views.drift.drift_text import render_drift

    shape = "json" if as_json else shape
    outcome = detect_drift(inv, directory)
    # For an issue or a job's summary, which are no terminal: people are masked always.
    markdown = drift_markdown(outcome.plan, mask=outcome.full_masker)
    report_drift(inv, markdown)
    if shape == "markdown":
        inv.out.document(markdown)
    elif shape == "json":
        data = drift_json(outcome.plan, mscode_version=__version__, show_people=inv.show_people, mask=outcome.masker)
        inv.out.json(json.dumps(data, indent=2))
    else:
        inv.out.write_lines(render_drift(outcome.plan, show_people=inv.show_people, mask=outcome.masker))
    return 2 if detailed_exitcode and outcome.matters else 0
