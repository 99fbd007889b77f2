"""A state in memory, for what is only rehearsed: it begins as a copy, and is gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from mscode.errors import StateError
from mscode.state.backend import Need
from mscode.state.document import StateDocument
from mscode.state.lock_info import LockInfo, myself, not_locked, other_id, refusal

_BY_HAND = "Wait until the other run in this process is done."


class MemoryBackend:
    """Keeps the state of one environment. It begins with a copy of `document`; without one there is no state yet."""

    def __init__(self, document: StateDocument | None = None) -> None:
        self.document = document.copy() if document is not None else None
        self.held_by: LockInfo | None = None
        self.mutex = threading.Lock()

    def storage(self) -> MemoryStorage:
        """The document of the environment."""
        return MemoryStorage(self)

    def lock(self, operation: str) -> MemoryLock:
        """The lock for an operation, not yet taken."""
        return MemoryLock(self, operation)

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with this ID."""
        with self.mutex:
            holder = self.held_by
            if holder is None:
                raise not_locked()
            if id != holder.ID:
                raise other_id(holder, id, _BY_HAND)
            self.held_by = None
            return holder

    def holder(self) -> LockInfo | None:
        """The present holder of the lock."""
        return self.held_by

    def limit_remaining_time(self, seconds: float) -> None:
        """Nothing in memory takes time."""

    def close(self) -> None:
        """There is nothing to close."""


class MemoryLock:
    """The lock of a `MemoryBackend`."""

    def __init__(self, backend: MemoryBackend, operation: str) -> None:
        self._backend, self._info = backend, myself(operation, {})
        self.id = self._info.ID

    def acquire(self) -> str:
        """Take it. LockedError where another run in this process holds it."""
        with self._backend.mutex:
            if self._backend.held_by is not None:
                raise refusal(self._backend.held_by, _BY_HAND)
            self._backend.held_by = self._info
        return ""

    def release(self) -> None:
        """Give it back, where it is still this one's."""
        with self._backend.mutex:
            if self._backend.held_by is self._info:
                self._backend.held_by = None


class MemoryStorage:
    """The document of a `MemoryBackend`: whoever reads it gets a copy, and every change is in it at once."""

    notice = ""

    def __init__(self, backend: MemoryBackend) -> None:
        self._backend = backend
        self._document: StateDocument | None = None
        self._changes = 0

    def read(self) -> StateDocument | None:
        """A copy of the state as it is."""
        return self._backend.document.copy() if self._backend.document is not None else None

    @property
    def is_whole(self) -> bool:
        """There is but one document."""
        return True

    def open_for_write(self, document: StateDocument) -> None:
        """Begin writing `document`: the backend has it from now on, with what is changed in it."""
        self._document = self._backend.document = document

    def add(self, record: Mapping[str, Any]) -> int:
        """The document is changed by the store itself; the change is counted."""
        self._changes += 1
        return self._changes

    def commit(self, ticket: int, need: Need = "disk") -> int:
        """The serial of the state after so many changes."""
        if self._document is None:
            raise StateError("The state is not open for writing", code="state-closed")
        return self._document.serial + 1

    def write(self, document: StateDocument) -> None:
        """The whole document, at the end."""
        self._backend.document = document

    def overwrite(self, document: StateDocument) -> None:
        """Put `document` in the place of whatever is there."""
        self._backend.document = document

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""
        return self._document is not None

    def close(self) -> None:
        """Nothing more is written."""
        self._document = None
