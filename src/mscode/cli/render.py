"""`mscode render`: the manifests as they are after substitution."""

from __future__ import annotations

from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option
from mscode.cli.options import variable_options


@make_command(
    "render",
    examples=["mscode render", "mscode --env production render --var city=Espoo", "mscode render drives/spring --json"],
)
@directory_argument
@json_option
@variable_options
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Print the manifests with variables and forEach filled in, without the network.

    Prints one YAML document for reading, with the place of each object above it; what a forEach makes stands under its name and
    key, like "invite.espoo". Personal data and secrets are masked.

    --json prints a list of {address, source: {file, line, column}, fields}.
    """
    from mscode.app.render import render

    inv.out.document(render(inv, directory, as_json=as_json), is_json=as_json)
