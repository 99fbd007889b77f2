"""The records that a run finds on the disk, as they would be found after a loss of power: what each ring is held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mscode.state.records import people
from mscode.state.records.local import LocalRecords, records_folder
from mscode.state.records.storage import KEY, people_name
from mscode.state.records.store import RecordStore


@dataclass(frozen=True, slots=True)
class Recorded:
    """A launch's record: by whom it may reach people, and the hash of each of them under `key`."""

    id: str
    at: datetime
    addresses: frozenset[str]
    live_id: str
    commit: str
    approver: str
    key: bytes
    leaves: bytes

    def names(self, person: str) -> bool:
        """Is this number, or e-mail address, among its people?"""
        return people.position_of(self.leaves, people.person_hash(self.key, person)) is not None


@dataclass(slots=True)
class Records:
    """Every launch record that was ever durable, the oldest first, whatever became of its file since."""

    known: dict[str, Recorded] = field(default_factory=dict)

    def read(self, state: Path) -> list[Recorded]:
        """Those beside this state, the oldest first; all of them are kept."""
        storage = LocalRecords(records_folder(state))
        launches = list(reversed(RecordStore.read(storage).launches()))
        key = storage.read(KEY) or b""
        for record in launches:
            if record.id not in self.known:
                launch = record.launch
                self.known[record.id] = Recorded(
                    record.id,
                    datetime.fromisoformat(launch.at),
                    frozenset({str(launch.address), *launch.campaigns}),
                    launch.live_id,
                    launch.context.commit,
                    " ".join(approval.by for approval in launch.context.approvals),
                    key,
                    storage.read(people_name(record.year, record.n)) or b"",
                )
        return [self.known[record.id] for record in launches]

    def of_creates(self, addresses: Iterable[str]) -> int:
        """How many launches of one of these addresses were recorded that make their object themselves."""
        names = set(addresses)
        return sum(not record.live_id and bool(record.addresses & names) for record in self.known.values())

    def of_section(self, section: str, person: str) -> list[Recorded]:
        """The records of launches by which anything of a section was to reach this person, the oldest first."""
        return [
            record
            for record in self.known.values()
            if any(address.startswith(f"{section}.") for address in record.addresses) and record.names(person)
        ]

    def of(self, addresses: Iterable[str], person: str) -> list[Recorded]:
        """The records of launches by which one of these addresses was to reach this person."""
        names = set(addresses)
        return [record for record in self.known.values() if record.addresses & names and record.names(person)]
