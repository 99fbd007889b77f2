"""Lines for a terminal that is narrower than they are: broken between words, the rest under where the text begins.

A terminal breaks a line in the middle of a word and goes on at its left edge, where it looks like another line of the plan. A word
that is longer than the terminal is left to it: it may be an address or a URL that somebody copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from mscode.model.late_pattern import late_pattern
from mscode.views.plan.segments import Line, Segment
from mscode.views.text.width import display_width

_PIECES = late_pattern(r"\s+|\S+")
#: Indentation, the symbols of a plan, and the name of a field: what the rest of a long line stands under.
_HEAD = late_pattern(r" *(?:[^\w\s\"'(]{1,3} +){0,3}(?:[\w.-]{1,40}: +)?")
#: Columns by which a word stands further in than the field that it belongs to.
_HANGING = 4
#: The brackets that stand around a word of a word diff, in columns.
_BRACKETS = {"added": 4, "removed": 4}


def wrapped(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """The lines in at most `width` columns each, as far as their words allow."""
    for line in lines:
        if sum(map(_columns, line)) <= width:
            yield line
        else:
            yield from _broken(line, width)


def _columns(segment: Segment) -> int:
    return display_width(segment.text) + (_BRACKETS.get(segment.style, 0) if segment.text else 0)


def _broken(line: Line, width: int) -> Iterator[Line]:
    text = "".join(segment.text for segment in line)
    margin, hanging = _margin(text, width), _indentation(text) + _HANGING
    current: list[Segment] = []
    gap: list[Segment] = []
    column, gap_columns = 0, 0
    for word in _words(line):
        columns = sum(map(_columns, word))
        if word[0].text.isspace():
            gap, gap_columns = word, columns
            continue
        if column + gap_columns + columns > width:
            # A word that is too wide beside its field's name stands below it, where it fits there.
            fits = len(margin) + columns <= width
            below = hanging if not fits and hanging + columns <= width else len(margin)
            if column > len(margin) or (not fits and below < column + gap_columns):
                yield _joined(current)
                current, column, gap, gap_columns = [Segment(" " * below)] if below else [], below, [], 0
        current += [*gap, *word]
        column += gap_columns + columns
        gap, gap_columns = [], 0
    yield _joined(current)


def _joined(segments: Iterable[Segment]) -> Line:
    """The segments with neighbours of one style in one, so that a coloured sentence is not coloured word by word."""
    return tuple(
        Segment("".join(segment.text for segment in group), style)
        for style, group in groupby(segments, key=lambda segment: segment.style)
    )


def _margin(text: str, width: int) -> str:
    """The spaces that each further line begins with: as far as the head of the line goes, or, of a wide one, its indentation."""
    head = _HEAD.match(text)
    columns = display_width(head[0]) if head else 0
    return " " * (columns if columns <= width * 2 // 3 else min(_indentation(text), width // 2))


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _words(line: Line) -> Iterator[list[Segment]]:
    """Spaces and words in turn. A word may go over several segments: a quotation mark of one style, the text of another."""
    word: list[Segment] = []
    for segment in line:
        for piece in _PIECES.findall(segment.text):
            if word and piece.isspace() != word[0].text.isspace():
                yield word
                word = []
            word.append(Segment(piece, segment.style))
    if word:
        yield word
