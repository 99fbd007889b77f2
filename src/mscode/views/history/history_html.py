"""Launches as one page of HTML that needs nothing else: a table, newest first, which a narrow screen stacks."""

from __future__ import annotations

from collections.abc import Sequence

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.privacy import mask_numbers
from mscode.views.history import words
from mscode.views.history.history_markdown import TITLES
from mscode.views.history.history_shapes import HistoryJson, LaunchJson
from mscode.views.history.reference import run_link
from mscode.views.html.template import render, stylesheet
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import zone_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class LaunchCell:
    """A cell of the table: its column's title, its text, the page that it links to ("" where there is none), and whether there is a
    figure to show."""

    title: str
    text: str
    link: str
    is_known: bool


def history_html(history: HistoryJson, zone_name: str, version: str, nothing: str = words.NO_LAUNCHES) -> str:
    """The page; `version` is that of mscode, and `nothing` is said where there is no launch."""
    zone = zone_of(zone_name)

    def cells(launch: LaunchJson) -> Sequence[LaunchCell]:
        texts = (
            (escape_unprintable(launch["id"], 64), run_link(launch["runUrl"])),
            (words.when(launch, zone), ""),
            (mask_numbers(words.what(launch), strict=True), ""),
            (words.commit(launch), run_link(launch["pullRequestUrl"])),
            (words.somebody(launch["startedBy"]), ""),
            (words.somebody(launch["approvedBy"]), ""),
            (f"{launch['people']:,}", ""),
            (words.ring_figure(launch), ""),
            (words.figure(launch["accepts"]), ""),
        )
        unknown = {
            name for name, known in (("Rings", launch["rings"]), ("Accepts", launch["accepts"])) if known is None
        }
        return [
            LaunchCell(title, text, link, title not in unknown)
            for title, (text, link) in zip(TITLES, texts, strict=True)
        ]

    launches = history["launches"]
    return render(
        "history.html",
        title=f"Launches in {escape_unprintable(history['environment'], 64)}",
        policy=POLICY,
        stylesheet=stylesheet("live.css"),
        titles=TITLES,
        launches=[cells(launch) for launch in launches],
        summary=count(len(launches), "launch") if launches else nothing,
        others=[mask_numbers(words.other_rings(rings), strict=True) for rings in history.get("otherRings", ())],
        erased=words.erased(history["erased"]),
        zone_name=zone_name,
        version=version,
    )
