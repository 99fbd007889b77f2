"""The state as the engine uses it: changes are on the disk when their method returns. Threads may share it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from mscode.address import Address
from mscode.errors import StateError
from mscode.state.document import StateDocument, entry_json, intent_json, packed, tombstone_json
from mscode.state.local import LocalState
from mscode.world import Entry, Intent, Known, Tombstone


class StateStore:
    """One environment's state, open.

    `StateStore.read` never writes, and makes nothing where there is no state yet; `StateStore.open` is for whoever
    holds the lock. Both raise StateError when the state belongs to another project, environment or URL.
    """

    def __init__(self, local: LocalState, document: StateDocument) -> None:
        self._local, self._document = local, document
        self._lock = threading.Lock()
        self._known: Known | None = None
        #: 1 once the journal could not be written: the snapshot then is the last chance for what memory holds
        self._unsaved = 0

    @classmethod
    def read(cls, local: LocalState, project: str, environment: str, url: str) -> Self:
        document = local.read() or StateDocument(project, environment, url)
        document.check_binding(project, environment, url)
        return cls(local, document)

    @classmethod
    def open(cls, local: LocalState, project: str, environment: str, url: str) -> Self:
        store = cls.read(local, project, environment, url)
        local.open_for_write(store._document)
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def known(self) -> Known:
        """The state as it is now; later changes leave what was given alone."""
        with self._lock:
            if self._known is None:
                self._known = self._document.known()
            return self._known

    def entry(self, address: Address) -> Entry | None:
        """What is known of one address; unlike `known`, without a copy of everything."""
        return self._document.entries.get(address)

    @property
    def key(self) -> str:
        """The secret of this state's keyed hashes, "" while there is nothing in it (and no secret is kept yet)."""
        return self._document.key if self._document.entries or self._document.intents else ""

    def seal(self, value: Any) -> str:
        """The keyed hash that stands for a personal value (`hmac:<hex>`)."""
        return self._document.seal(value)

    def check_binding(self, project: str, environment: str, url: str) -> None:
        """StateError when this state was made for another project, environment or URL."""
        self._document.check_binding(project, environment, url)

    def begin(self, intents: Iterable[Intent]) -> None:
        """Creates that are about to be sent."""
        rows = [intent_json(intent) for intent in intents]
        if rows:
            self._record({"op": "begin", "intents": rows})

    def put(self, entry: Entry) -> None:
        """What is known of an object from now on."""
        if self._document.entries.get(entry.address) != entry:
            self._record({"op": "put", "entry": entry_json(entry)})

    def settle(self, address: Address) -> None:
        """The create of this address has ended; nothing happens where none was begun."""
        if address in self._document.intents:
            self._record({"op": "settle", "address": str(address)})

    def drop(self, address: Address) -> None:
        """The object of this address is no longer managed."""
        if address in self._document.entries:
            self._record({"op": "drop", "address": str(address)})

    def bury(self, tombstone: Tombstone) -> None:
        """Remember a forgotten object, so that it does not come back by its name."""
        self._record({"op": "bury", "tombstone": tombstone_json(tombstone)})

    def unbury(self, address: Address) -> None:
        """Forget what was forgotten under this address."""
        if any(one.address == address for one in self.known.tombstones):
            self._record({"op": "unbury", "address": str(address)})

    def move(self, old: Address, new: Address) -> None:
        """The same object under another address; StateError when that one is taken."""
        if new in self._document.entries:
            raise StateError(f"{new} is in the state already", code="state-taken")
        self._record({"op": "move", "from": str(old), "to": str(new)})

    def suppress(self, marks: tuple[str, ...]) -> None:
        """What stands for the numbers of the do-not-call list from now on (`plan.guard_people.marks`)."""
        if self._document.suppressed != marks:
            self._record({"op": "suppress", "suppressed": packed(marks)})

    def close(self) -> None:
        """Write the snapshot, if this store is open for writing."""
        with self._lock:
            if self._local.is_open:
                try:
                    self._document.serial += self._unsaved
                    self._local.write(self._document)
                finally:
                    self._local.close()

    def _record(self, record: Mapping[str, Any]) -> None:
        # The same lock over both, so that the journal has the changes in the order in which they were made;
        # the wait for the disk is outside of it, so that several threads share one.
        record = json.loads(json.dumps(record))
        with self._lock:
            ticket = self._local.add(record)
            self._document.apply(record)
            self._known = None
        try:
            serial = self._local.commit(ticket)
        except StateError:
            self._unsaved = 1
            raise
        with self._lock:
            self._document.serial = max(self._document.serial, serial)
            self._known = None
