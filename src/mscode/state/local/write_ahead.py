"""The write-ahead journal of a state that is kept elsewhere: each change is on this machine's disk at once.

A remote document is written before something is sent (intents), not after each result; in between this file has the
changes, so that a crash on this machine loses none. Its rows are of three sorts, in the lines of `journal`:

    {"n": 7, "change": {...}}      the seventh change since the document was opened
    {"n": 7, "sent": "<sha256>"}   a document with the first seven changes and this content is about to be written
    {"run": "anna@desk", "pid": 1} who writes it; as long as that process lives it has an OS lock on the file

What a later run finds in the backend is one of the contents that were sent, or somebody else's. In the first case the
changes after it are carried out on it; in the second they belong to a state that is no more, and are set aside.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mscode.errors import StateError
from mscode.state.local.files import as_state_error
from mscode.state.local.journal import Journal, read_lines

try:
    import fcntl
except ImportError:  # no OS locks: a run under way is then taken for one that was interrupted, which reads alike
    fcntl = None  # type: ignore[assignment]

AHEAD, ASIDE = "ahead.jsonl", "ahead.jsonl.aside"


def _is_locked(path: Path) -> bool:
    """Does a living process on this machine have the file locked? Where that cannot be found out: no."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def digest(content: bytes) -> str:
    """SHA-256 of a document, in hex."""
    return hashlib.sha256(content).hexdigest()


class WriteAhead:
    """The file. `left_over` reads it; after `begin` it takes changes, from many threads."""

    def __init__(self, folder: Path) -> None:
        self.path, self._aside = folder / AHEAD, folder / ASIDE
        self._journal: Journal | None = None

    def left_over(self, sent: str) -> list[dict[str, Any]] | None:
        """Changes that a document with the digest `sent` lacks, mostly []; None where the file's changes do not belong to it."""
        rows = [row for line in read_lines(self.path) for row in line.records]
        counts = [int(row["n"]) for row in rows if row.get("sent") == sent]
        changes = [row for row in rows if "change" in row]
        if not counts:
            return None if changes else []
        return [row["change"] for row in changes if row["n"] > counts[-1]]

    def run_under_way(self) -> str:
        """The run that is writing the file at this moment; "" for none: its content was then left by an interrupted run."""
        if fcntl is None or not _is_locked(self.path):
            return ""
        runs = [row for line in read_lines(self.path) for row in line.records if "run" in row]
        is_other = bool(runs) and runs[-1].get("pid") != os.getpid()  # this run reads its own file
        return str(runs[-1]["run"]) if is_other else ""

    def open(self, lineage: str) -> None:
        """Open the file for more changes; its content stays."""
        self._journal = Journal(self.path, lineage, 0)
        self._journal.mark_as_held()

    def begin(self, sent: str, run: str = "") -> None:
        """Empty the file: every change so far is in the document with the digest `sent`. `run` is shown to other runs."""
        self._opened.clear()
        self._opened.add({"n": 0, "run": run, "pid": os.getpid()})
        self.sending(sent, 0)

    def set_aside(self) -> None:
        """Keep the file under another name: its changes belong to a state that is no more."""
        with as_state_error(f"{self.path} cannot be set aside"):
            self.path.replace(self._aside)

    def add(self, n: int, change: Mapping[str, Any]) -> int:
        """Queue a change; on the disk after `commit` with the ticket that is returned."""
        return self._opened.add({"n": n, "change": change})

    def commit(self, ticket: int, *, sync: bool = True) -> None:
        """Return when the ticket's change is in the file, and with `sync` on the disk."""
        self._opened.commit(ticket, sync=sync)

    def sending(self, sent: str, n: int) -> None:
        """A document with this digest and the first `n` changes is about to be written."""
        self.commit(self._opened.add({"n": n, "sent": sent}))

    def clear(self) -> None:
        """Empty the file: the backend has every change."""
        self._opened.clear()

    def close(self) -> None:
        """Close the file; nothing more is written."""
        if self._journal:
            self._journal.close()
            self._journal = None

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""
        return self._journal is not None

    @property
    def _opened(self) -> Journal:
        if self._journal is None:
            raise StateError("This state is open for reading only", code="state-read-only")
        return self._journal
