"""`mscode init`: a small project that plans cleanly against the sandbox."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command


@make_command("init", examples=["mscode init", "mscode init campaigns/spring"])
@click.argument("directory", metavar="[DIR]", default=Path(), type=click.Path(path_type=Path, file_okay=False))
def command(inv: Invocation, directory: Path) -> None:
    """Write a small project that plans cleanly against the sandbox.

    It has a project file, one campaign with everything it needs, a .gitignore, and in .mscode-schema/ what an editor
    needs to complete and check them; commit all of it. Existing files are never overwritten. The folder is made where it
    is missing.
    """
    from mscode.app.new_project import create_project

    names = create_project(directory)
    argument = "" if directory == Path() else f" {directory}"
    inv.out.info(f"Wrote {', '.join(names)}.")
    inv.out.info(f"Next: `mscode plan{argument}` shows what would be done, `mscode apply{argument}` does it.")
