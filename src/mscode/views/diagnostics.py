"""Errors and warnings as people read them: what, where, the line with a caret, what is wrong, what to do (contract §4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mscode.errors import Diagnostic, Place
from mscode.views.printable import visible

_WIDTH = 100


def render(found: Diagnostic) -> Iterator[str]:
    """The lines of one diagnostic, without colour."""
    yield f"{'Error' if found.severity == 'error' else 'Warning'}: {visible(found.summary, 500)}"
    if found.place is not None:
        yield f"  on {visible(found.place.file)} line {found.place.line}, column {found.place.column}"
        if found.place.text:
            yield from _echo(found.place)
    for text in (found.detail, found.hint):
        for line in text.splitlines():
            yield f"  {visible(line, 1000)}"


def _echo(place: Place) -> Iterator[str]:
    """The line itself, cut around the caret, and the caret under its column."""
    start = max(0, place.column - 1 - _WIDTH * 3 // 4)
    before, rest = place.text[start : place.column - 1], place.text[place.column - 1 : start + _WIDTH]
    left = visible(before)
    margin = f"    {place.line} |   "
    yield f"{margin}{left}{visible(rest)}"
    yield f"{' ' * (len(margin) - 4)}|   {' ' * len(left)}^"


def render_all(found: Sequence[Diagnostic]) -> str:
    """Several diagnostics, a blank line between them."""
    return "\n\n".join("\n".join(render(one)) for one in found)


def to_json(found: Diagnostic) -> dict[str, Any]:
    """One diagnostic for programs."""
    place = found.place
    return {
        "severity": found.severity,
        "summary": visible(found.summary),
        "detail": visible(found.detail),
        "hint": visible(found.hint),
        "code": found.code,
        "address": found.address,
        "file": visible(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
