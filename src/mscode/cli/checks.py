"""`mscode checks`: the rules that are judged before anything rings."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.options import folder_option


@make_command("checks", examples=("mscode checks", "mscode checks text/keys", "mscode checks --json"))
@click.argument("rule_id", metavar="[ID]", default="", help="The id of a rule, like text/keys.")
@folder_option
@json_option
def command(inv: Invocation, rule_id: str, directory: Path, as_json: bool) -> None:
    """List the rules by which manifests and plans are checked, each with its level and an example of wrong and right.

    With the id of a rule, show everything about it. In a project, levels and values are those of its mscode.yaml.
    """
    from mscode.app.checks import list_checks
    from mscode.views.checks import checks_json, checks_lines

    entries = list_checks(inv, directory, rule_id)
    if as_json:
        inv.out.json(json.dumps(checks_json(entries), indent=2, ensure_ascii=False))
        return
    for line in checks_lines(entries, at_length=bool(rule_id)):
        inv.out.result(line)
