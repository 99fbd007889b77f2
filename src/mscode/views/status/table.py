"""Live campaigns as people and programs read them: a table, its totals, JSON, and one line for each thing that happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.plan.lifecycle.send_status import Hold, SendStatus
from mscode.views.drift.drift_json import standing_json
from mscode.views.drift.drift_text import counts
from mscode.views.history.reference import LaunchReferenceJson, commit_text
from mscode.views.plan.columns import Cell, columns, total_width, widths_of
from mscode.views.plan.segments import Line, Segment, Style, line
from mscode.views.status.status_shapes import CampaignHead, CampaignJson, StatusJson, StatusTotalsJson
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import clock, instant, local, zone_of
from mscode.views.text.width import cut
from mscode.views.text.wrap import wrapped

TITLES = ("CAMPAIGN", "ID", "STATE", "CALLED", "ACCEPTS", "NEXT")
WIDE_TITLES = (
    "CAMPAIGN", "ID", "STATE", "CALLED", "ACCEPTS", "CALLS", "ANSWERED", "DECLINED*", "FIRST", "NEXT", "LAST",
)  # fmt: skip
_WIDE_NUMBERS = (5, 6, 7)
_STYLES: dict[str, Style] = {"active": "green", "halt": "red", "unknown": "yellow", "complete": "dim", "sent": "dim"}
#: The service's words that are longer than they need be.
SHORT_STATES = {"waitingToActive": "waiting"}
#: What is said of a campaign that is halted, by why it is.
HOLDS: dict[Hold, str] = {
    "notLaunched": "held: not launched",
    "edit": "held: unfinished edit",
    "manifest": "halted by manifest",
    "person": "halted by a person",
}
#: The service's clock is read several times, and shows whole seconds.
CLOCK_STEP = timedelta(seconds=5)
#: Longer ids and names are cut in the table; --json has them whole.
_LONGEST_ID, _LONGEST_NAME = 12, 200


def nothing_live(*, has_project: bool, only_active: bool = False) -> str:
    """What is said where there is nothing to show."""
    owner = "of this project" if has_project else "in this account"
    return f"No {'active' if only_active else 'live'} campaigns {owner}."


Group = Literal["running", "waiting", "unknown", "halted", "finished"]
#: In the order in which campaigns are shown.
GROUPS: tuple[Group, ...] = ("running", "waiting", "unknown", "halted", "finished")
_STATES_OF_GROUPS: dict[str, Group] = {
    "active": "running",
    "waitingToActive": "waiting",
    "waiting": "waiting",
    "halt": "halted",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One campaign: its address or "", section and id, whether the state has it, its status, and when it may reach people.

    `first` is in the API's form of an instant; `coming`, `until` and `last` are aware or None: the next instant, when the
    opening in which it lies shuts, and the last one. `hold` says why it is halted. `people` and `called` count persons, None
    where that is not known. `project` is that of its mark ("" for none) where the whole account is shown, else None. `launch` is
    the one that let it call last, None where the records hold none. One whose create has an unknown outcome has the state
    `unknown` and no id.
    """

    address: str
    section: str
    id: str
    managed: bool
    standing: SendStatus
    first: str = ""
    coming: datetime | None = None
    until: datetime | None = None
    last: datetime | None = None
    hold: Hold = ""
    people: int | None = None
    called: int | None = None
    project: str | None = None
    launch: LaunchReferenceJson | None = None

    @property
    def name(self) -> str:
        """Its address, with the mark's project before it in a whole account; section and id where it has none."""
        if not self.address:
            return f"{self.section} id {self.id}"
        return f"{self.project}:{self.address}" if self.project else self.address

    @property
    def goes_out_once(self) -> bool:
        """Is it a message, of which the service tells no calls?"""
        return registry()[self.section].goes_out_once

    @property
    def is_known(self) -> bool:
        """False of what carries this project's mark, and the state does not know it."""
        return self.managed or self.project is not None or self.standing.state == "unknown"

    @property
    def can_be_halted(self) -> bool:
        """Does `mscode halt` stop it?"""
        return registry()[self.section].can_be_halted

    @property
    def group(self) -> Group:
        """Where it stands, in a word for all kinds."""
        return "finished" if self.standing.finished else _STATES_OF_GROUPS.get(self.standing.state, "halted")

    @property
    def is_active(self) -> bool:
        """May it reach people as it stands? What is unknown may."""
        return self.group in ("running", "waiting", "unknown")


def in_order(rows: Iterable[StatusRow]) -> list[StatusRow]:
    """Running ones first, finished ones last; otherwise as they were."""
    return sorted(rows, key=lambda row: GROUPS.index(row.group))


# ---- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the table stands: the project's zone, the columns of the terminal, its lines (0: as many as there are), and
    whether all columns are wanted, however wide they are. `now` is the service's clock."""

    zone_name: str
    width: int
    now: datetime
    wide: bool = False
    height: int = 0
    nothing: str = "No live campaigns of this project."


def status_lines(rows: Sequence[StatusRow], frame: Frame) -> Iterator[Line]:
    """The table, running ones first, and the totals. Times are in the project's zone. What does not fit its height is counted."""
    if not rows:
        yield line(frame.nothing)
        return
    rows = in_order(rows)
    # Where the table is redrawn and must fit the terminal, the rows need the room.
    launches = [] if frame.height else launch_texts(rows)
    texts = map(line, [*total_lines(rows), *launches, *_notes(rows, frame)])
    footer = list(texts if frame.wide else wrapped(texts, frame.width))
    shown, lines = _fitted(rows, frame, len(footer) + 1)
    yield from lines
    if shown < len(rows):
        left = [row.group for row in rows[shown:]]
        groups = ", ".join(f"{left.count(group):,} {group}" for group in GROUPS if group in left)
        yield line(Segment(f"… and {len(left):,} more: {groups}", "dim"))
    yield ()
    yield from footer


def _fitted(rows: Sequence[StatusRow], frame: Frame, below: int) -> tuple[int, list[Line]]:
    """How many rows are shown, and the table of these: all of them, or as many as leave `below` lines and one that counts the
    others."""
    if not frame.height or len(rows) + 1 + below <= frame.height:
        lines = list(_table(rows, frame))
        if not frame.height or len(lines) + below <= frame.height:
            return len(rows), lines
    room = frame.height - below - 1
    shown = max(1, min(len(rows), room - 1))  # the titles take a line
    while len(lines := list(_table(rows[:shown], frame))) > room and shown > 1:
        shown -= 1
    return shown, lines


def _table(rows: Sequence[StatusRow], frame: Frame) -> Iterator[Line]:
    zone = zone_of(frame.zone_name)
    if frame.wide:
        yield from columns(WIDE_TITLES, [_wide_cells(row, frame, zone) for row in rows], _WIDE_NUMBERS)
        return
    cells = [_cells(row, frame, zone, until=True) for row in rows]
    if total_width(widths_of(TITLES, cells)) > frame.width:
        cells = [_cells(row, frame, zone, until=False) for row in rows]
    yield from columns(TITLES, cells, width=frame.width)


def launch_texts(rows: Iterable[StatusRow]) -> Iterator[str]:
    """The launches that let them call last, commit by commit: `Launched from commit 1a2b3c4d5e6f: rsvpCalls.invite (2-36ce76).`"""
    names: dict[str | None, list[str]] = {}
    for row in rows:
        if row.launch is not None:
            name = f"{escape_unprintable(row.name, _LONGEST_NAME)} ({escape_unprintable(row.launch['id'], 64)})"
            names.setdefault(row.launch["commit"], []).append(name)
    for commit, launches in names.items():
        yield f"Launched from {commit_text(commit)}: {', '.join(launches)}."


def _head(row: StatusRow) -> list[Cell]:
    """Name, id and state. In brackets what carries this project's mark and the state does not know."""
    name = escape_unprintable(row.name, _LONGEST_NAME)
    state = escape_unprintable(SHORT_STATES.get(row.standing.state, row.standing.state), _LONGEST_ID)
    return [
        name if row.is_known else f"({name})",
        cut(escape_unprintable(row.id), _LONGEST_ID) or "-",
        (state, _STYLES.get(row.standing.state, "")),
    ]


def _cells(row: StatusRow, frame: Frame, zone: tzinfo, *, until: bool) -> list[Cell]:
    return [*_head(row), called_text(row), accepts_text(row), next_text(row, frame.now, zone, until=until)]


def plain_cells(row: StatusRow, now: datetime, zone_name: str) -> list[str]:
    """The texts of a row, a cell for each of `TITLES`."""
    frame = Frame(zone_name, 0, now)
    cells = _cells(row, frame, zone_of(zone_name), until=True)
    return [cell if isinstance(cell, str) else cell[0] for cell in cells]


def _wide_cells(row: StatusRow, frame: Frame, zone: tzinfo) -> list[Cell]:
    status = row.standing
    numbers = (status.dialled, status.answered, status.declined)
    return [
        *_head(row),
        called_text(row),
        accepts_text(row),
        *(("-" if row.goes_out_once else f"{number:,}") for number in numbers),
        instant(row.first, zone) or "-",
        next_text(row, frame.now, zone, until=True),
        local(row.last, zone) if row.last else "-",
    ]


def called_text(row: StatusRow) -> str:
    """`called 340 of 1,204`; `sent to 12`; `1,930 calls` where people are not counted."""
    if row.standing.state == "unknown":
        return "-"
    if row.goes_out_once:
        people = "" if row.people is None else f"to {row.people:,}"
        return (f"sent {people}" if row.standing.finished else people).strip() or "-"
    if row.called is not None and row.people is not None:
        return f"called {row.called:,} of {row.people:,}"
    return count(row.standing.dialled, "call")


def accepts_text(row: StatusRow) -> str:
    """`12 of 40`, or `12` where none are wanted; `-` of what nobody can accept."""
    status = row.standing
    if row.goes_out_once or status.state == "unknown":
        return "-"
    return f"{status.accepted:,} of {status.wanted:,}" if status.wanted is not None else f"{status.accepted:,}"


def next_text(row: StatusRow, now: datetime, zone: tzinfo, *, until: bool) -> str:
    """The next window; of what is halted or unknown why it has none, and what to do."""
    if row.standing.state == "unknown":
        return "mscode resolve"
    if row.hold:
        return HOLDS[row.hold]
    if row.coming is None:
        return "-"
    shuts = clock(row.until.astimezone(zone)) if row.until else ""
    if row.coming <= now + CLOCK_STEP and shuts:
        return f"now, until {shuts}"
    return f"{local(row.coming, zone)}-{shuts}" if shuts and until else local(row.coming, zone)


def _notes(rows: Sequence[StatusRow], frame: Frame) -> Iterator[str]:
    if frame.wide:
        yield f"Times in {frame.zone_name}. FIRST is of the launch, NEXT and LAST are when it may reach people from now on."
        yield "* of RSVP calls with those who gave no reply; the service counts them together."
    else:
        yield f"Times in {frame.zone_name}. --wide shows calls, answers and the last call."
    if not all(row.is_known for row in rows):
        yield "In brackets: carries this project's mark, and the state does not know it."
    if any(row.hold == "notLaunched" for row in rows):
        yield "held: `mscode apply` asks before it launches."
    if any(row.standing.state == "unknown" for row in rows):
        yield "unknown: an answer of the service was lost; `mscode resolve ADDRESS` settles it."


# ---- totals ----------------------------------------------------------------------------------------------------------


def status_totals(rows: Sequence[StatusRow]) -> StatusTotalsJson:
    """How many stand where, and what they have done together."""
    groups = [row.group for row in rows]
    counted = [row for row in rows if not row.goes_out_once and row.people is not None and row.called is not None]
    messages = [row for row in rows if row.goes_out_once]
    wanted = [row for row in rows if row.standing.wanted is not None]
    return {
        "campaigns": len(rows),
        "running": groups.count("running"),
        "waiting": groups.count("waiting"),
        "halted": groups.count("halted"),
        "held": sum(row.hold in ("notLaunched", "edit") for row in rows),
        "unknown": groups.count("unknown"),
        "finished": groups.count("finished"),
        "people": sum(row.people or 0 for row in counted),
        "called": sum(row.called or 0 for row in counted),
        "dialled": sum(row.standing.dialled for row in rows),
        "accepted": sum(row.standing.accepted for row in wanted),
        "acceptsWanted": sum(row.standing.wanted or 0 for row in wanted),
        "messagesTo": sum(row.people or 0 for row in messages),
    }


def total_lines(rows: Sequence[StatusRow]) -> Iterator[str]:
    """`Total: 2 running, 1 halted (1 held).`, and below it people and accepts."""
    is_least = any(row.goes_out_once and row.people is None for row in rows)
    yield from lines_of_totals(status_totals(rows), is_least=is_least)


def lines_of_totals(totals: StatusTotalsJson, *, is_least: bool = False) -> Iterator[str]:
    """`total_lines` of totals; `is_least`: there are messages whose people could not be counted."""
    numbers = {group: totals[group] for group in GROUPS}
    words = [f"{number:,} {group}" for group, number in numbers.items() if number]
    if totals["held"]:
        words = [f"{word} ({totals['held']:,} held)" if word.endswith("halted") else word for word in words]
    yield f"Total: {', '.join(words)}."
    parts = []
    if totals["people"]:
        parts.append(f"called {totals['called']:,} of {count(totals['people'], 'person')}")
    if totals["acceptsWanted"]:
        parts.append(f"{totals['accepted']:,} of {totals['acceptsWanted']:,} accepts")
    if totals["messagesTo"]:
        parts.append(f"messages to {'at least ' if is_least else ''}{count(totals['messagesTo'], 'person')}")
    if parts:
        text = ", ".join(parts)
        yield f"{text[0].upper()}{text[1:]}."


# ---- for programs ----------------------------------------------------------------------------------------------------


def status_json(environment: str, rows: Sequence[StatusRow]) -> StatusJson:
    """What `status --json` prints: running campaigns first."""
    rows = in_order(rows)
    return {
        "environment": environment,
        "campaigns": [row_json(row) for row in rows],
        "totals": status_totals(rows),
    }


def row_json(row: StatusRow) -> CampaignJson:
    """One campaign for programs; instants in UTC."""
    return {
        **head_json(row),
        **standing_json(row.standing),
        "people": row.people,
        "called": row.called,
        "hold": row.hold or None,
        "firstCall": row.first or None,
        "nextCall": format_instant(row.coming) if row.coming else None,
        "nextCallUntil": format_instant(row.until) if row.until else None,
        "lastCall": format_instant(row.last) if row.last else None,
    }


def head_json(row: StatusRow) -> CampaignHead:
    """Which campaign or message it is."""
    head: CampaignHead = {
        "address": row.address or None,
        "type": row.section,
        "id": row.id or None,
        "managed": row.managed,
        "launch": row.launch,
    }
    if row.project is not None:
        head["project"] = row.project or None
    return head


# ---- what happened ---------------------------------------------------------------------------------------------------


def happened(before: Sequence[StatusRow], after: Sequence[StatusRow]) -> Iterator[tuple[StatusRow, str]]:
    """What changed since the last read, campaign by campaign: its row (of a deleted one the last row), and a text."""
    previous = {(row.section, row.id, row.address): row for row in before}
    for row in after:
        old = previous.pop((row.section, row.id, row.address), None)
        if old is None or old.standing != row.standing:
            yield row, status_text(row)
    for deleted in previous.values():
        yield deleted, "deleted"


def status_text(row: StatusRow) -> str:
    """`active, 12 calls, 5 answered, 3 of 40 accepted`."""
    parts = [escape_unprintable(row.standing.state), counts(row.standing)]
    return ", ".join(part for part in parts if part)
