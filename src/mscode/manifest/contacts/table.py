"""A file of people as a table: its records one after another, each cell with its place. CSV files and workbooks have one form,
so that what a row must be is said once (manifest/contacts/rows.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from mscode.errors import Place
from mscode.model.light_dataclass import dataclass

#: Are the cells of a line a row?
IsRow = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow each other. `records` gives them one by one, and may be called once. `rows` are their cells where each
    record is one line, from `first_line` on, without a character that no text of people holds; None where that is not so.
    """

    records: Callable[[], Iterator[list[str]]]
    first_line: int = 0
    rows: Sequence[Sequence[str]] | None = None


class Table(Protocol):
    """A file while it is read. What is said of a record is that of the one that `records` gave last.

    `name` is the file's path in the project, `encoding` its codec ("" of a workbook), `delimiter` what stands between its cells
    ("" of a workbook, and where a line is one cell). `faults` are cells of the record that cannot be used, each with what is
    wrong; `numbers` are cells that hold a number and no text. `line` is the record's line or row, from 1.
    """

    name: str
    encoding: str
    delimiter: str
    faults: Mapping[int, str]
    numbers: Collection[int]

    @property
    def line(self) -> int:
        """Where the record begins."""
        ...

    def records(self) -> Iterator[list[str]]:
        """The cells of each record, spaces around them included; TableFault where what follows cannot be read."""
        ...

    def blocks(self) -> Iterator[Block]:
        """The records as `records` gives them, many at once where nothing is to be said of one."""
        ...

    def place(self, cell: int) -> Place:
        """Where a cell of the record is."""
        ...

    def cell_name(self, cell: int) -> str:
        """What people call a cell of a workbook, like B7; "" in a file of lines."""
        ...

    def control_character(self, cells: Sequence[str]) -> tuple[str, Place] | None:
        """The first character of the record that no text of people holds, and where it is."""
        ...

    def swallowed_lines(self, is_row: IsRow) -> int:
        """The lines of the record where a quote has taken several rows into one cell; else 0. `is_row` says of the cells of a
        line whether they are a row of their own.
        """
        ...


class TableFault(Exception):
    """What makes a file no such table: where, what is wrong, and what to do.

    `setting` and `value` are what the manifest should say, where that mends it.
    """

    def __init__(
        self, place: Place, summary: str, hint: str = "", *, code: str = "csv", setting: str = "", value: str = ""
    ) -> None:
        super().__init__(summary)
        self.place, self.summary, self.hint, self.code = place, summary, hint, code
        self.setting, self.value = setting, value
