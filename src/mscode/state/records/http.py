"""Records on a server of the Terraform HTTP state protocol: an index, and one document or more for each year.

    <address>-records          {"version", "serial", "documents": {"key": base64}, "parts": {"2026": 2}}
    <address>-records-2026     {"version", "serial", "lines": [...], "people": {"17": base64}}
    <address>-records-2026-2   the same, of what came later in that year

The protocol replaces whole documents. A year's document that has grown to `PART` bytes is therefore left as it is, and the year
goes on in another: a write takes as long as its record, not as long as the year. The index names a document before that is
written, so one that it names may not be there yet.

Whoever writes holds the lock of the state; since the protocol has no conditional write, each document is read again before it is
replaced. `serial` grows with each write of a document: GitLab keeps its versions under this number.
"""

from __future__ import annotations

import base64
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError

from mscode.errors import StateError
from mscode.state.records.chain import lines_of
from mscode.state.records.storage import (
    conflict,
    lines_name,
    number_of,
    number_of_last,
    people_name,
    people_of,
    year_of,
)
from mscode.state.remote.backend import Stored
from mscode.state.remote.http import HttpDocument, Wire, beside, is_same, plain
from mscode.state.shape import Count, Shape, known_version, state_error, wrong

VERSION = 1
#: Bytes of a document from which the next record goes into another one.
PART = 256 * 1024
#: Requests at once, where a whole year is read.
PARALLEL = 8


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise wrong("base64") from None


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


_Version = Annotated[Count, known_version(VERSION)]
_Packed = Annotated[bytes, BeforeValidator(_unpacked), PlainSerializer(_packed)]


class IndexFile(Shape):
    """The index: the documents that belong to no year, and in how many parts each year lies."""

    version: _Version = VERSION
    serial: Count = 0
    documents: dict[str, _Packed] = Field(default_factory=dict)
    parts: dict[Annotated[str, Field(pattern=r"^\d{4}$")], Annotated[int, Field(ge=1, le=9999)]] = Field(
        default_factory=dict
    )


class PartFile(Shape):
    """A part of a year: lines without their line ends (a byte is a character), and people by the number of their record."""

    version: _Version = VERSION
    serial: Count = 0
    lines: list[str] = Field(default_factory=list)
    people: dict[Annotated[str, Field(pattern=r"^[1-9]\d{0,17}$")], _Packed] = Field(default_factory=dict)


File = TypeVar("File", IndexFile, PartFile)


class _Document(Generic[File]):
    """One of the documents, as it was read or written last: `file` is empty where there is none."""

    def __init__(self, wire: Wire, address: str, update_method: str, shape: type[File]) -> None:
        self._document = HttpDocument(wire, address, update_method, "records")
        self._shape: type[File] = shape
        self.file: File = shape()
        self.where = self._document.where
        self._stored: Stored | None = None
        self._serial = 0
        self._is_current = False
        #: the content of a write whose outcome is not known
        self._unsure: Stored | None = None

    @property
    def size(self) -> int:
        """Bytes of the document on the server."""
        return len(self._stored.content) if self._stored else 0

    def read(self) -> File:
        """The document as it is on the server."""
        stored = self._document.read()
        self._is_current = True
        if self._unsure is not None and is_same(stored, self._unsure):
            # Whoever asked for this write was told that it failed: it does not count, and the next one replaces it.
            self._stored = stored
            return self.file
        self.file = self._parsed(stored.content) if stored else self._shape()
        self._stored, self._serial, self._unsure = stored, self.file.serial, None
        return self.file

    def outdate(self) -> None:
        """What is known may be another by now: it is read before it is used again."""
        self._is_current = False

    def known(self) -> File:
        """The document as it was read or written last, read now where it was not."""
        return self.file if self._is_current else self.read()

    def _parsed(self, content: bytes) -> File:
        try:
            return self._shape.model_validate_json(content)
        except ValidationError as error:
            raise state_error(error, self.where) from None

    def write(self, **members: Any) -> None:
        """Replace these members of the document, which must still be the one that is known."""
        self.known()
        file = self.file.model_copy(update={**members, "serial": self._serial + 1})
        content = file.text().encode() + b"\n"
        try:
            self._stored = self._document.write(content, self._stored)
        except StateError as error:
            self._is_current = False
            if error.diagnostics[0].code == "state-conflict":
                raise conflict(self.where) from None
            self._serial += 1
            if not self._has_arrived(Stored(content)):
                raise
        self.file, self._serial, self._is_current, self._unsure = file, file.serial, True, None

    def _has_arrived(self, sent: Stored) -> bool:
        """After a write without an answer: is it there? Where that cannot be read either, the next reading decides."""
        self._unsure = sent
        try:
            self._stored = self._document.read()
        except StateError:
            return False
        return is_same(self._stored, sent)


class HttpRecords:
    """The records of one environment on a server; many threads may use it. `address` is the index's.

    `names`, `years` and `last_line` look at the server; `read` then gives what was there at that moment, a document once.
    """

    def __init__(self, wire: Wire, address: str, update_method: str, earlier_versions: str) -> None:
        self._wire, self._address, self._update_method = wire, address, update_method
        self._index = _Document(wire, address, update_method, IndexFile)
        self._parts: dict[tuple[int, int], _Document[PartFile]] = {}
        self._last_number: int | None = None
        self._mutex = threading.RLock()
        self.where, self.earlier_versions = plain(address), earlier_versions
        weakref.finalize(self, wire.close)  # a reader only drops it

    # ---- reading -----------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The names of all documents."""
        with self._mutex:
            years = self._refreshed()
            names = list(self._index.known().documents)
            for year in years:
                parts = [part.file for part in self._read_year(year)]
                names += [lines_name(year)] if any(part.lines for part in parts) else []
                names += [people_name(year, int(n)) for part in parts for n in part.people]
            return sorted(names)

    def read(self, name: str) -> bytes | None:
        """A document; None where there is none of that name."""
        with self._mutex:
            if (year := year_of(name)) is not None:
                return b"".join(_line(text) for part in self._read_year(year) for text in part.file.lines) or None
            place = people_of(name)
            return self._people(*place) if place else self._index.known().documents.get(name)

    def _people(self, year: int, n: int) -> bytes | None:
        """The people of a record: the newest are asked for most, so the last part comes first."""
        for number in range(self._count(year), 0, -1):
            people = self._part(year, number).known().people.get(str(n))
            if people is not None:
                return people
        return None

    def last_line(self) -> tuple[int, bytes] | None:
        """The last line of the last year that has one."""
        with self._mutex:
            for year in reversed(self._refreshed()):
                for number in range(self._count(year), 0, -1):
                    lines = self._part(year, number).known().lines
                    if lines:
                        return year, _line(lines[-1])
            return None

    def _refreshed(self) -> list[int]:
        """The years that the index names now. Of each the last part is read anew when it is needed; the others are full, and only
        an erasure changes them.
        """
        years = sorted(int(year) for year in self._index.read().parts)
        for year in years:
            self._part(year, self._count(year)).outdate()
        return years

    def _count(self, year: int) -> int:
        """The number of parts that the year has."""
        return self._index.known().parts.get(str(year), 0)

    def _part(self, year: int, number: int) -> _Document[PartFile]:
        if (year, number) not in self._parts:
            address = beside(self._address, f"-{year:04}" if number == 1 else f"-{year:04}-{number}")
            self._parts[year, number] = _Document(self._wire, address, self._update_method, PartFile)
        return self._parts[year, number]

    def _read_year(self, year: int) -> list[_Document[PartFile]]:
        """The parts of a year, several read at once."""
        parts = [self._part(year, number) for number in range(1, self._count(year) + 1)]
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda part: part.known(), parts))
        return parts

    def years(self) -> list[int]:
        """The years that the index names."""
        with self._mutex:
            return self._refreshed()

    def read_many(self, names: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Documents in this order."""
        return ((name, self.read(name)) for name in names)

    # ---- writing -----------------------------------------------------------------------------------------------------

    def open_for_write(self) -> None:
        """Nothing is ever half written: the server replaces a document as a whole."""
        with self._mutex:
            self._last_number = None

    def append(self, year: int, n: int, line: bytes, people: bytes | None) -> None:
        """Add a record with its people, in one write."""
        with self._mutex:
            if self._last_number is None:
                self._last_number = number_of_last(self.last_line())
            if n != self._last_number + 1:
                raise conflict(self.where)
            self._last_number = None
            part = self._open_part(year, len(line) + _packed_size(people))
            file = part.known()
            added = {} if people is None else {str(n): people}
            part.write(lines=[*file.lines, _text(line)], people={**file.people, **added})
            self._last_number = n

    def _open_part(self, year: int, size: int) -> _Document[PartFile]:
        """The part of a year that takes a record of so many bytes; the index names it."""
        count = self._count(year)
        number = max(count, 1)
        part = self._part(year, number)
        if count and part.known().lines and part.size + size > PART:
            number += 1
            part = self._part(year, number)
        if number > count:
            if part.known().lines:
                raise _lost_index(self.where, part.where)
            self._index.write(parts={**self._index.known().parts, str(year): number})
        return part

    def replace(self, documents: Mapping[str, bytes | None]) -> None:
        """Change documents: first those of no year, then year by year."""
        with self._mutex:
            self._last_number = None
            self._refreshed()
            others = {name: content for name, content in documents.items() if _year(name) is None}
            if others:
                kept = {**self._index.known().documents, **others}
                self._index.write(documents={name: content for name, content in kept.items() if content is not None})
            for year in dict.fromkeys(_year(name) for name in documents):
                if year is not None:
                    changes = {name: content for name, content in documents.items() if _year(name) == year}
                    self._replace_year(year, changes)

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request takes longer, and none is repeated."""
        self._wire.limit_remaining_time(seconds)

    def close(self) -> None:
        """Close connections."""
        self._wire.close()

    def _replace_year(self, year: int, changes: Mapping[str, bytes | None]) -> None:
        """Write those parts of the year that change. While the numbers of its records stay the same, each stays in its part."""
        parts = [part.file for part in self._read_year(year)]
        before = [line for part in parts for line in part.lines]
        lines = before
        if lines_name(year) in changes:
            lines = [_text(line) for line in lines_of(changes[lines_name(year)] or b"")]
        changed = {str(place[1]): content for name, content in changes.items() if (place := people_of(name))}
        merged = {n: content for part in parts for n, content in part.people.items()} | changed
        people = {n: content for n, content in merged.items() if content is not None}
        is_same_records = bool(parts) and _numbers(lines) == _numbers(before)
        sizes = [len(part.lines) for part in parts] if is_same_records else _sizes(lines, people)
        if len(sizes) > len(parts):
            self._index.write(parts={**self._index.known().parts, str(year): len(sizes)})
        sizes += [0] * (len(parts) - len(sizes))
        for number, (part_lines, part_people) in enumerate(_portions(lines, people, sizes), 1):
            part = self._part(year, number)
            if (part.known().lines, part.file.people) != (part_lines, part_people):
                part.write(lines=part_lines, people=part_people)


def _sizes(lines: Sequence[str], people: Mapping[str, bytes]) -> list[int]:
    """How many lines go into each part of a year that is written as a whole; one part at least."""
    sizes, filled = [0], 0
    for line, n in zip(lines, _numbers(lines), strict=True):
        size = len(line) + _packed_size(people.get(n))
        if sizes[-1] and filled + size > PART:
            sizes.append(0)
            filled = 0
        sizes[-1] += 1
        filled += size
    return sizes


def _portions(
    lines: Sequence[str], people: Mapping[str, bytes], sizes: Sequence[int]
) -> Iterator[tuple[list[str], dict[str, bytes]]]:
    """Lines and people of each part; people without a line are in the last one."""
    remaining, at = dict(people), 0
    for number, size in enumerate(sizes, 1):
        portion = list(lines[at : at + size])
        at += size
        own = {n: remaining.pop(n) for n in _numbers(portion) if n in remaining}
        yield portion, own | remaining if number == len(sizes) else own


def _packed_size(people: bytes | None) -> int:
    """Bytes of base64."""
    return len(people or b"") * 4 // 3


def _numbers(lines: Sequence[str]) -> list[str]:
    """The numbers of records, as the members of `people` are named."""
    return [str(number_of(line.encode())) for line in lines]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\n").decode("latin-1")


def _line(text: str) -> bytes:
    """The bytes of a line. (A character beyond a byte is nothing that mscode wrote: the chain does not verify with a `?`.)"""
    return text.encode("latin-1", "replace") + b"\n"


def earlier_versions(address: str, *, is_gitlab: bool) -> str:
    """What keeps earlier versions of the documents, and what deletes them (`RecordStorage.earlier_versions`)."""
    if is_gitlab:
        return (
            "GitLab keeps the earlier versions of these documents, with what was erased: each is deleted by "
            f"DELETE {plain(address)}/versions/<serial> of its Terraform state API, and so for each year's document."
        )
    return (
        "Where the server keeps earlier versions of a document, what was erased is still in them: see its own settings."
    )


def _lost_index(where: str, part: str) -> StateError:
    return StateError(
        f"{where} does not name {part}, which has records",
        detail="To begin anew would leave records out.",
        hint="Restore the index of the records from an earlier version or from a copy (`mscode state push --records DIR`).",
        code="records-damaged",
    )


def _year(name: str) -> int | None:
    """The year to which a document belongs; None of one that belongs to none."""
    place = people_of(name)
    return place[0] if place else year_of(name)
