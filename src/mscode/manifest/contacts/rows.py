"""Files whose rows are objects, read into compact rows; every problem of every row in one run, with its place.

Cells are never echoed: they say who a person is. A place is that of the cell, its column is named by its header.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from mscode.errors import Diagnostic, Place
from mscode.manifest.contacts import table_head
from mscode.manifest.contacts.csv_table import CsvTable
from mscode.manifest.contacts.delimiter import DELIMITERS
from mscode.manifest.contacts.left_out import LeftOut, RowFault
from mscode.manifest.contacts.table import Block, Table, TableFault
from mscode.manifest.contacts.workbook import SUFFIX, Workbook
from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.plurals import count, first_of
from mscode.model.table_format import TableFormat
from mscode.model.world import Rows, match_key

#: More problems of one file are counted, not listed.
MOST_PROBLEMS = 100
#: So many lines are named in one warning.
MOST_LINES = 10
#: So few rows of another width than the header line say nothing about the delimiter.
_FEW_RAGGED = 10
_NAME_COLUMNS = "The first line must name the columns."


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
        return _ListReader(context, kind, spec, path, name, address, node, more).read()
    except (ValueError, OSError) as error:
        context.file_error(node.get("file") or node, error, address)
    return None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is used: the field, where it stands in a record, its header, how its cells are read (text, and whole
    numbers of a workbook), and what says of a value that it is probably not meant.
    """

    name: str
    at: int
    header: str
    parse: Callable[[str], Any] | None
    parse_number: Callable[[str], Any] | None
    doubt: Callable[[Any], str] | None


class _ListReader:
    """One file while it is read."""

    def __init__(
        self,
        context: LoadContext,
        kind: Kind,
        spec: Any,
        path: Path,
        name: str,
        address: Address,
        node: Node,
        more: Collection[str],
    ) -> None:
        self._reading, self._kind, self._spec = context, kind, spec
        self._path, self._name, self._address, self._node = path, name, address, node
        self._problems = 0
        self._columns: list[_Column] = []
        self._headers: tuple[str, ...] = ()
        self._names_of_more = frozenset(more)
        #: where the columns of `more` stand in a record, and their cells, by header
        self._more: dict[str, tuple[int, list[str]]] = {}
        self._width = self._ragged = 0
        self._seen: dict[str, int] = {}
        self._values_of_rows: list[tuple[Any, ...]] = []
        self._lines = array("L")
        self._doubts: dict[tuple[str, str], list[int]] = {}
        self._faults: list[RowFault] = []
        self._left_out = LeftOut(name, str(address), context.rejects)

    def problem(self, place: Place, summary: str, hint: str = "", code: str = "bad-value", detail: str = "") -> None:
        """Report; very many are counted."""
        self._problems += 1
        if self._problems <= MOST_PROBLEMS:
            self._reading.error(place, mask_text(summary), detail, hint, code=code, address=str(self._address))

    def cause(self, fault: TableFault) -> None:
        """Report what makes the whole file another one than the manifest says, and which line of the manifest to change."""
        hint = fault.hint
        if fault.setting:
            at = (self._node.get(fault.setting) or self._node).place
            hint = f"Set {fault.setting}: {fault.value} in {at.file} line {at.line}."
        self.problem(fault.place, fault.summary, hint, fault.code)

    def read(self) -> Rows | None:
        """All rows; None where the file is none of this list, which is reported."""
        try:
            table = self._table()
            for block in table.blocks():
                if self._width and self._take_together(block):
                    continue
                for cells in block.records():
                    self._take(cells, table)
                    if self._width and not self._columns:
                        return self._end(table)
        except TableFault as fault:
            self._report(fault)
            return self._end(None)
        return self._end(table)

    def _take(self, cells: list[str], table: Table) -> None:
        """One record: the header line, a row, or nothing."""
        if not any(cells):
            return
        if not self._width:
            self._head([cell.strip() for cell in cells], table)
        elif (row := self._row(cells, table)) is not None:
            self._values_of_rows.append(row)
            self._lines.append(table.line)
            for at, column in self._more.values():  # few different cells: that is what groups choose by
                column.append(sys.intern(cells[at].strip()))

    def _take_together(self, block: Block) -> bool:
        """Takes the rows of a block, column by column, which is several times quicker than row by row; False, and nothing is taken,
        where there is anything to say of one of them.
        """
        if block.rows is None or set(map(len, block.rows)) != {self._width}:
            return False
        cells = list(zip(*block.rows, strict=True))
        values = [list(map(str.strip, cells[column.at])) for column in self._columns]
        keys: list[str] = []
        for index, column in enumerate(self._columns):
            try:
                if column.parse is not None:
                    values[index] = list(map(column.parse, values[index]))
            except ValueError:
                return False
            if column.doubt is not None and any(map(column.doubt, values[index])):
                return False
            if column.name == self._spec.key:
                keys = [match_key(column.name, value) for value in values[index]]
        lines = range(block.first_line, block.first_line + len(keys))
        if not all(keys) or len(set(keys)) < len(keys) or not self._seen.keys().isdisjoint(keys):
            return False
        self._seen.update(zip(keys, lines, strict=True))
        self._values_of_rows.extend(zip(*values, strict=True))
        self._lines.extend(lines)
        for at, kept in self._more.values():
            kept.extend(map(sys.intern, map(str.strip, cells[at])))
        return True

    def _table(self) -> Table:
        spec = self._spec
        if self._path.suffix.lower() != SUFFIX:
            return CsvTable(self._path, self._name, spec.encoding or "", spec.delimiter or "", self._missing)
        for setting in ("encoding", "delimiter"):
            if getattr(spec, setting) is not None:
                summary, hint = f"A workbook has no {setting}", f"Take `{setting}:` out."
                raise TableFault(Place(self._name), summary, hint, code="workbook")
        return Workbook(self._path, self._name)

    def _report(self, fault: TableFault) -> None:
        """Quoted headers with another delimiter between them are no CSV at all: the header line says why."""
        if not self._width and fault.code == "csv" and self._spec.delimiter:
            lines = table_head.read(self._path).decode("utf-8", "replace").splitlines()
            if lines and self._has_one_cause(lines[0], Place(self._name)):
                return
        self.cause(fault)

    def _end(self, table: Table | None) -> Rows | None:
        values, lines = self._values_of_rows, self._lines
        if not self._width and not self._problems:
            self.problem(Place(self._name), "The file is empty", _NAME_COLUMNS, "empty")
        if (surplus := self._problems - MOST_PROBLEMS) > 0:
            summary = f"{self._name} has {count(surplus, 'more problem')}"
            end = Place(self._name, table.line if table else 1)
            self._reading.errors.append(Diagnostic(summary, end, code="more-errors", address=str(self._address)))
        is_skipping = self._spec.onError == "skip" and not self._spec.delimiter
        if table is not None and is_skipping and self._ragged > max(len(lines), _FEW_RAGGED):
            # Left out one by one, they would be a list of few people, by a delimiter that is none of most rows.
            summary = f"{count(self._ragged, 'row')} have not as many cells as the header line, which is most of them"
            written = DELIMITERS[table.delimiter or ","]
            self.cause(TableFault(Place(self._name), summary, code="delimiter", setting="delimiter", value=written))
        if self._problems or table is None:
            return None
        self._warn_of_doubts()
        self._reading.warnings.extend(self._left_out.warnings)
        if not values:
            self._warn(Place(self._name), "The list has no rows", "", "Its groups lose all their members.", "empty")
        names = tuple(column.name for column in self._columns)
        return Rows(
            self._name,
            self._spec.key,
            names,
            values,
            lines,
            self._headers,
            {header: column for header, (_, column) in self._more.items()},
            format=TableFormat(table.encoding, table.delimiter, not (self._spec.encoding and self._spec.delimiter)),
            left_out=tuple(self._left_out.keys),
            field_by_header={column.header: column.name for column in self._columns},
        )

    def _warn(self, place: Place, summary: str, detail: str, hint: str, code: str) -> None:
        self._reading.warnings.append(Diagnostic(summary, place, detail, hint, "warning", code, str(self._address)))

    # ---- the first line ----------------------------------------------------------------------------------------------

    def _head(self, headers: list[str], table: Table) -> None:
        """Which columns are used; none where the first line does not name them, which is reported."""
        self._width, place = len(headers), Place(self._name, table.line)
        fields, wanted = self._field_names(), self._header_by_field(headers)
        header_by_field = {name: wanted[name] for name in fields if name in wanted}
        missing = {name: header for name, header in header_by_field.items() if header not in headers}
        if missing and isinstance(table, CsvTable) and self._has_one_cause(table.text, place):
            return
        # A name in a group's condition is a field of the account, else the header of a column.
        more = self._names_of_more & (set(headers) - header_by_field.keys())
        twice = {header for header in (*header_by_field.values(), *more) if headers.count(header) > 1}
        for header in sorted(twice):
            self.problem(place, f'Two columns are named "{header}"', "Rename one.", "same-column")
        if missing:
            self._report_missing(missing, headers, place)
        if missing or twice:
            return
        rows, region = self._kind.list_rows, self._reading.project.region or ""
        number_parser = rows.number_parser or rows.parser
        self._left_out.headers = self._headers = tuple(headers)
        self._more = {header: (headers.index(header), []) for header in more}
        self._columns = [
            _Column(
                name,
                headers.index(header),
                header,
                rows.parser(name, region),
                number_parser(name, region),
                rows.doubtful(name),
            )
            for name, header in header_by_field.items()
        ]
        self._left_out.used = [(column.at, column.header) for column in self._columns]
        self._warn_of_unused(headers, fields, place)

    def _field_names(self) -> list[str]:
        from mscode.model.kind import registry

        return [rule.name for rule in registry()[self._kind.list_rows.section].fields]

    def _header_by_field(self, headers: list[str]) -> dict[str, str]:
        """Fields and their headers."""
        mapping: dict[str, str] | None = self._spec.columns.fields() if self._spec.columns else None
        return mapping or {name: name for name in self._field_names() if name in headers or name == self._spec.key}

    def _missing(self, headers: list[str]) -> int:
        """How many of the columns that the list needs a header line has not."""
        names = {header.strip() for header in headers}
        return len(set(self._header_by_field([]).values()) - names)

    def _has_one_cause(self, header_line: str, place: Place) -> bool:
        """Is it one thing that makes columns missing? Then that is reported, and no column."""
        names = set(self._header_by_field([]).values())
        if not self._spec.columns:
            names.update(self._field_names())
        cause = table_head.of_header(header_line.strip("\r\n"), self._spec.delimiter or "", names)
        written = self._spec.encoding
        if cause is None and written and table_head.is_utf8_in_disguise(table_head.read(self._path), written):
            cause = table_head.FormatFault(f"The file is UTF-8, not {written}", "encoding", "utf-8")
        if cause is None:
            return False
        code = "encoding" if cause.setting == "encoding" else "missing-column"
        self.cause(TableFault(place, cause.summary, cause.hint, code=code, setting=cause.setting, value=cause.value))
        return True

    def _report_missing(self, missing: dict[str, str], headers: list[str], place: Place) -> None:
        """One error for all columns that the header line does not have, with what to write."""
        names = ", ".join(f'"{header}" (for {name})' for name, header in missing.items())
        summary = f"There is no column {names}" if len(missing) == 1 else f"There are no columns {names}"
        known = [header for header in headers if table_head.is_name(header)]
        guesses = {header: guess for header in missing.values() if (guess := did_you_mean(header, known))}
        hint = " ".join(guess if len(guesses) == 1 else f'"{header}": {guess}' for header, guess in guesses.items())
        if not hint:
            at = (self._node.get("columns") or self._node).place
            key = self._spec.key
            likely = table_head.likely_header(key, known) or f"HEADER OF THE COLUMN WITH {key}"
            written = f"Write columns: {{{key}: {likely}}}" if self._spec.columns is None else "Correct `columns:`"
            hint = f"{_NAME_COLUMNS} {written} in {at.file} line {at.line}."
        self.problem(place, summary, mask_text(hint), "missing-column")

    def _warn_of_unused(self, headers: list[str], fields: list[str], place: Place) -> None:
        """Columns that are left out although they may be meant: mistyped fields, or with `columns:` names of fields."""
        used = {*(column.header for column in self._columns), *self._more}
        unused = [header for header in headers if header and header not in used]
        by_fold = {name.casefold(): name for name in fields}
        of_fields = [header for header in unused if header.casefold() in by_fold]
        if self._spec.columns is None and len(of_fields) < len(unused):
            hints = [hint for header in unused if (hint := did_you_mean(header, fields))]
            hint = hints[0] if hints else "Name the columns under `columns:` if they are meant."
            summary = "Columns that are no fields of an account"
            self._warn(place, summary, f"They are not used: {_quoted(unused)}.", hint, "unused-column")
        elif of_fields:
            example = f"columns: {{{by_fold[of_fields[0].casefold()]}: {of_fields[0]}}}"
            summary = "Columns that are names of fields are not used"
            hint = f"Name them under `columns:` if they are meant, like {example}."
            self._warn(place, summary, f"They are not used: {_quoted(of_fields)}.", hint, "unused-column")

    def _warn_of_doubts(self) -> None:
        """What is allowed and probably not meant, once for all the lines that have it."""
        for (header, doubt), lines in self._doubts.items():
            numbers = first_of(lines, MOST_LINES)
            summary = f"{mask_text(header)} of {'line' if len(lines) == 1 else 'lines'} {numbers} is {doubt}"
            self._warn(Place(self._name, lines[0]), summary, "Check it: a call to it may fail.", "", "doubtful")

    # ---- a row -------------------------------------------------------------------------------------------------------

    def _row(self, cells: list[str], table: Table) -> tuple[Any, ...] | None:
        """The values of a record; None of one with problems, which are reported."""
        if len(cells) != self._width:
            summary = (
                f"The row has {count(len(cells), 'cell')}, and the first line names {count(self._width, 'column')}"
            )
            hint = "Are `delimiter` and the quotes right?"
            self._ragged += 1
            self._refuse(cells, table, [RowFault(Place(self._name, table.line), summary, hint, "ragged")])
            return None
        if (swallowed := table.swallowed_lines(self._is_row)) > 0:
            summary = f"A quote takes the rows of {swallowed} lines into one"
            self.problem(Place(self._name, table.line), summary, "Close it in its own row.", "csv")
            return None
        if (forbidden := table.control_character(cells)) is not None:
            character, place = forbidden
            summary = f"The character U+{ord(character):04X} is not allowed"
            self._faults.append(RowFault(place, summary, "Is `encoding` right?", "character"))
        values, key = self._values(cells, table)
        if table.faults:
            self._check_more(table)
        if not self._faults:
            return tuple(values)
        self._refuse(cells, table, self._faults, key)
        self._faults = []
        return None

    def _values(self, cells: list[str], table: Table) -> tuple[list[Any], str]:
        """The value of each column, and the row's key as two of them are compared ("" where it cannot be read)."""
        values: list[Any] = [cells[column.at].strip() for column in self._columns]
        key, line = "", table.line
        is_text = not (table.faults or table.numbers)
        for index, column in enumerate(self._columns):
            try:
                if not is_text:
                    values[index] = self._value(column, values[index], table)
                elif column.parse is not None:
                    values[index] = column.parse(values[index])
            except ValueError as error:
                self._bad_cell(column, table, str(error))
                continue
            if column.name == self._spec.key:
                key = self._key(column, values[index], line, table)
            if column.doubt is not None and (doubt := column.doubt(values[index])):
                self._doubts.setdefault((column.header, doubt), []).append(line)
        return values, key

    def _check_more(self, table: Table) -> None:
        """A cell by which groups choose is one that can be used."""
        for header, (at, _) in self._more.items():
            if at in table.faults:
                summary = f"{table.cell_name(at)}: {header}: {table.faults[at]}"
                self._faults.append(RowFault(table.place(at), summary, "", "bad-value"))

    def _value(self, column: _Column, text: str, table: Table) -> Any:
        """The value of a cell that may be no text; ValueError with what is wrong."""
        if column.at in table.faults:
            raise ValueError(table.faults[column.at])
        parse = column.parse_number if column.at in table.numbers else column.parse
        return parse(text) if parse else text

    def _is_row(self, cells: Sequence[str]) -> bool:
        """Does a line by itself have a key where a row has it?"""
        key = next(column for column in self._columns if column.name == self._spec.key)
        if len(cells) != self._width or key.parse is None:
            return False
        try:
            return bool(key.parse(cells[key.at]))
        except ValueError:
            return False

    def _key(self, column: _Column, value: str, line: int, table: Table) -> str:
        """The key of a row, which is there and no other row's."""
        if not value:
            hint = f"Every row needs one (key: {column.name}). Fill it in or remove the row."
            summary = f'Line {line}: "{column.header}" is empty'
            self._faults.append(RowFault(table.place(column.at), summary, hint, "bad-value"))
            return ""
        key = match_key(column.name, value)
        first = self._seen.setdefault(key, line)
        if first != line:
            self._bad_cell(column, table, f"lines {first} and {line} have the same {column.name}", "same-key")
        return key

    def _bad_cell(self, column: _Column, table: Table, reason: str, code: str = "bad-value") -> None:
        cell = table.cell_name(column.at)
        summary = f"{cell}: {column.header}: {reason}" if cell else f"{column.header}: {reason}"
        self._faults.append(RowFault(table.place(column.at), summary, "", code))

    def _refuse(self, cells: list[str], table: Table, faults: Iterable[RowFault], key: str = "") -> None:
        """Leave a row out, or report what is wrong with it: what `onError` says."""
        faults = list(faults)
        self._left_out.reject(cells, table.line, faults)
        if self._spec.onError == "skip":
            self._left_out.add(cells, table.line, faults, key)
            return
        for fault in faults:
            self.problem(fault.place, fault.summary, fault.hint, fault.code)


def _quoted(headers: Sequence[str]) -> str:
    return mask_text(", ".join(f'"{header}"' for header in headers[:10]))
