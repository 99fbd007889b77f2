"""Launches as CSV: a column for each member of their JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mscode.views.history.history_shapes import LaunchJson, PersonCallsJson
from mscode.views.status.results import csv_cell


def launches_csv(launches: Sequence[LaunchJson]) -> str:
    """A row for each launch; instants in UTC. A value like a formula gets a `'` in front."""
    return table_csv(list(LaunchJson.__annotations__), launches)


#: The columns of the people of one launch.
PEOPLE = ("person", *PersonCallsJson.__annotations__)


def table_csv(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with a header line; what is null stays empty, and a list is joined by spaces."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(names)
    for row in rows:
        table.writerow(
            [csv_cell(" ".join(map(str, row[name])) if isinstance(row[name], list) else row[name]) for name in names]
        )
    return file.getvalue()
