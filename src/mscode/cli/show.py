"""`mscode show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.state import open_state
from mscode.app.workspace import load_environment
from mscode.cli.base import ProjectFolder
from mscode.cli.base import command as make_command
from mscode.cli.formats import DOCUMENTS, Drawing, format_options, show_data
from mscode.errors import UsageError
from mscode.views.status.state import Terms, entry_json, entry_lines


@make_command(
    "show",
    examples=("mscode show plan.json", "mscode show --format markdown plan.json", "mscode show --json drives/spring"),
)
@click.argument(
    "path",
    metavar="[PLANFILE|DIR]",
    required=False,
    type=ProjectFolder(),
    help="A plan saved by `mscode plan --out`, or the folder of the project (the current one when left out), for its state.",
)
@format_options
def command(inv: Invocation, path: Path, as_json: bool, shape: str, max_bytes: int) -> None:
    """Show a saved plan, or the state: every managed object, its id, and the values last applied.

    A saved plan is shown without the network, in any format of `mscode plan`.
    """
    form = "json" if as_json else shape
    if path.is_file():
        _show_plan(inv, path, form, max_bytes)
    elif form in DOCUMENTS and form != "json":
        raise UsageError(f"The state is shown as text or JSON, not as {form}")
    else:
        _show_state(inv, path, as_json=form == "json")


def _show_plan(inv: Invocation, path: Path, form: str, max_bytes: int) -> None:
    from mscode.app.saved_plan import read_plan

    data, folder = read_plan(path)
    show_data(inv.out, data, form, Drawing(max_bytes, folder, inv.compact))


def _show_state(inv: Invocation, directory: Path, *, as_json: bool) -> None:
    environment = load_environment(inv, directory)
    known = open_state(environment).known
    entries = [entry for _, entry in sorted(known.entries.items())]
    terms = Terms.of(known, environment.project.timezone)
    if as_json:
        resources = [entry_json(entry, terms) for entry in entries]
        values = {"environment": environment.name, "serial": known.serial, "resources": resources}
        inv.out.json(json.dumps(values, indent=2))
        return
    if not entries:
        inv.out.result("The state is empty.")
    for number, entry in enumerate(entries):
        if number:
            inv.out.result("")
        for line in entry_lines(entry, terms):
            inv.out.result(line)
