"""A plan as one page of HTML that needs nothing else: no script, no server, no other file.

It reads on a phone, in light and dark, by keyboard and by screen reader; its Content-Security-Policy lets it load nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.views.ci.review import GROUPS, counted, grouped, launch_mark
from mscode.views.history.reference import commit_text, earlier_launches
from mscode.views.html.audio import Recordings
from mscode.views.html.calendar_grid import calendars
from mscode.views.html.graph import graph_of, picture
from mscode.views.html.rehearsal import Rehearsal, rehearsed
from mscode.views.html.template import render, stylesheet
from mscode.views.html.walk import walks
from mscode.views.plan.alike import Alike, laid_out
from mscode.views.plan.reading import Data, items, text, texts, warnings, zone
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.plan.view_json import read_view
from mscode.views.rehearsal.reading import read_rehearsal
from mscode.views.text.findings import (
    VERBS,
    guards_in,
    is_finding,
    place_of,
    refusals_first,
    shown_data,
    summary_of,
)

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
#: In a plan that shows more changes, those are folded that reach nobody, destroy nothing and are named by nothing.
_FEW = 20
Links = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading. `template` draws `content`; without content there is no section."""

    anchor: str
    title: str
    content: Sequence[Any]

    @property
    def template(self) -> str:
        """The file in `templates/` that draws the content."""
        return f"{self.anchor}.html"


@dataclass(frozen=True, slots=True)
class Group:
    """Changes under one heading: like ones counted, then those one by one, `unfolded` where a reviewer must not miss them."""

    title: str
    alike: Sequence[Alike]
    changes: Sequence[ChangeView]
    short: frozenset[str]
    unfolded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remark:
    """A note, a warning or an error: `head` is in bold, `more` stands below it."""

    head: str
    text: str
    more: tuple[str, ...] = ()
    is_note: bool = False


def plan_html(data: Data, *, folder: Path | None = None, compact: bool | None = None) -> str:
    """The page of this JSON; `folder` is the project, for its recordings, `compact` as in alike.laid_out. PlanError where it is no
    plan."""
    frame = {"policy": POLICY, "stylesheet": stylesheet()}
    if data.get("errored") is True:
        errors = [_diagnostic(error, "Error: ") for error in items(data, "diagnostics")]
        return render("no_plan.html", title="No plan could be made", errors=errors, **frame)
    view = read_view(data.get("view"))
    links = {change.address: f"change-{at}" for at, change in enumerate(view.changes, 1)}
    recordings = Recordings(folder)
    walked = walks(data, recordings)
    rehearsal = rehearsed(read_rehearsal(data["rehearsal"]), links) if "rehearsal" in data else None
    is_refused = any(check.get("status") == "fail" for check in items(data, "checks"))
    subject = f"lan of {text(data, 'project')} in {text(data, 'environment')}"
    return render(
        "plan.html",
        title=f"Refused: p{subject}" if is_refused else f"P{subject}",
        is_refused=is_refused,
        view=view,
        launch_mark=launch_mark(view.changes),
        rehearsal=rehearsal,
        sections=[
            section for section in _sections(data, view, links, recordings, compact, rehearsal) if section.content
        ],
        links=links,
        walks=walked,
        version=text(data, "mscode_version"),
        timestamp=text(data, "timestamp"),
        digest=text(data, "digest"),
        commit=text(data, "commit")[:12],
        branch=text(data, "branch"),
        **frame,
    )


def _sections(
    data: Data,
    view: PlanView,
    links: Links,
    recordings: Recordings,
    compact: bool | None,
    rehearsal: Rehearsal | None,
) -> Iterator[Section]:
    groups = grouped(view.changes)
    time_zone, zone_name = zone(data)
    yield Section("guards", "Guards", _guards(data))
    yield Section("warnings", "Warnings", [_diagnostic(warning, "Warning: ") for warning in warnings(data)])
    yield Section("summary", "Summary", [(title, counted(group)) for title, group in groups.items()])
    yield Section("changes", "Changes", list(_groups(view, compact)))
    yield Section(
        "earlier",
        "Launched before",
        [(launch, links.get(launch.address), commit_text(launch.commit)) for launch in earlier_launches(data)],
    )
    yield Section("calendar", "When it calls", calendars(items(data, "calendar"), time_zone, zone_name, links))
    yield Section("rehearsal", "Rehearsal", [rehearsal] if rehearsal else [])
    yield Section("recordings", "Recordings", list(recordings.players(data)))
    uses = {text(change, "address"): texts(change, "depends_on") for change in items(data, "resource_changes")}
    graph = graph_of(uses, links)
    yield Section("dependencies", "Dependencies", [(graph, picture(graph))] if graph.edges else [])
    remarks = []
    for note in items(data, "notes"):
        more = (text(note, "detail"),) if note.get("detail") else ()
        remarks.append(Remark(text(note, "address"), f" {text(note, 'text')}", more, is_note=True))
    yield Section("notes", "Notes", remarks)
    yield Section("rest", "Not managed", [line for line in view.ending if line])


def _groups(view: PlanView, compact: bool | None) -> Iterator[Group]:
    layout = laid_out(view.changes, compact)
    others = {id(change) for change in layout.others}
    few = len(layout.others) <= _FEW
    for title, changes in grouped(view.changes).items():
        shown = [change for change in changes if id(change) in others]
        yield Group(
            f"{title} ({len(changes):,})",
            [alike for alike in layout.alike if alike.symbol in GROUPS[title]],
            shown,
            frozenset(change.address for change in shown if layout.is_short(change)),
            frozenset(change.address for change in shown if few or not change.like),
        )


def _guards(data: Data) -> list[dict[str, Any]]:
    """What the guards say and what the rules find, refusals first."""
    findings, sentences = shown_data(data)
    rows = [
        {name: text(check, name) for name in ("status", "name", "reason", "hint", "suggestion")}
        | {"summary": summary_of(check), "lines": texts(check, "lines")}
        | {"verb": VERBS[check["status"]], "word": "Check" if is_finding(check) else "Guard", "place": place_of(check)}
        for check in refusals_first([*guards_in(data), *findings])
    ]
    return [*rows, *({"status": "count", "message": sentence} for sentence in sentences)]


def _diagnostic(diagnostic: Data, word: str) -> Remark:
    file, line = diagnostic.get("file"), diagnostic.get("line")
    place = f" ({file}:{line})" if file else ""
    more = tuple(text(diagnostic, key) for key in ("detail", "hint") if diagnostic.get(key))
    return Remark(word, f"{text(diagnostic, 'summary')}{place}", more)
