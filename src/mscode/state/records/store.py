"""The records of one environment: written by the holder of the state's lock, read by anybody.

Rule. A launch is in the records, durably, before its first request. So `write_launch` returns a `DurableRecord`, which nothing
else can make, and what sends a request that can ring asks for one.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from typing import Self, TypeVar

from mscode.errors import StateError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.state.records import people as leaves_of
from mscode.state.records.chain import ChainEntry, entry_of, erased_line, leaf_type, lines_of, next_line, to_bytes
from mscode.state.records.people import PersonResult
from mscode.state.records.shape import (
    About,
    Audience,
    Beginning,
    Content,
    Decision,
    EntryType,
    Launch,
    Result,
)
from mscode.state.records.storage import KEY, RecordStorage, lines_name, people_name
from mscode.state.store import RecordsInState, StateStore

_KEY_SIZE = 32
_MADE_HERE = object()


@dataclass(frozen=True, slots=True)
class DurableRecord:
    """The record of a launch that is on the disk, or in the backend. `RecordStore.write_launch` alone can make one."""

    id: str
    n: int
    address: str
    _maker: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._maker is not _MADE_HERE:
            raise TypeError("A DurableRecord is made by RecordStore.write_launch alone")


@dataclass(frozen=True, slots=True)
class LaunchRecord:
    """A launch as it was recorded. `people` is the number of leaves."""

    id: str
    n: int
    year: int
    launch: Launch
    people: int


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """A result as it was recorded."""

    id: str
    n: int
    year: int
    result: Result


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it was recorded."""

    n: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Overview:
    """Launches and decisions, newest first, and the last result of each launch by the launch's number.

    `erased` are the launches whose content was erased when its time had passed, `launched_before` the objects (section, id) that
    were launched before these records began.
    """

    launches: Sequence[LaunchRecord]
    results: Mapping[int, ResultRecord]
    decisions: Sequence[DecisionRecord]
    erased: Sequence[ChainEntry]
    launched_before: Set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PersonLaunch:
    """A launch that reached a person. `result` is what came of it for that person, None where no record tells."""

    record: LaunchRecord
    result: PersonResult | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many leaves of a person were erased: of launches, and of their results."""

    launches: int = 0
    results: int = 0


@dataclass(frozen=True, slots=True)
class RecordedPerson:
    """A person of a launch: the keyed hash (hex), "" of somebody who was erased, and the result, None where no record tells."""

    hash: str
    result: PersonResult | None


#: A record that has people.
_OfPeople = TypeVar("_OfPeople", ChainEntry, LaunchRecord, ResultRecord)


class RecordStore:
    """The records, open. `RecordStore.read` never writes; `RecordStore.open` is for the holder of the lock.

    Threads may share a store. What reads goes over the whole history; what writes a launch, a result or a decision does not.
    """

    def __init__(
        self,
        storage: RecordStorage,
        state: StateStore | None = None,
        *,
        is_linked: bool = True,
        elsewhere: RecordStorage | None = None,
    ) -> None:
        self.storage = storage
        self._elsewhere = elsewhere
        self._state = state
        self._is_linked = is_linked
        self._mutex = threading.Lock()
        self._is_ready = self._is_begun = False
        self._last: ChainEntry | None = None
        self._key = b""
        self._launches: dict[int, ChainEntry] = {}

    @classmethod
    def read(cls, storage: RecordStorage) -> Self:
        """For reading, without a lock."""
        return cls(storage)

    @classmethod
    def open(
        cls,
        storage: RecordStorage,
        state: StateStore,
        *,
        is_linked: bool = True,
        elsewhere: RecordStorage | None = None,
    ) -> Self:
        """For the holder of the lock of `state`, which keeps the number and the digest of the last record: by them `verify` sees
        that records are missing at the end. Nothing is read or made until something is written. Unless the store `is_linked`, what
        is added is found where it lies, and the state stays as it is. No new chain begins while there is one `elsewhere`, where
        these records were kept before.
        """
        return cls(storage, state, is_linked=is_linked, elsewhere=elsewhere)

    # ---- writing -----------------------------------------------------------------------------------------------------

    def write_launch(self, launch: Launch, people: Iterable[str]) -> DurableRecord:
        """Record a launch and the people whom it may reach, their numbers in E.164 or e-mail addresses. It is durable when this
        returns; StateError where that is not possible, and then nothing may be sent.
        """
        with self._mutex:
            self._begin(launch.at)
            leaves = leaves_of.launch_leaves(self._key, people)
            about = About(address=str(launch.address), live_id=launch.live_id)
            entry = self._append(launch, "launch", about, leaves)
        return DurableRecord(entry.id, entry.n, about.address, _MADE_HERE)

    def write_result(self, result: Result, people: Mapping[str, PersonResult]) -> None:
        """Record what came of launch number `result.launch`, by person (named as for `write_launch`). Somebody whom it was not to
        reach is left out; of somebody whom `people` lacks nothing is known. StateError where there is no record of that launch.
        """
        launch = self._launch_entry(result.launch)
        with self._mutex:
            self._begin(result.at)
            leaves = leaves_of.result_leaves(self._key, self._people(launch), people)
            about = About(address=launch.line.about.address, live_id=result.live_id, launch=launch.n)
            self._append(result, "result", about, leaves)

    def _launch_entry(self, n: int) -> ChainEntry:
        """The record of launch number n. What is read on the way to it is kept: results are mostly written of several launches."""
        if n not in self._launches:
            for entry in self._backwards():
                if isinstance(entry.content, Launch):
                    self._launches[entry.n] = entry
                if entry.n <= n:
                    break
        if n not in self._launches:
            raise StateError(f"There is no record of launch {n}", code="no-record")
        return self._launches[n]

    def write_decision(self, decision: Decision) -> None:
        """Record what a person decided."""
        with self._mutex:
            self._begin(decision.at)
            self._append(decision, "decision", About(), None)

    # ---- erasing -----------------------------------------------------------------------------------------------------

    def forget(self, person: str) -> Forgotten:
        """Erase a person (a number in E.164, or an e-mail address) from all records; the chain verifies as before. StateError where
        that is not possible; what was erased until then stays so, and the next call goes on.
        """
        with self._mutex:
            if self.storage.last_line() is None:
                self._refuse_lost()
                return Forgotten()
            self._prepare()
            self._remove_left_over()
            beginnings: list[Beginning] = []
            by_year: dict[int, list[ChainEntry]] = {}
            for entry in self.entries():
                if isinstance(entry.content, Beginning):
                    beginnings.append(entry.content)
                elif entry.content is not None and entry.line.people is not None:
                    by_year.setdefault(entry.year, []).append(entry)
            digest = leaves_of.person_hash(self._key_of(beginnings), person)
            positions = self._positions(digest, by_year)
            # Results first: who is erased from a launch is found there no more.
            results = self._erase(positions, by_year, Result)
            return Forgotten(self._erase(positions, by_year, Launch), results)

    def _positions(self, digest: bytes, by_year: Mapping[int, list[ChainEntry]]) -> dict[int, int]:
        """Launch's number -> the person's position in it."""
        launches = [entry for entries in by_year.values() for entry in entries if isinstance(entry.content, Launch)]
        places = ((entry.n, leaves_of.position_of(leaves, digest)) for entry, leaves in self._with_people(launches))
        return {n: position for n, position in places if position is not None}

    def _erase(
        self, positions: Mapping[int, int], by_year: Mapping[int, list[ChainEntry]], shape: type[Launch] | type[Result]
    ) -> int:
        """Erase the leaves at these positions, a year at a time; how many."""
        erased = 0
        for year, entries in by_year.items():
            changed: dict[str, bytes | None] = {}
            for entry in entries:
                position = positions.get(entry.line.about.launch or entry.n)
                if isinstance(entry.content, shape) and position is not None:
                    before = self._people(entry)
                    after = leaves_of.erased(before, leaf_type(entry.line.type), position)
                    if after != before:
                        changed[people_name(year, entry.n)] = after
            self.storage.replace(changed)
            erased += len(changed)
        return erased

    def mend(self) -> None:
        """Remove what a write that was cut short has left. StateError where records are missing: then nothing is touched."""
        with self._mutex:
            self._prepare()

    def prune(self, before: str) -> int:
        """Erase launches and decisions that were recorded before an instant (spec form), and the results of such launches; how many
        records. The chain keeps their digests, and what they are about (an address, an id), and verifies as before.
        """
        with self._mutex:
            if self.storage.last_line() is None:
                return 0
            self._prepare()
            self._launches.clear()
            outdated = {entry.n for entry in self._outdated(before)}
            for year in self.storage.years() if outdated else ():
                self._erase_contents(year, outdated)
            self._remove_left_over()
            return len(outdated)

    def _remove_left_over(self) -> None:
        """People of records that are erased: an erasure was cut short between the line and them."""
        entries = (entry for entry in self.entries() if entry.content is None and entry.line.people is not None)
        left_over = {people_name(entry.year, entry.n) for entry in entries} & set(self.storage.names())
        if left_over:
            self.storage.replace(dict.fromkeys(left_over))

    def _outdated(self, before: str) -> Iterator[ChainEntry]:
        """What is to be erased; years that end later hold nothing but results of it."""
        old = {
            entry.n
            for year in self.storage.years()
            if year <= int(before[:4])
            for entry in self._of_year(year)
            if isinstance(entry.content, Launch | Decision) and entry.line.at < before
        }
        if old:
            yield from (entry for entry in self.entries() if entry.n in old or entry.line.about.launch in old)

    def _erase_contents(self, year: int, outdated: set[int]) -> None:
        entries = self._of_year(year)
        names = [people_name(year, entry.n) for entry in entries if entry.n in outdated and entry.line.people]
        if not any(entry.n in outdated for entry in entries):
            return
        lines = [erased_line(entry.line) if entry.n in outdated else entry.line for entry in entries]
        # The lines first: where this is cut short, the next erasure removes people whose line says that they are erased.
        self.storage.replace({lines_name(year): b"".join(map(to_bytes, lines)), **dict.fromkeys(names)})

    # ---- the beginning -----------------------------------------------------------------------------------------------

    def _begin(self, at: str) -> None:
        """Before the first record of this store: the beginning of the chain, or of its part beside this state."""
        self._prepare()
        if self._is_begun or self._state is None:
            return
        state = self._state.records()
        if self._last is None:
            self._key = self._key or self._make_key()
            self._append(self._beginning(at, state, is_first=True), "beginning", About(), None)
        elif state.link is None and not self._knows(state):
            self._append(self._beginning(at, state, is_first=False), "beginning", About(), None)
        self._is_begun = True

    def _prepare(self) -> None:
        """Before anything is written: see where the chain ends, and that it goes with the state."""
        if self._is_ready:
            return
        if self._state is None:
            raise StateError("These records are open for reading only", code="records-read-only")
        # Where records are missing nothing is mended: what looks like the remains of an interrupted write may be all that is left.
        self._refuse_short(self._read_last(), self._state.records())
        self.storage.open_for_write()
        self._last = self._read_last()
        if self._last is None and self._elsewhere is not None and self._elsewhere.last_line() is not None:
            raise _left_elsewhere(self.storage.where, self._elsewhere.where)
        self._key = self.storage.read(KEY) or b""
        if self._last is not None and len(self._key) != _KEY_SIZE:
            raise self._not_whole("their key is missing")
        self._is_ready = True

    def _read_last(self) -> ChainEntry | None:
        last = self.storage.last_line()
        if last is None:
            return None
        year, line = last
        return entry_of(line, year, 0)

    def _make_key(self) -> bytes:
        key = secrets.token_bytes(_KEY_SIZE)
        self.storage.replace({KEY: key})
        return key

    def _beginning(self, at: str, state: RecordsInState, *, is_first: bool) -> Beginning:
        return Beginning(
            at=at,
            project=state.project,
            environment=state.environment,
            lineage=state.lineage,
            key_digest=hashlib.sha256(self._key).hexdigest(),
            launched_before=[[address.section, id] for address, id in state.launched],
            lost=state.link if is_first else None,
        )

    def _refuse_short(self, last: ChainEntry | None, state: RecordsInState) -> None:
        """StateError where records that the state knows are missing at the end: what came after would hide it. Where there are none
        at all, they begin anew, and say so."""
        if last is not None and (missing := _missing(last, state)):
            raise self._not_whole(missing)

    def _refuse_lost(self) -> None:
        """StateError where there are no records, and the state knows some: nobody can be erased from what is not there."""
        if self._state is not None and (missing := _missing(None, self._state.records())):
            raise self._not_whole(missing)

    def _not_whole(self, missing: str) -> StateError:
        return StateError(
            f"The records in {self.storage.where} are not whole: {missing}",
            detail="Nothing is written there as they are, so nothing is launched, and nobody is erased.",
            hint="Restore them from your copy. Where there is none, move what is left to another place: new records then begin, "
            "and say that earlier ones are lost.",
            code="records-damaged",
        )

    def _knows(self, state: RecordsInState) -> bool:
        """Did the chain begin, or go on, beside this very state? StateError where it is another environment's."""
        beginnings = (entry.content for entry in self._backwards() if isinstance(entry.content, Beginning))
        last = next(beginnings, None)
        if last is not None and (last.project, last.environment) != (state.project, state.environment):
            raise StateError(
                f"The records in {self.storage.where} belong to another environment",
                detail=f"They are those of {last.environment} of the project {last.project}.",
                hint="Give each environment a `state: {records: URL}` of its own.",
                code="other-records",
            )
        return last is not None and last.lineage == state.lineage

    def _append(self, content: Content, type: EntryType, about: About, leaves: bytes | None) -> ChainEntry:
        audience = None
        if leaves is not None:
            of_type = leaf_type(type)
            audience = Audience(count=leaves_of.count_of(leaves, of_type), root=leaves_of.root(leaves, of_type))
        last = self._last
        line = next_line(last.link if last else None, content, type, about, audience)
        # A clock that was set back must not put a record before the last one.
        year = max(int(content.at[:4]), last.year if last else 0)
        try:
            self.storage.append(year, line.n, to_bytes(line), leaves)
        except BaseException:
            self._is_ready = False  # it may be there nevertheless: the next one looks where the chain ends
            raise
        self._last = ChainEntry(line, content, year, 0)
        if self._state is not None and self._is_linked:
            self._state.link_records(self._last.link)
        return self._last

    # ---- reading -----------------------------------------------------------------------------------------------------

    def entries(self) -> Iterator[ChainEntry]:
        """All records in their order. StateError where one cannot be read."""
        for year in self.storage.years():
            yield from self._of_year(year)

    def overview(self) -> Overview:
        """What the records hold of launches, in one reading: on a server each reading fetches the history."""
        entries = list(self.entries())
        results = (entry for entry in entries if isinstance(entry.content, Result))
        beginnings = (entry.content for entry in entries if isinstance(entry.content, Beginning))
        entries_back = entries[::-1]
        return Overview(
            [_launch_record(entry) for entry in entries_back if isinstance(entry.content, Launch)],
            {entry.line.about.launch: _result_record(entry) for entry in results},
            [DecisionRecord(entry.n, entry.content) for entry in entries_back if isinstance(entry.content, Decision)],
            [entry for entry in entries if entry.line.type == "launch" and entry.content is None],
            {(section, id) for beginning in beginnings for section, id in beginning.launched_before},
        )

    def launches(self) -> list[LaunchRecord]:
        """The launches whose record was not erased, newest first."""
        return [_launch_record(entry) for entry in self._backwards() if isinstance(entry.content, Launch)]

    def launch(self, id: str) -> LaunchRecord | None:
        """The launch of an id, or of its number alone; None where there is none, or where it was erased."""
        return next((record for record in self.launches() if id in (record.id, str(record.n))), None)

    def results(self) -> dict[int, ResultRecord]:
        """The last result of each launch, by the launch's number."""
        records = (entry for entry in self.entries() if isinstance(entry.content, Result))
        return {entry.line.about.launch: _result_record(entry) for entry in records}

    def decisions(self) -> list[Decision]:
        """What people decided, newest first."""
        return [entry.content for entry in self._backwards() if isinstance(entry.content, Decision)]

    def by_person(self, person: str) -> list[PersonLaunch]:
        """The launches that were to reach a person, by a number in E.164 or an e-mail address, newest first. StateError where their
        key is missing, or is another one: nobody could be found with it."""
        last_result: dict[int, ChainEntry] = {}
        launches: list[ChainEntry] = []
        beginnings: list[Beginning] = []
        for entry in self._backwards():
            if isinstance(entry.content, Result):
                last_result.setdefault(entry.line.about.launch, entry)
            elif isinstance(entry.content, Launch):
                launches.append(entry)
            elif isinstance(entry.content, Beginning):
                beginnings.append(entry.content)
        if not launches:
            return []
        digest = leaves_of.person_hash(self._key_of(beginnings), person)
        places = ((entry, leaves_of.position_of(leaves, digest)) for entry, leaves in self._with_people(launches))
        positions = {entry.n: position for entry, position in places if position is not None}
        reached = [entry for entry in launches if entry.n in positions]
        results = [last_result[entry.n] for entry in reached if entry.n in last_result]
        of_person = {
            entry.line.about.launch: leaves_of.result_at(leaves, positions[entry.line.about.launch])
            for entry, leaves in self._with_people(results)
        }
        return [PersonLaunch(_launch_record(entry), of_person.get(entry.n)) for entry in reached]

    def _key_of(self, beginnings: Iterable[Beginning]) -> bytes:
        """The key of the hashes. StateError where it is not the one with which the records began."""
        key = self.storage.read(KEY)
        digest = hashlib.sha256(key or b"").hexdigest()
        if key is None or any(beginning.key_digest != digest for beginning in beginnings):
            raise StateError(
                f"The key of the records in {self.storage.where} is {'missing' if key is None else 'another one'}",
                detail="Without their own key nobody can be looked for in them.",
                hint="Restore it from your copy, and see what `mscode history verify` says.",
                code="records-damaged",
            )
        return key

    def missing_at_end(self, state: RecordsInState) -> str:
        """Which records the state knows that are not there, in words; "" where none is missing."""
        return _missing(self._read_last(), state)

    def results_of(
        self, launch: LaunchRecord, result: ResultRecord | None, people: Iterable[str]
    ) -> dict[str, PersonResult | None]:
        """Those of these people (named as for `write_launch`) whom a launch was to reach, and what came of it by this result."""
        key, leaves = self.storage.read(KEY) or b"", self._people(launch)
        positions = leaves_of.positions(leaves)
        results = self._people(result) if result is not None else b""
        reached = ((person, positions.get(leaves_of.person_hash(key, person))) for person in people)
        return {person: leaves_of.result_at(results, at) for person, at in reached if at is not None}

    def has_erased(self, launch: LaunchRecord) -> bool:
        """Was anybody erased whom a launch was to reach?"""
        leaves = self._people(launch)
        return len(leaves_of.positions(leaves)) < leaves_of.count_of(leaves, "launch")

    def people(self, launch: LaunchRecord, result: ResultRecord | None) -> Iterator[RecordedPerson]:
        """Everybody whom a launch was to reach, under the keyed hash, and what came of it by this result of the launch."""
        leaves = self._people(launch)
        results = self._people(result) if result is not None else b""
        for position in range(leaves_of.count_of(leaves, "launch")):
            yield RecordedPerson(leaves_of.hash_at(leaves, position), leaves_of.result_at(results, position))

    def _of_year(self, year: int) -> list[ChainEntry]:
        lines = lines_of(self.storage.read(lines_name(year)) or b"")
        return [entry_of(line, year, number) for number, line in enumerate(lines, 1) if line.endswith(b"\n")]

    def _backwards(self) -> Iterator[ChainEntry]:
        for year in reversed(self.storage.years()):
            yield from reversed(self._of_year(year))

    def _people(self, record: _OfPeople) -> bytes:
        return next(leaves for _, leaves in self._with_people([record]))

    def _with_people(self, records: Sequence[_OfPeople]) -> Iterator[tuple[_OfPeople, bytes]]:
        """Records with their people, one after the other: all of them together may be large."""
        names = [people_name(record.year, record.n) for record in records]
        for record, (name, leaves) in zip(records, self.storage.read_many(names), strict=True):
            if leaves is None:
                raise StateError(
                    f"{name} is missing in {self.storage.where}",
                    detail=f"It has the people of record {record.id}.",
                    hint="Restore it from your copy, and see what `mscode history verify` says.",
                    code="records-damaged",
                )
            yield record, leaves


def _missing(last: ChainEntry | None, state: RecordsInState) -> str:
    """What is missing at the end of the records that the state knows, in words; "" where nothing is."""
    link = state.link
    if link is None or (last is not None and (last.n > link.n or last.link == link)):
        return ""
    known = f"the state knows {count(link.n, 'record')}"
    if last is None:
        return f"{known}, and there is none"
    return f"{known}, and the last one is another" if last.n == link.n else f"{known}, and they end with {last.n}"


def _left_elsewhere(where: str, before: str) -> StateError:
    return StateError(
        f"There are no records in {where}, but there are in {before}",
        detail="A chain that begins anew would not go on from them.",
        hint=f"Take them along: `mscode state push --records {before}`.",
        code="records-elsewhere",
    )


def _launch_record(entry: ChainEntry) -> LaunchRecord:
    assert isinstance(entry.content, Launch)
    return LaunchRecord(
        entry.id, entry.n, entry.year, entry.content, entry.line.people.count if entry.line.people else 0
    )


def _result_record(entry: ChainEntry) -> ResultRecord:
    assert isinstance(entry.content, Result)
    return ResultRecord(entry.id, entry.n, entry.year, entry.content)
