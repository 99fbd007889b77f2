"""Where the records of an environment lie: beside its state (docs/records.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.errors import StateError
from mscode.model.calling_window import format_instant
from mscode.model.plurals import count
from mscode.model.retention import kept_since

if TYPE_CHECKING:
    from mscode.state.records.storage import RecordStorage
    from mscode.state.records.store import RecordStore
    from mscode.state.store import StateStore


def records_of(environment: Environment) -> RecordStorage:
    """The storage of this environment's records."""
    if environment.in_memory is not None:
        return environment.in_memory.records
    from mscode.state.records.local import LocalRecords, records_folder

    return LocalRecords(records_folder(environment.folder))


def open_records(environment: Environment, state: StateStore, *, is_linked: bool = True) -> RecordStore:
    """The records, to be written by the holder of the lock of `state`. Nothing is read or made until something is written.
    `is_linked`: the state keeps which record is the last.
    """
    from mscode.state.records.store import RecordStore

    return RecordStore.open(records_of(environment), state, is_linked=is_linked)


def read_records(environment: Environment) -> RecordStore:
    """The records, to be read without a lock."""
    from mscode.state.records.store import RecordStore

    return RecordStore.read(records_of(environment))


def erase_outdated(environment: Environment, state: StateStore, now: datetime, tell: Callable[[str], object]) -> None:
    """Erase what `recordsKeep` says, for the holder of the lock of `state`; `now` is the service's clock.

    `tell` takes a line for the person, also where it fails: nothing else needs to wait for it, and the next apply tries again.
    """
    if not environment.records_keep or environment.in_memory is not None:
        return
    since = kept_since(environment.records_keep, now)
    try:
        erased = open_records(environment, state).prune(format_instant(since))
    except StateError as error:
        tell(f"Records that are older than {environment.records_keep} could not be erased: {error}")
        return
    if erased:
        tell(f"Erased {count(erased, 'record')} older than {environment.records_keep}.")
