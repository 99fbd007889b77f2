"""Errors and warnings as people read them: what, where, the line with a caret, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from mscode.errors import Diagnostic, Place
from mscode.views.console import Out
from mscode.views.text.printable import escape_unprintable

if TYPE_CHECKING:
    from mscode.views.diagnostic_shapes import DiagnosticJson

#: Characters of a line that are shown; the manifest layer cuts its lines itself, and says where the caret is then.
_WIDTH = 160


def show_diagnostics(out: Out, found: Iterable[Diagnostic]) -> None:
    """Errors and warnings on stderr, a blank line after each but the last."""
    for at, one in enumerate(found):
        if at:
            out.info("")
        lines = list(render(one))
        out.info(lines[0], "red" if one.severity == "error" else "yellow")
        for line in lines[1:]:
            out.info(line)


def render(found: Diagnostic) -> Iterator[str]:
    """The lines of one diagnostic, without colour."""
    yield f"{'Error' if found.severity == 'error' else 'Warning'}: {escape_unprintable(found.summary, 500)}"
    if found.place is not None:
        yield f"  on {escape_unprintable(found.place.file)} line {found.place.line}, column {found.place.column}"
        if found.place.text:
            yield from _echo(found.place)
    elif found.address and found.address not in found.summary:
        yield f"  in {escape_unprintable(found.address)}"
    for text in (found.detail, found.hint):
        for line in text.splitlines():
            yield f"  {escape_unprintable(line, 1000)}"


def _echo(place: Place) -> Iterator[str]:
    """The line itself, cut around the caret, and the caret under its column."""
    caret = (place.caret or place.column) - 1
    start = max(0, caret - _WIDTH * 3 // 4) if len(place.text) > _WIDTH else 0
    before, rest = place.text[start:caret], place.text[caret : start + _WIDTH]
    left = escape_unprintable(before)
    margin = f"    {place.line} |   "
    yield f"{margin}{left}{escape_unprintable(rest)}".rstrip()
    yield f"{' ' * (len(margin) - 4)}|   {' ' * _cells(left)}^"


def _cells(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def to_json(found: Diagnostic) -> DiagnosticJson:
    """One diagnostic for programs."""
    place = found.place
    return {
        "severity": found.severity,
        "summary": escape_unprintable(found.summary),
        "detail": escape_unprintable(found.detail),
        "hint": escape_unprintable(found.hint),
        "code": found.code,
        "address": found.address,
        "file": escape_unprintable(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
