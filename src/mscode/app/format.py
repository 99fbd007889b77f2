"""Laying out a project's files canonically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import ConfigError, Diagnostic
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.format.fmt import Formatted


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files are not laid out canonically, and what is wrong with files that cannot be laid out."""

    changed: Sequence[Formatted]
    errors: Sequence[Diagnostic]


def read_layout(inv: Invocation, directory: Path) -> Layout:
    """Lay out mscode.yaml and the manifests; nothing is written yet."""
    from mscode.manifest.format.fmt import format_project

    files = list(format_project(directory, show_people=inv.show_people))
    return Layout([file for file in files if file.changed], [error for file in files for error in file.errors])


def difference(inv: Invocation, file: Formatted) -> Iterator[str]:
    """What would change in a file, line by line; people are masked."""
    from mscode.manifest.format import fmt

    return fmt.difference(file, show_people=inv.show_people)


def rewrite(path: Path, content: bytes) -> None:
    """Replace a file as a whole or not at all, with the mode it had; of a link the target is replaced. ConfigError where that
    fails."""
    target = path.resolve()
    temporary = ""
    try:
        mode = target.stat().st_mode & 0o7777
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        raise ConfigError([Diagnostic(f"{path} cannot be written: {error.strerror}", code="unwritable")]) from None
