"""`mscode render`: the manifests as they are after substitution."""

from __future__ import annotations

from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option
from mscode.cli.options import variable_options


@make_command(
    "render",
    examples=["mscode render", "mscode --env production render --var city=Espoo", "mscode render campaigns/ --json"],
)
@directory_argument
@json_option
@variable_options
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Print the manifests as they are after substitution, without the network.

    One YAML document, sections and names in order, above each object where it stands. What a forEach makes is printed under
    its name and key in quotes, like "invite.espoo". That is for reading: mscode reads no such names. Personal data and
    secrets are masked, as in every output.

    --json prints a list of {address, source: {file, line, column}, fields}.
    """
    from mscode.app.render import render

    inv.out.document(render(inv, directory, as_json=as_json))
