"""Where the records of an environment lie: beside its state (docs/records.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.environment import Environment

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


def open_records(environment: Environment, state: StateStore) -> RecordStore:
    """The records, to be written by the holder of the lock of `state`. Nothing is read or made until something is written."""
    from mscode.state.records.store import RecordStore

    return RecordStore.open(records_of(environment), state)


def read_records(environment: Environment) -> RecordStore:
    """The records, to be read without a lock."""
    from mscode.state.records.store import RecordStore

    return RecordStore.read(records_of(environment))
