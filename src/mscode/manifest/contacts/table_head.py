"""Why the beginning of a CSV file is not what its settings say: it is a workbook, of another encoding, or has another delimiter.

Each of these makes every column missing, so it is reported as one error with its cause and the setting to write.
Nothing of the file is quoted but its delimiters, for a file without a header line begins with a person.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from pathlib import Path

from mscode.manifest.contacts import encoding as encodings
from mscode.manifest.contacts.delimiter import DELIMITERS, name_of
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

#: Bytes at the beginning of a file by which it is recognized.
HEAD = 65_536
_FORMATS = (
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file"),
)
_PAGE = late_pattern(rb"\s{0,100}<(?:!doctype|html|table|\?xml)", re.IGNORECASE)
_QUOTED = late_pattern(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class FormatFault:
    """What is wrong, and the setting that a manifest should have (`encoding`, `delimiter`), or what to do where it is none."""

    summary: str
    setting: str = ""
    value: str = ""
    hint: str = ""


def read(path: Path) -> bytes:
    """The bytes at the beginning of a file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def of_bytes(head: bytes, encoding: str) -> FormatFault | None:
    """What can be seen before anything is decoded; None where the file may be what it is said to be. `encoding` is the one
    that is written down, "" where it is to be found.
    """
    if file_format := _format(head):
        return FormatFault(f"This is {file_format}", hint='Save it as "CSV UTF-8", and name that file.')
    mark, unmarked = encodings.marked(head), encodings.utf16_without_mark(head)
    if not encoding:
        summary = "This is UTF-16 without a byte order mark"
        return FormatFault(summary, "encoding", unmarked) if unmarked and not mark else None
    actual = mark or unmarked
    if actual in ("utf-8-sig", ""):
        if actual and not encoding.startswith("utf-8"):
            return FormatFault(f"The file is UTF-8 with a byte order mark, not {encoding}", "encoding", "utf-8")
        if encoding.startswith(("utf-16", "utf-32")) and head:
            return FormatFault(
                f"The file is not {encoding.upper()}", "encoding", encodings.likely(whole_characters(head))
            )
        return None
    fits = encoding == actual or (actual in ("utf-16-le", "utf-16-be") and encoding == "utf-16" and _native(actual))
    return None if fits else FormatFault(f"This is {actual[:6].upper()}, not {encoding}", "encoding", actual)


def whole_characters(head: bytes) -> bytes:
    """The first bytes of a file up to its last ASCII character, so that no character of UTF-8 is cut."""
    if len(head) < HEAD:
        return head
    stop = next((at for at in range(len(head), max(0, len(head) - 8), -1) if head[at - 1] < 128), len(head))
    return head[:stop]


def is_utf8_in_disguise(head: bytes, encoding: str) -> bool:
    """Is it UTF-8 with more than ASCII, read in an encoding of single bytes?"""
    is_read_as_bytes = not encoding.startswith("utf") and not head.isascii()
    return is_read_as_bytes and encodings.likely(whole_characters(head)) == "utf-8"


def is_sep_line(line: str) -> bool:
    """Is it the line with which Excel is told the delimiter of a file?"""
    return bool(re.fullmatch(r"""\ufeff?["']?sep=.["']?\s*""", line))


def of_header(line: str, delimiter: str, columns: Collection[str]) -> FormatFault | None:
    """Why a header line has not the wanted columns; None where it is nothing but their names. `delimiter` is the one that is
    written down, "" where it was found.
    """
    if is_sep_line(line):
        return FormatFault(
            "The first line says which delimiter the file has, which only Excel reads", hint="Remove that line."
        )
    if not delimiter:
        return None
    bare = _QUOTED.sub("", line)
    missing = _missing(line, delimiter, columns)
    alternatives = [
        (absent, -bare.count(alternative), alternative)
        for alternative in DELIMITERS
        if alternative != delimiter
        and alternative in bare
        and (absent := _missing(line, alternative, columns)) <= missing
    ]
    if not alternatives:
        return None
    fewest, _, alternative = min(alternatives)
    # No delimiter finds columns that have other names; a line without the delimiter that is set has another one all the same.
    if fewest == missing and delimiter in bare:
        return None
    has = f"{bare.count(delimiter):,} {name_of(delimiter)}" if delimiter in bare else f"no {name_of(delimiter)}"
    conjunction = "and" if delimiter in bare else "but"
    summary = f"The header line has {has} {conjunction} {bare.count(alternative):,} {name_of(alternative)}"
    return FormatFault(summary, "delimiter", DELIMITERS[alternative])


def is_name(header: str) -> bool:
    """Can it be the name of one column? A text with delimiters or unprintable characters would not help as a hint."""
    return header.isprintable() and not any(delimiter in header for delimiter in DELIMITERS)


#: Headers of columns that hold a list's key, in the languages that are met most.
_PHONES = late_pattern(r"phone|puhelin|telefon|teléfono|mobil|gsm|handy", re.IGNORECASE)
_EMAILS = late_pattern(r"e-?mail|e-?post|sähköposti", re.IGNORECASE)


def likely_header(key: str, headers: Collection[str]) -> str:
    """The header that sounds like the column of a list's key; "" where none does. What may be a number or an address is none."""
    pattern = {"phone": _PHONES, "email": _EMAILS}.get(key)
    names = (header for header in headers if not any(char.isdigit() or char == "@" for char in header))
    return next((header for header in names if pattern and len(header) <= 40 and pattern.search(header)), "")


def _format(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        if b"opendocument.spreadsheet" in head[:200]:
            return "an OpenDocument spreadsheet"
        return "an Excel workbook" if b"xl/" in head or b"[Content_Types].xml" in head else "a ZIP archive"
    if _PAGE.match(head):
        return "a web page or XML"
    return next((name for mark, name in _FORMATS if head.startswith(mark)), "")


def _native(encoding: str) -> bool:
    """What `utf-16` means for a text without a mark."""
    return "a".encode(encoding) == "a".encode("utf-16")[2:]


def _missing(line: str, delimiter: str, columns: Collection[str]) -> int:
    try:
        cells = {cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])}
    except csv.Error:
        cells = set()
    return sum(column not in cells for column in columns)
