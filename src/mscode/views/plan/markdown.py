"""A plan as Markdown, for a pull request: totals and launch first, what is destroyed and what dials on top, details folded.

It keeps to a budget of bytes, for a comment has a limit: the whole plan, else a line per object, else counts, else the totals
alone; whatever was left out is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mscode.views.ci.review import FIRST, counted, grouped, launch_mark
from mscode.views.plan.reading import Data, items, mapping, text
from mscode.views.plan.rows import render_rows
from mscode.views.plan.segments import plain
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.plan.view_json import read_view
from mscode.views.text.markdown_text import fenced, html_code, md_code, md_text
from mscode.views.text.words import count, section_noun

#: Bytes of UTF-8. A comment on GitHub takes 65,536 characters, one on GitLab a million.
MAX_BYTES = 60_000
#: Names, notes and guards that stand beside counts.
MOST_REMARKS = 8
#: Signs of a diff that forges colour.
_SIGNS = {"+": "+", "-": "-", "-/+": "!", "+/-": "!", "~": "!"}
_MARKS = {"Destroyed": "⚠️ ", "Starts dialling people": "☎ ", "Writes to people": "✉ "}
Blocks = Iterator[str]


def plan_markdown(data: Data, *, max_bytes: int = MAX_BYTES) -> str:
    """The plan of this JSON in at most `max_bytes`; PlanError where it is none."""
    if data.get("errored") is True:
        return _joined(_refusal(data))
    view = read_view(data.get("view"))
    for step in (_whole, _line_each, _counts):
        drawn = _joined(step(data, view, max_bytes))
        if len(drawn.encode()) <= max_bytes:
            return drawn
    return _joined(_totals_alone(data, view, max_bytes))


def totals_markdown(data: Data) -> str:
    """One line of a list: which plan it is, its totals, and what it launches."""
    project, environment = (md_code(text(data, key), 110) for key in ("project", "environment"))
    view = read_view(data.get("view"))
    totals = md_text(view.totals, 200) if view.totals else "No changes."
    launches = "".join(f" **{launch_mark(view.changes)} {md_text(line, 200)}**" for line in view.launch[:1])
    return f"- {project} in {environment}: {totals}{launches}"


def _joined(blocks: Blocks) -> str:
    return "\n\n".join(blocks) + "\n"


def _refusal(data: Data) -> Blocks:
    """No plan could be made: the first errors."""
    yield "### mscode plan: no plan could be made"
    lines = [_diagnostic("Error", one) for one in items(data, "diagnostics")]
    yield "\n".join(_cut(lines, MOST_REMARKS))


# ---- the four steps --------------------------------------------------------------------------------------------------


def _whole(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    yield from _head(data, view)
    yield from _checks(data)
    yield from _groups(view, _folded)
    yield from _remarks(data)
    yield _foot(data)


def _line_each(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    yield from _head(data, view)
    yield _left_out("Shown as one line per object", max_bytes)
    yield from _checks(data)
    yield from _groups(view, _one_line)
    yield from _remarks(data)
    yield _foot(data)


def _counts(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    yield from _head(data, view)
    yield _left_out("Shown as counts", max_bytes)
    yield from _checks(data, MOST_REMARKS)
    lines = [f"- {title}: {md_text(counted(changes), 500)}" for title, changes in grouped(view.changes).items()]
    if lines:
        yield "\n".join(lines)
    yield from _remarks(data, MOST_REMARKS)
    yield _foot(data)


def _totals_alone(data: Data, view: PlanView, max_bytes: int) -> Blocks:
    yield from _head(data, view)
    yield _left_out("Shown as totals", max_bytes)


def _left_out(how: str, max_bytes: int) -> str:
    return f"*{how}: the whole plan is larger than {max_bytes:,} bytes. `mscode plan` shows all of it.*"


# ---- what stands on top ----------------------------------------------------------------------------------------------


def _head(data: Data, view: PlanView) -> Blocks:
    project, environment = (md_code(text(data, key), 64) for key in ("project", "environment"))
    yield f"### mscode plan: {project} in {environment}"
    yield (
        f"**{md_text(view.totals, 200)}**" if view.totals else "**No changes.** Your campaigns match the live account."
    )
    yield from (f"**{launch_mark(view.changes)} {md_text(line, 300)}**" for line in view.launch[:2])


def _checks(data: Data, most: int = 0) -> Blocks:
    """What the guards say, refusals first."""
    words = {"fail": "refuses this plan", "warn": "warns", "overridden": "was overridden"}
    found = [check for status in words for check in items(data, "checks") if check.get("status") == status]
    lines = [_check(check, words[check["status"]]) for check in found]
    refused = any(check.get("status") == "fail" for check in found)
    if lines:
        yield "\n".join([f"> [!{'CAUTION' if refused else 'WARNING'}]", *(f"> {line}" for line in _cut(lines, most))])


def _check(check: Data, verb: str) -> str:
    reason = f" ({md_text(text(check, 'reason'))})" if check.get("reason") else ""
    return f"- Guard {md_code(text(check, 'name'))} {verb}: {md_text(text(check, 'message'))}{reason}"


# ---- changes ---------------------------------------------------------------------------------------------------------


def _groups(view: PlanView, draw: Callable[[ChangeView], str]) -> Blocks:
    for title, changes in grouped(view.changes).items():
        mark = _MARKS.get(title, "") if title in FIRST else ""
        yield f"#### {mark}{title} ({len(changes):,})"
        drawn = list(map(draw, changes))
        yield ("\n" if draw is _one_line else "\n\n").join(drawn)


def _one_line(change: ChangeView) -> str:
    place = f" ({md_code(change.place)})" if change.place else ""
    return f"- {md_code(' '.join(change.symbols))} {md_code(change.headline)}{place}"


def _folded(change: ChangeView) -> str:
    """The headline, and under it the rows as a diff."""
    place = f" · {html_code(change.place)}" if change.place else ""
    marks, headline = html_code(" ".join(change.symbols)), html_code(change.headline)
    rows = fenced(_diff(change), "diff")
    return f"<details><summary>{marks} {headline}{place}</summary>\n\n{rows}\n\n</details>"


def _diff(change: ChangeView) -> Iterator[str]:
    sign = _SIGNS.get(change.symbols[0] if change.symbols else "", " ")
    for remark in change.remarks:
        yield f"# ({remark})"
    yield f"{sign} {change.address}"
    for line in plain(render_rows(change.rows, 4)).splitlines():
        yield f"{sign} {line}"


# ---- what stands below -----------------------------------------------------------------------------------------------


def _remarks(data: Data, most: int = 0) -> Blocks:
    notes = [_note(note) for note in items(data, "notes")]
    warnings = [_diagnostic("Warning", one) for one in items(data, "diagnostics")]
    for title, lines in (("Notes", notes), ("Warnings", warnings)):
        if lines:
            yield f"#### {title}"
            yield "\n".join(_cut(lines, most))
    if counts := _unmanaged(data):
        yield f"Not managed: {counts}."


def _note(note: Data) -> str:
    detail = f"<br>{md_text(text(note, 'detail'))}" if note.get("detail") else ""
    return f"- {md_code(text(note, 'address'))} {md_text(text(note, 'text'))}{detail}"


def _diagnostic(word: str, found: Data) -> str:
    """The item begins with our word: outside text at its start could begin a list or a heading."""
    file, line = found.get("file"), found.get("line")
    where = f" ({md_code(f'{file}:{line}')})" if file else ""
    return f"- {word}: {md_text(text(found, 'summary'), 500)}{where}"


def _unmanaged(data: Data) -> str:
    counts = mapping(data, "unmanaged").items()
    shown = [count(n, section_noun(str(name))) for name, n in counts if isinstance(n, int) and n]
    return md_text(", ".join(shown), 500) if shown else ""


def _foot(data: Data) -> str:
    version, made, digest = (md_code(text(data, key), 80) for key in ("mscode_version", "timestamp", "digest"))
    return f"<sub>mscode {version}, planned at {made}, digest {digest}</sub>"


def _cut(lines: Sequence[str], most: int) -> list[str]:
    """At most so many (0: all), the rest counted."""
    if not most or len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"- … {len(lines) - most:,} more"]
