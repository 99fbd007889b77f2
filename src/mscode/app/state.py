"""The state of an environment: read as it is, or opened under its lock."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.app.state_backend import backend_of
from mscode.errors import EndedBySignal, LockedError, StateError

if TYPE_CHECKING:
    from mscode.state.backend import Backend, Lock
    from mscode.state.store import StateStore

#: Seconds between two tries to take a lock that somebody holds.
LOCK_POLL = 1.0
#: What the lock of a command says that adds to the records alone, and for how many seconds at most another waits for it.
RECORDING, RECORDING_SECONDS = "record results", 10.0


def open_state(
    environment: Environment, tell: Callable[[str], object] | None = None, *, patience: float | None = None
) -> StateStore:
    """The state as it is; creates nothing where there is none. `tell` takes a notice for the person.

    `patience` is how many seconds to wait for a backend that does not answer, once; None for the usual time and repeats.
    """
    from mscode.state.store import StateStore

    backend = backend_of(environment)
    try:
        if patience is not None:
            backend.limit_remaining_time(patience)
        store = StateStore.read(backend.storage(), environment.project.project, environment.name, environment.url)
    finally:
        backend.close()
    if tell and store.notice:
        tell(store.notice)
    return store


@contextmanager
def lock_state(inv: Invocation, environment: Environment, operation: str) -> Iterator[StateStore]:
    """The state, open for writing under its lock; `operation` is what the lock says its holder does."""
    from mscode.app.audit import take_over_halts
    from mscode.app.records import mend_records
    from mscode.state.store import StateStore

    with locked(inv, environment, operation) as (backend, lock):
        binding = environment.project.project, environment.name, environment.url
        with StateStore.open(backend.storage(), *binding, backend=backend, lock=lock) as store:
            if store.notice:
                inv.out.info(store.notice)
            mend_records(environment, store, inv.out.info)
            take_over_halts(environment, store, inv.out.info)
            yield store


@contextmanager
def lock_records(inv: Invocation, environment: Environment) -> Iterator[StateStore]:
    """The state, under its lock, for a command that adds to the records alone. It is not written: a saved plan is refused once the
    state has moved on, and looking at a campaign must not cost one.
    """
    from mscode.state.store import StateStore

    with locked(inv, environment, RECORDING) as (backend, _):
        yield StateStore.read(backend.storage(), environment.project.project, environment.name, environment.url)


@contextmanager
def locked(inv: Invocation, environment: Environment, operation: str) -> Iterator[tuple[Backend, Lock]]:
    """The backend of the state, its lock held. The lock is released in any case: also on SIGTERM (a cancelled job) and SIGHUP
    (a terminal that was closed, a connection that was lost).
    """
    backend = backend_of(environment, lambda text: inv.out.info(text, "yellow"))
    with ended_like_interrupted():
        lock = backend.lock(operation)
        try:
            if notice := _acquire(lock, inv, operation):
                inv.out.info(notice)
            yield backend, lock
        finally:
            # A closed terminal sends SIGHUP more than once, from the system and from the shell: a second one must not end the
            # release.
            with handling(signals_that_end(), lambda number, frame: None):
                try:
                    lock.release()
                except StateError as error:
                    # The work is done: a lock that cannot be released is a warning, not an error.
                    inv.out.info(f"The lock of the state could not be released: {error}", "yellow")
                    inv.out.info(f"Once the backend answers again: mscode state unlock {lock.id}", "yellow")
                backend.close()


def _acquire(lock: Lock, inv: Invocation, operation: str) -> str:
    """Take the lock, asking again for as long as `--lock-timeout` says; the notice of `Lock.acquire`. LockedError after that.

    A command that only looks at campaigns holds it for a moment to record what came of them. That must not refuse another one.
    """
    began = time.monotonic()
    is_told = False
    while True:
        try:
            return lock.acquire()
        except LockedError as error:
            is_recording = RECORDING in error.diagnostics[0].detail and operation != RECORDING
            remaining = began + max(inv.lock_timeout, RECORDING_SECONDS if is_recording else 0.0) - time.monotonic()
            if remaining <= 0:
                raise
            if not is_told and not is_recording:
                inv.out.info(f"{error}. Waiting for it, {inv.lock_timeout:.0f} s at most...")
                is_told = True
            time.sleep(min(LOCK_POLL, remaining))


Handler = Callable[[int, FrameType | None], object]


def signals_that_end() -> tuple[int, ...]:
    """The signals besides Ctrl-C that ask a process to end. SIGHUP is left out where the caller has it ignored (`nohup`)."""
    hangup = getattr(signal, "SIGHUP", None)
    ignored = hangup is None or signal.getsignal(hangup) is signal.SIG_IGN
    return (int(signal.SIGTERM),) if ignored or hangup is None else (int(signal.SIGTERM), int(hangup))


@contextmanager
def handling(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Let these signals go to `handler` within the block. Does nothing outside of the main thread, where Python sets none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous_handler in previous.items():
            signal.signal(number, previous_handler)


def ended_like_interrupted() -> AbstractContextManager[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C, so that a lock is released; an apply under way has its own handlers (`app.apply`)."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise EndedBySignal

    return handling(signals_that_end(), stop)
