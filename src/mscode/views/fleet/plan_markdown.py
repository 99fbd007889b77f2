"""The plans of a fleet as Markdown, for a job's summary and a comment: totals first, then what is in the way, then the table.

It keeps to a budget of bytes: of a table that is too long the rows that have nothing to do go first, then the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from mscode.model.plurals import count
from mscode.views.fleet.plan_shapes import FleetPlanJson, FleetProjectPlanJson
from mscode.views.fleet.plan_words import (
    FLEET_VERBS,
    NUMBERS,
    TITLES,
    cells,
    errors_of,
    has_changes,
    launch_line,
    noun_of,
    place_of,
    results_line,
    title,
    totals_line,
)
from mscode.views.plan.headline import DIALS
from mscode.views.plan.markdown import plan_markdown
from mscode.views.plan.plan_shapes import CheckJson
from mscode.views.plan.reading import Data
from mscode.views.text.findings import VERBS, summary_of
from mscode.views.text.markdown_text import first_items, html_code, md_code, md_text

MAX_BYTES = 60_000
#: Bytes around a folded plan, and those that each of several plans gets at least.
_FOLD, _LEAST_BYTES = 400, 2_000
#: Bytes of the foot, and of what stands around the rows of the table.
_FRAME = 700
#: Obstacles that are listed.
_MOST = 40


def fleet_markdown(data: FleetPlanJson, *, max_bytes: int = MAX_BYTES) -> str:
    """All of it in at most `max_bytes`."""
    head = "\n\n".join(_head(data, max_bytes // 3))
    room = max_bytes - len(head.encode()) - _FRAME
    return f"{head}\n\n{_table(data['projects'], room)}\n\n{_foot(data)}\n"


def fleet_comment(data: FleetPlanJson, plans: Sequence[Data], *, max_bytes: int = MAX_BYTES) -> str:
    """The same, and below it the plans that there is room for, folded: those that launch first. `plans` are the JSON of every
    project that has a plan, in the order of the projects.
    """
    text = fleet_markdown(data, max_bytes=max_bytes // 2)
    planned = [project for project in data["projects"] if project["plan"] is not None]
    pairs = [pair for pair in zip(planned, plans, strict=True) if pair[0]["result"] != "no-changes"]
    room = max_bytes - len(text.encode()) - _FOLD
    share = max(_LEAST_BYTES, room // max(1, len(pairs)) - _FOLD)
    folded: list[str] = []
    for project, plan in sorted(pairs, key=lambda pair: not pair[0]["reach"]["launches"]):
        path = html_code(project["path"])
        block = f"<details><summary>{path}</summary>\n\n{plan_markdown(plan, max_bytes=share)}\n</details>\n"
        room -= len(block.encode()) + 1
        if room < 0:
            break
        folded.append(block)
    if left_out := len(pairs) - len(folded):
        folded.append(f"*{count(left_out, 'plan')} not shown: see the job.*\n")
    return "\n".join([text, *folded])


def _head(data: FleetPlanJson, room: int) -> Iterator[str]:
    """The totals, and what is in the way: as much of it as `room` bytes hold."""
    yield f"### mscode {md_text(title(data)[0].lower() + title(data)[1:], 300)}"
    yield f"**{totals_line(data['totals'])}**" if has_changes(data) else "**No changes in any project.**"
    if launch := launch_line(data["reach"]):
        yield f"**{DIALS} {launch}**"
    yield results_line(data)
    lines = [
        line
        for check in data["checks"]
        if check["status"] != "pass"
        for line in _check(check, "Guard of the fleet", FLEET_VERBS)
    ]
    obstacles = [line for project in data["projects"] for line in _obstacles(project)]
    if lines or obstacles:
        is_refused = bool(obstacles) or any(check["status"] == "fail" for check in data["checks"])
        listed = [*lines, *obstacles]
        fitting = sum(size <= room for size in accumulate(len(line.encode()) + 3 for line in listed))
        shown = first_items(listed, min(fitting, len(lines) + _MOST)) if fitting else [_count_line(len(listed))]
        yield "\n".join([f"> [!{'CAUTION' if is_refused else 'WARNING'}]", *(f"> {line}" for line in shown)])


def _count_line(number: int) -> str:
    return f"- {count(number, 'remark')}: see the job's files."


def _obstacles(project: FleetProjectPlanJson) -> Iterator[str]:
    path = md_code(project["path"], 200)
    for error in errors_of(project):
        place = place_of(project, error)
        yield f"- {path}: Error: {md_text(error['summary'], 500)}{f' ({md_code(place)})' if place else ''}"
    for check in project["checks"]:
        if check["status"] == "fail":
            yield from _check(check, f"{path}: {noun_of(check)}")


def _check(check: CheckJson, noun: str, verbs: Mapping[str, str] = VERBS) -> Iterator[str]:
    reason = f" ({md_text(check['reason'])})" if check["reason"] else ""
    yield f"- {noun} {md_code(check['name'])} {verbs[check['status']]}: {md_text(summary_of(dict(check)))}{reason}"
    yield from (f"  - {md_text(line)}" for line in check.get("lines", ()))


def _table(projects: Sequence[FleetProjectPlanJson], room: int) -> str:
    """The rows that fit, those with something to do before the others."""
    ranked = sorted(projects, key=lambda project: project["result"] == "no-changes")
    rows: dict[str, str] = {}
    for project in ranked:
        row = _row(project)
        room -= len(row.encode()) + 1
        if room < 0:
            break
        rows[project["path"]] = row
    aligned = ["---:" if at in NUMBERS else "---" for at in range(len(TITLES))]
    lines = [f"| {' | '.join(TITLES)} |", f"| {' | '.join(aligned)} |"]
    lines += [rows[project["path"]] for project in projects if project["path"] in rows]
    if not projects:
        return "*No project.*"
    left_out = len(projects) - len(rows)
    if left_out:
        lines += ["", f"*{count(left_out, 'more project')}: see the job's files.*"]
    return "\n".join(lines)


def _row(project: FleetProjectPlanJson) -> str:
    path, *rest = cells(project)
    return f"| {md_code(path, 200).replace('|', '¦')} | {' | '.join(rest)} |"


def _foot(data: FleetPlanJson) -> str:
    version, timestamp = md_code(data["mscode_version"], 80), md_code(data["timestamp"])
    origin = f" of commit {md_code(data['commit'][:12])}" if data.get("commit") else ""
    digest = md_code(data["digest"])
    return f"<sub>mscode {version}, planned at {timestamp}{origin}, digest {digest}</sub>"
