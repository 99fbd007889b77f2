"""Where a state may lie: one interface over `local`, `http` (and `gitlab`) and `object` (docs/state.md#backends).

A `Backend` gives the lock of one environment and its `Storage`. `StateStore` is the only user of a `Storage`, and calls
its `add` in the order of the changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from mscode.state.document import StateDocument
from mscode.state.lock_info import LockInfo

#: How durable a change must be when `commit` returns, by its purpose:
#: `backend`  it precedes a request (an intent, a launch): the crash of any machine must not lose it
#: `disk`     it holds an id that stands nowhere else yet: a power cut here must not lose it
#: `file`     it refines what is known already: a killed process must not lose it, and losing it costs a read
#: A change that needs less than `backend` gets there with the next one that does, or at the end.
Need = Literal["file", "disk", "backend"]


class Storage(Protocol):
    """The document of one environment. It is read without a lock, and opened for writing by the holder of the lock."""

    @property
    def notice(self) -> str:
        """What a person should know of the reading (changes taken over, an older copy); "" for nothing."""

    def read(self) -> StateDocument | None:
        """The state as it is; None where there is none yet. StateError when it cannot be trusted."""

    @property
    def is_whole(self) -> bool:
        """Was all that `read` gave in one document, which every version of mscode can read?"""

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
        """Give it back; a lock that was broken meanwhile, and has another holder now, stays."""


class Backend(Protocol):
    """Where one environment's state lies."""

    def storage(self) -> Storage:
        """The document of the environment."""

    def lock(self, operation: str) -> Lock:
        """The lock for an operation like "apply", not yet taken."""

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with exactly this ID, and return its holder. StateError for another ID, or no lock."""

    def holder(self) -> LockInfo | None:
        """The present holder of the lock, None where it is free. StateError where that cannot be found out."""

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request to the backend takes longer, and none is repeated."""

    def close(self) -> None:
        """Close connections."""
