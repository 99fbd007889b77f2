"""What stands between the cells of a CSV file: the one of `,` `;` tab `|` that the header line and every row agree on.

Where two of them cut every row into as many cells as the header line, or none does, a person writes the delimiter down.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from mscode.model.light_dataclass import dataclass

#: What spreadsheets put between cells, and how it is written in a manifest.
DELIMITERS = {",": '","', ";": '";"', "\t": '"\\t"', "|": '"|"'}


@dataclass(frozen=True, slots=True)
class Fit:
    """How the rows fit the header line with one delimiter: so many have as many cells as it has, so many have not.

    `first` is the line of the first that has not (0: none).
    """

    delimiter: str
    fitting: int = 0
    others: int = 0
    first: int = 0


def of_header(text: str) -> list[str]:
    """The delimiters that cut the first record of a text into several cells."""
    return [delimiter for delimiter in DELIMITERS if len(first_record(text, delimiter)) > 1]


def first_record(text: str, delimiter: str) -> list[str]:
    """The cells of the first record of a text; [] where the text is no CSV with this delimiter."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return next((cells for cells in reader if any(cells)), [])
    except csv.Error:
        return []


def fits(lines: Callable[[], Iterable[str]], delimiters: Iterable[str]) -> Iterator[Fit]:
    """How the rows of a file fit each of some delimiters; `lines` begins to read the file anew."""
    for delimiter in delimiters:
        yield _fit(lines(), delimiter)


def _fit(lines: Iterable[str], delimiter: str) -> Fit:
    width = fitting = others = first = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if not any(cells):
                continue
            if not width:
                width = len(cells)
            elif len(cells) == width:
                fitting += 1
            else:
                others, first = others + 1, first or reader.line_num
    except csv.Error:
        others, first = others + 1, first or reader.line_num
    return Fit(delimiter, fitting, others, first)


def of_rows_alone(lines: Iterable[str], delimiter: str) -> str:
    """The delimiter that every row has and that of the header line (`delimiter`, "" for none) is not, where no row has that
    one; else "". `lines` are those of the file, the header line first.
    """
    rows = (line for line in lines if line.strip("\ufeff \t\r\n"))
    next(rows, None)
    others = [other for other in DELIMITERS if other != delimiter]
    has_rows = False
    for row in rows:
        has_rows = True
        others = [other for other in others if other in row]
        if not others or (delimiter and delimiter in row):
            return ""
    return others[0] if has_rows and others else ""


def name_of(delimiter: str) -> str:
    """`tab`, or the character in quotes."""
    return "tab" if delimiter == "\t" else f'"{delimiter}"'
