"""Where a state may lie: one interface over `local`, `http` (and `gitlab`) and `object` (docs/state.md#backends).

A `Backend` gives the lock of one environment and its `Storage`. `StateStore` is the only user of a `Storage`, and calls
its `add` in the order of the changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from mscode.state.document import StateDocument
from mscode.state.lock_info import LockInfo

#: How far a change must be when `commit` returns, by what it is for:
#: `backend`  it stands before a request (an intent, a launch): a crash of whatever machine must not lose it
#: `disk`     it tells an id that nothing else tells yet: a power cut here must not lose it
#: `file`     it refines what is known already: a killed process must not lose it, and losing it costs a look
#: What is less than `backend` gets there with the next change that is, or at the end.
Need = Literal["file", "disk", "backend"]


class Storage(Protocol):
    """The document of one environment. Reads without a lock; whoever opens it for writing holds the lock."""

    @property
    def notice(self) -> str:
        """What reading found and did that a person should know; "" for nothing."""

    def read(self) -> StateDocument | None:
        """The state as it is; None where there is none yet. StateError when it cannot be trusted."""

    def open_for_write(self, document: StateDocument) -> None:
        """Begin writing `document`, as `read` gave it or new."""

    def add(self, record: Mapping[str, Any]) -> int:
        """Queue a change; it is durable after `commit` with the ticket that is returned."""

    def commit(self, ticket: int, need: Need = "disk") -> int:
        """Make the ticket's change as durable as it needs to be; the serial of the state then."""

    def write(self, document: StateDocument) -> None:
        """The whole document, at the end; nothing is written where nothing changed."""

    def overwrite(self, document: StateDocument) -> None:
        """Put `document` in the place of whatever is there (`mscode state push`)."""

    @property
    def is_open(self) -> bool:
        """Is it open for writing?"""

    def close(self) -> None:
        """Nothing more is written."""


class Lock(Protocol):
    """The lock of one environment's state, for one operation."""

    id: str

    def acquire(self) -> str:
        """Take it; what a person should know, "" for nothing. LockedError (exit 4) when somebody else holds it."""

    def release(self) -> None:
        """Give it back; one that was broken meanwhile, and is another's now, stays."""


class Backend(Protocol):
    """Where one environment's state lies."""

    def storage(self) -> Storage: ...

    def lock(self, operation: str) -> Lock: ...

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with this very ID, whoever holds it; whose it was. StateError for another ID, or no lock."""

    def holder(self) -> LockInfo | None:
        """Who holds the lock now; None for nobody. StateError where that cannot be found out."""

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request to the backend takes longer, and none is repeated."""

    def close(self) -> None: ...
