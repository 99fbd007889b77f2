"""The projects of a fleet: as a table, and as data."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.model.plurals import count
from mscode.views.fleet.list_shapes import FleetListJson
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.text.printable import escape_unprintable


def list_lines(data: FleetListJson, *, width: int = 0) -> Iterator[Line]:
    """A row for each project, and how many there are."""
    titles = ("PROJECT", "ENVIRONMENT", "WAVE", "TOKEN")
    rows: list[list[Cell]] = [
        [escape_unprintable(entry["path"]), entry["environment"], str(entry["wave"]), entry["token"]]
        for entry in data["projects"]
    ]
    if rows:
        yield from columns(titles, rows, (2,), width=width)
        yield line(Segment(""))
    yield line(Segment(f"{count(len(rows), 'project')} in fleet {data['fleet']}."))
