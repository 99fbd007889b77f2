"""Following campaigns on the console: a table that is redrawn on a terminal, else a line for each change."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from mscode.model.light_dataclass import dataclass
from mscode.views.console import Out, is_live
from mscode.views.plan.segments import Line, ansi, line, plain
from mscode.views.status.live_events import LiveEvent, live_event_json
from mscode.views.status.table import Frame, StatusRow, happened, nothing_live, row_json, status_lines
from mscode.views.text.printable import escape_unprintable

#: Takes the rows as they were and as they are.
Show = Callable[[Sequence[StatusRow], Sequence[StatusRow]], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """What is followed: the zone in which its times are shown, the service's clock, and whether it is a project's."""

    zone_name: str
    now: Callable[[], datetime]
    has_project: bool = True


@contextmanager
def follower(out: Out, watched: Watched, *, as_json: bool = False) -> Iterator[Show]:
    """Gives the function that shows each read of the campaigns."""
    if as_json:
        yield lambda before, after: _json_lines(out, before, after)
    elif is_live(sys.stdout):
        with _table(out, watched) as show:
            yield show
    else:
        yield lambda before, after: out.write_lines(_lines(before, after, watched))


def write_events(out: Out, events: Iterable[LiveEvent]) -> None:
    """Each event as a JSON object on a line of its own."""
    for event in events:
        out.json(json.dumps(live_event_json(event, datetime.now(UTC))))


def _lines(before: Sequence[StatusRow], after: Sequence[StatusRow], watched: Watched) -> Iterator[Line]:
    if not before and not after:
        yield line(nothing_live(has_project=watched.has_project))
    at = datetime.now(UTC)
    for row, text in happened(before, after):
        yield line(f"{at:%H:%M:%S}Z  {escape_unprintable(row.name)}: {text}")


def _json_lines(out: Out, before: Sequence[StatusRow], after: Sequence[StatusRow]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for row, text in happened(before, after):
        out.json(json.dumps({"@timestamp": at, "@message": f"{row.name}: {text}", **row_json(row)}))


@contextmanager
def _table(out: Out, watched: Watched) -> Iterator[Show]:
    """The table of `status` in the size of the terminal, which may change, drawn over itself by rich; the last one stays."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=sys.stdout, no_color=out.no_color, highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:

        def show(before: Sequence[StatusRow], after: Sequence[StatusRow]) -> None:
            # The cursor stands below the table: a table that filled the last line would scroll the first one away.
            size = console.size
            nothing = nothing_live(has_project=watched.has_project)
            frame = Frame(watched.zone_name, size.width, watched.now(), height=size.height - 1, nothing=nothing)
            lines = list(status_lines(after, frame))
            live.update(Text(plain(lines)) if out.no_color else Text.from_ansi(ansi(lines)), refresh=True)

        yield show
