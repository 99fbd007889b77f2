"""A rehearsal as people read it in a terminal: a block for each campaign, with a bar of what is likely against what is wanted.

Lines are at most `width` columns wide, on a pipe as well: a bar is drawn to measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mscode.views.plan.reading import text, texts
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line
from mscode.views.rehearsal.reading import read_rehearsal
from mscode.views.rehearsal.rehearsal_shapes import CountRangeJson, LedgerJson, RehearsalJson, RehearsedCampaignJson
from mscode.views.rehearsal.words import (
    Outcomes,
    Zone,
    chance_of,
    checked,
    course_words,
    forecast_rows,
    is_breached,
    ledger_by_address,
    outcomes_by_address,
    played,
)
from mscode.views.text.findings import VERBS, guards_in, refusals_first, summary_of
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.width import STANDARD
from mscode.views.text.wrap import wrapped

#: Columns: what stands left of a value, and the widest and narrowest bar.
_INDENT, _LABEL, _WIDEST, _NARROWEST = 4, 9, 50, 10
#: Of a bar: as far as nearly every run comes, the range of the runs, and the median in it.
_SURE, _RANGE, _MEDIAN = "█", "▒", "│"


def rehearsal_lines(data: Mapping[str, Any], *, width: int = STANDARD) -> Iterator[Line]:
    """The lines of a rehearsal's JSON, in at most `width` columns; PlanError where it is none. Guards stand at the end, where the
    data has them (`rehearse --json`)."""
    rehearsal = read_rehearsal(data)
    project, environment = (escape_unprintable(rehearsal[name]) for name in ("project", "environment"))
    yield from wrapped([line(Segment(f"Rehearsal of {project} in {environment}", "bold"))], width)
    yield from forecast_lines(rehearsal, width)
    yield from wrapped(_guards(data), width)


def plan_lines(rehearsal: RehearsalJson, width: int = STANDARD) -> Iterator[Line]:
    """The part of a plan's text, below the plan."""
    yield EMPTY
    yield line(Segment("Rehearsal", "bold"))
    yield from forecast_lines(rehearsal, width)


def forecast_lines(rehearsal: RehearsalJson, width: int = STANDARD) -> Iterator[Line]:
    """The campaigns and what was checked, without a heading."""
    yield from wrapped(_lines(rehearsal, width), width)


def _lines(rehearsal: RehearsalJson, width: int) -> Iterator[Line]:
    zone = Zone.of(rehearsal)
    yield line(f"The plan was played to its end in a sandbox in memory; nobody was called. Times in {zone.name}.")
    yield line(Segment(course_words(rehearsal), "dim"))
    yield EMPTY
    outcomes, ledger = outcomes_by_address(rehearsal), ledger_by_address(rehearsal)
    of_all = outcomes[""]
    if of_all.breaches or of_all.noted or of_all.holds:
        yield line("  ", Segment("all campaigns", "bold"))
        yield from _breaches(of_all)
        yield from _no_breaches(of_all)
        yield EMPTY
    for campaign in rehearsal["campaigns"]:
        address = campaign["address"]
        yield from _campaign(campaign, outcomes[address], ledger.get(address), zone, width)
        yield EMPTY
    if not rehearsal["campaigns"]:
        yield line("The plan launches nothing that calls people.")
        yield EMPTY
    yield from (line(f"Note: {escape_unprintable(note)}") for note in rehearsal["notes"])
    yield line(Segment(f"Rehearsal: {checked(rehearsal)}", "red" if is_breached(rehearsal) else "bold"))


def _campaign(
    campaign: RehearsedCampaignJson, outcomes: Outcomes, entry: LedgerJson | None, zone: Zone, width: int
) -> Iterator[Line]:
    yield line("  ", Segment(escape_unprintable(campaign["address"]), "bold"))
    yield from _breaches(outcomes)
    if chance := chance_of(campaign):
        yield _row("chance", chance, "bold")
    for label, value in forecast_rows(campaign, zone):
        yield _row(label, value)
        if label == ("accepts" if campaign["acceptsWanted"] is not None else "calls"):
            yield from _bar_of(campaign, width)
    if entry is not None:
        yield _row("played", played(campaign, entry, zone))
    yield from _no_breaches(outcomes)


def _breaches(outcomes: Outcomes) -> Iterator[Line]:
    yield from (_row("BREACH", breach, "red") for breach in outcomes.breaches)


def _no_breaches(outcomes: Outcomes) -> Iterator[Line]:
    """What is noted; what holds in one row."""
    yield from (_row("noted", noted, "yellow") for noted in outcomes.noted)
    if outcomes.holds:
        yield _row("holds", "; ".join(outcomes.holds), "green")


def _row(label: str, value: str, style: Style = "") -> Line:
    return line(" " * _INDENT, f"{label}:".ljust(_LABEL), Segment(escape_unprintable(value), style))


# ---- the bar ---------------------------------------------------------------------------------------------------------


def _bar_of(campaign: RehearsedCampaignJson, width: int) -> Iterator[Line]:
    """Accepts against how many are wanted; of a campaign that wants none its calls against how many it may make."""
    if campaign["acceptsWanted"] is None:
        if campaign["calls"] is not None:
            yield from _bar(campaign["calls"], campaign["maxCalls"], "at most", width)
    elif campaign["accepts"] is not None:
        yield from _bar(campaign["accepts"], campaign["acceptsWanted"], "wanted", width)


def _bar(numbers: CountRangeJson, goal: int, word: str, width: int) -> Iterator[Line]:
    """The bar, and below it where the goal stands."""
    columns = max(_NARROWEST, min(_WIDEST, width - _INDENT - _LABEL - 1))
    most = max(numbers["high"], numbers["median"], goal, 1)

    def column(number: int) -> int:
        return round(number / most * columns)

    low, median, high = column(numbers["low"]), max(column(numbers["median"]), 1), column(numbers["high"])
    before, after = median - 1, max(high - median, 0)
    bar = _SURE * min(low, before) + _RANGE * max(before - low, 0) + _MEDIAN + _RANGE * after
    margin = " " * (_INDENT + _LABEL)
    yield line(margin, Segment(bar, "magenta"))
    at = max(column(goal) - 1, 0)
    words = f"{goal:,} {word}"
    if at + 2 + len(words) <= columns:
        yield line(margin, f"{' ' * at}^ {words}")
    elif len(words) + 1 <= at:
        yield line(margin, f"{' ' * (at - len(words) - 1)}{words} ^")
    else:
        yield line(margin, words)


# ---- guards ----------------------------------------------------------------------------------------------------------


def _guards(data: Mapping[str, Any]) -> Iterator[Line]:
    """What the guards say that did not pass, refusals first."""
    for guard in refusals_first(guards_in(data)):
        style: Style = "red" if guard["status"] == "fail" else "yellow"
        words = f"Guard {text(guard, 'name')} {VERBS[guard['status']]}: {summary_of(guard)}"
        yield line(Segment(escape_unprintable(words), style))
        yield from (line(Segment(f"  {escape_unprintable(more)}", style)) for more in texts(guard, "lines"))
