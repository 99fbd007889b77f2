"""The state for commands that look at it or change it without an apply."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mscode.cli.environment import Environment
from mscode.cli.frame import Invocation

if TYPE_CHECKING:
    from mscode.state.store import StateStore


def reading(environment: Environment) -> StateStore:
    """The state as it is; makes nothing where there is none."""
    from mscode.state.local import LocalState
    from mscode.state.store import StateStore

    return StateStore.read(
        LocalState(environment.state_folder()), environment.project.project, environment.name, environment.url
    )


@contextmanager
def writing(inv: Invocation, environment: Environment, operation: str) -> Iterator[StateStore]:
    """The state under its lock."""
    from mscode.state.local import LocalState
    from mscode.state.lock import StateLock
    from mscode.state.store import StateStore

    lock = StateLock(environment.state_folder(), operation)
    notice = lock.acquire()
    try:
        if notice:
            inv.out.talk(notice)
        local = LocalState(environment.state_folder())
        with StateStore.open(local, environment.project.project, environment.name, environment.url) as store:
            yield store
    finally:
        lock.release()
