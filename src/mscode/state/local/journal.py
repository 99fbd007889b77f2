"""The journal: changes since the last snapshot, appended, so that one step costs one line however large the state is.

A line is `<crc32> <json>`, the JSON `{"lineage", "serial", "records"}`: what several threads recorded at the same time
goes into one line and one fsync, and has one serial. A crash can leave damage at the end only, which was never
acknowledged and is dropped; a damaged line with a sound one after it was not left by a crash. (A line that did not need
to be on the disk, only in the file, gets there with the next one that does.)
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mscode.errors import StateError
from mscode.model.light_dataclass import dataclass
from mscode.state.local.files import as_state_error, open_private, sync_folder, write_all

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """The records of one serial."""

    lineage: str
    serial: int
    records: list[dict[str, Any]]


def encode(line: Line) -> bytes:
    """A line of the file, with its checksum."""
    data = {"lineage": line.lineage, "serial": line.serial, "records": line.records}
    text = json.dumps(data, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decode(raw: bytes) -> Line | None:
    """The opposite of `encode`; None for a line that is damaged or was not finished."""
    checksum, _, text = raw.partition(b" ")
    if not raw.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text[:-1]):
        return None
    data = json.loads(text)
    return Line(data["lineage"], data["serial"], data["records"])


def read_lines(path: Path) -> list[Line]:
    """All sound lines; [] where there is no journal. StateError when one in the middle is damaged."""
    with as_state_error(f"{path.name} cannot be read"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return []
    lines = [decode(raw) for raw in content.splitlines(keepends=True)]
    sound: list[Line] = []
    last = max((index for index, line in enumerate(lines) if line), default=-1)
    for number, line in enumerate(lines[: last + 1], 1):
        if line is None:
            raise StateError(
                f"{path.name} line {number} is damaged",
                detail="Lines after it are sound, so this is no interrupted write.",
                hint="Restore it from a copy, or remove it to go back to the last snapshot, and look at `mscode plan`.",
                code="state-journal",
            )
        sound.append(line)
    return sound


class Journal:
    """The open end of a journal. Many threads may `add` and `commit`; adds are kept in their order."""

    def __init__(self, path: Path, lineage: str, serial: int) -> None:
        self._path, self._lineage = path, lineage
        self.serial = serial
        self._queue_lock, self._write_lock = threading.Lock(), threading.Lock()
        self._queue: list[dict[str, Any]] = []
        self._added = self._written = self._synced = 0
        self._broken = ""
        self._conflict = False
        with as_state_error(f"{path.name} cannot be opened"):
            self._file = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            self._size = os.fstat(self._file).st_size
            sync_folder(path.parent)

    def mark_as_held(self) -> None:
        """An OS lock on the file, as long as it is open: others see by it that its writer lives."""
        if fcntl:
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def add(self, record: Record) -> int:
        """Queue a record; the ticket to commit it by."""
        with self._queue_lock:
            self._queue.append(dict(record))
            self._added += 1
            return self._added

    def commit(self, ticket: int, *, sync: bool = True) -> None:
        """Return when the ticket's record is in the file, and with `sync` on the disk; this thread or another wrote it."""
        with self._write_lock:
            if (self._synced if sync else self._written) >= ticket:
                return
            if self._broken:
                raise StateError(self._broken, code="state-file")
            with self._queue_lock:
                records, self._queue = self._queue, []
                last = self._added
            self._write(encode(Line(self._lineage, self.serial + 1, records)) if records else b"", sync=sync)
            self.serial += bool(records)
            self._written = last
            self._synced = last if sync else self._synced

    def _write(self, line: bytes, *, sync: bool) -> None:
        try:
            with as_state_error(f"{self._path.name} cannot be written"):
                self.refuse_other_writers()
                write_all(self._file, line)
                if sync:
                    os.fsync(self._file)
        except StateError as error:
            self._broken = str(error)
            self._remove_partial_line()
            raise
        self._size += len(line)

    def _remove_partial_line(self) -> None:
        """Remove the part of a line that a full disk left, unless others write here too."""
        with suppress(OSError, StateError):
            if os.fstat(self._file).st_size > self._size and not self._conflict:
                os.ftruncate(self._file, self._size)

    def refuse_other_writers(self) -> None:
        """StateError when the file is not as this journal left it."""
        if self._conflict or os.fstat(self._file).st_size != self._size:
            self._conflict = True
            raise StateError(
                "Somebody else writes this state at the same time",
                detail="Its lock was broken while this run held it.",
                code="state-conflict",
            )

    def clear(self) -> None:
        """Empty the file: its records stand in a snapshot now."""
        with self._write_lock, as_state_error(f"{self._path.name} cannot be emptied"):
            os.ftruncate(self._file, 0)
            os.fsync(self._file)
            self._size = 0

    def close(self) -> None:
        """Close the file, and so give its OS lock back."""
        os.close(self._file)
