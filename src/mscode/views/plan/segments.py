"""Styled lines: what a view says, whether or not it is shown in colour.

A line is a tuple of segments; `plain` and `ansi` turn lines into text. Colour never
carries a meaning alone: the plain text has a symbol or brackets for the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from mscode.model.late_pattern import late_pattern

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

_WITHOUT_UTF8 = {"☎": "(!)", "✉": "(@)", "•••": "...", "█": "#", "▒": "-", "│": "|"}
_REPLACED = late_pattern("|".join(_WITHOUT_UTF8))


class Segment(NamedTuple):
    """A piece of a line. With the styles `added` and `removed` it is a word of a word diff.

    A plan of ten thousand changes has a hundred thousand of them, and a named tuple is made several times as fast as a dataclass.
    """

    text: str
    style: Style = ""


Line = tuple[Segment, ...]
EMPTY: Line = ()


def line(*parts: Segment | str) -> Line:
    """A line of segments and unstyled text."""
    return tuple([Segment(part) if isinstance(part, str) else part for part in parts])


def plain(lines: Iterable[Line]) -> str:
    """The lines without colour, each ended by a newline."""
    return "".join("".join(map(_plain, segments)) + "\n" for segments in lines)


def ansi(lines: Iterable[Line]) -> str:
    """The lines with ANSI colours, each ended by a newline."""
    text = []
    for segments in lines:
        for segment in segments:
            code = _SGR.get(segment.style)
            plain_text = _plain(segment)
            text.append(f"\x1b[{code}m{plain_text}\x1b[0m" if code and segment.text else plain_text)
        text.append("\n")
    return "".join(text)


def _plain(segment: Segment) -> str:
    """The text of a segment, in the brackets of a word diff where its style is one of those."""
    before, after = _BRACKETS.get(segment.style, ("", ""))
    return f"{before}{segment.text}{after}"


def without_utf8(lines: Iterable[Line]) -> Iterable[Line]:
    """The lines for a terminal without UTF-8: `(!)` for ☎, `(@)` for ✉, `...` for •••, `#-|` for the parts of a bar (of one column
    each); other characters are the stream's matter."""
    for segments in lines:
        texts = (_REPLACED.sub(lambda match: _WITHOUT_UTF8[match[0]], segment.text) for segment in segments)
        yield tuple(segment._replace(text=text) for segment, text in zip(segments, texts, strict=True))
