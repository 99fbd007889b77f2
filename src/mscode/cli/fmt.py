"""`mscode fmt`: the canonical layout of a project's files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.errors import ConfigError, Diagnostic
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.manifest.format.fmt import Formatted

#: What `--check` ends with where a file would change.
WOULD_CHANGE = 3


@make_command("fmt", examples=("mscode fmt", "mscode fmt --check --diff", "mscode fmt campaigns/"))
@directory_argument
@click.option("--check", is_flag=True, help="Change nothing; list the files that would change, and exit 3.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
def command(inv: Invocation, directory: Path, check: bool, diff: bool) -> int:
    """Lay out mscode.yaml and the manifests canonically.

    Comments, the order of everything and what is read stay as they are. Texts that YAML would surprise with (phones,
    times, no, on, leading zeros) get quotes. A file with errors is reported and left as it is.
    """
    from mscode.manifest.format.fmt import format_project

    files = list(format_project(directory, show_people=inv.show_people))
    errors = [error for one in files for error in one.errors]
    show_diagnostics(inv.out, errors)
    changed = [one for one in files if one.changed]
    for one in changed:
        if not (check or diff):
            rewrite(one.path, one.after)
        _tell(inv, one, diff=diff, check=check)
    if errors:
        return 1
    return WOULD_CHANGE if check and changed else 0


def _tell(inv: Invocation, one: Formatted, *, diff: bool, check: bool) -> None:
    """The name of a file that changed or would, or what would change in it."""
    if not diff:
        inv.out.result(one.name)
        return
    for line in _diff(one, show_people=inv.show_people):
        inv.out.result(line)


def _diff(one: Formatted, *, show_people: bool) -> Iterator[str]:
    from mscode.manifest.format.fmt import difference
    from mscode.views.text.printable import visible

    return (visible(line) for line in difference(one, show_people=show_people))


def rewrite(path: Path, content: bytes) -> None:
    """The file as a whole or not at all, with the mode it had; a link's target is written, not the link."""
    target = path.resolve()
    made = ""
    try:
        mode = target.stat().st_mode & 0o7777
        handle, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(mode)
        Path(made).replace(target)
    except OSError as error:
        if made:
            with suppress(OSError):
                Path(made).unlink()
        raise ConfigError([Diagnostic(f"{path} cannot be written: {error.strerror}", code="unwritable")]) from None
