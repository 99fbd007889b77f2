"""The state of one environment in a folder, `.mscode/<env>/`: a snapshot and the journal of what came after it.

state.json          snapshot, replaced as a whole
state.json.backup   the snapshot before it
journal.jsonl       changes since the snapshot
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mscode.errors import StateError
from mscode.state.backend import Need
from mscode.state.document import StateDocument, legible_serial, read_document, to_text
from mscode.state.local.files import as_state_error, make_folder, replace_file
from mscode.state.local.journal import Journal, Line, read_lines
from mscode.state.local.lock import StateLock, living_holder, unlock
from mscode.state.local.write_ahead import AHEAD
from mscode.state.lock_info import LockInfo

#: The beginning of what `to_text` writes.
_HEAD = re.compile(rb'"serial":\s*(\d+),\s*"lineage":\s*"([0-9a-f]+)"')
SNAPSHOT, BACKUP, JOURNAL = "state.json", "state.json.backup", "journal.jsonl"


class LocalState:
    """The snapshot and the journal. Read without a lock, opened for writing by the holder of the lock (state/local/lock.py)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._snapshot, self._backup, self._journal = folder / SNAPSHOT, folder / BACKUP, folder / JOURNAL
        self._open: Journal | None = None
        self._base = 0
        self._written: tuple[int, int] = (0, 0)
        self.notice = ""

    def read(self) -> StateDocument | None:
        """Snapshot and journal together; None where there is no state yet. StateError when it cannot be trusted.

        The journal is read first: should a snapshot be written in between, it holds those records already.
        """
        lines = read_lines(self._journal)
        document = self._read_snapshot()
        if document is None:
            self._refuse_remains(lines)
            return None
        backup = _serial_and_lineage(self._backup)
        if backup and backup[0] >= document.serial and backup[1] == document.lineage:
            # A backup is older than its snapshot, unless that was put there from a copy.
            self.notice = (
                f"{self._snapshot} was restored from an older copy (serial {document.serial}, its backup has {backup[0]}). "
                "What was made since is found again in the live account by its mark, name or content."
            )
        for line in lines:
            _replay(document, line)
        return document

    def _read_snapshot(self) -> StateDocument | None:
        with as_state_error(f"{self._snapshot} cannot be read"):
            try:
                content = self._snapshot.read_bytes()
            except FileNotFoundError:
                return None
        return read_document(content, str(self._snapshot))

    def _refuse_remains(self, lines: list[Line]) -> None:
        if lines or self._backup.exists():
            raise StateError(
                f"{self._snapshot} is missing, but parts of the state are there",
                detail="To take this for an empty state could create everything a second time.",
                hint=f"Restore it from {BACKUP}; or remove the folder {self.folder} to start without a state.",
                code="state-missing",
            )
        if (self.folder / AHEAD).exists():
            raise StateError(
                f"There is no state in {self.folder}, but it was kept in another backend before",
                detail="To take this for an empty state could create everything a second time.",
                hint="Move it: `mscode state pull > state.json` with the old settings, `mscode state push state.json` with these.",
                code="state-elsewhere",
            )

    @property
    def is_whole(self) -> bool:
        """There is but one document."""
        return True

    def open_for_write(self, document: StateDocument) -> None:
        """Begin writing `document`, as `read` gave it or new; the changes of the journal go into the snapshot."""
        with as_state_error(f"{self.folder} cannot be made"):
            make_folder(self.folder)
        self._open = Journal(self._journal, document.lineage, document.serial)
        self._base = self._serial_on_disk()
        self.write(document)

    def write(self, document: StateDocument) -> None:
        """Make `document` the snapshot and empty the journal. Nothing is written where nothing changed."""
        journal = self._journal_open()
        journal.refuse_other_writers()
        if self._serial_on_disk() != self._base:
            raise self._conflict()
        if not self._snapshot.exists() or self._base != document.serial:
            with as_state_error(f"{self._snapshot} cannot be written"):
                replace_file(self._snapshot, _content(document), backup=self._backup)
            self._base = document.serial
        self._written = self._identity()
        journal.clear()

    def _identity(self) -> tuple[int, int]:
        """What changes when another snapshot is put in the place of this one; much cheaper than reading it."""
        with as_state_error(f"{self._snapshot} cannot be read"):
            status = self._snapshot.stat()
        return status.st_ino, status.st_mtime_ns

    def _conflict(self) -> StateError:
        return StateError(
            "Somebody else wrote this state at the same time",
            detail=f"{self._snapshot} is no longer the one that was read.",
            code="state-conflict",
        )

    def overwrite(self, document: StateDocument) -> None:
        """Put `document` in the place of whatever is there, sound or not; the snapshot before it becomes the backup. Its serial is
        raised where that is needed for the serial to grow.
        """
        with as_state_error(f"{self._snapshot} cannot be written"):
            make_folder(self.folder)
            if self._snapshot.exists():
                document.serial = max(document.serial, legible_serial(self._snapshot.read_bytes()) + 1)
            replace_file(self._snapshot, _content(document), backup=self._backup)
            self._journal.unlink(missing_ok=True)

    def _serial_on_disk(self) -> int:
        document = self._read_snapshot()
        return document.serial if document else 0

    def add(self, record: Mapping[str, Any]) -> int:
        """Queue a change; it is durable after `commit` with the ticket that is returned."""
        return self._journal_open().add(record)

    def commit(self, ticket: int, need: Need = "disk") -> int:
        """Make the ticket's change as durable as it needs to be; the serial of the state then."""
        journal = self._journal_open()
        if self._identity() != self._written:
            raise self._conflict()
        journal.commit(ticket, sync=need != "file")
        return journal.serial

    def append(self, *records: Mapping[str, Any]) -> int:
        """Make changes durable, in their order; the serial of the state then."""
        ticket = 0
        for record in records:
            ticket = self.add(record)
        return self.commit(ticket)

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""
        return self._open is not None

    def close(self) -> None:
        """Close the journal; nothing more is written."""
        if self._open:
            self._open.close()
            self._open = None

    def _journal_open(self) -> Journal:
        if not self._open:
            raise StateError("This state is open for reading only", code="state-read-only")
        return self._open


class LocalBackend:
    """The state in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def storage(self) -> LocalState:
        """The document in the folder."""
        return LocalState(self._folder)

    def lock(self, operation: str) -> StateLock:
        """The lock file in the folder, not yet taken."""
        return StateLock(self._folder, operation)

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with this ID (state/local/lock.py)."""
        return unlock(self._folder, id)

    def holder(self) -> LockInfo | None:
        """The present holder; None where the lock is free, or left by a process of this machine that has ended."""
        return living_holder(self._folder)

    def limit_remaining_time(self, seconds: float) -> None:
        """Nothing: a write to a disk cannot be cut short."""

    def close(self) -> None:
        """Nothing: no connection is open."""


def _serial_and_lineage(path: Path) -> tuple[int, str] | None:
    """Serial and lineage of a document, without reading all of it; None where there is none."""
    try:
        with path.open("rb") as file:
            head = file.read(500)
    except OSError:
        return None
    match = _HEAD.search(head)
    return (int(match[1]), match[2].decode()) if match else None


def _content(document: StateDocument) -> bytes:
    return to_text(document).encode() + b"\n"


def _replay(document: StateDocument, line: Line) -> None:
    """Carry out a line that the snapshot does not hold yet."""
    if line.lineage == document.lineage and line.serial <= document.serial:
        return
    if line.lineage != document.lineage or line.serial != document.serial + 1:
        raise StateError(
            f"{SNAPSHOT} and {JOURNAL} do not belong together",
            detail=f"The snapshot ends with serial {document.serial}, the journal goes on with {line.serial}.",
            hint="Was one of them restored without the other? Restore both, or remove the journal.",
            code="state-journal",
        )
    for record in line.records:
        document.apply(record)
    document.serial = line.serial
