"""`mscode version`."""

from __future__ import annotations

import json

from mscode import __version__
from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option


@make_command("version", examples=("mscode version", "mscode version --json"))
@json_option
def command(inv: Invocation, as_json: bool) -> None:
    """Print the version of mscode. The same as `mscode --version`."""
    if as_json:
        inv.out.json(json.dumps({"mscode_version": __version__}))
    else:
        inv.out.result(f"mscode {__version__}")
