"""Where a state may lie: one interface over `local`, `http` (and `gitlab`) and `object` (reconcile §6).

A `Backend` gives the lock of one environment and its `Storage`. `StateStore` is the only user of a `Storage`, and calls
its `add` in the order of the changes. What `commit` promises differs by what a change is for: a change that is recorded
before something is sent (an intent, a launch) is in the backend when `commit` returns; what is recorded afterwards is
safe on this machine then, and in the backend with the next such change or at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mscode.state.document import StateDocument
from mscode.state.holder import Holder


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

    def commit(self, ticket: int) -> int:
        """Make the ticket's change durable; the serial of the state then."""

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

    def unlock(self, id: str) -> Holder:
        """Break the lock with this very ID, whoever holds it; whose it was. StateError for another ID, or no lock."""

    def hurry(self, seconds: float) -> None:
        """From now on no request to the backend takes longer, and none is repeated."""

    def close(self) -> None: ...
