"""How a file of people was read: its encoding, and what stands between its cells."""

from __future__ import annotations

from mscode.model.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TableFormat:
    """`encoding` is a codec ("" of a workbook), `delimiter` a character ("" of a workbook, and where a line is one cell).

    `is_found`: one of the two is not written down, and was found by reading the file.
    """

    encoding: str = ""
    delimiter: str = ""
    is_found: bool = False

    def __str__(self) -> str:
        """`UTF-8, delimiter ";"`"""
        if not self.encoding:
            return "Excel workbook"
        if not self.delimiter:
            return f"{self.encoding_name}, one column"
        return f"{self.encoding_name}, delimiter " + ("tab" if self.delimiter == "\t" else f'"{self.delimiter}"')

    @property
    def encoding_name(self) -> str:
        """`UTF-8` for `utf-8-sig`: the encoding as people write it."""
        name = self.encoding.removesuffix("-sig")
        return name.upper() if name.startswith("utf") else name


#: Of what was read from no file.
NO_FORMAT = TableFormat()


@dataclass(frozen=True, slots=True)
class TableRead:
    """A file of people that a project reads: its path, its format, its rows that are used and those that were left out."""

    file: str
    format: TableFormat
    rows: int
    left_out: int = 0
