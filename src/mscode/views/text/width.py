"""How many columns of a terminal a text takes: a wide character (Chinese, Japanese, Korean, most emoji) takes two, a
combining mark none.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from typing import IO

#: The columns of an output that is no terminal, and so has none.
STANDARD = 80


def display_width(text: str) -> int:
    """The columns that a printable text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cut(text: str, width: int) -> str:
    """The text in at most `width` (1 or more) columns; one that is longer ends in `…`."""
    if display_width(text) <= width:
        return text
    taken, end = 0, 0
    for char in text:
        taken += _columns(char)
        if taken > width - 1:
            break
        end += 1
    return f"{text[:end]}…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text, filled up with spaces to `width` columns; `right`: aligned right."""
    spaces = " " * (width - display_width(text))
    return f"{spaces}{text}" if right else f"{text}{spaces}"


def terminal_width(stream: IO[str]) -> int:
    """The columns of the terminal that a stream is, or COLUMNS; `STANDARD` of what is neither."""
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return STANDARD
    return shutil.get_terminal_size((STANDARD, 24)).columns


def table_width(stream: IO[str]) -> int:
    """The same for a table whose rows another program may read: 0 of what is neither, where no row is wrapped."""
    return terminal_width(stream) if stream.isatty() or os.environ.get("COLUMNS") else 0
