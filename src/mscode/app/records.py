"""Where the records of an environment lie: beside its state (docs/records.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.state_backend import check_state_url
from mscode.errors import MscodeError, StateError
from mscode.model.calling_window import format_instant
from mscode.model.plurals import count
from mscode.model.retention import kept_since

if TYPE_CHECKING:
    from mscode.state.records.storage import RecordStorage
    from mscode.state.records.store import RecordStore
    from mscode.state.store import StateStore


#: Seconds for which a run waits in all for a server of records that gives no answer: launches wait for it.
_PATIENCE = 60.0


def records_of(environment: Environment) -> RecordStorage:
    """The storage of this environment's records: beside the state, or where `records` of `state:` says. ConfigError where no
    credentials may be sent there.
    """
    if environment.in_memory is not None:
        return environment.in_memory.records
    settings = environment.state
    address, backend = str(settings.get("records") or ""), settings["backend"]
    if address.startswith(("http://", "https://")) or (not address and backend in ("http", "gitlab")):
        return _on_server(environment, address)
    if address or backend == "object":
        return _in_bucket(environment, address)
    from mscode.state.records.local import LocalRecords, records_folder

    return LocalRecords(records_folder(environment.folder))


def _on_server(environment: Environment, address: str) -> RecordStorage:
    from mscode.http.state_client import StateClient, credentials
    from mscode.state.records.http import PARALLEL, HttpRecords, earlier_versions
    from mscode.state.remote.http import beside

    settings = environment.state
    address = address or beside(str(settings["address"]), "-records")
    check_state_url(environment, address, "The address of the records")
    client = StateClient(credentials(environment.variables), noun="records", connections=PARALLEL, patience=_PATIENCE)
    method = settings.get("updateMethod") or "POST"
    return HttpRecords(client, address, method, earlier_versions(address, is_gitlab="/terraform/state/" in address))


def _in_bucket(environment: Environment, url: str) -> RecordStorage:
    from mscode.state.records.object import ObjectRecords
    from mscode.state.remote.object import Where

    where = Where.of({**environment.state, "url": url or f"{environment.state['url']}.records"})
    if where.endpoint:
        check_state_url(environment, where.endpoint, "The address of the records")
    return ObjectRecords(where)


def open_records(environment: Environment, state: StateStore, *, is_linked: bool = True) -> RecordStore:
    """The records, to be written by the holder of the lock of `state`. Nothing is read or made until something is written.
    `is_linked`: the state keeps which record is the last.
    """
    from mscode.state.records.store import RecordStore

    storage = state.record_storage(lambda: records_of(environment))
    return RecordStore.open(storage, state, is_linked=is_linked, elsewhere=_left_behind(environment))


def _left_behind(environment: Environment) -> RecordStorage | None:
    """Records in the folder of a local state, from before the environment kept them elsewhere; None where that is the place."""
    if environment.in_memory is not None:
        return None
    from mscode.state.records.local import LocalRecords, records_folder

    folder = records_folder(environment.folder)
    is_elsewhere = environment.state["backend"] != "local" or environment.state.get("records")
    return LocalRecords(folder) if is_elsewhere and folder.exists() else None


def read_records(environment: Environment, *, patience: float | None = None) -> RecordStore:
    """The records, to be read without a lock. `patience` is how many seconds to wait for a server that does not answer, once; None
    for the usual time and repeats.
    """
    from mscode.state.records.store import RecordStore

    storage = records_of(environment)
    if patience is not None:
        storage.limit_remaining_time(patience)
    return RecordStore.read(storage)


def mend_records(environment: Environment, state: StateStore, tell: Callable[[str], object]) -> None:
    """Remove the part of a line that a killed run has left, so that the records verify though nothing is recorded next; for the
    holder of the lock of `state`. On a server or in a bucket a document is there whole or not at all. `tell` takes a line for
    the person where it fails.
    """
    from mscode.state.records.local import LocalRecords

    try:
        storage = records_of(environment)
        if isinstance(storage, LocalRecords) and storage.is_torn():
            open_records(environment, state).mend()
    except MscodeError as error:
        tell(f"The records cannot be mended: {error.diagnostics[0].summary}")


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
