"""Records as objects in S3, GCS or Azure, below one path (extra `cloud`: obstore).

    <path>/2026/000000/000000017.json     a record: its line
    <path>/2026/000000/000000017.people   its people
    <path>/key                            any other document

Every object is written on a condition: a record is created where there is none of its number, anything else is replaced where it
still is what was read. A folder has `SHELF` records, so that one request lists it, and the last record is seen without a list of
all the others.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

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
from mscode.state.remote.object import PAUSE, Objects, Where, open_store

#: Records in a folder: with their people, S3 lists them in one request.
SHELF = 500
#: Requests at once, where many objects are read or written.
PARALLEL = 16
_OBJECT = re.compile(r"(\d{4})/\d{6,18}/(\d{9,18})\.(json|people)")
_YEAR = re.compile(r"\d{4}")
#: What keeps earlier versions, by the scheme of the bucket's URL.
_EARLIER = {
    "s3": "A bucket with versioning keeps what was erased as earlier versions of its objects: a lifecycle rule with "
    "NoncurrentVersionExpiration deletes them.",
    "gs": "A bucket with object versioning or soft delete keeps what was erased: a lifecycle rule with daysSinceNoncurrentTime, "
    "and softDeletePolicy, say for how long.",
    "az": "A container with versioning or soft delete keeps what was erased: a lifecycle management rule for versions, and "
    "deleteRetentionPolicy, say for how long.",
}


class ObjectRecords:
    """The records of one environment in a bucket; many threads may use it. `where.path` is the path that they lie below."""

    def __init__(self, where: Where, opener: Callable[[Where, float], Any] = open_store, pause: float = PAUSE) -> None:
        self._objects, self._root = Objects(where, opener, pause), f"{where.path}/"
        self._last_number: int | None = None
        #: the object of a record whose write had no answer, and its line
        self._unsure: tuple[str, bytes] | None = None
        self._mutex = threading.Lock()
        self.where = f"{self._objects.name}/"
        self.earlier_versions = _EARLIER[where.root.partition("://")[0]]

    # ---- reading -----------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The names of all documents; the records of a year are one."""
        return sorted({_name(path.removeprefix(self._root)) for path in self._objects.paths(self._root)})

    def years(self) -> list[int]:
        """The years that have a folder."""
        folders = (folder.removeprefix(self._root).strip("/") for folder in self._objects.folders(self._root))
        return [int(folder) for folder in folders if _YEAR.fullmatch(folder)]

    def read(self, name: str) -> bytes | None:
        """A document; None where there is none of that name."""
        if (year := year_of(name)) is not None:
            return b"".join(stored.content for _, stored in self._lines(year)) or None
        stored = self._objects.get(self._path(name))
        return stored.content if stored else None

    def read_many(self, names: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        """Documents in this order, several requests at once."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            yield from zip(names, pool.map(self.read, names), strict=True)

    def _lines(self, year: int) -> list[tuple[str, Stored]]:
        """The records of a year with their objects' paths, in the order of their numbers."""
        paths = [path for path in self._objects.paths(f"{self._root}{year:04}/") if self._is_line(path)]
        with ThreadPoolExecutor(PARALLEL) as pool:
            objects = list(pool.map(self._objects.get, paths))
        pairs = ((path, stored) for path, stored in zip(paths, objects, strict=True) if stored is not None)
        return [(path, stored) for path, stored in pairs if self._counts(path, stored)]

    def last_line(self) -> tuple[int, bytes] | None:
        """The last record of the last year that has one."""
        for year in reversed(self.years()):
            for path in self._newest(year):
                stored = self._objects.get(path)
                if stored is not None and self._counts(path, stored):
                    return year, stored.content
        return None

    def _newest(self, year: int) -> Iterator[str]:
        """The paths of a year's records, the last one first; a folder is listed when it is needed."""
        for folder in reversed(self._objects.folders(f"{self._root}{year:04}/")):
            yield from (path for path in reversed(self._objects.paths(folder)) if self._is_line(path))

    def _counts(self, path: str, stored: Stored) -> bool:
        """A record whose write had no answer does not count: whoever asked for it was told that it failed."""
        return (path, stored.content) != self._unsure

    def _is_line(self, path: str) -> bool:
        place = _place(path.removeprefix(self._root))
        return place is not None and place[2] == "json"

    def _path(self, name: str) -> str:
        place = people_of(name)
        return self._root + (_object(*place, "people") if place else name)

    # ---- writing -----------------------------------------------------------------------------------------------------

    def open_for_write(self) -> None:
        """Delete what does not count: a record whose write had no answer, and people without one, which a crash leaves."""
        with self._mutex:
            last = self.last_line()
            self._last_number = number_of_last(last)
            if self._unsure is not None:
                stored = self._objects.get(self._unsure[0])
                if stored is not None and not self._counts(self._unsure[0], stored):
                    self._objects.delete(self._unsure[0])
                self._unsure = None
            for year in self.years():
                path = self._path(people_name(year, self._last_number + 1))
                if year >= (last[0] if last else 0) and self._objects.get(path) is not None:
                    self._objects.delete(path)

    def append(self, year: int, n: int, line: bytes, people: bytes | None) -> None:
        """Create the people's object, then the record's."""
        with self._mutex:
            if self._last_number is None:
                self._last_number = number_of_last(self.last_line())
            if n != self._last_number + 1:
                raise conflict(self.where)
            self._last_number = None
            if people is not None and self._objects.put(self._path(people_name(year, n)), people, None) is None:
                raise conflict(self.where)
            if not self._create_line(self._root + _object(year, n, "json"), line):
                raise conflict(self.where)
            self._last_number = n

    def _create_line(self, path: str, line: bytes) -> bool:
        """False where there is a record of this number."""
        try:
            return self._objects.put(path, line, None) is not None
        except StateError:
            self._unsure = path, line
            with suppress(StateError):
                stored = self._objects.get(path)
                if stored is not None and stored.content == line:
                    self._unsure = None
                    return True
            raise

    def replace(self, documents: Mapping[str, bytes | None]) -> None:
        """Change documents, in this order; people of several records at once."""
        with self._mutex, ThreadPoolExecutor(PARALLEL) as pool:
            self._last_number = None
            for _, group in itertools.groupby(documents, key=lambda name: people_of(name) is not None or name):
                names = list(group)
                if (year := year_of(names[0])) is not None:
                    self._replace_lines(year, documents[names[0]] or b"", pool)
                else:
                    list(pool.map(lambda name: self._replace(self._path(name), documents[name]), names))

    def _replace_lines(self, year: int, content: bytes, pool: ThreadPoolExecutor) -> None:
        lines = {self._root + _object(year, number_of(line), "json"): line for line in lines_of(content)}
        before = dict(self._lines(year))
        changes = {path: lines.get(path) for path in {**before, **lines}}
        list(pool.map(lambda path: self._replace(path, changes[path], before.get(path)), changes))

    def _replace(self, path: str, content: bytes | None, before: Stored | None = None) -> None:
        """Replace an object, which is read first where `before` does not say what it was; None deletes it."""
        if content is None:
            self._objects.delete(path)
            return
        before = before or self._objects.get(path)
        is_changed = before is None or before.content != content
        if is_changed and self._objects.put(path, content, before) is None:
            raise conflict(self.where)

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on a request takes at most so many seconds."""
        self._objects.limit_remaining_time(seconds)

    def close(self) -> None:
        """Nothing: obstore closes its connections itself."""


def _object(year: int, n: int, suffix: str) -> str:
    """The object of record n, below the records' path."""
    return f"{year:04}/{n // SHELF:06}/{n:09}.{suffix}"


def _place(path: str) -> tuple[int, int, str] | None:
    """Year, number and suffix of a record's object; None of any other."""
    match = _OBJECT.fullmatch(path)
    if match is None or _object(int(match[1]), int(match[2]), match[3]) != path:
        return None
    return int(match[1]), int(match[2]), match[3]


def _name(path: str) -> str:
    """The name of the document to which an object below the records' path belongs."""
    place = _place(path)
    if place is None:
        return path
    return lines_name(place[0]) if place[2] == "json" else people_name(place[0], place[1])
