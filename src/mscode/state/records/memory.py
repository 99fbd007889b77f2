"""Records in memory, for what is only rehearsed, and for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from mscode.state.records.storage import conflict, lines_name, number_of_last, people_name, year_of


class MemoryRecords:
    """Keeps the documents in a dict, `documents`: gone with the process."""

    where = "memory"
    earlier_versions = ""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self._mutex = threading.Lock()

    def names(self) -> list[str]:
        """All names."""
        return sorted(self.documents)

    def years(self) -> list[int]:
        """The years that have lines."""
        return sorted(year for name in self.documents if (year := year_of(name)) is not None)

    def read(self, name: str) -> bytes | None:
        """A document."""
        return self.documents.get(name)

    def read_many(self, names: Sequence[str]) -> Iterable[tuple[str, bytes | None]]:
        """Documents in this order."""
        return [(name, self.read(name)) for name in names]

    def last_line(self) -> tuple[int, bytes] | None:
        """The last line of the last year."""
        years = self.years()
        if not years:
            return None
        lines = self.documents[lines_name(years[-1])]
        return years[-1], lines[lines.rfind(b"\n", 0, -1) + 1 :]

    def open_for_write(self) -> None:
        """Nothing in memory is ever left half done."""

    def append(self, year: int, n: int, line: bytes, people: bytes | None) -> None:
        """Add a record."""
        with self._mutex:
            if n != number_of_last(self.last_line()) + 1:
                raise conflict(self.where)
            if people is not None:
                self.documents[people_name(year, n)] = people
            self.documents[lines_name(year)] = self.documents.get(lines_name(year), b"") + line

    def replace(self, documents: Mapping[str, bytes | None]) -> None:
        """Change documents."""
        for name, content in documents.items():
            if content is None:
                self.documents.pop(name, None)
            else:
                self.documents[name] = content

    def limit_remaining_time(self, seconds: float) -> None:
        """Nothing in memory takes time."""

    def close(self) -> None:
        """There is nothing to close."""
