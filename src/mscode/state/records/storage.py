"""Where the records of an environment may lie: a few primitives over named documents, and years that only grow.

    key                32 random bytes, the key of the hashes
    <year>.jsonl       the chain: the lines of a year (UTC), in the order of their numbers
    <year>/<n>.people  the people of record n, a launch's or a result's (`people`)

`RecordStore` is the only user of a `RecordStorage`. It writes under the lock of the state, and only ever one record at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from mscode.errors import StateError

KEY = "key"
_LINES = re.compile(r"(\d{4})\.jsonl")
_PEOPLE = re.compile(r"(\d{4})/([1-9]\d{0,17})\.people")


def lines_name(year: int) -> str:
    """The document with the lines of a year."""
    return f"{year:04}.jsonl"


def people_name(year: int, n: int) -> str:
    """The document with the people of record n, which is of that year."""
    return f"{year:04}/{n}.people"


def year_of(name: str) -> int | None:
    """The year whose lines a document holds; None of any other document."""
    match = _LINES.fullmatch(name)
    return int(match[1]) if match else None


def people_of(name: str) -> tuple[int, int] | None:
    """The year and the number of the record whose people a document holds; None of any other document."""
    match = _PEOPLE.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def number_of_people(name: str) -> int:
    """The number of the record whose people a document has; 0 of any other document."""
    place = people_of(name)
    return place[1] if place else 0


class RecordStorage(Protocol):
    """The documents of one environment's records. Every method raises StateError where it cannot do what it says."""

    @property
    def where(self) -> str:
        """Where they lie, for people."""

    @property
    def earlier_versions(self) -> str:
        """What keeps earlier versions of these documents, which an erasure does not reach, and the setting that erases them: a
        sentence; "" where nothing does."""

    def names(self) -> list[str]:
        """The names of all documents that are there, also of any that mscode has not made. [] where there are no records yet."""

    def years(self) -> list[int]:
        """The years that have lines, the last one at the end. Much cheaper than `names`; a year without lines may be among them."""

    def read(self, name: str) -> bytes | None:
        """A document; None where there is none of that name."""

    def read_many(self, names: Sequence[str]) -> Iterable[tuple[str, bytes | None]]:
        """Documents as `read` gives them, in this order; where each is a request, many of them at once."""

    def last_line(self) -> tuple[int, bytes] | None:
        """The last whole line of the chain with its year; None where there is none. Its cost must not grow with the history."""

    def open_for_write(self) -> None:
        """Begin writing: what an interrupted write left is mended or removed, so that the last line is whole and no people are
        there without a line. Called by the holder of the lock, before any of the following."""

    def append(self, year: int, n: int, line: bytes, people: bytes | None) -> None:
        """Add record n, its people first, durably: where this returns, no crash of any machine loses it, and where it raises, the
        record is not there. StateError (`record-conflict`) where n is not the number after the last one."""

    def replace(self, documents: Mapping[str, bytes | None]) -> None:
        """Put contents in the place of documents, durably and in this order; None removes one. Each is there as a whole, as it was
        or as it is now, at any time."""

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request takes longer, and none is repeated."""

    def close(self) -> None:
        """Close connections."""


def number_of(line: bytes) -> int:
    """The number of a record's line; 0 of what is none."""
    match = re.match(rb'\{"n":([1-9]\d{0,17}),', line)
    return int(match[1]) if match else 0


def number_of_last(last: tuple[int, bytes] | None) -> int:
    """The number of the last record, as `last_line` gives it; 0 where there is none."""
    return number_of(last[1]) if last else 0


def conflict(where: str) -> StateError:
    """The record that was to be added is not the next one any more."""
    return StateError(
        "Somebody else wrote these records at the same time",
        detail=f"The last one in {where} is no longer the one that was read. Nothing was added.",
        hint="See that only one mscode runs, then plan again.",
        code="record-conflict",
    )
