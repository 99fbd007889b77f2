"""A rehearsal as Markdown: a table of the campaigns, breaches above it, and below it, folded, all of it as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mscode.model.plurals import count
from mscode.views.plan.reading import items, text, texts
from mscode.views.plan.segments import plain
from mscode.views.rehearsal.reading import read_rehearsal
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson, RehearsedCampaignJson
from mscode.views.rehearsal.rehearsal_text import forecast_lines
from mscode.views.rehearsal.words import (
    Zone,
    chance_of,
    course_words,
    forecast_rows,
    origin_of,
    outcome_of,
    sentence_of,
    summary,
)
from mscode.views.text.findings import VERBS, guards_in, refusals_first, summary_of
from mscode.views.text.markdown_text import fenced, first_items, md_code, md_text

MAX_BYTES = 60_000
#: Campaigns and breaches of the short form.
MOST_ROWS = 8
_COLUMNS = ("accepts", "calls", "people", "end")


def rehearsal_markdown(data: Mapping[str, Any], *, max_bytes: int = MAX_BYTES) -> str:
    """The document of a rehearsal's JSON in at most `max_bytes`, as detailed as fits; PlanError where it is none."""
    if data.get("errored") is True:
        errors = [f"- Error: {md_text(text(error, 'summary'), 500)}" for error in items(data, "diagnostics")]
        return (
            "\n\n".join(["### mscode rehearse: nothing could be rehearsed", "\n".join(first_items(errors, MOST_ROWS))])
            + "\n"
        )
    rehearsal = read_rehearsal(data)
    project, environment = (md_code(rehearsal[name], 64) for name in ("project", "environment"))
    head = [f"### mscode rehearse: {project} in {environment}", *_guards(data), summary_markdown(rehearsal)]
    foot = (
        f"<sub>mscode {md_code(rehearsal['mscode_version'], 80)}, rehearsed at {md_code(rehearsal['timestamp'])}</sub>"
    )
    for blocks in (list(rehearsal_blocks(rehearsal)), list(rehearsal_blocks(rehearsal, MOST_ROWS)), []):
        drawn = "\n\n".join([*head, *blocks, foot]) + "\n"
        if len(drawn.encode()) <= max_bytes:
            return drawn
    return "\n\n".join(head[:1] + head[-1:]) + "\n"


def summary_markdown(rehearsal: RehearsalJson) -> str:
    """One line for the head of a plan."""
    return f"**{md_text(summary(rehearsal), 300)}**"


def rehearsal_blocks(rehearsal: RehearsalJson, most: int = 0) -> Iterator[str]:
    """The section of a plan, a block each, without its heading. `most` (0: all): so many breaches and campaigns, and no folded
    part."""
    breaches = [check for check in rehearsal["invariants"] if outcome_of(check) == "breach"]
    if breaches:
        lines = [f"- **Breach**{_address(check['address'])}: {md_text(sentence_of(check), 500)}" for check in breaches]
        yield "\n".join(["> [!CAUTION]", *(f"> {line}" for line in first_items(lines, most))])
    if rehearsal["campaigns"]:
        yield "\n".join(_table(rehearsal, most))
    if notes := [f"- Note: {md_text(note, 500)}" for note in rehearsal["notes"]]:
        yield "\n".join(first_items(notes, most))
    yield md_text(course_words(rehearsal))
    if not most and rehearsal["campaigns"]:
        whole = fenced(plain(forecast_lines(rehearsal)).splitlines(), "text")
        yield f"<details><summary>{count(len(rehearsal['campaigns']), 'campaign')} in full</summary>\n\n{whole}\n\n</details>"


def _address(address: str) -> str:
    return f" {md_code(address)}" if address else ""


def _table(rehearsal: RehearsalJson, most: int) -> Iterator[str]:
    zone = Zone.of(rehearsal)
    campaigns = rehearsal["campaigns"][: most or None]
    yield f"| campaign | chance | accepts | calls | people | end ({md_text(zone.name)}) | rates |"
    yield "|---|---|---|---|---|---|---|"
    yield from (_table_row(campaign, zone) for campaign in campaigns)
    if left_out := len(rehearsal["campaigns"]) - len(campaigns):
        yield f"| … {count(left_out, 'more campaign')} | | | | | | |"


def _table_row(campaign: RehearsedCampaignJson, zone: Zone) -> str:
    values = dict(forecast_rows(campaign, zone))
    origin = origin_of(campaign["rates"]) if campaign["rates"] is not None else ""
    cells = [chance_of(campaign), *(values.get(name, "") for name in _COLUMNS), origin]
    address = md_code(campaign["address"], 200).replace("|", "\\|")  # which ends a cell, in a code span too
    return f"| {address} | {' | '.join(md_text(cell, 200) if cell else '—' for cell in cells)} |"


def _guards(data: Mapping[str, Any]) -> Iterator[str]:
    lines = []
    guards = refusals_first(guards_in(data))
    for guard in guards:
        verdict = f"{VERBS[text(guard, 'status')]}: {md_text(summary_of(guard), 500)}"
        more = "".join(f"<br>{md_text(line, 500)}" for line in texts(guard, "lines"))
        lines.append(f"- Guard {md_code(text(guard, 'name'))} {verdict}{more}")
    if lines:
        is_refused = any(guard.get("status") == "fail" for guard in guards)
        kind = "CAUTION" if is_refused else "WARNING"
        yield "\n".join([f"> [!{kind}]", *(f"> {line}" for line in first_items(lines, MOST_ROWS))])
