"""`mscode graph`: what depends on what."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import load_work
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.cli.options import options_of, variable_options


@make_command(
    "graph", examples=["mscode graph > graph.mmd", "mscode graph drives/spring --format dot | dot -Tsvg > graph.svg"]
)
@directory_argument
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", help="How to print it (mermaid)."
)
@variable_options
def command(inv: Invocation, directory: Path, form: str) -> None:
    """Print what depends on what, as a Mermaid or DOT diagram. Needs no network.

    An arrow leads from an object to what it uses: `rsvpCalls.invite --> groups.donors`. What is used is created first.
    """
    from mscode.plan.order import dependencies
    from mscode.views.graph import dot, mermaid

    objects = load_work(inv, directory, options_of()).desired.objects
    uses = {address: sorted(dependencies(item)) for address, item in sorted(objects.items())}
    inv.out.document("\n".join(mermaid(uses) if form == "mermaid" else dot(uses)))
