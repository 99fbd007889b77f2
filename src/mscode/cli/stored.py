"""The state for commands that look at it or change it without an apply."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from mscode.cli.backends import backend_of
from mscode.cli.environment import Environment
from mscode.cli.frame import Invocation
from mscode.errors import StateError

if TYPE_CHECKING:
    from mscode.state.backend import Backend, Lock
    from mscode.state.store import StateStore


def reading(
    environment: Environment, tell: Callable[[str], object] | None = None, *, patience: float | None = None
) -> StateStore:
    """The state as it is; makes nothing where there is none. `tell` takes what a person should know of it.

    With `patience`, a backend that gives no answer is waited for so many seconds, once.
    """
    from mscode.state.store import StateStore

    backend = backend_of(environment)
    try:
        if patience is not None:
            backend.hurry(patience)
        store = StateStore.read(backend.storage(), environment.project.project, environment.name, environment.url)
    finally:
        backend.close()
    if tell and store.notice:
        tell(store.notice)
    return store


@contextmanager
def writing(inv: Invocation, environment: Environment, operation: str) -> Iterator[StateStore]:
    """The state under its lock."""
    from mscode.state.store import StateStore

    with locked(inv, environment, operation) as (backend, lock):
        given = environment.project.project, environment.name, environment.url
        with StateStore.open(backend.storage(), *given, backend=backend, lock=lock) as store:
            if store.notice:
                inv.out.talk(store.notice)
            yield store


@contextmanager
def locked(inv: Invocation, environment: Environment, operation: str) -> Iterator[tuple[Backend, Lock]]:
    """The backend of the state, its lock held. The lock is given back whatever happens, on SIGTERM too (a cancelled job)."""
    backend = backend_of(environment)
    with _terminated_like_interrupted():
        lock = backend.lock(operation)
        notice = lock.acquire()
        try:
            if notice:
                inv.out.talk(notice)
            yield backend, lock
        finally:
            _release(inv, lock)
            backend.close()


def _release(inv: Invocation, lock: Lock) -> None:
    """What was done is done: a lock that cannot be given back is a warning, not an error."""
    try:
        lock.release()
    except StateError as error:
        inv.out.talk(f"The lock of the state could not be released: {error}", "yellow")
        inv.out.talk(f"Once the backend answers again: mscode state unlock {lock.id}", "yellow")


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM as Ctrl-C, so that what is held is given back; an apply under way has its own handlers (`applying`)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
