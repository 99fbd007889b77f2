"""A rehearsal as a part of a plan's page, and as a page of its own: what is likely, in tables, with plots beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.views.html.plots import (
    BandPoint,
    HoursPlot,
    RangeBar,
    Series,
    TimePlot,
    accepts_plot,
    calls_in_words,
    day_label,
    hours_plot,
    range_bar,
)
from mscode.views.html.template import render, stylesheet
from mscode.views.plan.reading import items, moment, text, texts
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
    summary,
)
from mscode.views.text.findings import VERBS, guards_in, refusals_first, summary_of
from mscode.views.text.times import with_weekday

#: Rows of the table beside accepts over time.
_FEW_ROWS = 12


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A campaign: `link` is the anchor of its change, None where the page has none. The two tables say what the plots show."""

    address: str
    link: str | None
    chance: str
    bar: RangeBar | None
    rows: Sequence[tuple[str, str]]
    accepts: TimePlot | None
    accept_rows: Sequence[tuple[str, str, str]]
    hours: HoursPlot | None
    hour_rows: Sequence[tuple[str, str]]
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All of it. `of_all` is what was checked of all campaigns together."""

    zone_name: str
    course: str
    summary: str
    checked: str
    is_breached: bool
    of_all: Outcomes
    campaigns: Sequence[Rehearsed]
    notes: Sequence[str]


def rehearsal_html(data: Mapping[str, Any], *, policy: str) -> str:
    """The page of a rehearsal's JSON, with this Content-Security-Policy; PlanError where it is none."""
    frame = {"policy": policy, "stylesheet": stylesheet()}
    if data.get("errored") is True:
        errors = [
            {"head": "Error: ", "text": text(error, "summary"), "more": [text(error, "detail")], "is_note": False}
            for error in items(data, "diagnostics")
        ]
        return render("no_plan.html", title="Nothing could be rehearsed", errors=errors, **frame)
    rehearsal = read_rehearsal(data)
    guards = list(_guards(data))
    is_refused = any(guard["status"] == "fail" for guard in guards)
    subject = f"ehearsal of {rehearsal['project']} in {rehearsal['environment']}"
    return render(
        "rehearsal_page.html",
        title=f"Refused: r{subject}" if is_refused else f"R{subject}",
        is_refused=is_refused,
        guards=guards,
        rehearsal=rehearsed(rehearsal, {}),
        version=rehearsal["mscode_version"],
        timestamp=rehearsal["timestamp"],
        digest=rehearsal["digest"],
        **frame,
    )


def rehearsed(rehearsal: RehearsalJson, links: Mapping[str, str]) -> Rehearsal:
    """What `templates/rehearsal.html` draws; `links` maps addresses to anchors of the page."""
    zone = Zone.of(rehearsal)
    outcomes, ledger = outcomes_by_address(rehearsal), ledger_by_address(rehearsal)
    return Rehearsal(
        zone_name=zone.name,
        course=course_words(rehearsal),
        summary=summary(rehearsal),
        checked=checked(rehearsal),
        is_breached=is_breached(rehearsal),
        of_all=outcomes[""],
        campaigns=[
            _campaign(campaign, outcomes[address], ledger.get(address), zone, links.get(address))
            for campaign in rehearsal["campaigns"]
            for address in [campaign["address"]]
        ],
        notes=rehearsal["notes"],
    )


def _campaign(
    campaign: RehearsedCampaignJson, outcomes: Outcomes, entry: LedgerJson | None, zone: Zone, link: str | None
) -> Rehearsed:
    address, accepts, wanted = campaign["address"], campaign["accepts"], campaign["acceptsWanted"]
    band = [
        BandPoint(at, point["median"], point["low"], point["high"])
        for point in campaign["acceptsOverTime"]
        if (wanted is not None or (accepts and accepts["high"])) and (at := moment(point, "at")) is not None
    ]
    hours = [(at, hour["median"]) for hour in campaign["callsPerHour"] if (at := moment(hour, "at")) is not None]
    return Rehearsed(
        address=address,
        link=link,
        chance=chance_of(campaign),
        bar=_bar(accepts, wanted),
        rows=[*forecast_rows(campaign, zone), *([("played", played(campaign, entry, zone))] if entry else [])],
        accepts=accepts_plot(address, zone.zone, band=band, wanted=wanted),
        accept_rows=list(_accept_rows(band, zone)),
        hours=hours_plot(address, zone.zone, hours),
        hour_rows=list(_hour_rows(hours, zone)),
        outcomes=outcomes,
    )


def _bar(accepts: CountRangeJson | None, wanted: int | None) -> RangeBar | None:
    if accepts is None or wanted is None:
        return None
    return range_bar("accepts", accepts["median"], accepts["low"], accepts["high"], wanted)


def _accept_rows(band: Sequence[BandPoint], zone: Zone) -> Iterator[tuple[str, str, str]]:
    """Of many points the last of each day: when, the median, the range."""
    last_of_day: dict[Any, BandPoint] = {point.at.astimezone(zone.zone).date(): point for point in band}
    for point in band if len(band) <= _FEW_ROWS else last_of_day.values():
        yield with_weekday(point.at, zone.zone), f"{point.median:,.0f}", f"{point.low:,.0f} to {point.high:,.0f}"


def _hour_rows(hours: Series, zone: Zone) -> Iterator[tuple[str, str]]:
    """A day, and what is called in its hours."""
    days: dict[str, list[str]] = {}
    for at, calls in hours:
        local: datetime = at.astimezone(zone.zone)
        if calls > 0:
            days.setdefault(f"{day_label(local.date())} {local.year}", []).append(
                f"{local:%H:%M} {calls_in_words(calls)}"
            )
    yield from ((day, ", ".join(each)) for day, each in days.items())


def _guards(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for guard in refusals_first(guards_in(data)):
        names = {name: text(guard, name) for name in ("status", "name", "reason")}
        verb = VERBS[guard["status"]]
        yield names | {"verb": verb, "summary": summary_of(guard), "lines": texts(guard, "lines")}
