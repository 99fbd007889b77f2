"""A plan as Markdown, for a pull request: totals and launch first, then what is destroyed and what launches, details folded.

It keeps to a budget of bytes, as the length of a comment is limited. The most detailed form that fits is taken: the whole plan
(with like changes counted where there are many), the same with all that may be shortened counted or on a line, a line per object,
counts, or the totals alone; the shorter forms say that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain

from mscode.model.plurals import count
from mscode.plan.change import NAMING_THEIR_ADDRESS
from mscode.views.ci.review import GROUPS, counted, grouped, launch_mark
from mscode.views.history.reference import EarlierLaunch, earlier_launches
from mscode.views.plan.alike import Alike, Layout, laid_out
from mscode.views.plan.headline import DIALS, WRITES
from mscode.views.plan.reading import Data, items, mapping, text, texts, warnings
from mscode.views.plan.rows import render_rows
from mscode.views.plan.segments import plain
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.plan.view_json import read_view
from mscode.views.rehearsal.reading import read_rehearsal
from mscode.views.rehearsal.rehearsal_markdown import rehearsal_blocks, summary_markdown
from mscode.views.text.findings import VERBS, guards_in, place_of, refusals_first, shown_data, summary_of
from mscode.views.text.markdown_text import fenced, first_items, html_code, md_code, md_text
from mscode.views.text.words import section_noun

#: Bytes of UTF-8. A comment on GitHub takes 65,536 characters, one on GitLab a million.
MAX_BYTES = 60_000
#: Notes, warnings and guards that are listed where changes are shown as counts.
MOST_REMARKS = 8
#: Signs of a diff that forges colour.
_SIGNS = {"+": "+", "-": "-", "-/+": "!", "+/-": "!", "~": "!"}
#: Of what a reviewer must not miss.
_MARKS = {"Destroyed": "⚠️ ", "Starts dialling people": "☎ ", "Writes to people": "✉ "}
Blocks = Iterator[str]


def plan_markdown(data: Data, *, max_bytes: int = MAX_BYTES, compact: bool | None = None) -> str:
    """The plan of this JSON in at most `max_bytes`; PlanError where it is none. `compact` as in alike.laid_out."""
    if data.get("errored") is True:
        lines = [_diagnostic("Error", error) for error in items(data, "diagnostics")]
        return _joined(iter(["### mscode plan: no plan could be made", "\n".join(first_items(lines, MOST_REMARKS))]))
    view = read_view(data.get("view"))
    forms: list[Callable[[Data, PlanView, int], Blocks]] = [partial(_whole, compact=compact)]
    if "rehearsal" in data:  # which is shortened before any change is
        forms.append(partial(_whole, compact=compact, is_rehearsal_short=True))
    for form in (*forms, _shortened, _line_each, _counts):
        drawn = _fitting(form(data, view, max_bytes), max_bytes)
        if drawn is not None:
            return drawn
    return _joined(_totals_alone(data, view, max_bytes))


def totals_markdown(data: Data) -> str:
    """One line of a list: which plan it is, its totals, and what it launches."""
    project, environment = (md_code(text(data, key), 110) for key in ("project", "environment"))
    view = read_view(data.get("view"))
    totals = md_text(view.totals, 200) if view.totals else "No changes."
    launches = "".join(f" **{launch_mark(view.changes)} {md_text(line, 200)}**" for line in view.launch[:1])
    return f"- {project} in {environment}: {totals}{launches}"


def _joined(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def _fitting(blocks: Blocks, max_bytes: int) -> str | None:
    """The blocks as one text; None where it is too long, which the first ones of a large plan tell."""
    taken = list[str]()
    for block in blocks:
        taken.append(block)
        max_bytes -= len(block.encode()) + (2 if len(taken) > 1 else 1)
        if max_bytes < 0:
            return None
    return _joined(taken)


def _first_of(lines: Iterable[str], max_bytes: int) -> Iterator[str]:
    """The lines up to the one with which they are too long for a text of `max_bytes`: what comes after it decides nothing."""
    for line in lines:
        yield line
        max_bytes -= len(line.encode())
        if max_bytes < 0:
            return


# ---- the forms -------------------------------------------------------------------------------------------------------


def _whole(
    data: Data, view: PlanView, max_bytes: int, compact: bool | None = None, *, is_rehearsal_short: bool = False
) -> Blocks:
    layout = laid_out(view.changes, compact)
    changes = _groups(view, layout, max_bytes, lambda change: not layout.is_short(change), lists_alike=layout.lines)
    return _framed(data, view, changes, is_rehearsal_short=is_rehearsal_short)


def _shortened(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    """What launches, is destroyed or needs a look stays as it is."""
    changes = _groups(view, laid_out(view.changes, None, most=0), max_bytes, lambda change: not change.like)
    left_out = _left_out("Shown short where nobody is reached and nothing is destroyed", max_bytes)
    return _framed(data, view, changes, left_out)


def _line_each(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    """A line per object. What must be seen stands in full as long as there is room, what launches first."""
    lines = _fitting(_lines(data, view, max_bytes), max_bytes)
    if lines is None:
        return _lines(data, view, max_bytes)
    room = max_bytes - len(lines.encode())
    launches_first = sorted(view.changes, key=lambda change: {DIALS, WRITES}.isdisjoint(change.symbols))
    in_full: set[int] = set()
    for change in launches_first:
        more = len(_folded(change).encode()) + 2 - len(_one_line(change).encode())
        if not change.like and more <= room:
            room -= more
            in_full.add(id(change))
    return _lines(data, view, max_bytes, in_full)


def _lines(data: Data, view: PlanView, max_bytes: int, in_full: Collection[int] = ()) -> Blocks:
    """`in_full` are the ids (of Python) of changes that get more than a line."""
    changes = _groups(view, laid_out(view.changes, None, most=0), max_bytes, lambda change: id(change) in in_full)
    left_out = _left_out("Shown as one line per object where there is no room for more", max_bytes)
    return _framed(data, view, changes, left_out)


def _counts(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    lines = [f"- {title}: {md_text(counted(changes), 500)}" for title, changes in grouped(view.changes).items()]
    counts = iter(["\n".join(lines)] if lines else [])
    return _framed(data, view, counts, _left_out("Shown as counts", max_bytes), MOST_REMARKS)


def _totals_alone(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    yield from _head(data, view)
    yield _left_out("Shown as totals", max_bytes)


def _framed(
    data: Data,
    view: PlanView,
    changes: Blocks,
    left_out: str = "",
    most: int = 0,
    *,
    is_rehearsal_short: bool = False,
) -> Blocks:
    """The changes in one of the forms, with what stands above and below them; of each list there at most `most` lines (0: all). A
    rehearsal is short where the changes are, too."""
    yield from _head(data, view)
    if left_out:
        yield left_out
    yield from _checks(data, most)
    yield from _warnings(data, most)
    yield from changes
    yield from _earlier(data, most)
    if "rehearsal" in data:
        yield "#### Rehearsal"
        yield from rehearsal_blocks(
            read_rehearsal(data["rehearsal"]), MOST_REMARKS if left_out or is_rehearsal_short else 0
        )
    yield from _remarks(data, most)
    yield _foot(data)


def _left_out(form: str, max_bytes: int) -> str:
    return f"*{form}: the whole plan is larger than {max_bytes:,} bytes. `mscode plan` shows all of it.*"


# ---- head ------------------------------------------------------------------------------------------------------------


def _head(data: Data, view: PlanView) -> Blocks:
    project, environment = (md_code(text(data, key), 64) for key in ("project", "environment"))
    yield f"### mscode plan: {project} in {environment}"
    yield (
        f"**{md_text(view.totals, 200)}**" if view.totals else "**No changes.** Your campaigns match the live account."
    )
    yield from (f"**{launch_mark(view.changes)} {md_text(line, 300)}**" for line in view.launch[:2])
    if "rehearsal" in data:
        yield summary_markdown(read_rehearsal(data["rehearsal"]))


def _checks(data: Data, most: int = 0) -> Blocks:
    """What the guards say and what the rules find, refusals first."""
    guards = refusals_first(guards_in(data))
    lines = []
    for check in guards:
        reason = f" ({md_text(text(check, 'reason'))})" if check.get("reason") else ""
        guard = f"Guard {md_code(text(check, 'name'))} {VERBS[check['status']]}"
        summary = summary_of(check)
        lines.append(f"- {guard}: {md_text(summary)}{reason}" if summary else f"- {guard}{reason}:")
        lines += [f"  - {md_text(more)}" for more in texts(check, "lines")]
    findings, sentences = shown_data(data)
    lines += [_finding(check) for check in findings if check.get("status") in VERBS and check["status"] != "allowed"]
    # Whoever reviews must see what a comment lets pass, however long the list above it is.
    allowed = [_finding(check) for check in findings if check.get("status") == "allowed"]
    is_refused = any(check.get("status") == "fail" for check in (*guards, *findings))
    if lines or allowed:
        lines = [*first_items(lines, most), *allowed, *(f"- {md_text(sentence)}" for sentence in sentences)]
        yield "\n".join([f"> [!{'CAUTION' if is_refused else 'WARNING'}]", *(f"> {line}" for line in lines)])
    elif sentences:
        yield "\n".join(f"*{md_text(sentence)}*" for sentence in sentences)


def _finding(check: Data) -> str:
    """Its place behind it, and below it what to do and what to write instead."""
    reason = f" ({md_text(text(check, 'reason'))})" if check.get("reason") else ""
    place = f" · {md_code(place_of(check))}" if place_of(check) else ""
    finding = f"- Check {md_code(text(check, 'name'))} {VERBS[check['status']]}: {md_text(text(check, 'message'))}{reason}{place}"
    if check.get("status") == "allowed":
        return finding
    if text(check, "hint"):
        finding += f"<br>{md_text(text(check, 'hint'))}"
    if text(check, "suggestion"):
        finding += f"<br>Suggestion: {md_code(' '.join(text(check, 'suggestion').split()), 400)}"
    return finding


# ---- changes ---------------------------------------------------------------------------------------------------------


def _groups(
    view: PlanView,
    layout: Layout,
    max_bytes: int,
    is_whole: Callable[[ChangeView], bool],
    *,
    lists_alike: bool = False,
) -> Blocks:
    """The changes under their titles: like ones counted (`lists_alike`: and listed), others folded where they stand whole, or on a
    line."""
    others = {id(change) for change in layout.others}
    for title, changes in grouped(view.changes).items():
        yield f"#### {_MARKS.get(title, '')}{title} ({len(changes):,})"
        shown = [change for change in changes if id(change) in others]
        counts = (
            line for alike in layout.alike if alike.symbol in GROUPS[title] for line in _alike(alike, lists_alike)
        )
        lines = chain(counts, (_one_line(change) for change in shown if not is_whole(change)))
        if listed := "\n".join(_first_of(lines, max_bytes)):
            yield listed
        yield from (_folded(change) for change in shown if is_whole(change))


def _alike(alike: Alike, is_listed: bool) -> Iterator[str]:
    """Like changes, counted, and a line for each of them where that is asked for."""
    fields = f" ({md_text(alike.fields, 500)})" if alike.fields else ""
    yield f"- {md_code(alike.symbol)} {md_text(alike.headline, 500)}{fields}"
    if is_listed:
        yield from map(_one_line, alike.changes)


def _one_line(change: ChangeView) -> str:
    place = f" ({md_code(change.place)})" if change.place else ""
    return f"- {md_code(' '.join(change.symbols))} {md_code(change.headline)}{place}"


def _folded(change: ChangeView) -> str:
    """The headline, and under it the rows as a diff."""
    place = f" · {html_code(change.place)}" if change.place else ""
    marks, headline = html_code(" ".join(change.symbols)), html_code(change.headline)
    sign = _SIGNS.get(change.symbols[0] if change.symbols else "", " ")
    remarks = [f"# ({remark})" for remark in change.remarks]
    diff = [f"{sign} {line}" for line in (change.address, *plain(render_rows(change.rows, 4)).splitlines())]
    rows = fenced([*remarks, *diff], "diff")
    return f"<details><summary>{marks} {headline}{place}</summary>\n\n{rows}\n\n</details>"


def _earlier(data: Data, most: int) -> Blocks:
    """The last launches of the same addresses before this plan, each with a link to its run."""
    if launches := earlier_launches(data):
        yield "#### Launched before"
        yield "\n".join(first_items([f"- {_earlier_line(launch)}" for launch in launches], most))


def _earlier_line(launch: EarlierLaunch) -> str:
    name = md_code(launch.id, 64)
    linked = f"[{name}]({launch.link})" if launch.link else name
    commit = f"commit {md_code(launch.commit[:12])}" if launch.commit else "an unknown commit"
    return f"{md_code(launch.address)}: launch {linked} of {commit}, at {md_code(launch.at, 40)}"


# ---- notes and foot --------------------------------------------------------------------------------------------------


def _remarks(data: Data, most: int = 0) -> Blocks:
    notes = []
    for note in items(data, "notes"):
        detail = f"<br>{md_text(text(note, 'detail'))}" if note.get("detail") else ""
        address = "" if text(note, "kind") in NAMING_THEIR_ADDRESS else f"{md_code(text(note, 'address'))} "
        notes.append(f"- {address}{md_text(text(note, 'text'))}{detail}")
    if notes:
        yield "#### Notes"
        yield "\n".join(first_items(notes, most))
    unmanaged = mapping(data, "unmanaged").items()
    counts = [count(n, section_noun(str(section))) for section, n in unmanaged if isinstance(n, int) and n]
    if counts:
        yield f"Not managed: {md_text(', '.join(counts), 500)}."


def _warnings(data: Data, most: int = 0) -> Blocks:
    if warned := [_diagnostic("Warning", warning) for warning in warnings(data)]:
        yield "#### Warnings"
        yield "\n".join(first_items(warned, most))


def _diagnostic(word: str, diagnostic: Data) -> str:
    """An item of a list. It begins with a word of ours: text from outside at its start could begin a list or a heading."""
    file, line = diagnostic.get("file"), diagnostic.get("line")
    where = f" ({md_code(f'{file}:{line}')})" if file else ""
    return f"- {word}: {md_text(text(diagnostic, 'summary'), 500)}{where}"


def _foot(data: Data) -> str:
    version, timestamp, digest = (md_code(text(data, key), 80) for key in ("mscode_version", "timestamp", "digest"))
    origin = f" of commit {md_code(text(data, 'commit')[:12])}" if text(data, "commit") else ""
    origin += f" on branch {md_code(text(data, 'branch'), 100)}" if text(data, "branch") else ""
    return f"<sub>mscode {version}, planned at {timestamp}{origin}, digest {digest}</sub>"
