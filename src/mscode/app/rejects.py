"""`mscode validate --rejects FILE`: the rows of lists that cannot be read, as they stand there, for whoever corrects them.

They are people's data: they go into a new file of mode 0600, and nowhere under CI, which may keep the files of a job for others.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import UsageError
from mscode.model.ci import in_ci

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.contacts.left_out import RejectedRow

#: The columns before those of the list.
_OWN_COLUMNS = ("file", "line", "column", "reason")


def check_rejects_file(inv: Invocation, path: Path) -> None:
    """UsageError under CI, ConfigError where the file could not be made; before anything is read."""
    from mscode.app.private_file import refuse_unfit

    if in_ci(inv.variables):
        raise UsageError(
            "--rejects writes people's data, which no job of a CI does",
            hint="Run mscode validate --rejects FILE on your own machine.",
        )
    refuse_unfit(path)


def write_rejects(path: Path, rows: Sequence[RejectedRow]) -> None:
    """The rows as CSV in UTF-8, those of each list below its own header line; no file where there are none."""
    from mscode.app.private_file import write_private_file

    if not rows:
        return
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for (_, headers), of_one_list in groupby(rows, lambda row: (row.file, row.headers)):
        writer.writerow([*_OWN_COLUMNS, *headers])
        writer.writerows([row.file, row.line, row.column, row.reason, *row.cells] for row in of_one_list)
    write_private_file(path, text.getvalue())
