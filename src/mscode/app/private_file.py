"""A new file with people's data: its owner alone may read it, from its first byte on, and it lies where its path says.

No part of the path below the current folder (of an absolute one, no part at all) may be a link: whoever can put one there could
choose where the data goes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mscode.errors import ConfigError

MODE = 0o600
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def refuse_unfit(path: Path) -> None:
    """ConfigError where `write_private_file` could not make this file; makes nothing."""
    with open_folder(path) as folder:
        try:
            mode = os.lstat(path.name, dir_fd=folder).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise unwritable(path, error) from None
    raise _exists(path, is_link=stat.S_ISLNK(mode))


def write_private_file(path: Path, text: str) -> None:
    """Make the file with mode 0600 and write it; ConfigError, and no file of it left, where it is there already, where a link is
    in the way, or where the writing fails."""
    with open_folder(path) as folder:
        try:
            descriptor = os.open(path.name, _NEW, MODE, dir_fd=folder)
        except FileExistsError:
            raise _exists(path, is_link=path.is_symlink()) from None
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                os.unlink(path.name, dir_fd=folder)
            raise unwritable(path, error) from None


@contextmanager
def open_folder(path: Path, *, make: bool = False) -> Iterator[int]:
    """The folder of a file, opened part by part, so that no link is followed; with `make`, parts that are missing are made.
    ConfigError where it cannot be opened."""
    if path.name in ("", ".", ".."):
        raise ConfigError(f"{path} is no name of a file", code="unwritable")
    parts = path.parent.parts
    folder = os.open(path.anchor or ".", _FOLDER)
    try:
        for at, part in enumerate(parts[1:] if path.anchor else parts):
            try:
                inner = _open_part(folder, part, make=make)
            except OSError as error:
                ancestor = Path(*parts[: at + (2 if path.anchor else 1)])
                if ancestor.is_symlink():
                    raise _linked(path, ancestor) from None
                raise unwritable(path, error) from None
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _open_part(folder: int, part: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(part, dir_fd=folder)
    return os.open(part, _FOLDER, dir_fd=folder)


def _linked(path: Path, link: Path) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {link} is a link",
        detail="What is written lies where its path says. Nothing was written.",
        hint=f"Name the folder itself: {path.parent.resolve() / path.name}",
        code="link",
    )


def _exists(path: Path, *, is_link: bool) -> ConfigError:
    subject = f"{path} is a link" if is_link else f"{path} exists already"
    return ConfigError(
        subject,
        detail="People's data goes into a new file. Nothing was written.",
        hint="Choose another name, or move it away.",
        code="link" if is_link else "exists",
    )


def unwritable(path: Path, error: OSError) -> ConfigError:
    """The error of a file that cannot be written, with what the system says."""
    return ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable")
