"""The do-not-call file: numbers of people who must not be called, one a line or in the column `phone` of a CSV.

A number that is lost in reading is called. So a line is a number, a comment (it begins with #), blank, or an error that names it;
a file that names nobody must say that it means to.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kinds.fields.e164 import NotANumberError, e164, is_valid
from mscode.model.plurals import count

#: Ten million numbers.
_MOST_BYTES = 256 * 1024 * 1024
#: More problems than this are counted, not listed.
_MOST_PROBLEMS = 20
_LINE_END = re.compile("\r\n|\r|\n")
#: What no text file of numbers holds: NUL and its like, and what some readers take for a line end.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_PHONE = "phone"
#: What says beyond doubt that a cell is a number to be called, wherever it stands.
_INTERNATIONAL = re.compile(r"\s*+(?:tel:|\(?\s*+(?:[+\uff0b]|00[1-9]))", re.IGNORECASE)
#: Headers of columns that hold numbers to be called, in the languages that are met most.
_OF_PHONES = re.compile(r"phone|mobil|\bcell|gsm|\btel|puh|handy", re.IGNORECASE)
_OF_NUMBERS = re.compile(rf"{_OF_PHONES.pattern}|n[uú]mer|number", re.IGNORECASE)
#: Fewer digits than any number that is called; as many in a column of phones are one, or several, however they are written.
_FEWEST_DIGITS = 5


def numbers_of(root: Path, name: str, region: str) -> Mapping[str, int]:
    """Every number of the file in E.164, with the first line that holds it; ManifestError with each line that is not
    understood.
    """
    return _numbers(_text(root, name), name, region)


@lru_cache(maxsize=1)  # it is asked for again at each launch, and is the same file nearly always
def _numbers(text: str, name: str, region: str) -> Mapping[str, int]:
    lines = _LINE_END.split(text)
    reader = _NumberReader(name, region)
    line_by_number: dict[str, int] = {}
    for at, number in reader.read(lines):
        line_by_number.setdefault(number, at)
    if reader.problems:
        raise ManifestError(reader.problems)
    return line_by_number


def _text(root: Path, name: str) -> str:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise _bad(
            name, 1, "The do-not-call file does not exist in the project", "Correct the path under guards.doNotCall."
        )
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise _bad(name, 1, f"The do-not-call file cannot be read: {error.strerror}", "Look at its rights.") from None
    if size > _MOST_BYTES:
        raise _bad(name, 1, "The do-not-call file is larger than 256 MiB", "Leave all columns but `phone` out.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _bad(name, 1, "The do-not-call file is UTF-16", "Save it as UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(raw[: error.start].decode("utf-8", "ignore")))
        raise _bad(name, line, "The do-not-call file is not UTF-8", "Save it as UTF-8.") from None


def _bad(name: str, line: int, summary: str, hint: str) -> ManifestError:
    return ManifestError([Diagnostic(summary, Place(name, line), hint=hint, code="do-not-call")])


class _NumberReader:
    """One file while it is read. `_header` are its columns; [] of a file without a first line that names them."""

    def __init__(self, name: str, region: str) -> None:
        self.problems: list[Diagnostic] = []
        self._name, self._region = name, region
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
            summary = "The do-not-call file names nobody, as one does whose download broke off"
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
            row = next(csv.reader([line], strict=True))
            return len(row) != len(self._header) or not e164(row[self._column], self._region)
        except (csv.Error, NotANumberError):
            return True

    def _number(self, at: int, line: str) -> str | None:
        """The number of a line; None of the one that names the columns, and of one that is a problem."""
        try:
            # Line by line: a quote that is never closed would take all that follows into its cell.
            row = next(csv.reader([line], strict=True))
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
        names = [cell.strip().strip("\ufeff").lower() for cell in row]
        if _PHONE not in names:
            for delimiter, called in ((";", '";"'), ("\t", "tabs")):
                if _PHONE in [name.strip() for name in ",".join(row).lower().split(delimiter)]:
                    self._problem(at, f"The first line separates its columns with {called}", "Save it with commas.")
                    return names
            return []
        if names.count(_PHONE) > 1:
            self._problem(at, 'Two columns are named "phone"', "Put every number into one column.")
        self._column = names.index(_PHONE)
        return names

    def _only_cell(self, at: int, row: list[str]) -> str | None:
        if not any(cell.strip() for cell in row):
            return None
        if any(cell.strip() for cell in row[1:]):
            hint = 'Write one number a line; or name the columns in the first line, one of them "phone".'
            self._problem(at, "A line of the do-not-call file holds more than one number", hint)
            return None
        return row[0]

    def _cell(self, at: int, row: list[str]) -> str | None:
        """The cell with the number. A number in any other one would be lost, so it is an error."""
        assert self._header
        if len(row) != len(self._header):
            cells, columns = count(len(row), "cell"), count(len(self._header), "column")
            summary = f"The row has {cells}, and the first line names {columns}"
            self._problem(at, summary, "Cells are separated by commas; one that holds a comma stands in quotes.")
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
            self._problem(at, "A row of the do-not-call file has no number in the column phone")
            return None
        try:
            number = e164(text, self._region)
        except NotANumberError as error:
            self._problem(at, f"A line of the do-not-call file {error}")
            return None
        if is_valid(number) or _INTERNATIONAL.match(text):
            return number
        # A number of another country without its code is read as a number of the region: the wrong number is kept, and the
        # right one called.
        self._problem(at, "A line of the do-not-call file is in no known range of the region; write it with +")
        return None
