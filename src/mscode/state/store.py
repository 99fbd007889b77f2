"""The state as the engine uses it, on any backend: when a method returns, its change is as durable as it needs to be
(`backend.Need`). Threads may share a store.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Entry, Intent, Known, Live, Tombstone, remembered
from mscode.state.backend import Backend, Lock, Need, Storage
from mscode.state.by_id import EntriesById
from mscode.state.document import (
    Begin,
    Bury,
    Carry,
    Drop,
    EntryRow,
    IntentRow,
    LinkRecords,
    Move,
    Put,
    Reach,
    Record,
    RecordLink,
    Settle,
    StateDocument,
    Suppress,
    TombstoneRow,
    Unbury,
    to_text,
)
from mscode.state.records.storage import RecordStorage


@dataclass(frozen=True, slots=True)
class RecordsInState:
    """What the state knows of the environment's records: its own `lineage`, the last record (None: there was none yet), and what
    mscode has launched, as (address, live id)."""

    project: str
    environment: str
    lineage: str
    link: RecordLink | None
    launched: tuple[tuple[Address, str], ...]


class StateStore:
    """One environment's state, open.

    `StateStore.read` never writes, and makes nothing where there is no state yet; `StateStore.open` is for the
    holder of the lock. Both raise StateError when the state belongs to another project, environment or URL.
    """

    def __init__(self, storage: Storage, document: StateDocument, *, is_new: bool = False) -> None:
        self._storage, self._document, self._is_new = storage, document, is_new
        self._backend: Backend | None = None
        self._held: Lock | None = None
        self._records: RecordStorage | None = None
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._by_id = EntriesById()
        #: 1 once the journal could not be written: the snapshot then is the last chance for what memory holds
        self._unsaved = 0
        #: the saved plan whose work the changes of this store are; "" for those of another command
        self.carries = ""

    @classmethod
    def read(cls, storage: Storage, project: str, environment: str, url: str) -> Self:
        """For reading, without a lock."""
        stored = storage.read()
        document = stored or StateDocument(project, environment, url)
        document.bind(project, environment, url)
        return cls(storage, document, is_new=stored is None)

    @classmethod
    def open(
        cls,
        storage: Storage,
        project: str,
        environment: str,
        url: str,
        *,
        backend: Backend | None = None,
        lock: Lock | None = None,
    ) -> Self:
        """For the holder of `lock` of `backend`; both are used by `limit_remaining_time` and `abandon`."""
        store = cls.read(storage, project, environment, url)
        storage.open_for_write(store._document)
        store._backend, store._held = backend, lock
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def notice(self) -> str:
        """What a person should know of the reading (`Storage.notice`); "" for nothing."""
        return self._storage.notice

    def text(self) -> str:
        """The whole document as JSON, its key with it; "" where there is none yet."""
        return "" if self._is_new else to_text(self._document)

    def document(self) -> StateDocument | None:
        """A copy of the whole document, its key with it; None where there is none yet."""
        with self._lock:
            return None if self._is_new else self._document.copy()

    @property
    def known(self) -> Known:
        """The state as it is now; later changes do not show in it."""
        with self._lock:
            if self._known is None:
                self._known = self._document.known()
            return self._known

    def entry(self, address: Address) -> Entry | None:
        """The entry of one address; unlike `known`, without a copy of everything."""
        return self._document.entries.get(address)

    def managing(self, section: str, live_id: str) -> list[Entry]:
        """The entries whose object this is, or was until a replacement that is not over; without a look at all of them."""
        with self._lock:
            return list(self._by_id.of(self._document.entries, section, live_id))

    @property
    def tombstones(self) -> Sequence[Tombstone]:
        """What was forgotten, as it is now; unlike `known`, without a copy of everything."""
        return self._document.tombstones

    def intent(self, address: Address) -> Intent | None:
        """The create that was begun for an address and has not ended."""
        return self._document.intents.get(address)

    @property
    def key(self) -> str:
        """The secret of this state's keyed hashes, "" while there is nothing in it (and no secret is kept yet)."""
        return self._document.key if self._document.entries or self._document.intents else ""

    def keyed_hash(self, value: Any) -> str:
        """The keyed hash that stands for a personal value (`hmac:<hex>`)."""
        return self._document.seal(value)

    def check_binding(self, project: str, environment: str, url: str) -> None:
        """StateError when this state was made for another project, environment or URL."""
        self._document.check_binding(project, environment, url)

    def begin(self, intents: Iterable[Intent]) -> None:
        """Creates that are about to be sent."""
        rows = [IntentRow.of(intent) for intent in intents]
        if rows:
            self._record(Begin(intents=rows), "backend")

    def put(self, entry: Entry) -> None:
        """What is known of an object from now on."""
        before = self._document.entries.get(entry.address)
        if before != entry:
            self._record(Put(entry=EntryRow.of(entry)), _need(before, entry))

    def saw(self, objects: Iterable[Live]) -> None:
        """Keep what live objects, as they were just read, show of having reached people: once they are deleted, the service shows
        it no more. Nothing is kept where this store is open for reading only.
        """
        if not self._storage.is_open:
            return
        for live in objects:
            for entry in self.managing(live.section, live.id):
                if entry.id == live.id:
                    self.put(remembered(entry, live))

    def end_intent(self, address: Address) -> None:
        """The create of this address has ended; nothing happens where none was begun."""
        if address in self._document.intents:
            self._record(Settle(address=address), "file")

    def drop(self, address: Address) -> None:
        """The object of this address is no longer managed."""
        if address in self._document.entries:
            self._record(Drop(address=address))

    def add_tombstone(self, tombstone: Tombstone) -> None:
        """Remember a forgotten object, so that it does not come back by its name."""
        self._record(Bury(tombstone=TombstoneRow.of(tombstone)))

    def remove_tombstone(self, address: Address) -> None:
        """Forget what was forgotten under this address."""
        if any(stone.address == address for stone in self.tombstones):
            self._record(Unbury(address=address))

    def move(self, old: Address, new: Address) -> None:
        """The same object under another address; StateError when that one is taken."""
        if new in self._document.entries:
            raise StateError(f"{new} is in the state already", code="state-taken")
        self._record(Move.model_validate({"from": old, "to": new}))

    def suppress(self, marks: tuple[str, ...]) -> None:
        """What stands for the numbers of the do-not-call list from now on (`plan.guard_people.marks`)."""
        if self._document.suppressed != marks:
            self._record(Suppress(suppressed=marks))

    def reach(self, people: int) -> None:
        """A launch has reached so many people; the most that one has is kept."""
        if people > self._document.largest_launch:
            self._record(Reach(people=people))

    def records(self) -> RecordsInState:
        """What it knows of the environment's records."""
        with self._lock:
            document = self._document
            # What somebody else started has no record; `launched_at` is there where mscode launched it.
            launched = tuple((entry.address, entry.id) for entry in document.entries.values() if entry.launched_at)
            return RecordsInState(document.project, document.environment, document.lineage, document.records, launched)

    def link_records(self, link: RecordLink) -> None:
        """The last record from now on. It may be lost: records that come after the one that is known are found where they lie."""
        self._record(LinkRecords(records=link), "file")

    @property
    def saved_plan(self) -> str:
        """The saved plan that alone has changed anything since it was made; "" where another command has."""
        return self._document.saved_plan

    def carry_out(self, plan_id: str) -> None:
        """The saved plan of this id is carried out from now on, until another command changes anything."""
        self.carries = plan_id
        if self._document.saved_plan != plan_id:
            self._record(Carry(plan=plan_id), "backend")

    def close(self) -> None:
        """Write the snapshot, if this store is open for writing."""
        with self._lock:
            if self._storage.is_open:
                try:
                    self._document.serial += self._unsaved
                    self._storage.write(self._document)
                finally:
                    self._storage.close()
                    if self._records is not None:
                        self._records.close()

    def record_storage(self, make: Callable[[], RecordStorage]) -> RecordStorage:
        """The storage of the records that are written beside this state, made once: its time is limited, and it is closed, together
        with the state."""
        if self._records is None:
            self._records = make()
        return self._records

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on the backend gets so many seconds for each request. Called by a signal's handler."""
        for storage in (self._records, self._backend):
            if storage is not None:
                storage.limit_remaining_time(seconds)

    def abandon(self, seconds: float) -> None:
        """The process ends now: write what can be written and give the lock back, in twice `seconds` at most.

        Called by a signal's handler, which may have interrupted the holder of one of the mutexes: so each is tried in a
        thread of its own, and not waited for any longer. Changes that were not written are in the journal.
        """
        self.limit_remaining_time(seconds)
        for end in (self.close, self._held.release if self._held else None):
            if end:
                thread = threading.Thread(target=_quietly, args=(end,), daemon=True)
                thread.start()
                thread.join(seconds)

    def _record(self, record: Record, need: Need = "disk") -> None:
        if self._document.saved_plan not in ("", self.carries) and not isinstance(record, Carry | LinkRecords):
            self._record(Carry(plan=""), "file")  # a record of what was launched changes nothing of the plan's work
        # The same lock over both, so that the journal has the changes in the order in which they were made;
        # the wait for the disk is outside of it, so that several threads share one.
        # The record goes through JSON, so that memory holds exactly what a later run will read.
        data = json.loads(record.text())
        with self._lock:
            ticket = self._storage.add(data)
            self._document.apply(data)
            self._known = None
            if isinstance(record, Put):
                self._by_id.add(self._document.entries[record.entry.address])
            elif isinstance(record, Move):
                self._by_id.forget()
        try:
            serial = self._storage.commit(ticket, need)
        except StateError:
            self._unsaved = 1
            raise
        with self._lock:
            self._document.serial = max(self._document.serial, serial)
            self._known = None


def _need(before: Entry | None, after: Entry) -> Need:
    """A launch must be in the backend before it is sent; a new id stands nowhere else."""
    launched = (before.launched, before.first_call) if before else (False, "")
    if (after.launched, after.first_call) != launched:
        return "backend"
    return "file" if before and before.id == after.id else "disk"


def _quietly(end: Callable[[], None]) -> None:
    with suppress(StateError):
        end()
