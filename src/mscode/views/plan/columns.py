"""Rows of text in columns: as wide as the widest cell, two spaces between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mscode.views.plan.segments import Line, Segment, Style, line
from mscode.views.text.width import cut, display_width, padded

Cell = str | tuple[str, Style]
_GAP = "  "
#: A first column is never made narrower than this.
_NARROWEST = 12


def columns(
    titles: Sequence[str], rows: Sequence[Sequence[Cell]], right: Sequence[int] = (), *, width: int = 0
) -> Iterator[Line]:
    """The titles and the rows; columns of numbers (`right`, from 0) are aligned right. A row has a cell for each title.

    With a `width` no line is longer: a first cell that leaves no room for the others stands on a line of its own.
    """
    styled: list[list[tuple[str, Style]]] = [
        [(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows
    ]
    widths = widths_of(titles, rows)
    if width and total_width(widths) > width:
        widths[0] = max(_NARROWEST, len(titles[0]), width - total_width([0, *widths[1:]]))
    title = _GAP.join(padded(text, widths[at], right=at in right) for at, text in enumerate(titles)).rstrip()
    yield line(Segment(title, "bold"))
    for row in styled:
        cells = row
        if display_width(row[0][0]) > widths[0]:
            yield line(Segment(cut(row[0][0], width), row[0][1]))
            cells = [("", ""), *row[1:]]
        yield tuple(_segments(cells, widths, right))


def _segments(row: Sequence[tuple[str, Style]], widths: Sequence[int], right: Sequence[int]) -> Iterator[Segment]:
    last = max((at for at, (text, _) in enumerate(row) if text), default=0)
    for at, (text, style) in enumerate(row[: last + 1]):
        filled = padded(text, widths[at], right=at in right)
        yield Segment(filled if at < last else filled.rstrip(), style)
        if at < last:
            yield Segment(_GAP)


def widths_of(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[int]:
    """The width of each column."""
    texts = [[cell if isinstance(cell, str) else cell[0] for cell in row] for row in rows]
    return [max([len(title), *(display_width(row[at]) for row in texts)]) for at, title in enumerate(titles)]


def total_width(widths: Sequence[int]) -> int:
    """The width of a line of columns, with the spaces between them."""
    return sum(widths) + len(_GAP) * (len(widths) - 1)
