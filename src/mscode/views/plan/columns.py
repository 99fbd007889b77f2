"""Rows of text in columns: as wide as the widest cell, two spaces between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mscode.views.plan.segments import Line, Segment, Style, line

Cell = str | tuple[str, Style]


def columns(titles: Sequence[str], rows: Sequence[Sequence[Cell]], right: Sequence[int] = ()) -> Iterator[Line]:
    """The titles and the rows; columns of numbers (`right`, from 0) are aligned right. A row has a cell for each title."""
    styled: list[list[tuple[str, Style]]] = [
        [(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows
    ]
    widths = [max(len(title), *(len(row[at][0]) for row in styled)) for at, title in enumerate(titles)]
    yield line(Segment("  ".join(_padded(t, widths[at], at in right) for at, t in enumerate(titles)).rstrip(), "bold"))
    last = len(titles) - 1
    for row in styled:
        segments: list[Segment] = []
        for at, (text, style) in enumerate(row):
            padded = _padded(text, widths[at], at in right)
            segments += [Segment(padded, style), Segment("  ")] if at < last else [Segment(padded.rstrip(), style)]
        yield tuple(segments)


def _padded(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)
