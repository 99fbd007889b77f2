"""A CSV file as a table. Encoding and delimiter are those that the manifest says; what it does not say is found."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

from mscode.errors import Place
from mscode.manifest.contacts import delimiter as delimiters
from mscode.manifest.contacts import encoding as encodings
from mscode.manifest.contacts import table_head
from mscode.manifest.contacts.table import Block, IsRow, TableFault
from mscode.manifest.yaml.source import FORBIDDEN, end_position
from mscode.model.table_format import TableFormat

#: Columns of a header line: those that a list needs, of a header that was read with one delimiter.
Missing = Callable[[list[str]], int]


#: Lines of a block.
LINES = 1024


class CsvTable:
    """A CSV file; TableFault where encoding or delimiter are others than the manifest says, or cannot be found.

    `encoding` and `delimiter` are those of the manifest, "" where it does not say them. `missing` counts the columns that a
    header line lacks.
    """

    faults: Mapping[int, str] = {}
    numbers: Collection[int] = ()

    def __init__(self, path: Path, name: str, encoding: str, delimiter: str, missing: Missing) -> None:
        self.name, self._path = name, path
        self._lines: list[str] = []
        self._read = 0
        head = table_head.read(path)
        if cause := table_head.of_bytes(head, encoding):
            code = "encoding" if cause.setting else "csv"
            raise TableFault(
                Place(name), cause.summary, cause.hint, code=code, setting=cause.setting, value=cause.value
            )
        self._is_written = bool(encoding)
        written = "utf-8-sig" if encoding == "utf-8" else encoding
        self.encoding = written or encodings.marked(head) or "utf-8"
        try:
            self.delimiter = delimiter or self._found_delimiter(missing)
        except UnicodeDecodeError:
            raise self._not_in_its_encoding() from None

    @property
    def line(self) -> int:
        """Where the record begins."""
        return self._read - len(self._lines) + 1

    @property
    def text(self) -> str:
        """The record as it stands in the file."""
        return self._lines[0] if len(self._lines) == 1 else "".join(self._lines)

    def records(self) -> Iterator[list[str]]:
        """The cells of each record; TableFault where what follows cannot be read."""
        for block in self.blocks():
            yield from block.records()

    def blocks(self) -> Iterator[Block]:
        """The records, by blocks of lines; the first block is the header line alone."""
        size, cause = 1, None
        with self._path.open(encoding=self.encoding, newline="") as file:
            while cause is None:
                lines: list[str] = []
                try:
                    lines.extend(islice(file, size))
                except UnicodeDecodeError as error:
                    cause = error
                if not lines:
                    break
                before = self._read
                # A record that is not closed in the block goes on behind it.
                following = file if cause is None else _broken_by(cause)
                yield Block(partial(self._records_of, lines, following), before + 1, self._lines_alone(lines))
                if self._read == before:
                    self._read += len(lines)
                size = LINES
        if cause is not None:
            raise self._not_in_its_encoding() from None

    def _records_of(self, lines: list[str], following: Iterator[str]) -> Iterator[list[str]]:
        """The records that begin in some lines."""
        end = self._read + len(lines)
        taken = self._taken(chain(lines, following))
        try:
            for cells in csv.reader(taken, delimiter=self.delimiter or ",", strict=True):
                yield cells
                self._lines.clear()
                if self._read >= end:
                    return
        except csv.Error as error:
            place = Place(self.name, self.line)
            raise TableFault(place, f"This is no CSV: {error}", "What follows was not read.") from None
        except UnicodeDecodeError:
            raise self._not_in_its_encoding() from None

    def _lines_alone(self, lines: list[str]) -> list[list[str]] | None:
        """The cells of lines that are a record each, and hold no forbidden character; None of any others."""
        if FORBIDDEN.search("".join(lines)):
            return None
        try:
            rows = list(csv.reader(lines, delimiter=self.delimiter or ",", strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _taken(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._read += 1
            self._lines.append(line)
            yield line

    def place(self, cell: int) -> Place:
        """Line and column of a cell of the record."""
        return self._place_of(self.text, self._start_of(self.text, cell))

    def cell_name(self, cell: int) -> str:
        """Cells of a line have no name."""
        return ""

    def control_character(self, cells: Sequence[str]) -> tuple[str, Place] | None:
        """The first character of the record that no text of people holds, and where it is."""
        text = self.text
        match = FORBIDDEN.search(text)
        return (match.group(), self._place_of(text, match.start())) if match else None

    def swallowed_lines(self, is_row: IsRow) -> int:
        """The lines of the record where more than one of them is a row by itself; a text of several lines holds none."""
        if len(self._lines) == 1:
            return 0
        lines = (line.split(self.delimiter) if self.delimiter else [line] for line in self._lines)
        rows = sum(is_row([cell.strip(' \t\r\n"') for cell in cells]) for cells in lines)
        return len(self._lines) if rows > 1 else 0

    def _place_of(self, text: str, at: int) -> Place:
        """Line and column of a character of the record."""
        line, column = end_position(text[:at])
        return Place(self.name, self.line + line - 1, column)

    def _start_of(self, text: str, cell: int) -> int:
        """Where a cell begins in the text of the record, as the csv module counts cells."""
        quoted, start, index = False, True, 0
        for at, char in enumerate(text):
            if index == cell:
                return at
            if char == '"' and (quoted or start):
                quoted = not quoted
            start = char == self.delimiter and not quoted
            index += start
        return len(text)

    # ---- what the manifest does not say ------------------------------------------------------------------------------

    def _not_in_its_encoding(self) -> TableFault:
        """Where the first byte is that the encoding does not have, and the encoding to write down."""
        raw = self._path.read_bytes()
        codec = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        place = Place(self.name)
        try:
            raw.decode(codec)
        except UnicodeDecodeError as error:
            place = Place(self.name, *end_position(raw[: error.start].decode(codec, "ignore")))
        likely = encodings.likely(raw)
        value = likely if likely != codec else "cp1252"
        summary = (
            f"The file is not {codec}" if self._is_written else f"The file is not {TableFormat(codec).encoding_name}"
        )
        return TableFault(place, summary, code="encoding", setting="encoding", value=value)

    def _found_delimiter(self, missing: Missing) -> str:
        """The one that header line and rows agree on; "" where each line is one cell."""
        with self._path.open(encoding=self.encoding, newline="") as file:
            head = file.read(table_head.HEAD)
        header = next((line for line in head.splitlines() if line.strip()), "")
        if table_head.is_sep_line(header):
            return ","  # which makes the header line one that says nothing else, and is reported as that
        possible = delimiters.of_header(head)
        if len(possible) > 1:
            return self._agreed(possible, missing, head)
        found = possible[0] if possible else ""
        with self._path.open(encoding=self.encoding, newline="") as file:
            other = delimiters.of_rows_alone(file, found)
        if other:
            has = f"{delimiters.name_of(found)} and no" if found else "no"
            summary = (
                f"The header line has {has} {delimiters.name_of(other)}, which stands between the cells of every row"
            )
            hint = "Name every column in the first line, with the delimiter of the rows between them."
            raise TableFault(Place(self.name), summary, hint, code="missing-column")
        return found

    def _agreed(self, possible: list[str], missing: Missing, head: str) -> str:
        """Of several that cut the header line, the one with which every row has as many cells as it."""

        def lines() -> Iterator[str]:
            with self._path.open(encoding=self.encoding, newline="") as file:
                yield from file

        fits = list(delimiters.fits(lines, possible))
        agreeing = [fit.delimiter for fit in fits if not fit.others]
        if len(agreeing) == 1:
            return agreeing[0]
        best = min(fits, key=lambda fit: (missing(delimiters.first_record(head, fit.delimiter)), fit.others))
        value = delimiters.DELIMITERS[best.delimiter]
        if agreeing:
            summary = (
                f"Between the cells may stand {' or '.join(map(delimiters.name_of, agreeing))}: every row fits either"
            )
            raise TableFault(Place(self.name), summary, code="delimiter", setting="delimiter", value=value)
        name = delimiters.name_of(best.delimiter)
        summary = (
            f"No delimiter fits every row: with {name}, line {best.first} has not as many cells as the header line"
        )
        raise TableFault(Place(self.name, best.first), summary, code="delimiter", setting="delimiter", value=value)


def _broken_by(cause: UnicodeDecodeError) -> Iterator[str]:
    """No further line: the file cannot be decoded from here on."""
    yield from ()
    raise cause
