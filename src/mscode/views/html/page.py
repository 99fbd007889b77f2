"""A plan as one page of HTML that needs nothing else: no script, no server, no other file.

It reads on a phone, in light and dark, by keyboard and by screen reader; its Content-Security-Policy lets it load nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mscode.views.ci.review import FIRST, counted, grouped, launch_mark
from mscode.views.html.audio import players
from mscode.views.html.calendar_grid import campaign_table
from mscode.views.html.graph import graph_list, graph_of, picture
from mscode.views.html.style import stylesheet
from mscode.views.html.text import Html, el, joined, line_html, tree
from mscode.views.plan.headline import LEGEND, STYLES
from mscode.views.plan.reading import Data, items, text, texts, zone
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.plan.view_json import read_view

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
#: Up to so many changes are all unfolded; of more, only what a reviewer must not miss.
_FEW = 20
Links = Mapping[str, str]
Section = tuple[str, str, Html]


def plan_html(data: Data, *, folder: Path | None = None) -> str:
    """The page of this JSON; `folder` is the project, for its recordings. PlanError where it is no plan."""
    if data.get("errored") is True:
        return _page("No plan could be made", el("h1", "No plan could be made"), el("main", _errors(data), id="main"))
    view = read_view(data.get("view"))
    links = {change.address: f"change-{at}" for at, change in enumerate(view.changes, 1)}
    sections = [section for section in _sections(data, view, links, folder) if section[2]]
    title = f"Plan of {text(data, 'project')} in {text(data, 'environment')}"
    main = el("main", *(_section(*section) for section in sections), id="main")
    return _page(title, _header(title, view, sections), main, _footer(data))


def _page(title: str, *content: Html) -> str:
    body = el("body", el("a", "Skip to the plan", href="#main", class_="skip"), *content)
    return f"<!DOCTYPE html>\n{el('html', _head(title), body, lang='en')}\n"


def _errors(data: Data) -> Html:
    return el("ul", *(_diagnostic(one, "Error: ") for one in items(data, "diagnostics")))


def _head(title: str) -> Html:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", Html(stylesheet())),
    )


def _header(title: str, view: PlanView, sections: list[Section]) -> Html:
    links = (el("li", el("a", name, href=f"#{anchor}")) for anchor, name, _ in sections)
    mark = launch_mark(view.changes)
    return el(
        "header",
        el("h1", title),
        el("p", view.totals or "No changes. Your campaigns match the live account.", class_="totals"),
        *(el("p", el("span", f"{mark} ", aria_hidden="true"), line, class_="launch") for line in view.launch),
        el("nav", el("ul", *links), aria_label="Contents"),
    )


def _section(anchor: str, title: str, content: Html) -> Html:
    heading = el("h2", title, id=f"{anchor}-title")
    return el("section", heading, content, id=anchor, aria_labelledby=f"{anchor}-title")


def _footer(data: Data) -> Html:
    said = f"mscode {text(data, 'mscode_version')}, planned at {text(data, 'timestamp')}, digest "
    return el("footer", el("p", said, el("code", text(data, "digest"))))


def _sections(data: Data, view: PlanView, links: Links, folder: Path | None) -> Iterator[Section]:
    yield "guards", "Guards", _guards(data)
    yield "summary", "Summary", _summary(view)
    yield "changes", "Changes", _changes(view, links)
    yield "calendar", "When it calls", _calendar(data, links)
    yield "recordings", "Recordings", _recordings(data, folder)
    yield "dependencies", "Dependencies", _dependencies(data, links)
    yield "notes", "Notes", _notes(data)
    yield "rest", "Not managed", joined(el("p", line_html(line)) for line in view.ending if line)


# ---- sections --------------------------------------------------------------------------------------------------------


def _guards(data: Data) -> Html:
    """What the guards say, refusals first."""
    words = {"fail": "refuses this plan", "warn": "warns", "overridden": "was overridden"}
    found = [one for status in words for one in items(data, "checks") if one.get("status") == status]
    return el("ul", *(_guard(one, words[one["status"]]) for one in found), class_="guards") if found else Html()


def _guard(check: Data, verb: str) -> Html:
    reason = f" ({text(check, 'reason')})" if check.get("reason") else ""
    said = f" {verb}: {text(check, 'message')}{reason}"
    return el("li", "Guard ", el("strong", text(check, "name")), said, class_=text(check, "status"))


def _summary(view: PlanView) -> Html:
    groups = grouped(view.changes)
    if not groups:
        return Html()
    rows = (el("tr", el("th", title, scope="row"), el("td", counted(group))) for title, group in groups.items())
    head = el("thead", el("tr", el("th", "What", scope="col"), el("th", "Objects", scope="col")))
    return el("table", el("caption", "What this plan does"), head, el("tbody", *rows))


def _changes(view: PlanView, links: Links) -> Html:
    few = len(view.changes) <= _FEW
    return joined(
        joined([el("h3", f"{title} ({len(group):,})"), *(_change(one, links, few or title in FIRST) for one in group)])
        for title, group in grouped(view.changes).items()
    )


def _change(change: ChangeView, links: Links, unfolded: bool) -> Html:
    place = el("span", change.place, class_="place") if change.place else None
    remarks = (el("p", f"({remark})", class_="dim") for remark in change.remarks)
    return el(
        "details",
        el("summary", *map(_symbol, change.symbols), el("h4", change.headline), place),
        el("div", *remarks, tree(change.rows)),
        id=links[change.address],
        class_="change",
        open=unfolded,
    )


def _symbol(symbol: str) -> Html:
    """A symbol is read out by the headline, so not twice."""
    css = {"green": "comes", "yellow": "changes", "red": "goes", "magenta": "dials"}.get(STYLES[symbol], "dim")
    return el("span", symbol, class_=f"symbols {css}", aria_hidden="true", title=LEGEND[symbol])


def _calendar(data: Data, links: Links) -> Html:
    where, name = zone(data)
    return joined(campaign_table(row, where, name, links.get(text(row, "address"))) for row in items(data, "calendar"))


def _recordings(data: Data, folder: Path | None) -> Html:
    found = list(players(data, folder))
    return el("ul", *found, class_="voices") if found else Html()


def _dependencies(data: Data, links: Links) -> Html:
    uses = {text(one, "address"): texts(one, "depends_on") for one in items(data, "resource_changes")}
    graph = graph_of(uses, links)
    if not graph.edges:
        return Html()
    drawn = el(
        "div", picture(graph), class_="scroll", tabindex="0", role="region", aria_label="Picture, scrolls sideways"
    )
    listed = el("details", el("summary", "As a list"), graph_list(graph))
    return el("figure", drawn, el("figcaption", "What is used stands left of what uses it.", class_="dim"), listed)


def _notes(data: Data) -> Html:
    notes = (_note(one) for one in items(data, "notes"))
    warnings = (_diagnostic(one, "Warning: ") for one in items(data, "diagnostics"))
    found = [*notes, *warnings]
    return el("ul", *found) if found else Html()


def _note(note: Data) -> Html:
    detail = joined([el("br"), el("span", text(note, "detail"), class_="dim")]) if note.get("detail") else None
    return el("li", el("strong", text(note, "address")), f" {text(note, 'text')}", detail)


def _diagnostic(found: Data, word: str) -> Html:
    file, line = found.get("file"), found.get("line")
    place = f" ({file}:{line})" if file else ""
    more = (joined([el("br"), text(found, key)]) for key in ("detail", "hint") if found.get(key))
    return el("li", el("strong", word), text(found, "summary"), place, *more)
