"""Files of numbers, like the do-not-call file: one number a line, or in the column `phone` of a CSV.

A number that is lost in reading is called. So a line is a number, a comment (it begins with #), blank, or an error that names it;
a file that names nobody must say that it means to. Encoding and delimiter are found as those of a list of accounts are; where two
readings are possible, or the file as a whole is something else, that is one error.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kinds.fields.e164 import NotANumberError, e164, is_valid
from mscode.manifest.contacts import delimiter, encoding, table_head
from mscode.manifest.load.files import path_hint
from mscode.manifest.yaml.source import LINE_END, end_position
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.table_format import TableFormat

#: Ten million numbers.
_MOST_BYTES = 256 * 1024 * 1024
#: More problems than this are counted, not listed.
_MOST_PROBLEMS = 20
#: What no text file of numbers holds: NUL and its like, and what some readers take for a line end.
_FORBIDDEN = late_pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_PHONE = "phone"
#: What says beyond doubt that a cell is a number to be called, wherever it stands.
_INTERNATIONAL = late_pattern(r"\s*+(?:tel:|\(?\s*+(?:[+\uff0b]|00[1-9]))", re.IGNORECASE)
#: Headers of columns that hold numbers to be called, in the languages that are met most.
_OF_PHONES = late_pattern(r"phone|mobil|\bcell|gsm|\btel|puh|handy", re.IGNORECASE)
_OF_NUMBERS = late_pattern(rf"{_OF_PHONES.pattern}|n[uú]mer|number", re.IGNORECASE)
#: Fewer digits than any number that is called; as many in a column of phones are one, or several, however they are written.
_FEWEST_DIGITS = 5
#: The header line is one of so many first lines, which comments precede.
_FIRST_LINES = 1000


@dataclass(frozen=True, slots=True)
class NumberFile:
    """A file of numbers as it was read: each number in E.164 with the first line that holds it, and the file's format."""

    name: str
    lines: Mapping[str, int]
    format: TableFormat


def do_not_call_file(root: Path, name: str, region: str) -> NumberFile:
    """The do-not-call file of a project, `name` by its path from `root`; ManifestError with every line that is not understood."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        hint = path_hint(root, name) if path.is_relative_to(root.resolve()) else ""
        correct = "Correct the path under guards.doNotCall."
        raise _bad(name, 1, "The do-not-call file does not exist in the project", f"{correct} {hint}".rstrip())
    return number_file(path, name, region)


def number_file(path: Path, name: str, region: str, *, title: str = "do-not-call file") -> NumberFile:
    """A file of numbers, shown under `name` and called `title`; ManifestError with all that is wrong with it."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise _bad(name, 1, f"The {title} cannot be read: {error.strerror}", "Look at its rights.") from None
    if size > _MOST_BYTES:
        raise _bad(name, 1, f"The {title} is larger than 256 MiB", "Leave all columns but `phone` out.")
    return _read(raw, name, region, title)


@lru_cache(maxsize=4)  # it is asked for again at each launch, and is the same file nearly always
def _read(raw: bytes, name: str, region: str, title: str) -> NumberFile:
    text, codec = _decoded(raw, name, title)
    lines = LINE_END.split(text)
    separator = _delimiter_of(lines, name, title)
    reader = _NumberReader(name, region, title, separator or ",")
    line_by_number: dict[str, int] = {}
    for at, number in reader.read(lines):
        line_by_number.setdefault(number, at)
    if reader.problems:
        raise ManifestError(reader.problems)
    return NumberFile(name, line_by_number, TableFormat(codec, separator, is_found=True))


def _decoded(raw: bytes, name: str, title: str) -> tuple[str, str]:
    """The text of a file and its encoding."""
    if fault := table_head.of_bytes(raw[: table_head.HEAD], ""):
        raise _bad(name, 1, fault.summary, fault.hint or "Save it as UTF-8.")
    codec = encoding.marked(raw) or "utf-8"
    try:
        return raw.decode(codec), codec
    except UnicodeDecodeError as error:
        line, _ = end_position(raw[: error.start].decode(codec, "ignore"))
        if codec != "utf-8":
            raise _bad(
                name, line, f"The {title} is not all {TableFormat(codec).encoding_name}", "Save it as UTF-8."
            ) from None
        summary = f"The {title} is not UTF-8, but probably {encoding.likely(raw)}"
        raise _bad(name, line, summary, "Save it as UTF-8.") from None


def _delimiter_of(lines: Sequence[str], name: str, title: str) -> str:
    """What stands between the cells; "" where the first line does not name several columns. ManifestError where two readings
    are possible, or where the rows have another one than the first line.
    """
    first = next(
        (
            at
            for at, line in enumerate(lines[:_FIRST_LINES])
            if line.strip("\ufeff \t") and not line.lstrip().startswith("#")
        ),
        None,
    )
    if first is None:
        return ""
    if table_head.is_sep_line(lines[first]):
        raise _bad(
            name, first + 1, "The first line says which delimiter the file has, which only Excel reads", "Remove it."
        )
    rows = [line for line in lines[first:] if line.strip() and not line.lstrip().startswith("#")]
    possible = delimiter.of_header(lines[first])
    candidates = [d for d in possible if _PHONE in _names(delimiter.first_record(lines[first], d))]
    if not candidates:
        if _PHONE in _names(delimiter.first_record(lines[first], ",")):
            _refuse_other_delimiter(rows, "", name, first + 1)
        return ""
    if len(possible) > 1:
        fitting = [fit.delimiter for fit in delimiter.fits(lambda: rows, possible) if not fit.others]
        if len(fitting) > 1 or len(candidates) > 1:
            both = " and ".join(delimiter.name_of(d) for d in (fitting if len(fitting) > 1 else candidates)[:2])
            summary = f"The {title} can be read in two ways: {both} may stand between its cells"
            raise _bad(name, first + 1, summary, "Put cells that hold the other character in quotes.")
    _refuse_other_delimiter(rows, candidates[0], name, first + 1)
    return candidates[0]


def _names(cells: Sequence[str]) -> list[str]:
    """The names of the columns, in small letters."""
    return [cell.strip().strip("\ufeff").lower() for cell in cells]


def _refuse_other_delimiter(lines: Sequence[str], separator: str, name: str, line: int) -> None:
    """ManifestError where every row has a delimiter that the first line has not, and none has that of the first line."""
    other = delimiter.of_rows_alone(lines, separator)
    if other:
        has = f"{delimiter.name_of(separator)} and no" if separator else "no"
        summary = f"The first line has {has} {delimiter.name_of(other)}, which stands between the cells of every row"
        raise _bad(name, line, summary, "Name every column in the first line, with the delimiter of the rows.")


def _bad(name: str, line: int, summary: str, hint: str) -> ManifestError:
    return ManifestError([Diagnostic(summary, Place(name, line), hint=hint, code="do-not-call")])


class _NumberReader:
    """One file while it is read. `_header` are its columns; [] of a file without a first line that names them."""

    def __init__(self, name: str, region: str, title: str, separator: str) -> None:
        self.problems: list[Diagnostic] = []
        self._name, self._region, self._title, self._separator = name, region, title, separator
        self._header: list[str] | None = None
        self._column = 0
        self._more = 0

    def read(self, lines: list[str]) -> Iterator[tuple[int, str]]:
        """The numbers, each after its line; what is wrong is among the problems."""
        names_nobody, is_meant = True, False
        for at, line in enumerate(lines, 1):
            if forbidden := _FORBIDDEN.search(line):
                self._problem(
                    at, f"The character U+{ord(forbidden.group()):04X} is not allowed", "Save it as plain UTF-8."
                )
            elif not line.strip().strip("\ufeff"):
                continue
            elif self._is_comment(line):
                is_meant = True
            elif (number := self._number(at, line)) is not None:
                names_nobody = False
                yield at, number
        if names_nobody and not is_meant and not self.problems:
            summary = f"The {self._title} names nobody, as one does whose download broke off"
            self._problem(1, summary, "Where that is meant, say so in a line that begins with #.")
        if self._more:
            summary = f"{self._name} has {count(self._more, 'more line')} that {'is' if self._more == 1 else 'are'} not understood"
            self.problems.append(Diagnostic(summary, Place(self._name, len(lines)), code="do-not-call"))

    def _problem(self, line: int, summary: str, hint: str = "") -> None:
        if len(self.problems) >= _MOST_PROBLEMS:
            self._more += 1
            return
        hint = hint or "Correct it; nobody is called before."
        self.problems.append(Diagnostic(summary, Place(self._name, line), hint=hint, code="do-not-call"))

    def _is_comment(self, line: str) -> bool:
        """A line that begins with #. In a CSV the first cell of a row may begin so, too: a row that holds a number is one."""
        if not line.lstrip().startswith("#"):
            return False
        if not self._header:
            return True
        try:
            row = next(csv.reader([line], delimiter=self._separator, strict=True))
            return len(row) != len(self._header) or not e164(row[self._column], self._region)
        except (csv.Error, NotANumberError):
            return True

    def _number(self, at: int, line: str) -> str | None:
        """The number of a line; None of the one that names the columns, and of one that is a problem."""
        try:
            # Line by line: a quote that is never closed would take all that follows into its cell.
            row = next(csv.reader([line], delimiter=self._separator, strict=True))
        except csv.Error:
            self._problem(at, "A quote is not closed, or does not stand around a whole cell")
            return None
        if self._header is None:
            self._header = self._columns(at, row)
            if self._header:
                return None
        text = self._cell(at, row) if self._header else self._only_cell(at, row)
        return None if text is None else self._read(at, text)

    def _columns(self, at: int, row: list[str]) -> list[str]:
        """The names of the columns where the first line names them."""
        names = _names(row)
        if _PHONE not in names:
            if sum(map(str.isdigit, "".join(row))) < _FEWEST_DIGITS:
                hint = 'Name the column with the numbers "phone"; or leave the first line out, with one number a line below it.'
                raise _bad(self._name, at, 'The first line is no number, and names no column "phone"', hint)
            return []
        if names.count(_PHONE) > 1:
            raise _bad(self._name, at, 'Two columns are named "phone"', "Put every number into one column.")
        self._column = names.index(_PHONE)
        return names

    def _only_cell(self, at: int, row: list[str]) -> str | None:
        if not any(cell.strip() for cell in row):
            return None
        if any(cell.strip() for cell in row[1:]):
            hint = 'Write one number a line; or name the columns in the first line, one of them "phone".'
            self._problem(at, f"A line of the {self._title} holds more than one number", hint)
            return None
        return row[0]

    def _cell(self, at: int, row: list[str]) -> str | None:
        """The cell with the number. A number in any other one would be lost, so it is an error."""
        assert self._header
        if len(row) != len(self._header):
            cells, columns = count(len(row), "cell"), count(len(self._header), "column")
            summary = f"The row has {cells}, and the first line names {columns}"
            between = delimiter.name_of(self._separator)
            self._problem(at, summary, f"Between cells stands {between}; a cell that holds one stands in quotes.")
            return None
        if not any(cell.strip() for cell in row):
            return None
        for index, cell in enumerate(row):
            if index != self._column and self._holds_a_number(self._header[index], cell):
                summary = f"A number stands in column {index + 1} of the row, and only the column phone is read"
                self._problem(at, summary, "Give it a line of its own, with the number in the column phone.")
                return None
        return row[self._column]

    def _holds_a_number(self, header: str, cell: str) -> bool:
        if not _INTERNATIONAL.match(cell) and not _OF_NUMBERS.search(header):
            return False
        try:
            return is_valid(e164(cell, self._region))
        except NotANumberError:
            # Two numbers in one cell, or one with an extension, are no number, and would be lost all the same.
            phones = _INTERNATIONAL.match(cell) or _OF_PHONES.search(header)
            return bool(phones) and sum(map(str.isdigit, cell)) >= _FEWEST_DIGITS

    def _read(self, at: int, text: str) -> str | None:
        if not text.strip():
            self._problem(at, f"A row of the {self._title} has no number in the column phone")
            return None
        try:
            number = e164(text, self._region)
        except NotANumberError as error:
            self._problem(at, f"A line of the {self._title} {error}")
            return None
        if is_valid(number) or _INTERNATIONAL.match(text):
            return number
        # A number of another country without its code is read as a number of the region: the wrong number is kept, and the
        # right one called.
        self._problem(at, f"A line of the {self._title} is in no known range of the region; write it with +")
        return None
