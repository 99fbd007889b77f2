"""Launches as Markdown: a table, newest first."""

from __future__ import annotations

from datetime import tzinfo

from mscode.model.plurals import count
from mscode.views.history import words
from mscode.views.history.history_shapes import HistoryJson, LaunchJson
from mscode.views.history.reference import run_link
from mscode.views.text.markdown_text import md_code, md_text
from mscode.views.text.times import zone_of

TITLES = ("Launch", "When", "What", "Commit", "Started by", "Approved by", "People", "Rings", "Accepts")


def history_markdown(history: HistoryJson, zone_name: str, nothing: str = words.NO_LAUNCHES) -> str:
    """The table, with a heading and the count; `nothing` is said where there is no launch."""
    zone, launches = zone_of(zone_name), history["launches"]
    parts = [f"### Launches in {md_code(history['environment'], 64)}"]
    if launches:
        rows = [TITLES, ["---"] * len(TITLES), *(_cells(launch, zone) for launch in launches)]
        parts.append("\n".join(f"| {' | '.join(cells)} |" for cells in rows))
        parts.append(f"{count(len(launches), 'launch')}. Times in {md_text(zone_name, 60)}.")
    else:
        parts.append(nothing)
    if history["erased"]:
        parts.append(words.erased(history["erased"]))
    others = [f"- Also {md_text(words.other_rings(rings))}" for rings in history.get("otherRings", ())]
    return "\n\n".join([*parts, *(["\n".join(others)] if others else [])]) + "\n"


def _cells(launch: LaunchJson, zone: tzinfo) -> list[str]:
    link = run_link(launch["runUrl"])
    name = _code(launch["id"])
    review = run_link(launch["pullRequestUrl"])
    commit = _code(words.commit(launch)) if launch["commit"] else words.UNKNOWN
    return [
        f"[{name}]({link})" if link else name,
        md_text(words.when(launch, zone)),
        md_text(words.what(launch)),
        f"[{commit}]({review})" if review else commit,
        md_text(words.somebody(launch["startedBy"])),
        md_text(words.somebody(launch["approvedBy"])),
        f"{launch['people']:,}",
        words.ring_figure(launch),
        words.figure(launch["accepts"]),
    ]


def _code(text: str) -> str:
    """A code span in a table, where a bar would end the cell."""
    return md_code(text).replace("|", "\\|")
