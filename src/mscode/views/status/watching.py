"""Following campaigns on the console: a table that is redrawn on a terminal, else a line for each change."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from mscode.views.console import Out, is_live
from mscode.views.plan.segments import Line, ansi, line, plain
from mscode.views.status.table import StatusRow, happened, row_json, status_lines

#: Takes the rows as they were and as they are.
Show = Callable[[Sequence[StatusRow], Sequence[StatusRow]], None]


@contextmanager
def follower(out: Out, zone_name: str, *, as_json: bool = False) -> Iterator[Show]:
    """Gives the function that shows each read of the campaigns."""
    if as_json:
        yield lambda before, after: _json_lines(out, before, after)
    elif is_live(sys.stdout):
        with _table(out, zone_name) as show:
            yield show
    else:
        yield lambda before, after: out.write_lines(_lines(before, after))


def _lines(before: Sequence[StatusRow], after: Sequence[StatusRow]) -> Iterator[Line]:
    if not before and not after:
        yield line("No live campaigns of this project.")
    at = datetime.now(UTC)
    for row, text in happened(before, after):
        yield line(f"{at:%H:%M:%S}Z  {row.name}: {text}")


def _json_lines(out: Out, before: Sequence[StatusRow], after: Sequence[StatusRow]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for row, text in happened(before, after):
        out.document(json.dumps({"@timestamp": at, "@message": f"{row.name}: {text}", **row_json(row)}))


@contextmanager
def _table(out: Out, zone_name: str) -> Iterator[Show]:
    """The table of `status`, drawn over itself by rich; the last one stays."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=sys.stdout, no_color=out.no_color, highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:

        def show(before: Sequence[StatusRow], after: Sequence[StatusRow]) -> None:
            lines = list(status_lines(after, zone_name))
            live.update(Text(plain(lines)) if out.no_color else Text.from_ansi(ansi(lines)), refresh=True)

        yield show
