"""An Excel workbook (.xlsx) of one sheet as a table, read by python-calamine (extra `xlsx`).

calamine gives the value that a formula had when the workbook was saved, and nothing for a cell that shows an error. Both would be
somebody's data by accident, so their cells are found in the sheet's XML and refused. A workbook is a ZIP archive from outside: its
size unpacked and the cells of its sheet are bounded before calamine makes room for them.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.errors import Place
from mscode.manifest.contacts.table import Block, IsRow, TableFault
from mscode.manifest.yaml.source import FORBIDDEN
from mscode.model.extras import how_to_install
from mscode.model.late_pattern import late_pattern

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

SUFFIX = ".xlsx"
_AS_CSV = 'Or save it as "CSV UTF-8", and name that file.'
#: Bytes of all parts of a workbook, unpacked.
_MOST_BYTES = 1024 * 1024 * 1024
#: Cells between the first and the last that is used: twice a million people with all their fields.
_MOST_CELLS = 30_000_000
#: Excel keeps fifteen digits of a number; the rest are zeros.
_LARGEST = 10**15
_WORKSHEET = late_pattern(rb"<(?:\w+:)?worksheet[\s>]")
_ENCODING = late_pattern(rb"""<\?xml[^>]*?encoding\s*=\s*["'](?!utf-?8|us-ascii)""", re.IGNORECASE)
#: A sheet without any of these has neither formula nor error, and no other XML but elements.
_SPECIAL = late_pattern(rb"""<(?:\w+:)?f[\s/>]|\bt\s*=\s*["']e["']|<!""")
_REFERENCE = late_pattern(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")


class Workbook:
    """The sheet of a workbook; TableFault where it cannot be read as a table."""

    encoding = delimiter = ""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.faults: Mapping[int, str] = {}
        self.numbers: Collection[int] = ()
        self._row = 0
        try:
            xml = _sheet_xml(path, name)
            self._special = _special_cells(xml, name) if _SPECIAL.search(xml) else {}
            _refuse_too_many_cells(xml, name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
            raise _unreadable(name) from None
        self._sheet = _sheet(path, name)

    @property
    def line(self) -> int:
        """The row of the record."""
        return self._row

    def records(self) -> Iterator[list[str]]:
        """The cells of each row as text."""
        # From A1, so that the place of a cell is its row and column in the sheet.
        for at, values in enumerate(self._sheet.to_python(skip_empty_area=False), 1):
            self._row = at
            yield self._texts(values)

    def _texts(self, values: Sequence[Any]) -> list[str]:
        """The cells of a row; sets what is wrong with them, and which are numbers."""
        faults, numbers = dict(self._special.get(self._row, {})), set()
        cells = []
        for at, value in enumerate(values):
            if type(value) is str:
                cells.append(value)
                continue
            text, fault = _text(value)
            cells.append(text)
            if fault:
                faults.setdefault(at, fault)
            else:
                numbers.add(at)
        self.faults, self.numbers = faults, numbers
        return cells

    def blocks(self) -> Iterator[Block]:
        """One block: a cell of a workbook may be a number, or unusable, so that each row is looked at by itself."""
        yield Block(self.records)

    def place(self, cell: int) -> Place:
        """Row and column of a cell."""
        return Place(self.name, self._row, cell + 1)

    def cell_name(self, cell: int) -> str:
        """What people call it, like B7."""
        return f"{_letters(cell)}{self._row}"

    def control_character(self, cells: Sequence[str]) -> tuple[str, Place] | None:
        """The first character of the row that no text of people holds, and its cell."""
        matches = ((at, FORBIDDEN.search(cell)) for at, cell in enumerate(cells))
        return next(((match.group(), self.place(at)) for at, match in matches if match), None)

    def swallowed_lines(self, is_row: IsRow) -> int:
        """Cells of a sheet have no quotes."""
        return 0


def _text(value: Any) -> tuple[str, str]:
    """A cell that is no text, as text, or what is wrong with it."""
    if isinstance(value, bool):
        return "", "is TRUE or FALSE; write it as text"
    if isinstance(value, int | float):
        if not float(value).is_integer():
            return "", "is a number that is not whole"
        if abs(value) >= _LARGEST:
            return "", "is a number of more than 15 digits, of which Excel keeps no more; write it as text"
        return str(int(value)), ""
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return "", "is a date or a time; write it as text"
    return "", "is neither text nor a number"


def _letters(column: int) -> str:
    """A for 0, AB for 27."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _number_of(letters: str) -> int:
    """The column that `_letters` names, from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _unreadable(name: str) -> TableFault:
    return TableFault(Place(name), "This is no Excel workbook that can be read", _AS_CSV)


def _sheet(path: Path, name: str) -> CalamineSheet:
    try:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError
    except ImportError:
        hint = f"{how_to_install('xlsx')}. {_AS_CSV}"
        raise TableFault(Place(name), "Reading an Excel workbook needs an extra", hint, code="extra") from None
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        return workbook.get_sheet_by_name(workbook.sheet_names[0])
    except (CalamineError, PasswordError, XmlError, ZipError, OSError, ValueError, IndexError):
        raise _unreadable(name) from None


def _sheet_xml(path: Path, name: str) -> bytes:
    """The XML of the only sheet. Every part is unpacked once, so that none is larger than the archive says."""
    sheets = []
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
            raise TableFault(Place(name), "The workbook is larger than 1 GiB unpacked", "Save its sheet as CSV.")
        for part in archive.infolist():
            with archive.open(part) as file:
                head = file.read(4096)
                is_sheet = part.filename.lower().endswith(".xml") and _WORKSHEET.search(head) is not None
                if is_sheet:
                    sheets.append(head + file.read())
                else:
                    while file.read(1 << 20):
                        pass
    if len(sheets) != 1:
        hint = f"Keep one sheet in a workbook of its own. {_AS_CSV}"
        raise TableFault(Place(name), f"The workbook has {len(sheets)} sheets, and a list is one", hint)
    if not sheets[0].lstrip(b"\xef\xbb\xbf").startswith(b"<") or _ENCODING.match(
        sheets[0][:200].lstrip(b"\xef\xbb\xbf")
    ):
        raise TableFault(Place(name), "The sheet is XML in another encoding than UTF-8", _AS_CSV)
    return sheets[0]


def _refuse_too_many_cells(xml: bytes, name: str) -> None:
    """A cell in the last row and the last column makes calamine fill all that lie between."""
    columns, rows = set(), 1
    for letters, row in _REFERENCE.findall(xml):
        columns.add(letters)
        rows = max(rows, int(row))
    width = max((_number_of(letters.decode()) + 1 for letters in columns), default=1)
    if width * rows > _MOST_CELLS:
        summary = (
            f"The sheet goes to column {_letters(width - 1)} and row {rows:,}, which is more than a list of people"
        )
        raise TableFault(Place(name), summary, "Delete the empty rows and columns behind the last one.")


def _special_cells(xml: bytes, name: str) -> dict[int, dict[int, str]]:
    """Formulas and errors: by row from 1, then by column from 0, what is wrong."""
    from xml.parsers import expat

    special: dict[int, dict[int, str]] = {}
    position = [0, -1]  # of the cell that was begun last; a cell without a reference follows the one before

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = tag.rpartition(":")[2]
        if element == "row":
            position[:] = [int(attributes.get("r", position[0] + 1)), -1]
        elif element == "c":
            reference = re.fullmatch(r"([A-Za-z]{1,3})([0-9]{1,7})", attributes.get("r", ""))
            position[:] = [int(reference[2]), _number_of(reference[1])] if reference else [position[0], position[1] + 1]
            if attributes.get("t") == "e":
                special.setdefault(position[0], {})[position[1]] = "is an error of Excel; correct it"
        elif element == "f":
            special.setdefault(position[0], {})[position[1]] = "is a formula; paste it as a value"

    def refuse(*_: object) -> None:
        raise TableFault(Place(name), "The sheet declares a document type, which no workbook of Excel does", _AS_CSV)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError):
        raise _unreadable(name) from None
    return special
