"""CSV files whose rows are objects, read into compact rows; every problem of every row in one run, with its place.

Cells are never echoed: they say who a person is. A place is that of the cell, its column is named by its header.
"""

from __future__ import annotations

import csv
import re
import sys
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mscode.errors import Diagnostic, Place
from mscode.manifest.contacts import encoding as encodings
from mscode.manifest.contacts import table_head
from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.problems import did_you_mean
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.plurals import count
from mscode.model.world import Rows, match_key

#: More problems of one file are counted, not listed.
MOST_PROBLEMS = 100
#: So many lines are named in one warning.
MOST_LINES = 10
_LINE_END = re.compile("\r\n|\r|\n")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NAME_COLUMNS = "The first line must name the columns. Are `delimiter` and `encoding` right?"


def rows_of(
    context: LoadContext,
    kind: Kind,
    spec: Any,
    node: Node,
    files: ProjectFiles,
    address: Address,
    more: Collection[str] = (),
) -> Rows | None:
    """The rows of a list; None where the file cannot be used. What is wrong with it is reported. `more` are names by which
    groups choose rows: the cells of columns with these headers are kept too, whether they are fields or not.
    """
    try:
        path, name = files.table(spec.file)
        with path.open("rb") as raw:
            head = raw.read(table_head.HEAD)
        table = _Table(context, kind, spec, name, address, node, head, more)
        if cause := table_head.of_bytes(head, spec.encoding):
            table.cause(Place(name), cause, "encoding" if cause.setting else "csv")
            return None
        encoding = "utf-8-sig" if spec.encoding == "utf-8" else spec.encoding
        with path.open(encoding=encoding, newline="") as file:
            return table.read(file)
    except UnicodeDecodeError:
        likely = encodings.likely(path.read_bytes())
        value = likely if likely != spec.encoding else "cp1252"
        cause = table_head.FormatFault(f"The file is not {spec.encoding}", "encoding", value)
        table.cause(_bad_byte(path, name, encoding), cause, "encoding")
    except (ValueError, OSError) as error:
        reason = f"the file cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        at = node.get("file") or node
        context.error(at, f"file: {reason}", code="bad-value", address=str(address))
    return None


def _bad_byte(path: Path, name: str, encoding: str) -> Place:
    """Where the first byte is that the encoding does not have."""
    raw = path.read_bytes()
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        before = _LINE_END.split(raw[: error.start].decode(encoding, "ignore"))
        return Place(name, len(before), len(before[-1]) + 1)
    return Place(name)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is used: the field, where it stands in a record, its header, and how its cells are read."""

    name: str
    at: int
    header: str
    parse: Callable[[str], Any] | None


@dataclass(slots=True)
class _Record:
    """The lines of the record that is being read, as the csv reader takes them from the file."""

    file: IO[str]
    lines: list[str] = field(default_factory=list)
    read: int = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.read += 1
            self.lines.append(line)
            yield line

    @property
    def line(self) -> int:
        """Where it begins, from 1."""
        return self.read - len(self.lines) + 1


class _Table:
    """One file while it is read."""

    def __init__(
        self,
        context: LoadContext,
        kind: Kind,
        spec: Any,
        name: str,
        address: Address,
        node: Node,
        head: bytes,
        more: Collection[str],
    ) -> None:
        self._reading, self._kind, self._spec = context, kind, spec
        self._name, self._address = name, address
        self._node, self._first_bytes = node, head
        self._doubtful = kind.list_rows.doubtful
        self._problems = 0
        self._columns: list[_Column] = []
        self._headers: tuple[str, ...] = ()
        self._names_of_more = frozenset(more)
        #: header -> where it stands, and the cells of the rows so far
        self._more: dict[str, tuple[int, list[str]]] = {}
        self._width = 0
        self._seen: dict[str, int] = {}
        self._doubts: dict[tuple[str, str], list[int]] = {}

    def problem(self, place: Place, summary: str, hint: str = "", code: str = "bad-value", detail: str = "") -> None:
        """Report; very many are counted."""
        self._problems += 1
        if self._problems <= MOST_PROBLEMS:
            self._reading.error(place, mask_text(summary), detail, hint, code=code, address=str(self._address))

    def cause(self, place: Place, cause: table_head.FormatFault, code: str) -> None:
        """Report what makes the whole file another one than its settings say, and which line of the manifest to change."""
        at = (self._node.get(cause.setting) or self._node).place if cause.setting else None
        location = f" in {at.file} line {at.line}" if at else ""
        self.problem(place, cause.summary, cause.hint or f"Set {cause.setting}: {cause.value}{location}.", code)

    def read(self, file: IO[str]) -> Rows | None:
        """All rows. UnicodeDecodeError where the encoding is another one."""
        record = _Record(file)
        values: list[tuple[Any, ...]] = []
        lines = array("L")
        try:
            for cells in csv.reader(record, delimiter=self._spec.delimiter, strict=True):
                if not any(cells):
                    pass
                elif not self._width:
                    self._head([cell.strip() for cell in cells], record)
                    if not self._columns:
                        break
                elif (row := self._row(cells, record)) is not None:
                    values.append(row)
                    lines.append(record.line)
                    for at, column in self._more.values():
                        column.append(
                            sys.intern(cells[at].strip())
                        )  # few different ones: that is what groups choose by
                record.lines.clear()
        except csv.Error as error:
            # Quoted headers with another delimiter between them are no CSV at all.
            if self._width or not self._has_one_cause(self._header_by_field([]), record):
                self.problem(
                    Place(self._name, record.line), f"This is no CSV: {error}", "What follows was not read.", "csv"
                )
        return self._rows(values, lines, record.read)

    def _rows(self, values: list[tuple[Any, ...]], lines: Sequence[int], end: int) -> Rows | None:
        if not self._width and not self._problems:
            self.problem(Place(self._name), "The file is empty", _NAME_COLUMNS, "empty")
        if (surplus := self._problems - MOST_PROBLEMS) > 0:
            summary = f"{self._name} has {count(surplus, 'more problem')}"
            self._reading.errors.append(
                Diagnostic(summary, Place(self._name, end), code="more-errors", address=str(self._address))
            )
        if self._problems:
            return None
        self._warn_of_doubts()
        if not values:
            place = Place(self._name)
            hint = "Its groups lose all their members."
            self._reading.warnings.append(
                Diagnostic("The list has no rows", place, hint, "", "warning", "empty", str(self._address))
            )
        names, more = tuple(column.name for column in self._columns), {name: c for name, (_, c) in self._more.items()}
        return Rows(self._name, self._spec.key, names, values, lines, self._headers, more)

    # ---- the first line ----------------------------------------------------------------------------------------------

    def _head(self, headers: list[str], record: _Record) -> None:
        """Which columns are used. None where the first line does not name them."""
        self._width, line = len(headers), record.line
        fields, header_by_field = self._field_names(), self._header_by_field(headers)
        if not set(header_by_field.values()) <= set(headers) and self._has_one_cause(header_by_field, record):
            return
        columns = [
            self._column(name, header_by_field[name], headers, line) for name in fields if name in header_by_field
        ]
        if None not in columns:
            self._columns = [column for column in columns if column]
            self._headers = tuple(headers)
            for header in self._names_of_more & set(headers) - header_by_field.keys():
                if headers.count(header) > 1:
                    self.problem(
                        Place(self._name, line), f'Two columns are named "{header}"', "Rename one.", "same-column"
                    )
                self._more[header] = (headers.index(header), [])
            if self._spec.columns is None:
                used = {*fields, *self._names_of_more}
                self._warn_of_unused([header for header in headers if header and header not in used], fields, line)

    def _field_names(self) -> list[str]:
        from mscode.model.kind import registry

        return [rule.name for rule in registry()[self._kind.list_rows.section].fields]

    def _header_by_field(self, headers: list[str]) -> dict[str, str]:
        """Fields and their headers."""
        mapping: dict[str, str] | None = self._spec.columns.fields() if self._spec.columns else None
        return mapping or {name: name for name in self._field_names() if name in headers or name == self._spec.key}

    def _has_one_cause(self, header_by_field: dict[str, str], record: _Record) -> bool:
        """Is it one thing that makes columns missing? Then that is reported, and no column."""
        text, place = "".join(record.lines).strip("\r\n"), Place(self._name, record.line)
        names = (
            set(header_by_field.values()) if self._spec.columns else {*header_by_field.values(), *self._field_names()}
        )
        cause = table_head.of_header(text, self._spec.delimiter, names)
        if cause:
            self.cause(place, cause, "missing-column")
        elif table_head.is_utf8_in_disguise(self._first_bytes, self._spec.encoding):
            cause = table_head.FormatFault(f"The file is UTF-8, not {self._spec.encoding}", "encoding", "utf-8")
            self.cause(place, cause, "encoding")
        return cause is not None

    def _column(self, name: str, header: str, headers: list[str], line: int) -> _Column | None:
        if headers.count(header) == 1:
            parse = self._kind.list_rows.parser(name, self._reading.project.region or "")
            return _Column(name, headers.index(header), header, parse)
        if header in headers:
            self.problem(Place(self._name, line), f'Two columns are named "{header}"', "Rename one.", "same-column")
            return None
        hint = mask_text(did_you_mean(header, filter(table_head.is_name, headers))) or _NAME_COLUMNS
        self.problem(Place(self._name, line), f'There is no column "{header}" (for {name})', hint, "missing-column")
        return None

    def _warn_of_unused(self, unused: list[str], fields: list[str], line: int) -> None:
        """Columns that are no fields are left out; a mistyped one should not be so in silence."""
        if not unused:
            return
        names = mask_text(", ".join(f'"{header}"' for header in unused[:10]))
        hints = [hint for header in unused if (hint := did_you_mean(header, fields))]
        detail = f"They are not used: {names}."
        hint = hints[0] if hints else "Name the columns under `columns:` if they are meant."
        warning = Diagnostic(
            "Columns that are no fields of an account",
            Place(self._name, line),
            detail,
            hint,
            "warning",
            "unused-column",
        )
        self._reading.warnings.append(warning)

    def _warn_of_doubts(self) -> None:
        """What is allowed and probably not meant, once for all the lines that have it."""
        for (header, doubt), lines in self._doubts.items():
            numbers = ", ".join(f"{line}" for line in lines[:MOST_LINES])
            rest = f" and {len(lines) - MOST_LINES:,} more" if len(lines) > MOST_LINES else ""
            summary = f"{mask_text(header)} of {'line' if len(lines) == 1 else 'lines'} {numbers}{rest} is {doubt}"
            place, hint = Place(self._name, lines[0]), "Check it: a call to it may fail."
            self._reading.warnings.append(
                Diagnostic(summary, place, hint, "", "warning", "doubtful", str(self._address))
            )

    # ---- a row -------------------------------------------------------------------------------------------------------

    def _row(self, cells: list[str], record: _Record) -> tuple[Any, ...] | None:
        """The values of a record; None of one with problems, which are reported."""
        before = self._problems
        if len(cells) != self._width:
            summary = (
                f"The row has {count(len(cells), 'cell')}, and the first line names {count(self._width, 'column')}"
            )
            self.problem(Place(self._name, record.line), summary, "Are `delimiter` and the quotes right?", "ragged")
            return None
        text = record.lines[0] if len(record.lines) == 1 else "".join(record.lines)
        if forbidden := _FORBIDDEN.search(text):
            summary = f"The character U+{ord(forbidden.group()):04X} is not allowed"
            self.problem(
                _place(self._name, record, text, forbidden.start()), summary, "Is `encoding` right?", "character"
            )
        if len(record.lines) > 1 and self._holds_rows(record.lines):
            summary = f"A quote takes the rows of {len(record.lines)} lines into one"
            self.problem(Place(self._name, record.line), summary, "Close it in its own row.", "csv")
            return None
        values = [cells[column.at].strip() for column in self._columns]
        for index, column in enumerate(self._columns):
            try:
                values[index] = column.parse(values[index]) if column.parse else values[index]
            except ValueError as error:
                self._bad_cell(column, record, text, str(error))
            else:
                if column.name == self._spec.key:
                    self._check_key(column, values[index], record, text)
                if doubt := self._doubtful(column.name, values[index]):
                    self._doubts.setdefault((column.header, doubt), []).append(record.line)
        return tuple(values) if self._problems == before else None

    def _holds_rows(self, lines: list[str]) -> bool:
        """Does more than one line of a record hold a key where a row has it? A text of several lines has none."""
        key = next(column for column in self._columns if column.name == self._spec.key)
        count = 0
        for line in lines:
            cells = line.split(self._spec.delimiter)
            if len(cells) == self._width and key.parse is not None:
                try:
                    count += bool(key.parse(cells[key.at].strip(' \t\r\n"')))
                except ValueError:
                    continue
        return count > 1

    def _check_key(self, column: _Column, value: str, record: _Record, text: str) -> None:
        """The key is there, and no other row has it."""
        if not value:
            hint = f"Every row needs one (key: {column.name}). Fill it in, or remove the row."
            self._bad_cell(column, record, text, f"is empty in line {record.line}", hint=hint)
            return
        first = self._seen.setdefault(match_key(column.name, value), record.line)
        if first != record.line:
            self._bad_cell(
                column, record, text, f"lines {first} and {record.line} have the same {column.name}", "same-key"
            )

    def _bad_cell(
        self, column: _Column, record: _Record, text: str, reason: str, code: str = "bad-value", hint: str = ""
    ) -> None:
        place = _place(self._name, record, text, _start_of(text, column.at, self._spec.delimiter))
        self.problem(place, f"{column.header}: {reason}", hint, code)


def _place(name: str, record: _Record, text: str, at: int) -> Place:
    """Line and column of a character of a record."""
    before = _LINE_END.split(text[:at])
    return Place(name, record.line + len(before) - 1, len(before[-1]) + 1)


def _start_of(text: str, cell: int, delimiter: str) -> int:
    """Where a cell begins in the text of its record, as the csv module counts cells."""
    quoted, start, index = False, True, 0
    for at, char in enumerate(text):
        if index == cell:
            return at
        if char == '"' and (quoted or start):
            quoted = not quoted
        start = char == delimiter and not quoted
        index += start
    return len(text)
