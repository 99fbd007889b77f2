"""The folder that a page is written into, for a web server or a CI job that publishes it.

What is written is `index.html`, whole or not at all. No part of the path below the current folder (of an absolute one, no part at
all) may be a link: a repository could otherwise choose where the page goes. A file that mscode has not written is left alone.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from mscode.app.private_file import open_folder, unwritable
from mscode.errors import ConfigError

NAME = "index.html"
#: The generator of a page stands among its first bytes.
_HEAD_BYTES = 64 * 1024
_MODE = 0o644
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: A FIFO in the place of the page is not waited for.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def write_page(folder: Path, page: str, generator: str) -> Path:
    """Write the page into a folder, which is made where it is missing; gives the file. A page with this generator is overwritten.

    ConfigError, and the folder is as it was, where a link or another file is in the way, or where writing fails.
    """
    path = folder / NAME
    with open_folder(path, make=True) as descriptor:
        _refuse_other(path, descriptor, generator)
        draft = f".{NAME}.{os.getpid()}"
        try:
            with suppress(FileNotFoundError):  # of a run that was killed
                os.unlink(draft, dir_fd=descriptor)
            with os.fdopen(os.open(draft, _NEW, _MODE, dir_fd=descriptor), "w", encoding="utf-8", newline="") as file:
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, NAME, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft, dir_fd=descriptor)
            raise unwritable(path, error) from None
    return path


def _refuse_other(path: Path, folder: int, generator: str) -> None:
    """ConfigError where something stands in the page's place that is no page of mscode."""
    try:
        mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error) from None
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no plain file"
        raise ConfigError(
            f"{path} is {kind}",
            detail="The page is written as a file of its own. Nothing was written.",
            hint="Move it away, or name another folder with --out.",
            code="link" if stat.S_ISLNK(mode) else "exists",
        )
    try:
        with os.fdopen(os.open(path.name, _READ, dir_fd=folder), "rb") as file:
            is_ours = generator.encode() in file.read(_HEAD_BYTES)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", code="unwritable") from None
    if not is_ours:
        raise ConfigError(
            f"{path} is there already, and mscode has not written it",
            detail="Nothing was written.",
            hint="Move it away, or name another folder with --out.",
            code="exists",
        )
