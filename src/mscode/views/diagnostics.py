"""Errors and warnings as people read them: summary, place, the line of the file with a caret, detail, hint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mscode.errors import ROW_LEFT_OUT, Diagnostic, Place
from mscode.model.plurals import count
from mscode.views.console import Out
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.width import display_width

if TYPE_CHECKING:
    from mscode.views.diagnostic_shapes import DiagnosticJson

#: Characters of a line that are shown. Longer lines of manifests are cut before; `Place.caret` is the column in the cut line.
_WIDTH = 160
#: Of a line so many characters are shown in any terminal.
_NARROWEST = 20
#: Rows of one list that are left out and shown; the rest are counted.
_MOST_ROWS = 20
_ALL_ROWS = "All of them: mscode validate --json. The rows themselves, in a new file: mscode validate --rejects FILE."


def shortened(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """What people read of them: of the rows that one list leaves out the first twenty, and how many more there are."""
    rows: dict[str, int] = {}
    last: dict[str, Diagnostic] = {}
    for diagnostic in diagnostics:
        if diagnostic.code == ROW_LEFT_OUT:
            rows[diagnostic.address] = rows.get(diagnostic.address, 0) + 1
            if rows[diagnostic.address] > _MOST_ROWS:
                last[diagnostic.address] = diagnostic
                continue
        yield diagnostic
    for address, diagnostic in last.items():
        number = rows[address] - _MOST_ROWS
        file = diagnostic.place.file if diagnostic.place else address
        summary = f"{count(number, 'more row')} of {file} {'is' if number == 1 else 'are'} left out"
        yield replace(diagnostic, summary=summary, detail="", hint=_ALL_ROWS)


def show_diagnostics(out: Out, diagnostics: Iterable[Diagnostic]) -> None:
    """Errors and warnings on stderr, with an empty line between them."""
    for at, diagnostic in enumerate(shortened(diagnostics)):
        if at:
            out.info("")
        lines = list(render(diagnostic, width=out.message_width))
        out.info(lines[0], "red" if diagnostic.severity == "error" else "yellow")
        for line in lines[1:]:
            out.info(line)


def render(diagnostic: Diagnostic, *, width: int = 0) -> Iterator[str]:
    """The lines of one diagnostic, without colour; `width` are the columns of the terminal, 0 where there is none."""
    yield f"{'Error' if diagnostic.severity == 'error' else 'Warning'}: {escape_unprintable(diagnostic.summary, 500)}"
    if diagnostic.place is not None:
        yield f"  on {escape_unprintable(diagnostic.place.file)} line {diagnostic.place.line}, column {diagnostic.place.column}"
        if diagnostic.place.text:
            yield from _source_excerpt(diagnostic.place, width)
    elif diagnostic.address and diagnostic.address not in diagnostic.summary:
        yield f"  in {escape_unprintable(diagnostic.address)}"
    for text in (diagnostic.detail, diagnostic.hint):
        for line in text.splitlines():
            yield f"  {escape_unprintable(line, 1000)}"


def _source_excerpt(place: Place, width: int) -> Iterator[str]:
    """The line itself, cut around the caret, and the caret under its column. It is cut to a terminal's width too: a line that is
    broken in two has its caret under the wrong half.
    """
    caret = (place.caret or place.column) - 1
    margin = f"    {place.line} |   "
    most = max(_NARROWEST, min(_WIDTH, width - len(margin))) if width else _WIDTH
    start = max(0, caret - most * 3 // 4) if len(place.text) > most else 0
    before, after = place.text[start:caret], place.text[caret : start + most]
    printable = escape_unprintable(before)
    yield f"{margin}{printable}{escape_unprintable(after)}".rstrip()
    yield f"{' ' * (len(margin) - 4)}|   {' ' * display_width(printable)}^"


def to_json(diagnostic: Diagnostic) -> DiagnosticJson:
    """One diagnostic for programs."""
    place = diagnostic.place
    return {
        "severity": diagnostic.severity,
        "summary": escape_unprintable(diagnostic.summary),
        "detail": escape_unprintable(diagnostic.detail),
        "hint": escape_unprintable(diagnostic.hint),
        "code": diagnostic.code,
        "address": diagnostic.address,
        "file": escape_unprintable(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
