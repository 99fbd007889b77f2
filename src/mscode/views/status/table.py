"""Live campaigns as people and programs read them: a table, JSON, and one line for each thing that happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mscode.model.calling_window import format_instant
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.drift.drift_json import standing_json
from mscode.views.drift.drift_text import counts
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.segments import Line, Style, line
from mscode.views.status.status_shapes import CampaignJson
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import instant, local, zone_of

TITLES = ("CAMPAIGN", "ID", "STATE", "CALLS", "ANSWERED", "ACCEPTED", "DECLINED*", "FIRST", "NEXT", "LAST")
_NUMBERS = (3, 4, 5, 6)
_STYLES: dict[str, Style] = {"active": "green", "halt": "red", "complete": "dim", "sent": "dim"}


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One campaign: its address or "", section and id, whether the state has it, its status, and when it may reach people.

    `first` is in the API's form of an instant, `coming` and `last` are aware or None.
    """

    address: str
    section: str
    id: str
    managed: bool
    standing: SendStatus
    first: str = ""
    coming: datetime | None = None
    last: datetime | None = None

    @property
    def name(self) -> str:
        """Its address, or section and id where it has none."""
        return self.address or f"{self.section} id {self.id}"


def status_lines(rows: Sequence[StatusRow], zone_name: str) -> Iterator[Line]:
    """The table. Times are in the project's zone."""
    if not rows:
        yield line("No live campaigns of this project.")
        return
    yield from columns(TITLES, [_cells(row, zone_name) for row in rows], _NUMBERS)
    yield ()
    yield line(f"Times in {zone_name}. FIRST is of the launch, NEXT and LAST are when it may reach people from now on.")
    yield line("* of RSVP calls with those who gave no reply; the service counts them together.")
    if any(not row.managed for row in rows):
        yield line("In brackets: carries this project's mark, and the state does not know it.")


def _cells(row: StatusRow, zone_name: str) -> list[Cell]:
    zone, status = zone_of(zone_name), row.standing
    name = escape_unprintable(row.name) if row.managed else f"({escape_unprintable(row.name)})"
    accepted = f"{status.accepted:,} of {status.wanted:,}" if status.wanted is not None else f"{status.accepted:,}"
    first = instant(row.first, zone) if row.first else None
    return [
        name,
        escape_unprintable(row.id),
        (escape_unprintable(status.state), _STYLES.get(status.state, "")),
        f"{status.dialled:,}",
        f"{status.answered:,}",
        accepted,
        f"{status.declined:,}",
        first or "-",
        local(row.coming, zone) if row.coming else "-",
        local(row.last, zone) if row.last else "-",
    ]


def row_json(row: StatusRow) -> CampaignJson:
    """One campaign for programs; instants in UTC."""
    return {
        "address": row.address or None,
        "type": row.section,
        "id": row.id,
        "managed": row.managed,
        **standing_json(row.standing),
        "firstCall": row.first or None,
        "nextCall": format_instant(row.coming) if row.coming else None,
        "lastCall": format_instant(row.last) if row.last else None,
    }


# ---- what happened ---------------------------------------------------------------------------------------------------


def happened(before: Sequence[StatusRow], after: Sequence[StatusRow]) -> Iterator[tuple[StatusRow, str]]:
    """What changed since the last read, campaign by campaign: its row (of a deleted one the last row), and a text."""
    previous = {(row.section, row.id): row for row in before}
    for row in after:
        old = previous.pop((row.section, row.id), None)
        if old is None or old.standing != row.standing:
            yield row, status_text(row)
    for deleted in previous.values():
        yield deleted, "deleted"


def status_text(row: StatusRow) -> str:
    """`active, 12 calls, 5 answered, 3 of 40 accepted`."""
    parts = [escape_unprintable(row.standing.state), counts(row.standing)]
    return ", ".join(part for part in parts if part)
