"""What `fleet status`, `drift` and `history` print alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mscode.views.diagnostics import show_diagnostics, to_json

if TYPE_CHECKING:
    from mscode.app.fleet.projects import Fleet
    from mscode.app.fleet.readings import Reading
    from mscode.views.console import Out
    from mscode.views.fleet.reading_shapes import ReadingHeadJson


def heads(readings: Sequence[Reading[Any]]) -> Iterator[tuple[ReadingHeadJson, Reading[Any]]]:
    """Each project with the members that the JSON of all these commands has."""
    for reading in readings:
        head: ReadingHeadJson = {
            "path": reading.path,
            "environment": reading.environment,
            "exit_code": reading.exit_code,
            "diagnostics": [to_json(diagnostic) for diagnostic in reading.diagnostics],
        }
        yield head, reading


def show_problems(out: Out, fleet: Fleet, readings: Sequence[Reading[Any]]) -> None:
    """Warnings about fleet.yaml, and the errors of each project with its path, on stderr."""
    errors = [
        replace(diagnostic, summary=f"{reading.path}: {diagnostic.summary}")
        for reading in readings
        for diagnostic in reading.diagnostics
    ]
    show_diagnostics(out, [*fleet.problems, *errors])
