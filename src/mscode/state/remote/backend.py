"""A state that is kept on a server: one document, a lock beside it, and the journal of a long document (`journal`).

Rule: a change that precedes a request (an intent, a launch) is in the backend before the request is sent; changes that
record its outcome go with the next such write, or with the last one. Threads that begin something at the same time share
one write. Meanwhile every change is in the write-ahead journal (`write_ahead`), so that a crash on this machine loses
nothing; where the machine itself is lost, the intents in the backend say which objects to search for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from mscode.errors import LockedError, StateError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.state.backend import Need
from mscode.state.document import StateDocument, legible_serial, read_document
from mscode.state.local.files import as_state_error, make_folder
from mscode.state.local.write_ahead import ASIDE, WriteAhead, digest
from mscode.state.lock_info import LockInfo, myself
from mscode.state.remote import journal
from mscode.state.remote.journal import JournalFile, RemoteJournal, belongs, missing, read_journal
from mscode.state.text import Texts

#: A write waits this share of the last write's time for threads that begin something too, at most `LONGEST` seconds.
SHARE, LONGEST = 0.5, 0.02
#: While the journal is written, the document is looked at again after so many times what a look takes: that a person has put
#: another one in its place is noticed soon, and that costs a fiftieth of the time at most.
BETWEEN_LOOKS = 50
#: How often a document and its journal, which a run is writing at the same time, are read until they belong together.
READS = 20
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

    def check(self, before: Stored) -> None:
        """StateError (`state-conflict`) where the document is no longer `before`."""

    journal_where: str

    def read_journal(self) -> Stored | None:
        """The document beside it; None where there is none."""

    def write_journal(self, content: bytes, before: Stored | None, document: Stored) -> Stored:
        """Replace the document beside it, which was `before`, and see that no other run can have read it without this content and
        go on; else StateError (`state-conflict`, `lost-lock`). `document` is the document that it belongs to.
        """

    def fence_journal(self, before: Stored | None) -> None:
        """No run that held the lock before can write the document beside it from now on; `before` is how it was read, None where it
        was not. StateError (`state-conflict`) where it has been written since.
        """

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


def _say_nothing(text: str) -> None:
    """Nobody is told."""


class RemoteBackend:
    """One environment's state on a server; `folder` is where this machine keeps its write-ahead journal. `warn` takes what a person
    should know while the state is written, from any thread.
    """

    def __init__(self, remote: Remote, folder: Path, warn: Callable[[str], object] = _say_nothing) -> None:
        self._remote, self._folder, self._warn = remote, folder, warn
        self._run = ""
        self._state: RemoteState | None = None

    def storage(self) -> RemoteState:
        """The document on the server."""
        self._state = RemoteState(self._remote, self._folder, self._run, self._warn)
        return self._state

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
        if self._state is not None:
            self._state.is_hurried = True
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


@dataclass(frozen=True)
class _Document:
    """The document with the first `number` changes of this run; it needs the journal that it names, "" for none."""

    content: bytes
    number: int
    serial: int = 0
    journal: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, in hex."""
        return digest(self.content)


class RemoteState:
    """The document on a server, for `StateStore`. Many threads may `commit`."""

    def __init__(
        self, remote: Remote, folder: Path, run: str = "", warn: Callable[[str], object] = _say_nothing
    ) -> None:
        self._remote, self._folder, self._run, self._warn = remote, folder, run, warn
        self._ahead = WriteAhead(folder)
        self.notice = ""
        #: is there time for what is needed alone?
        self.is_hurried = False
        self._stored: Stored | None = None
        #: the journal that a killed run has left, and that the document needs
        self._left: Stored | None = None
        self._is_stale = False
        self._changing, self._sending = threading.Lock(), threading.Lock()
        self._tickets: dict[int, int] = {}
        #: how many changes were added, and are on the server
        self._added = self._sent = 0
        self._base = 0
        self._took = 0.0
        self._lineage = ""
        self._journal = RemoteJournal(remote)
        #: the document as this run knows it on the server, and one whose write had no answer
        self._document: _Document | None = None
        self._unsure: _Document | None = None
        #: may such a one still arrive? Then the document is written, and no journal that it would put out of date
        self._is_awaited = False
        self._look_at = 0.0
        self._has_warned = False

    # ---- reading -----------------------------------------------------------------------------------------------------

    def read(self) -> StateDocument | None:
        """The server's document with its journal, and with the changes of this machine's journal that it lacks."""
        document = self._read_whole()
        if document is None or self._stored is None:
            self._refuse_remains()
            return None
        self._base = document.serial
        changes = self._apply_journal(document) if document.journal else b""
        self._apply_left_over(document, _digest(digest(self._stored.content), changes))
        return document

    @property
    def is_whole(self) -> bool:
        """Was all that `read` gave in one document, which every version of mscode can read?"""
        return self._left is None

    def _read_whole(self) -> StateDocument | None:
        """The server's document, and in `_left` the journal that belongs to it. A run that is writing both meanwhile may have moved
        on between the two reads; StateError only where the document stays the same.
        """
        problem, before = "", b""
        for _ in range(READS):
            began = time.monotonic()
            self._stored, self._left = self._remote.read(), None
            self._took = time.monotonic() - began
            if self._stored is None:
                return None
            document = read_document(self._stored.content, self._remote.where, is_part=True)
            if not document.journal:
                return document
            if self._stored.content == before:
                raise missing(document, self._remote.where, self._remote.journal_where, problem)
            before, self._left = self._stored.content, self._remote.read_journal()
            problem = _problem(self._left, document, self._remote.journal_where)
            if not problem:
                return document
        raise StateError(
            f"{self._remote.where} is being written all the time",
            hint="Try again once the other run is done.",
            code="backend",
        )

    def _apply_journal(self, document: StateDocument) -> bytes:
        """Put what its journal has into the document; what was put into it of the journal's content."""
        assert self._left is not None
        file = read_journal(self._left.content, self._remote.journal_where)
        is_later = file.base == document.serial
        if is_later:
            file.apply_to(document)
        # The document is written anew without a journal before anything else, and a server may want a serial that grows.
        document.journal, document.serial = "", document.serial + 1
        return self._left.content if is_later else b""

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
                hint=f"Restore a copy with `mscode state push --force`; or remove {self._ahead.path} to start without a state.",
                code="state-missing",
            )
        if self._has_orphaned_journal():
            raise StateError(
                f"The state is missing in {self._remote.where}, but its journal {self._remote.journal_where} goes on from it",
                detail="A run that was killed may have sent creates that only this journal knows. To take this for an empty state "
                "could create everything a second time.",
                hint="Restore a copy with `mscode state push --force`; or remove the journal on the server to start without a "
                "state.",
                code="state-missing",
            )

    def _has_orphaned_journal(self) -> bool:
        """Is there a journal with something in it, without its document? An account without a state mostly has neither: what is
        there instead, or that it cannot be read, is no reason against a new state.
        """
        with suppress(StateError):
            stored = self._remote.read_journal()
            return stored is not None and not read_journal(stored.content, self._remote.journal_where).is_empty
        return False

    def _apply_left_over(self, document: StateDocument, sent: str) -> None:
        """Carry out the changes of this machine's journal that the server, which has what has the digest `sent`, lacks; say so in
        `notice`.
        """
        under_way = self._ahead.run_under_way()
        changes = self._ahead.left_over(sent)
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
        self._texts, self._base, self._lineage = Texts(document), document.serial, document.lineage
        if self._left is not None:
            self._remote.fence_journal(self._left)
        if self._stored is not None and not is_newer:
            self._has_now(_Document(self._stored.content, 0), self._stored)
        else:
            self._write_document()
        assert self._document is not None
        self._ahead.begin(self._document.digest, self._run)

    def add(self, record: Mapping[str, Any]) -> int:
        """Queue a change, in the order of the calls."""
        with self._changing:
            if not self._ahead.is_open:
                raise StateError("This state is open for reading only", code="state-read-only")
            self._added += 1
            self._texts.apply(record, self._added)
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

    def _send(self) -> None:
        """Bring the server up to date: by the journal while that is short, else by the whole document."""
        self._settle_unsure()
        if not self._write_journal():
            stored = self._stored
            is_long = stored is not None and len(stored.content) > journal.SHORT
            has_journal = stored is not None and is_long and self._journal.begin(self._lineage, stored)
            self._write_document(self._journal.id if has_journal else "")

    def _write_journal(self) -> bool:
        """Write what has changed since the document was written. False where the document must be written instead."""
        document, stored = self._document, self._stored
        is_begun = document is not None and document.journal and document.journal == self._journal.id
        if document is None or stored is None or not is_begun or self._is_awaited:
            return False
        with self._changing:
            last, serial = self._added, self._base + self._added
            head = self._journal.head(self._lineage, document.serial, serial)
            changes = self._texts.changes(document.number, head)
        if len(changes) > journal.limit(len(document.content)):
            return False
        self._look_again(stored)
        self._ahead.sending(_digest(document.digest, changes), last)
        began = time.monotonic()
        if not self._journal.write(changes, stored):
            return False
        self._sent, self._took = last, time.monotonic() - began
        return True

    def _look_again(self, stored: Stored) -> None:
        """Now and then: is the document still the one that the journal belongs to?"""
        began = time.monotonic()
        if began >= self._look_at:
            self._remote.check(stored)
            now = time.monotonic()
            self._look_at = now + BETWEEN_LOOKS * (now - began)

    def _write_document(self, named: str = "") -> None:
        """Replace the server's document, which then needs the journal `named`; "" for a whole one."""
        with self._changing:
            last, serial = self._added, self._base + self._added
            document = _Document(self._texts.content(serial, named), last, serial, named)
        if self._stored is not None and document.content == self._stored.content:
            self._sent = last
            return
        self._ahead.sending(document.digest, last)
        began = time.monotonic()
        try:
            stored = self._remote.write(document.content, self._stored)
        except StateError as error:
            self._unsure = None if error.diagnostics[0].code in ("state-conflict", "lost-lock") else document
            raise
        self._took = time.monotonic() - began
        self._has_now(document, stored)

    def _has_now(self, document: _Document, stored: Stored) -> None:
        """The server has this document."""
        self._document, self._stored, self._unsure, self._is_awaited = document, stored, None, False
        self._sent = max(self._sent, document.number)
        self._look_at = time.monotonic() + BETWEEN_LOOKS * self._took
        if self._journal.obstacle and not self._has_warned:
            self._has_warned = True
            self._warn(
                "Each create writes the whole state, which takes the longer the larger it is, because the journal beside it "
                f"cannot be used: {self._journal.obstacle}"
            )

    def _settle_unsure(self) -> None:
        """After a write of the document without an answer: read whether the server has it."""
        if self._unsure is not None:
            now = self._remote.read()
            if now is not None and now.content == self._unsure.content:
                self._has_now(self._unsure, now)
            else:
                self._unsure, self._is_awaited = None, True

    def write(self, document: StateDocument) -> None:
        """The last write; `document.serial` is raised where that is needed for the serial to grow."""
        with self._sending:
            self._settle_unsure()
            is_part = self._document is not None and bool(self._document.journal)
            if self._added > self._sent or is_part:
                self._base = max(self._base, document.serial - self._added)
                if is_part and self._document is not None and self._document.number == self._added:
                    self._base += 1  # nothing has changed, but it needs its journal no more: another document
                self._write_document()
                document.serial = self._base + self._added
            self._ahead.clear()
            if self._stored is not None and not self.is_hurried:
                self._journal.end(self._lineage, document.serial, self._stored)

    def overwrite(self, document: StateDocument) -> None:
        """Put `document` in the place of whatever is there, sound or not; no journal belongs to it. Its serial is raised where that
        is needed for the serial to grow: GitLab refuses another.
        """
        self._remote.fence_journal(None)
        before = self._remote.read()
        if before is not None:
            document.serial = max(document.serial, legible_serial(before.content) + 1)
        self._remote.write(Texts(document).content(document.serial), before)
        with as_state_error(f"{self._ahead.path} cannot be removed"):
            self._ahead.path.unlink(missing_ok=True)

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""
        return self._ahead.is_open

    def close(self) -> None:
        """Nothing more is written."""
        self._ahead.close()


def _digest(document: str, changes: bytes) -> str:
    """What stands for all that a server has, in hex: a document of this digest, and what was put into it of its journal."""
    return digest(document.encode() + changes) if changes else document


def _problem(stored: Stored | None, document: StateDocument, where: str) -> str:
    """What is wrong with the journal that the document needs, as a sentence; "" for nothing."""
    if stored is None:
        return "Nothing is there."
    try:
        file = read_journal(stored.content, where)
    except StateError as error:
        if error.diagnostics[0].code == "state-version":
            raise  # nothing is lost, and a newer mscode can read it
        return f"{error}."
    return "" if belongs(file, document) else f"There is one of {_whose(file, document)}."


def _whose(file: JournalFile, document: StateDocument) -> str:
    is_of_run = (file.journal, file.lineage) == (document.journal, document.lineage)
    return f"serial {file.base}" if is_of_run else "another run"


def conflict(where: str) -> StateError:
    """The document was written by another run since it was read."""
    return StateError(
        "Somebody else wrote this state at the same time",
        detail=f"{where} is no longer the one that was read. Nothing more is written.",
        hint="See that only one mscode runs, then plan again.",
        code="state-conflict",
    )
