"""Files that survive a crash: written whole or not at all, and readable by their owner alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mscode.errors import StateError

FOLDER_MODE, FILE_MODE = 0o700, 0o600
#: The name of what `replace_file` leaves when it is killed.
DRAFT = re.compile(r"\..+\.[0-9]+\.tmp")


@contextmanager
def as_state_error(doing: str) -> Iterator[None]:
    """Errors of the file system as a StateError; `doing` begins its message, like "state.json cannot be read"."""
    problem = ""
    try:
        yield
    except OSError as error:
        problem = f"{doing}: {error.strerror or type(error).__name__}"
    if problem:
        raise StateError(problem, code="state-file")


def make_folder(folder: Path) -> None:
    """The folder, and `.mscode` above it, closed to others."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    for path in (folder, folder.parent):
        if path == folder or path.name == ".mscode":
            path.chmod(FOLDER_MODE)


def open_private(path: Path, flags: int) -> int:
    """A file descriptor; a file that is made gets mode 0600; a symlink in its place is an OSError."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | os.O_CLOEXEC, FILE_MODE)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of it: a single `write` may take only a part."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def write_synced(path: Path, flags: int, content: bytes) -> None:
    """Open a private file with these flags, and write all of it to the disk."""
    descriptor = open_private(path, flags)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes, *, backup: Path | None = None) -> None:
    """Put `content` in the place of `path`, never with half a file or none there; the old one becomes `backup`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        draft.unlink()
    write_synced(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, content)
    if backup is not None and path.exists():
        _link(path, backup)
    draft.replace(path)
    sync_folder(path.parent)


def _link(path: Path, backup: Path) -> None:
    """A second name for the old file; a copy where the file system has no hard links."""
    spare = backup.with_name(f".{backup.name}.{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        spare.unlink()
    try:
        os.link(path, spare)
    except OSError:
        spare.touch(FILE_MODE)
        spare.write_bytes(path.read_bytes())
    spare.replace(backup)


def sync_folder(folder: Path) -> None:
    """Make names durable; not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
