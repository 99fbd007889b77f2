"""Records in a folder, `.mscode/<env>/records/`: appended to, so that a launch costs its own line however long the history is.

People are written and on the disk before the line that counts them. A crash can leave people without a line, or a part of a
line, both of a record that was never acknowledged: `open_for_write` removes them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mscode.state.local.files import (
    DRAFT,
    FOLDER_MODE,
    as_state_error,
    make_folder,
    open_private,
    replace_file,
    sync_folder,
    write_all,
    write_synced,
)
from mscode.state.records.storage import conflict, lines_name, number_of, number_of_last, people_name, year_of

FOLDER = "records"
_BLOCK = 64 * 1024


class LocalRecords:
    """The records in a folder of this machine."""

    earlier_versions = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)

    def names(self) -> list[str]:
        """All files, by their paths in the folder."""
        with as_state_error(f"{self.folder} cannot be read"):
            return sorted(self._files(self.folder, ""))

    def _files(self, folder: Path, prefix: str) -> Iterator[str]:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(folder / entry.name, f"{prefix}{entry.name}/")
            elif not DRAFT.fullmatch(entry.name):
                yield prefix + entry.name

    def read(self, name: str) -> bytes | None:
        """A file."""
        with as_state_error(f"{self.folder / name} cannot be read"):
            try:
                return (self.folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def read_many(self, names: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Files in this order."""
        return ((name, self.read(name)) for name in names)

    def last_line(self) -> tuple[int, bytes] | None:
        """The last whole line, read from the end of the last file that has one."""
        for year in reversed(self.years()):
            with as_state_error(f"{self.folder / lines_name(year)} cannot be read"):
                end, _ = _end_of(self.folder / lines_name(year))
            if end:
                return year, end
        return None

    def years(self) -> list[int]:
        """The years that have a file."""
        with as_state_error(f"{self.folder} cannot be read"):
            try:
                names = [path.name for path in self.folder.iterdir()]
            except FileNotFoundError:
                return []
        return sorted(year for name in names if (year := year_of(name)) is not None)

    def is_torn(self) -> bool:
        """Did a write that was cut short leave a part of a line? No request followed it."""
        years = self.years()
        with as_state_error(f"{self.folder} cannot be read"):
            return bool(years) and bool(_end_of(self.folder / lines_name(years[-1]))[1])

    def open_for_write(self) -> None:
        """Make the folder; remove what an interrupted write left."""
        with as_state_error(f"{self.folder} cannot be written"):
            make_folder(self.folder)
            years = self.years()
            if years:
                self._mend(self.folder / lines_name(years[-1]))
            following = number_of_last(self.last_line()) + 1
            for path in self.folder.iterdir():
                if path.is_dir():
                    (path / f"{following}.people").unlink(missing_ok=True)
                    self._remove_drafts(path)
            self._remove_drafts(self.folder)

    def _mend(self, path: Path) -> None:
        """Remove the part of a line that was not finished. Where only the line end is missing, the record is whole: it is kept."""
        line, part = _end_of(path)
        if not part:
            return
        descriptor = open_private(path, os.O_WRONLY)
        try:
            if _is_whole(part) and number_of(part) == number_of(line) + 1:
                os.lseek(descriptor, 0, os.SEEK_END)
                write_all(descriptor, b"\n")
            else:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(part))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _remove_drafts(self, folder: Path) -> None:
        """Such a file may hold people who were erased since."""
        for path in folder.iterdir():
            if DRAFT.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def append(self, year: int, n: int, line: bytes, people: bytes | None) -> None:
        """Write and sync the people, then the line."""
        last = self.last_line()
        if n != number_of_last(last) + 1 or (last and year < last[0]):
            raise conflict(self.where)
        path = self.folder / people_name(year, n)
        with as_state_error(f"{self.folder / lines_name(year)} cannot be written"):
            try:
                if people is not None:
                    self._write_people(path, people)
                self._write_line(self.folder / lines_name(year), line)
            except OSError:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                raise

    def _write_people(self, path: Path, people: bytes) -> None:
        if not path.parent.exists():
            path.parent.mkdir(mode=FOLDER_MODE)
            sync_folder(self.folder)
        write_synced(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, people)
        sync_folder(path.parent)

    def _write_line(self, path: Path, line: bytes) -> None:
        is_new = not path.exists()
        descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            try:
                write_all(descriptor, line)
                os.fsync(descriptor)
                if is_new:
                    sync_folder(path.parent)
            except BaseException:
                # Nothing is sent, so the record must not say that it was.
                with suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)

    def replace(self, documents: Mapping[str, bytes | None]) -> None:
        """Replace files, each by a rename."""
        for name, content in documents.items():
            path = self.folder / name
            with as_state_error(f"{path} cannot be written"):
                if content is None:
                    path.unlink(missing_ok=True)
                    sync_folder(path.parent)
                else:
                    path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
                    replace_file(path, content)

    def limit_remaining_time(self, seconds: float) -> None:
        """Nothing: a write to a disk cannot be cut short."""

    def close(self) -> None:
        """Nothing: no connection is open."""


def _end_of(path: Path) -> tuple[bytes, bytes]:
    """The last whole line of a file, with its line end, and what comes after it; b"" for what is not there."""
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        tail = b""
        while at and tail.count(b"\n") < 2:
            size = min(at, max(_BLOCK, len(tail)))  # doubled, so that a long line is read in linear time
            at -= size
            file.seek(at)
            tail = file.read(size) + tail
    lines, line_end, part = tail.rpartition(b"\n")
    if not line_end:
        return b"", tail
    return lines[lines.rfind(b"\n") + 1 :] + b"\n", part


def _is_whole(part: bytes) -> bool:
    try:
        json.loads(part)
    except (ValueError, RecursionError):
        return False
    return True


def records_folder(folder: Path) -> Path:
    """Where the records lie beside a state that is kept in a folder."""
    return folder / FOLDER
