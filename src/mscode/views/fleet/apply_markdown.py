"""What came of the saved plans of a fleet as Markdown, for the summary of a job."""

from __future__ import annotations

from mscode.model.plurals import count
from mscode.views.fleet.apply_shapes import FleetApplyJson, FleetProjectApplyJson
from mscode.views.fleet.apply_text import RESULTS
from mscode.views.text.markdown_text import md_code, md_text

#: Bytes that the line of projects that are not shown takes at most.
_REST = 100


def apply_markdown(data: FleetApplyJson, *, max_bytes: int) -> str:
    """The last line first, then a table in at most `max_bytes`: what has not ended with 0 comes before the rest."""
    head = f"### mscode applied plans of fleet {md_text(data['fleet'])}\n\n**{md_text(data['summary'])}**\n\n"
    head += "| project | wave | result | |\n|---|---|---|---|\n"
    ranked = sorted(data["projects"], key=lambda project: project["result"] == "done")
    rows: list[str] = []
    room = max_bytes - len(head.encode()) - _REST
    for project in ranked:
        row = _row(project)
        room -= len(row.encode())
        if room < 0:
            break
        rows.append(row)
    left_out = len(ranked) - len(rows)
    rest = f"\n*{count(left_out, 'project')} not shown: see the job.*\n" if left_out else ""
    return f"{head}{''.join(rows)}{rest}"


def _row(project: FleetProjectApplyJson) -> str:
    reasons = [error["summary"] for error in project["diagnostics"]] or project["summary"]
    reason = md_text(reasons[0], 300) if reasons else ""
    return f"| {md_code(project['path'], 200)} | {project['wave']} | {RESULTS[project['result']]} | {reason} |\n"
