"""One table over all projects: their campaigns, their drift, their launches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import cast

from mscode.model.calling_window import parse_instant
from mscode.model.plurals import count
from mscode.views.fleet.reading_shapes import FleetDriftJson, FleetHistoryJson, ProjectHistoryJson, ProjectStatusJson
from mscode.views.history import words
from mscode.views.history.history_shapes import LaunchJson
from mscode.views.history.reference import short_commit
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line
from mscode.views.status.status_shapes import StatusTotalsJson
from mscode.views.status.table import GROUPS, TITLES, Group, lines_of_totals
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import local

_STYLES: dict[str, Style] = {"running": "green", "halted": "red", "unknown": "yellow", "finished": "dim"}
_LONGEST = 200


def status_lines(
    rows: Sequence[tuple[str, Sequence[str]]], totals: StatusTotalsJson, unread: Sequence[str], *, width: int = 0
) -> Iterator[Line]:
    """The campaigns of all projects, running ones first, and their totals. `rows` pair a project's path with the cells of a
    campaign, its group first; `unread` are the projects that could not be read.
    """
    in_order = sorted(rows, key=lambda row: GROUPS.index(cast("Group", row[1][0])))
    if in_order:
        yield from columns(("PROJECT", *TITLES), [_status_row(path, cells) for path, cells in in_order], width=width)
        yield EMPTY
        yield from map(line, lines_of_totals(totals))
        yield line(Segment("Times are in the zone of each project.", "dim"))
    else:
        yield line("No live campaigns.")
    yield from _unread(unread)


def _status_row(path: str, cells: Sequence[str]) -> list[Cell]:
    group, name, live_id, state, *rest = cells
    return [escape_unprintable(path, _LONGEST), name, live_id, (state, _STYLES.get(group, "")), *rest]


def empty_totals() -> StatusTotalsJson:
    """The totals of no campaign."""
    return {
        "campaigns": 0,
        "running": 0,
        "waiting": 0,
        "halted": 0,
        "held": 0,
        "unknown": 0,
        "finished": 0,
        "people": 0,
        "called": 0,
        "dialled": 0,
        "accepted": 0,
        "acceptsWanted": 0,
        "messagesTo": 0,
    }


def totals_over(projects: Sequence[ProjectStatusJson]) -> StatusTotalsJson:
    """The totals of all projects that could be read."""
    totals = empty_totals()
    for project in projects:
        if project["status"] is not None:
            for name, number in project["status"]["totals"].items():
                totals[name] += number  # type: ignore[literal-required]
    return totals


def drift_lines(data: FleetDriftJson, *, width: int = 0) -> Iterator[Line]:
    """What a person did and what differs, a row each, and how many projects that concerns. Progress is counted alone."""
    rows: list[list[Cell]] = []
    progress = 0
    for project in data["projects"]:
        drift = project["drift"]
        if drift is None:
            continue
        progress += len(drift["progress"])
        for cause in ("operator", "configuration"):
            for found in drift[cause]:
                text = escape_unprintable(found["text"], _LONGEST)
                rows.append([escape_unprintable(project["path"], _LONGEST), (cause, "yellow"), found["address"], text])
    if rows:
        yield from columns(("PROJECT", "CAUSE", "OBJECT", "WHAT HAPPENED"), rows, width=width)
        yield EMPTY
        projects = f"{len(data['drifted']):,} of {count(len(data['projects']), 'project')}"
        yield line(Segment(f"Drift: {count(len(rows), 'object')} in {projects}.", "bold"))
    else:
        yield line(Segment("No drift in any project that could be read.", "bold"))
    if progress:
        yield line(f"{count(progress, 'object')} went on as meant.")
    yield from _unread([project["path"] for project in data["projects"] if project["drift"] is None])


_HISTORY_TITLES = ("PROJECT", "WHEN (UTC)", "LAUNCHED", "PEOPLE", "CALLS", "ACCEPTS", "COMMIT", "APPROVED BY", "LAUNCH")
_HISTORY_NUMBERS = (3, 4, 5)


def history_lines(data: FleetHistoryJson, *, width: int = 0) -> Iterator[Line]:
    """The launches of all projects, newest first."""
    launches = [(launch, project) for project in data["projects"] for launch in _launches_of(project)]
    launches.sort(key=lambda pair: (pair[0]["at"], pair[1]["path"]), reverse=True)
    if launches:
        yield from columns(
            _HISTORY_TITLES,
            [_history_row(project, launch) for launch, project in launches],
            _HISTORY_NUMBERS,
            width=width,
        )
        yield EMPTY
        projects = {project["path"] for _, project in launches}
        yield line(f"{count(len(launches), 'launch')} in {count(len(projects), 'project')}.")
    else:
        yield line("No launches in any project that could be read.")
    yield from _unread([project["path"] for project in data["projects"] if project["history"] is None])


def _launches_of(project: ProjectHistoryJson) -> Sequence[LaunchJson]:
    return project["history"]["launches"] if project["history"] is not None else ()


def _history_row(project: ProjectHistoryJson, launch: LaunchJson) -> list[Cell]:
    return [
        escape_unprintable(project["path"], _LONGEST),
        local(parse_instant(launch["at"]), UTC),
        escape_unprintable(launch["address"], _LONGEST),
        f"{launch['people']:,}",
        words.ring_figure(launch),
        words.figure(launch["accepts"]),
        short_commit(launch["commit"]) if launch["commit"] else "unknown",
        escape_unprintable(launch["approvedBy"] or "unknown", 60),
        escape_unprintable(launch["id"], 64),
    ]


def _unread(paths: Sequence[str]) -> Iterator[Line]:
    if paths:
        names = ", ".join(escape_unprintable(path, _LONGEST) for path in paths)
        yield line(Segment(f"Not read: {names}.", "red"))
