"""Are the records whole, and as they were written? The chain, the people beside it, the key, and the links to the state.

Everything is looked at, and every place where it breaks is named: a change in one record must not hide that another is missing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from mscode.errors import StateError
from mscode.model.light_dataclass import dataclass
from mscode.state.records import people as leaves_of
from mscode.state.records.chain import (
    START,
    ChainEntry,
    entry_of_line,
    id_of,
    leaf_type,
    lines_of,
    own_digest,
    parse_line,
    place_of,
)
from mscode.state.records.shape import Beginning, Line
from mscode.state.records.storage import KEY, RecordStorage, lines_name, number_of_people, people_name
from mscode.state.store import RecordsInState


@dataclass(frozen=True, slots=True)
class Problem:
    """A place where the records break: `2026.jsonl line 7`, `2026/7.people`, `key`, `state`, or the address of a campaign.

    `text` is a sentence on what is wrong there.
    """

    place: str
    text: str


def verify(storage: RecordStorage, state: RecordsInState | None) -> list[Problem]:
    """All problems of the records, in the order of the chain; [] where they are whole. `state` is None where there is none."""
    return list(_Verification(storage).problems(state))


class _Verification:
    """One pass over the records."""

    def __init__(self, storage: RecordStorage) -> None:
        self._storage = storage
        self._entries: list[ChainEntry] = []
        self._lines: dict[int, Line] = {}
        self._last: Line | None = None
        self._expected = {KEY}

    def problems(self, state: RecordsInState | None) -> Iterator[Problem]:
        names = self._storage.names()
        for year in self._storage.years():
            self._expected.add(lines_name(year))
            yield from self._of_year(year)
        yield from self._of_beginnings()
        following = max(self._lines, default=0) + 1
        for name in sorted(set(names) - self._expected):
            # People are written before their line. Where that was cut short, the next write removes them.
            if number_of_people(name) != following:
                yield Problem(name, "No record in the chain has this file.")
        if state is not None:
            yield from self._of_link(state)
            if self._lines or state.link is not None:  # else nothing was launched since there are records
                yield from self._of_launched(state)

    # ---- the chain ---------------------------------------------------------------------------------------------------

    def _of_year(self, year: int) -> Iterator[Problem]:
        lines: list[Line] = []
        for number, raw in enumerate(lines_of(self._storage.read(lines_name(year)) or b""), 1):
            place = place_of(year, number)
            try:
                line = parse_line(raw, place)
            except StateError as error:
                yield _problem_of(error, place)
                continue
            yield from self._of_line(line, place, year)
            self._lines[line.n] = self._last = line
            lines.append(line)
            try:
                self._entries.append(entry_of_line(line, year, number))
            except StateError as error:
                yield _problem_of(error, place)
        yield from self._of_people(lines, year)

    def _of_line(self, line: Line, place: str, year: int) -> Iterator[Problem]:
        if own_digest(line) != line.digest:
            yield Problem(place, f"What record {line.n} says is not what was written: its digest is another.")
        n = self._last.n if self._last else 0
        before = self._last.digest if self._last else START
        if line.n != n + 1:
            yield Problem(place, f"Record {n + 1} should stand here, and record {line.n} does.")
        elif line.before != before:
            yield Problem(place, f"Record {line.n} does not go on from the record before it: the chain is broken.")
        if int(line.at[:4]) > year:
            yield Problem(place, f"Record {line.n} is of another year.")

    def _of_people(self, lines: Iterable[Line], year: int) -> Iterator[Problem]:
        """The people of all records of a year."""
        by_name = {
            people_name(year, line.n): (line.n, leaf_type(line.type), line.people)
            for line in lines
            if line.people is not None and line.content is not None
        }
        self._expected |= by_name.keys()
        for name, leaves in self._storage.read_many(list(by_name)):
            n, of_type, audience = by_name[name]
            if leaves is None:
                yield Problem(name, f"The people of record {n} are missing.")
                continue
            try:
                root = leaves_of.root(leaves, of_type)
            except ValueError as error:
                yield Problem(name, f"The people of record {n} cannot be read: {error}.")
                continue
            if (count := leaves_of.count_of(leaves, of_type)) != audience.count:
                yield Problem(name, f"Record {n} has {audience.count:,} people, this file {count:,}.")
            elif root != audience.root:
                yield Problem(name, f"The people of record {n} are not those that were written.")

    # ---- what it stands on -------------------------------------------------------------------------------------------

    def _of_beginnings(self) -> Iterator[Problem]:
        if not self._lines:
            return
        beginnings = [entry for entry in self._entries if isinstance(entry.content, Beginning)]
        if not any(entry.n == 1 for entry in beginnings):
            yield Problem(place_of(min(self._years()), 1), "The chain does not start with its beginning.")
        key = self._storage.read(KEY)
        if key is None:
            yield Problem(KEY, "The key is missing: nobody can be looked for.")
            return
        digest = hashlib.sha256(key).hexdigest()
        for entry in beginnings:
            assert isinstance(entry.content, Beginning)
            if entry.content.key_digest != digest:
                yield Problem(KEY, f"It is not the key of record {entry.n}: nobody can be looked for with it.")
            if lost := entry.content.lost:
                yield Problem(entry.place, f"Earlier records are lost, up to {id_of(lost.n, lost.digest)}.")

    def _years(self) -> Iterable[int]:
        return (entry.year for entry in self._entries) if self._entries else (0,)

    # ---- the state ---------------------------------------------------------------------------------------------------

    def _of_link(self, state: RecordsInState) -> Iterator[Problem]:
        link = state.link
        if link is None:
            return
        line = self._lines.get(link.n)
        last = max(self._lines, default=0)
        if last < link.n:
            yield Problem("state", f"The state knows {link.n} records, and they end with {last}.")
        elif line is None or line.digest != link.digest:
            yield Problem("state", f"The state knows record {id_of(link.n, link.digest)}, and it is not in the chain.")

    def _of_launched(self, state: RecordsInState) -> Iterator[Problem]:
        """What the state has launched and no record is of."""
        recorded, addresses = self._recorded_ids(), self._recorded_addresses()
        known = {str(address) for address, _ in state.launched}
        # A message gets its id by the launch itself, and may have another address since: one record of its section that no address
        # of the state explains is then taken for it.
        spare = Counter(_section(text) for text in addresses if text not in known)
        for address, id in sorted(state.launched):
            if (address.section, id) in recorded or str(address) in addresses:
                continue
            if spare[address.section]:
                spare[address.section] -= 1
            else:
                yield Problem(str(address), f"The state says that it was launched (id {id}), and no record is of it.")

    def _recorded_ids(self) -> set[tuple[str, str]]:
        """(section, live id) of what has a record, or was launched before there were any."""
        abouts = [line.about for line in self._lines.values() if line.about.live_id]
        ids = {(_section(about.address), about.live_id) for about in abouts}
        for entry in self._entries:
            if isinstance(entry.content, Beginning):
                ids |= {(section, id) for section, id in entry.content.launched_before}
        return ids

    def _recorded_addresses(self) -> set[str]:
        """Addresses of launches that made their object, and so have no id of it."""
        abouts = [line.about for line in self._lines.values() if line.type == "launch"]
        return {about.address for about in abouts if not about.live_id}


def _section(address: str) -> str:
    return address.partition(".")[0]


def _problem_of(error: StateError, place: str) -> Problem:
    detail = error.diagnostics[0].detail or str(error)
    return Problem(place, detail)
