"""The journal beside a document on a server: what has changed since the document was written, in a document of its own.

A server keeps whole documents. To write ten thousand objects for each wave of creates would cost more than the creates. So once a
document is long, a run writes the rows that have changed since into a short document beside it, the journal, and the whole one only
where the journal has become long (`limit`) and at the end of the run. Of n creates that is about n times the root of n bytes, where
it was n times n.

    the document    "journal": "<id>", "serial": m     not whole without the journal of this id
    the journal     "journal": "<id>", "base": m       rows to be put into the document of this serial
                    "base": less than m                its rows are in the document already: it was written since

1. Before a document names a journal, the journal is there (`begin`), empty. So one that is missing, or of another id, has been lost
   or replaced: an error, and no state without it, since it may have intents.
2. A journal is only written over when no document needs it: what a killed run has left goes into the document first.
3. A write without an answer may still arrive. So a journal is not written again after one (`obstacle`): the run goes on with
   whole documents, by which what arrives later is out of date. After one of the document it is written anew before the journal:
   an older one that then arrives does not fit the journal, which is an error.
4. No lock of its own: the state's stands for it. After each write the server of `http` is asked whether this run holds it still;
   in a bucket the write is conditional, and whoever takes over changes the journal before anything else
   (`Remote.fence_journal`). So of two runs after a broken lock either the next one reads the intent, or it is never sent.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from mscode.errors import StateError
from mscode.state.document import EntryRow, IntentRow, RecordLink, StateDocument, TombstoneRow, parse_content
from mscode.state.shape import AddressText, Count, Marks, Shape, hex_digits, known_version, state_error

if TYPE_CHECKING:
    from mscode.state.remote.backend import Remote, Stored

VERSION = 1
#: Bytes of a document up to which it is written whole each time; of a journal that may always be written, and that a document of a
#: megabyte may have.
SHORT, LEAST, OF_MEGABYTE = 64_000, 64_000, 64_000


class JournalFile(Shape):
    """The journal. `serial` is its own, and grows with each write; `base` is the serial of the document that its rows belong to,
    `state_serial` that of the state with them. `addresses` are those whose entry or intent has changed: the one that is not among
    the rows is no more. Members that are long are there where they have changed.
    """

    version: Annotated[Count, known_version(VERSION)]
    serial: Count
    lineage: Annotated[str, hex_digits(32)]
    journal: Annotated[str, hex_digits(32)]
    base: Count
    state_serial: Count
    addresses: list[AddressText]
    resources: list[EntryRow]
    pending: list[IntentRow]
    tombstones: list[TombstoneRow] | None = None
    suppressed: Marks | None = None
    largest_launch: Count = Field(default=0)
    records: RecordLink | None = None
    saved_plan: str = ""

    @property
    def is_empty(self) -> bool:
        """Has it nothing that a document could lack? So it is left by a run that came to its end."""
        return self.state_serial == self.base

    def apply_to(self, document: StateDocument) -> None:
        """Put the rows into the document that they belong to."""
        for address in self.addresses:
            document.entries.pop(address, None)
            document.intents.pop(address, None)
        document.entries |= {row.address: row.noun() for row in self.resources}
        document.intents |= {row.address: row.noun() for row in self.pending}
        if self.tombstones is not None:
            document.tombstones = [row.noun() for row in self.tombstones]
        if self.suppressed is not None:
            document.suppressed = self.suppressed
        document.largest_launch, document.records = self.largest_launch, self.records
        document.saved_plan, document.serial = self.saved_plan, self.state_serial


def read_journal(content: bytes, where: str) -> JournalFile:
    """Read a journal; StateError with the member that is wrong."""
    try:
        try:
            return JournalFile.model_validate_json(content)
        except ValidationError:
            return JournalFile.model_validate(parse_content(content, where))  # as `document.read_document`
    except ValidationError as error:
        raise state_error(error, where) from None


def limit(size: int) -> int:
    """Bytes that the journal of a document of `size` bytes may have. A wave writes half of it in the mean; it saves writing the
    document each time that it is full: the sum of both is least where it grows with the root of the document.
    """
    return max(LEAST, int(OF_MEGABYTE * (size / 1_000_000) ** 0.5))


class RemoteJournal:
    """The journal of the document that `remote` keeps, for the holder of its lock."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._stored: Stored | None = None
        self._serial = 0
        #: what the document names; "" while there is no journal
        self.id = ""
        #: why this run writes none any more; "" for no reason
        self.obstacle = ""

    def begin(self, lineage: str, document: Stored) -> bool:
        """Make it, empty, so that another `document` may name it from now on. False where the server does not take it."""
        if self.id:
            return True
        if self.obstacle:
            return False
        self.id = uuid.uuid4().hex
        try:
            self._stored = self._remote.read_journal()
            if self._stored is not None:
                present = read_journal(self._stored.content, self._remote.journal_where)
                if present.lineage != lineage and not present.is_empty:
                    raise _of_another_state(self._remote.journal_where)
                self._serial = present.serial
        except StateError as error:
            self._give_up(error)
        return bool(self.id) and self.write(self._empty(lineage, 0), document, is_first=True) and self._is_kept()

    def _is_kept(self) -> bool:
        """Is the first one there? Some servers, and proxies before them, take a write to any address and keep nothing."""
        where = self._remote.journal_where
        try:
            stored = self._remote.read_journal()
            if stored is None or read_journal(stored.content, where).journal != self.id:
                raise StateError(f"{where} took a write, and does not have it", code="backend")
        except StateError as error:
            self._give_up(error)
        return bool(self.id)

    def head(self, lineage: str, base: int, state_serial: int) -> dict[str, Any]:
        """The members of the next one to be written, without those of the state."""
        return {
            "version": VERSION,
            "serial": self._serial + 1,
            "lineage": lineage,
            "journal": self.id,
            "base": base,
            "stateSerial": state_serial,
        }

    def write(self, content: bytes, document: Stored, *, is_first: bool = False) -> bool:
        """Write it anew, beside `document`. False where it could not be written: the document must be then. StateError where the
        lock was lost, or another run has written it; of the first journal (`is_first`) nothing depends yet.
        """
        try:
            self._stored = self._remote.write_journal(content, self._stored, document)
        except StateError as error:
            self._give_up(error)
            if error.diagnostics[0].code in ("state-conflict", "lost-lock") and not is_first:
                raise
            return False
        self._serial += 1
        return True

    def _give_up(self, error: StateError) -> None:
        self.id, self.obstacle = "", error.diagnostics[0].summary

    def end(self, lineage: str, serial: int, document: Stored) -> None:
        """No document needs it any more: empty it. `document` has this serial, and is whole. What is left in it, where this fails,
        is ignored.
        """
        if self.id:
            with suppress(StateError):
                self.write(self._empty(lineage, serial), document)
        self.id = ""

    def _empty(self, lineage: str, base: int) -> bytes:
        rows: dict[str, Any] = {"addresses": [], "resources": [], "pending": []}
        return json.dumps({**self.head(lineage, base, base), **rows}, indent=1).encode() + b"\n"


def belongs(file: JournalFile, document: StateDocument) -> bool:
    """Is it the journal that the document names, and no newer than the document?"""
    is_named = (file.journal, file.lineage) == (document.journal, document.lineage)
    return is_named and file.base <= document.serial


def _of_another_state(where: str) -> StateError:
    """The journal there belongs to a document elsewhere, which needs it: two addresses may differ in a slash at the end alone."""
    return StateError(
        f"{where} has changes of another state, which may need it. Where that is no more, remove it",
        code="state-journal",
    )


def missing(document: StateDocument, where: str, journal_where: str, reason: str) -> StateError:
    """The document is not whole without its journal, which is not there; `reason` is what is there instead, as a sentence."""
    return StateError(
        f"The journal of {where} is missing",
        detail=f"What came after serial {document.serial} was in {journal_where}. {reason} It may have creates that were sent: "
        "to go on without them could reach people twice.",
        hint="Restore the journal or the state from an earlier version of the same moment. Without one: look at what is live, then "
        "`mscode state push --force` a copy of the state.",
        code="state-journal",
    )
