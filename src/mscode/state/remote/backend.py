"""A state that is kept on a server: one document, read and written as a whole, and a lock beside it.

Rule: a change that precedes a request (an intent, a launch) is in the backend before the request is sent; changes that
record its outcome go with the next such write, or with the last one. Threads that begin something at the same time share
one write. Meanwhile every change is in the write-ahead journal (`write_ahead`), so that a crash on this machine loses
nothing; where the machine itself is lost, the intents in the backend say which objects to search for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from mscode.errors import LockedError, StateError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.state.backend import Need
from mscode.state.document import StateDocument, read_document
from mscode.state.local.files import as_state_error, make_folder
from mscode.state.local.write_ahead import ASIDE, WriteAhead, digest
from mscode.state.lock_info import LockInfo, myself
from mscode.state.text import Texts

#: A write waits this share of the last write's time for threads that begin something too, at most `LONGEST` seconds.
SHARE, LONGEST = 0.1, 0.02
#: The document of a local state, which may be left from an earlier setting.
LOCAL = "state.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as the server has it; `version` is the server's own (an ETag), "" where it has none."""

    content: bytes
    version: str = ""


class Remote(Protocol):
    """A server that keeps one document and one lock. All of it raises StateError; `where` names it to people."""

    where: str

    def read(self) -> Stored | None:
        """The document; None where there is none yet."""

    def write(self, content: bytes, before: Stored | None) -> Stored:
        """Replace `before`, or StateError (`state-conflict`) when it is no longer that; `lost-lock` without the lock."""

    def lock(self, holder: LockInfo) -> None:
        """LockedError when another run holds it. Repeating it with the same holder is allowed."""

    def release(self, holder: LockInfo) -> None:
        """Give back this holder's lock; the lock of any other holder stays."""

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with exactly this ID, and return its holder. StateError for another ID, or no lock."""

    def holder(self) -> LockInfo | None:
        """The present holder of the lock; None where it is free."""

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request takes longer, and none is repeated."""

    def close(self) -> None:
        """Close connections."""


class RemoteBackend:
    """One environment's state on a server; `folder` is where this machine keeps its write-ahead journal."""

    def __init__(self, remote: Remote, folder: Path) -> None:
        self._remote, self._folder = remote, folder
        self._run = ""

    def storage(self) -> RemoteState:
        """The document on the server."""
        return RemoteState(self._remote, self._folder, self._run)

    def lock(self, operation: str) -> RemoteLock:
        """The lock on the server, not yet taken."""
        lock = RemoteLock(self._remote, operation)
        self._run = lock.holder_words
        return lock

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with this ID."""
        return self._remote.unlock(id)

    def holder(self) -> LockInfo | None:
        """The present holder of the lock; None where it is free."""
        return self._remote.holder()

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request takes longer, and none is repeated."""
        self._remote.limit_remaining_time(seconds)

    def close(self) -> None:
        """Close connections."""
        self._remote.close()


class RemoteLock:
    """The lock on the server, for an operation like "apply"."""

    def __init__(self, remote: Remote, operation: str, env: Mapping[str, str] | None = None) -> None:
        self._remote = remote
        self._holder = myself(operation, os.environ if env is None else env)
        self._held = False
        self.id = self._holder.ID

    @property
    def holder_words(self) -> str:
        """Who holds it, for people: operation, user and host, process, ID."""
        return f"{self._holder.Operation} by {self._holder.Who}, process {self._holder.Pid}, ID {self.id}"

    def acquire(self) -> str:
        """Take the lock. After a request without an answer (Ctrl-C, a time-out) it may be ours: it is given back."""
        self._held = True
        try:
            self._remote.lock(self._holder)
        except LockedError:
            self._held = False
            raise
        except BaseException:
            with suppress(StateError):
                self.release()
            raise
        return ""

    def release(self) -> None:
        """Give the lock back, once."""
        if self._held:
            self._held = False
            self._remote.release(self._holder)


class RemoteState:
    """The document on a server, for `StateStore`. Many threads may `commit`."""

    def __init__(self, remote: Remote, folder: Path, run: str = "") -> None:
        self._remote, self._folder, self._run = remote, folder, run
        self._ahead = WriteAhead(folder)
        self.notice = ""
        self._stored: Stored | None = None
        self._is_stale = False
        #: the content of a write whose outcome is not known
        self._unsure = b""
        self._changing, self._sending = threading.Lock(), threading.Lock()
        self._tickets: dict[int, int] = {}
        self._added = self._sent = 0
        self._base = 0
        self._took = 0.0

    # ---- reading -----------------------------------------------------------------------------------------------------

    def read(self) -> StateDocument | None:
        """The server's document, with the changes of this machine's journal that it lacks."""
        began = time.monotonic()
        self._stored = self._remote.read()
        self._took = time.monotonic() - began
        if self._stored is None:
            self._refuse_remains()
            return None
        document = read_document(self._stored.content, self._remote.where)
        self._base = document.serial
        self._apply_left_over(document, self._stored.content)
        return document

    def _refuse_remains(self) -> None:
        if (self._folder / LOCAL).exists():
            raise StateError(
                f"There is no state in {self._remote.where}, but there is one in {self._folder}",
                detail="To take this for an empty state could create everything a second time.",
                hint=f"Move it: `mscode state push {self._folder / LOCAL}`.",
                code="state-elsewhere",
            )
        if self._ahead.left_over("") is None:
            raise StateError(
                f"The state is missing in {self._remote.where}, but this machine's journal goes on from it",
                detail="To take this for an empty state could create everything a second time.",
                hint=f"Restore a copy with `mscode state push`; or remove {self._ahead.path} to start without a state.",
                code="state-missing",
            )

    def _apply_left_over(self, document: StateDocument, content: bytes) -> None:
        """Carry out the changes of this machine's journal that the server lacks, and say so in `notice`."""
        under_way = self._ahead.run_under_way()
        changes = self._ahead.left_over(digest(content))
        self._is_stale = changes is None and not under_way
        if under_way:  # nothing was interrupted: this machine's journal is ahead of the server
            self.notice = (
                f"An apply is under way on this machine (the lock is held: {under_way}); what it does may not show yet."
            )
        elif changes is None:
            self.notice = (
                f"An interrupted run on this machine left changes in {self._ahead.path.name}, and somebody else wrote the "
                f"state since; they are not used ({ASIDE}). What they were about is found by looking at the live account."
            )
        for change in changes or ():
            document.apply(change)
        if changes:
            document.serial += len(changes)
        if changes and not under_way:
            self.notice = (
                f"Took {count(len(changes), 'change')} of an interrupted run from this machine's journal, "
                f"which {self._remote.where} did not have yet."
            )

    # ---- writing -----------------------------------------------------------------------------------------------------

    def open_for_write(self, document: StateDocument) -> None:
        """Begin writing `document`, as `read` gave it or new."""
        with as_state_error(f"{self._folder} cannot be made"):
            make_folder(self._folder)
        if self._is_stale:
            self._ahead.set_aside()
        self._ahead.open(document.lineage)
        is_newer = document.serial != self._base  # by what was left over, or bound to another URL
        self._texts, self._base = Texts(document), document.serial
        stored = self._send() if self._stored is None or is_newer else self._stored
        self._ahead.begin(digest(stored.content), self._run)

    def add(self, record: Mapping[str, Any]) -> int:
        """Queue a change, in the order of the calls."""
        with self._changing:
            if not self._ahead.is_open:
                raise StateError("This state is open for reading only", code="state-read-only")
            self._added += 1
            self._texts.apply(record)
            self._tickets[self._added] = self._ahead.add(self._added, record)
            return self._added

    def commit(self, ticket: int, need: Need = "disk") -> int:
        """The change is in this machine's journal then; in the backend too where a request is about to be sent."""
        self._ahead.commit(self._tickets.pop(ticket), sync=need != "file")
        if need == "backend":
            with self._sending:
                if self._sent < ticket:  # no other thread has sent it together with its own
                    time.sleep(min(self._took * SHARE, LONGEST))
                    self._send()
        return self._base + ticket

    def _send(self) -> Stored:
        """Bring the backend up to date, and return its document."""
        with self._changing:
            last, serial = self._added, self._base + self._added
            content = self._texts.content(serial)
        self._settle_unsure()
        if self._stored is not None and content == self._stored.content:
            self._sent = last
            return self._stored
        self._ahead.sending(digest(content), last)
        began = time.monotonic()
        try:
            stored = self._remote.write(content, self._stored)
        except StateError as error:
            self._unsure = b"" if error.diagnostics[0].code in ("state-conflict", "lost-lock") else content
            raise
        self._stored, self._sent, self._took = stored, last, time.monotonic() - began
        return stored

    def _settle_unsure(self) -> None:
        """After a write without an answer: read whether the backend has it."""
        if self._unsure:
            now = self._remote.read()
            if now is not None and now.content == self._unsure:
                self._stored = now
            self._unsure = b""

    def write(self, document: StateDocument) -> None:
        """The last write; `document.serial` is raised where that is needed for the serial to grow."""
        with self._sending:
            if self._added > self._sent or self._unsure:
                self._base = max(self._base, document.serial - self._added)
                self._send()
                document.serial = self._base + self._added
            self._ahead.clear()

    def overwrite(self, document: StateDocument) -> None:
        """Put `document` in the place of whatever is there, sound or not; this machine's journal does not belong to it."""
        self._remote.write(Texts(document).content(document.serial), self._remote.read())
        with as_state_error(f"{self._ahead.path} cannot be removed"):
            self._ahead.path.unlink(missing_ok=True)

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""
        return self._ahead.is_open

    def close(self) -> None:
        """Nothing more is written."""
        self._ahead.close()


def conflict(where: str) -> StateError:
    """The document was written by another run since it was read."""
    return StateError(
        "Somebody else wrote this state at the same time",
        detail=f"{where} is no longer the one that was read. Nothing more is written.",
        hint="See that only one mscode runs, then plan again.",
        code="state-conflict",
    )
