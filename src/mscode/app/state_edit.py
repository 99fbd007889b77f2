"""Reading and changing the state document without an apply: under its lock, or breaking the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.records import records_of
from mscode.app.state import lock_state, locked, open_state
from mscode.app.state_backend import backend_of
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError, StateError
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.model.address import Address
    from mscode.model.world import Entry
    from mscode.state.lock_info import LockInfo
    from mscode.state.records.storage import RecordStorage
    from mscode.state.store import StateStore
    from mscode.views.status.state import Terms


def read_state(inv: Invocation, directory: Path) -> StateStore:
    """The state of a project's environment as it is, without a lock and without making anything."""
    return open_state(load_environment(inv, directory), inv.out.info)


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a state by address, and the terms of a manifest in which they are shown."""

    entries: Sequence[Entry]
    terms: Terms


def read_entries(inv: Invocation, directory: Path) -> Entries:
    """All entries of the state of a project's environment."""
    from mscode.views.status.state import Terms

    environment = load_environment(inv, directory)
    known = open_state(environment, inv.out.info).known
    entries = [entry for _, entry in sorted(known.entries.items())]
    return Entries(entries, Terms.of(known, environment.project.timezone))


def read_entry(inv: Invocation, directory: Path, address: Address) -> Entries:
    """The state's entry of an address; MscodeError where it has none."""
    all_entries = read_entries(inv, directory)
    entries = [entry for entry in all_entries.entries if entry.address == address]
    if not entries:
        raise not_in_state(address, (entry.address for entry in all_entries.entries))
    return replace(all_entries, entries=entries)


def move_entry(inv: Invocation, directory: Path, before: Address, after: Address) -> None:
    """Move a managed object to the address `after`, in the state alone; MscodeError where `before` is not in the state, `after`
    is, or their sections differ."""
    if before.section != after.section:
        raise MscodeError(f"{before} cannot become {after}: the sections differ", code="bad-move")
    with lock_state(inv, load_environment(inv, directory), "state mv") as store:
        entries = store.known.entries
        if before not in entries:
            raise not_in_state(before, entries)
        if after in entries:
            raise MscodeError(f"{after} is in the state already, as id {entries[after].id}", code="bad-move")
        store.move(before, after)


def save_records(inv: Invocation, directory: Path, folder: Path) -> int:
    """Write a copy of the environment's records into a folder; the number of records. Where there are none, nothing is made."""
    from mscode.state.records.copies import entries_of, read_copy, save_copy

    with closing(records_of(load_environment(inv, directory))) as storage:
        documents = read_copy(storage)
    if documents:
        save_copy(documents, folder)
    return len(entries_of(documents))


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """The serial of the state now, and whether it is another document than before; how many records are new. None of what was
    not pushed.
    """

    serial: int | None
    is_new: bool
    new_records: int | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """A document of a state that is to be pushed. `read` gives its content, `source` is its name in messages."""

    read: Callable[[], bytes]
    source: str


def push_state(
    inv: Invocation, directory: Path, state: Pushed | None, records: Path | None, *, force: bool
) -> PushOutcome:
    """Replace this environment's state with a document, and take up a folder of records, under the lock; either may be None.

    Both must be of this project and environment, and the state of this URL; without `force` also of the same lineage and chain, and
    not older. Both are looked at before either is written; the records are written first, since the state knows the last of them.
    """
    from mscode.state.push import is_replacement, read_pushed
    from mscode.state.records.copies import check_copy, push_copy, read_copy
    from mscode.state.records.local import LocalRecords

    environment = load_environment(inv, directory)
    document = read_pushed(state.read(), state.source, force=force) if state else None
    if document is not None:
        document.check_binding(environment.project.project, environment.name, environment.url)
    documents = read_copy(LocalRecords(records)) if records else None
    if documents is not None:
        check_copy(documents, str(records), environment.project.project, environment.name)
    with locked(inv, environment, "state push") as (backend, _), closing(records_of(environment)) as record_storage:
        storage = backend.storage()
        is_new = document is not None and is_replacement(storage, document, force=force)
        new_records = push_copy(record_storage, documents, force=force) if documents is not None else None
        if document is not None and is_new:
            storage.overwrite(document)
        if document is not None and documents is None and document.records is not None:
            _tell_of_missing_records(inv, record_storage, document.records.n)
    return PushOutcome(document.serial if document else None, is_new, new_records)


def _tell_of_missing_records(inv: Invocation, storage: RecordStorage, known: int) -> None:
    """Say that the records did not come along with the state, where that is so."""
    with suppress(StateError):  # the state is pushed; what needs the records says what is wrong with them
        if storage.last_line() is None:
            inv.out.info(
                f"The state knows {count(known, 'record')} of launches, and there are none in {storage.where}. Take them along "
                "before the next launch: `mscode state push --records FOLDER`, with what `mscode state pull --records FOLDER` "
                "wrote, or with .mscode/<environment>/records.",
                "yellow",
            )


def break_lock(inv: Invocation, directory: Path, lock_id: str) -> LockInfo:
    """Break the lock with this id; gives whose it was. StateError where there is no such lock."""
    backend = backend_of(load_environment(inv, directory))
    try:
        return backend.unlock(lock_id)
    finally:
        backend.close()


def not_in_state(address: Address, known: Iterable[Address]) -> MscodeError:
    """The error for an address that the state does not know, with the one that was probably meant."""
    hint = did_you_mean(str(address), map(str, known)) or "`mscode state list` shows what is."
    return MscodeError(f"{address} is not in the state", hint=hint, code="unknown-address")
