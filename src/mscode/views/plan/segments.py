"""Styled lines: what a view says, apart from whether it is shown in colour.

A line is a tuple of segments; `plain` and `ansi` turn lines into text. Colour never carries a meaning of its own: what
it tells, the plain text tells with a symbol or with brackets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Style = Literal["", "bold", "dim", "green", "yellow", "red", "magenta", "added", "removed"]

_SGR: dict[Style, str] = {
    "bold": "1",
    "dim": "2",
    "green": "32",
    "yellow": "33",
    "red": "31",
    "magenta": "1;35",
    "added": "32",
    "removed": "31",
}
#: What stands around a word of a word diff where there is no colour.
_BRACKETS: dict[Style, tuple[str, str]] = {"added": ("{+", "+}"), "removed": ("[-", "-]")}


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line. With the styles `added` and `removed` it is a word of a word diff."""

    text: str
    style: Style = ""


Line = tuple[Segment, ...]
EMPTY: Line = ()


def line(*parts: Segment | str) -> Line:
    """A line of segments and unstyled text."""
    return tuple(Segment(part) if isinstance(part, str) else part for part in parts)


def plain(lines: Iterable[Line]) -> str:
    """The lines without colour, each ended by a newline."""
    return "".join("".join(map(_plain, one)) + "\n" for one in lines)


def ansi(lines: Iterable[Line]) -> str:
    """The lines with ANSI colours, each ended by a newline."""
    return "".join("".join(map(_coloured, one)) + "\n" for one in lines)


def _plain(segment: Segment) -> str:
    before, after = _BRACKETS.get(segment.style, ("", ""))
    return f"{before}{segment.text}{after}"


def _coloured(segment: Segment) -> str:
    code = _SGR.get(segment.style)
    text = _plain(segment)
    return f"\x1b[{code}m{text}\x1b[0m" if code and segment.text else text


def without_utf8(lines: Iterable[Line]) -> Iterable[Line]:
    """The lines for a terminal without UTF-8: `(!)` for ☎, `(@)` for ✉, `...` for •••; other characters are the stream's matter."""
    for one in lines:
        yield tuple(Segment(_ascii(segment.text), segment.style) for segment in one)


def _ascii(text: str) -> str:
    return text.replace("☎", "(!)").replace("✉", "(@)").replace("•••", "...")
