"""`mscode fmt`: the canonical layout of a project's files."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.views.diagnostics import show_diagnostics

#: What `--check` ends with where a file would change.
WOULD_CHANGE = 3


@make_command("fmt", examples=("mscode fmt", "mscode fmt --check --diff", "mscode fmt drives/spring"))
@directory_argument
@click.option(
    "--check", is_flag=True, help="List the files that would change, change none, and exit with 3 if there are any."
)
@click.option("--diff", is_flag=True, help="Print what would change, and change nothing.")
def command(inv: Invocation, directory: Path, check: bool, diff: bool) -> int:
    """Rewrite mscode.yaml and the manifests in the canonical layout.

    Comments, order and meaning stay as they are. Texts that YAML may read as something else (phone numbers, times, no, on, leading
    zeros) get quotes. A file with errors is reported and left as it is.
    """
    from mscode.app.format import difference, read_layout, rewrite
    from mscode.views.text.printable import escape_unprintable

    layout = read_layout(inv, directory)
    show_diagnostics(inv.out, layout.errors)
    for file in layout.changed:
        if not (check or diff):
            rewrite(file.path, file.after)
        for line in map(escape_unprintable, difference(inv, file)) if diff else (file.name,):
            inv.out.document(line)
    if layout.errors:
        return 1
    return WOULD_CHANGE if check and layout.changed else 0
