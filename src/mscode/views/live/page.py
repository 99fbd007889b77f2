"""Live campaigns as one page of HTML: what calls now, what needs somebody, and a table of them all.

The page is whole without script and server. It is served by `watch --serve` as well, with a script that keeps it current.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache
from itertools import islice

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.history.reference import reference_text
from mscode.views.html.plots import HoursPlot, TimePlot, accepts_plot, hours_plot
from mscode.views.html.template import render, stylesheet
from mscode.views.live.attention import needs
from mscode.views.live.campaign_view import CampaignView, LivePage
from mscode.views.status.table import (
    HOLDS,
    SHORT_STATES,
    StatusRow,
    accepts_text,
    called_text,
    next_text,
    nothing_live,
    total_lines,
)
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import clock, instant, local, with_weekday

#: By this a page of mscode is known, and may be overwritten by a newer one.
GENERATOR = "mscode status"
#: Pictures of so many campaigns, running ones first.
MOST_PICTURES = 40
#: Seconds after which a page that is served and runs no script loads itself again.
RELOAD_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table: its column's title, and its lines."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Card:
    """A campaign's row in the table; `share` is how much of its wanted accepts it has, in per cent, None where none are wanted."""

    name: str
    anchor: str
    group: str
    is_known: bool
    cells: Sequence[Cell]
    stop: str
    share: int | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """A campaign's pictures, and beside them the rows of a table: day, hour, calls, accepts until its end. `more` is a remark on
    them."""

    name: str
    anchor: str
    accepts: TimePlot | None
    calls: HoursPlot | None
    hours: Sequence[tuple[str, str, int, int]]
    more: str


def live_html(page: LivePage, *, is_served: bool = False, is_current: bool = True) -> str:
    """The page. `is_served`: it comes with the script that keeps it current, and without script it loads itself again.
    `is_current` is False where the last reading failed, so that the page is of an earlier one."""
    subject = f"{page.project} in {page.environment}" if page.has_project else "the whole account"
    return render(
        "live.html",
        title=f"Campaigns of {escape_unprintable(subject)}",
        policy="" if is_served else policy(),
        stylesheet=_stylesheet(),
        generator=GENERATOR,
        is_served=is_served,
        is_current=is_current,
        reload_seconds=RELOAD_SECONDS,
        totals=list(total_lines(page.rows)) if page.campaigns else [nothing_live(has_project=page.has_project)],
        at=with_weekday(page.now, page.zone),
        now=page.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        zone_name=page.zone_name,
        calling=[
            (campaign.name, campaign.anchor, _since(campaign, page), page.stop_command(campaign))
            for campaign in page.campaigns
            if campaign.is_calling(page.now)
        ],
        needs=[(need.campaign.name, need.campaign.anchor, need.text, need.command) for need in needs(page)],
        cards=[_card(campaign, page) for campaign in page.campaigns],
        pictured=list(islice(_pictures(page), MOST_PICTURES)),
        stop_all=page.command("halt", "--all") if page.has_project else page.command("halt", "--all-in-account"),
        has_bands=any(campaign.band for campaign in page.campaigns),
        version=page.version,
    )


def policy() -> str:
    """The Content-Security-Policy of the page: it may load nothing, and no style but its own. What is served gets a header that
    allows the script beside it."""
    # The element holds a line break before the style sheet.
    digest = b64encode(hashlib.sha256(f"\n{_stylesheet()}".encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _stylesheet() -> str:
    return stylesheet("live.css")


def _since(campaign: CampaignView, page: LivePage) -> str:
    """`until 17:00; called 340 of 1,204; 12 of 40 accepts`."""
    row = campaign.row
    parts = [next_text(row, page.now, page.zone, until=True).removeprefix("now, "), called_text(row)]
    if row.standing.wanted is not None:
        parts.append(f"{accepts_text(row)} accepts")
    return "; ".join(parts)


# ---- the table -------------------------------------------------------------------------------------------------------


def _card(campaign: CampaignView, page: LivePage) -> Card:
    row = campaign.row
    wanted = row.standing.wanted
    return Card(
        name=campaign.name,
        anchor=campaign.anchor,
        group=row.group,
        is_known=row.is_known,
        cells=[Cell(title, lines or ["-"]) for title, lines in _columns(campaign, page)],
        stop=page.stop_command(campaign),
        share=min(100, row.standing.accepted * 100 // wanted) if wanted and row.standing.state != "unknown" else None,
    )


#: The titles of the table's columns between the campaign's name and the command that stops it.
COLUMNS = ("State", "Accepts", "People", "Replies", "Redials left", "Next window", "Last launch", "Held")


def _columns(campaign: CampaignView, page: LivePage) -> Iterator[tuple[str, list[str]]]:
    row, zone = campaign.row, page.zone
    values = (
        _state(campaign, page),
        [accepts_text(row), *_expected(campaign, page)],
        [called_text(row), *([count(row.standing.dialled, "call")] if _counts_people(row) else [])],
        _replies(campaign),
        _redials(campaign),
        _window(row, page.now, zone),
        _last_launch(campaign, zone),
        _held(row),
    )
    yield from zip(COLUMNS, values, strict=True)


def _state(campaign: CampaignView, page: LivePage) -> list[str]:
    state = escape_unprintable(SHORT_STATES.get(campaign.row.standing.state, campaign.row.standing.state), 40)
    return [state, "calls now"] if campaign.is_calling(page.now) else [state]


def _counts_people(row: StatusRow) -> bool:
    return not row.goes_out_once and row.called is not None and row.people is not None


def _expected(campaign: CampaignView, page: LivePage) -> list[str]:
    """What the rehearsal expects until now, and at the end."""
    if not campaign.band:
        return []
    until_now = [point for point in campaign.band if point.at <= page.now]
    texts = [f"rehearsal until now: {until_now[-1].low:,.0f}–{until_now[-1].high:,.0f}"] if until_now else []
    last = campaign.band[-1]
    return [*texts, f"rehearsal at its end: {last.low:,.0f}–{last.high:,.0f}, median {last.median:,.0f}"]


def _replies(campaign: CampaignView) -> list[str]:
    """Persons by their reply, where the service tells it of each; else what it counts of them all."""
    standing, counted = campaign.row.standing, campaign.progress
    if campaign.row.goes_out_once or standing.state == "unknown":
        return []
    if counted is None:
        rest = f"{standing.declined:,} declined or gave no reply"
        return [f"{standing.answered:,} answered", f"{standing.accepted:,} accepted", rest]
    texts = [f"{counted.answered:,} answered", f"{counted.accepted:,} accepted", f"{counted.declined:,} declined"]
    return [*texts, f"{counted.no_reply:,} no reply"]


def _redials(campaign: CampaignView) -> list[str]:
    if campaign.progress is None:
        return [] if campaign.row.goes_out_once or campaign.row.standing.state == "unknown" else ["not known"]
    left = campaign.progress
    most = f"at most {left.redials_left:,}" if left.redials_left else "0"
    return [most, f"{count(left.first_calls_left, 'first call')} left"] if left.first_calls_left else [most]


def _window(row: StatusRow, now: datetime, zone: tzinfo) -> list[str]:
    if row.coming is None or row.hold:
        return []
    last = [f"last {local(row.last, zone)}"] if row.last and row.last != row.coming else []
    return [next_text(row, now, zone, until=True), *last]


def _last_launch(campaign: CampaignView, zone: tzinfo) -> list[str]:
    """When it was launched last, and by which launch of which commit."""
    row = campaign.row
    recorded = [reference_text(row.launch)] if row.launch else []
    if campaign.launched:
        return [local(campaign.launched.replace(second=0), zone), *recorded]
    return recorded or _launch_unknown(row, zone)


def _launch_unknown(row: StatusRow, zone: tzinfo) -> list[str]:
    """Of what mscode is not known to have launched: the call that its launch foresaw, which proves nothing."""
    if row.standing.state == "unknown" or row.hold == "notLaunched" or not row.first:
        return []
    first = instant(row.first, zone)
    return [f"not recorded; first call from {first}"] if first else []


def _held(row: StatusRow) -> list[str]:
    if row.standing.state == "unknown":
        return ["outcome unknown"]
    return [HOLDS[row.hold]] if row.hold else []


# ---- accepts over time and calls by the hour -------------------------------------------------------------------------


def _pictures(page: LivePage) -> Iterator[Pictures]:
    """Those of each campaign of which there is something to draw."""
    for campaign in page.campaigns:
        accepts, calls = _accepts_plot(campaign, page), _calls_by_hour(campaign)
        if accepts or calls:
            yield Pictures(
                name=campaign.name,
                anchor=campaign.anchor,
                accepts=accepts,
                calls=hours_plot(campaign.name, page.zone, list(calls.items())),
                hours=list(_hours(campaign, calls, page.zone)),
                more=_elsewhen(campaign),
            )


def _accepts_plot(campaign: CampaignView, page: LivePage) -> TimePlot | None:
    """Accepts from the first call on, one more at each call that was accepted, until now or the end."""
    counted, row = campaign.progress, campaign.row
    actual: list[tuple[datetime, int]] = []
    if counted is not None and counted.hours:
        actual = [(min(counted.hours), 0), *((at, number) for number, at in enumerate(counted.accepts, 1))]
        if not row.standing.finished and page.now > actual[-1][0]:
            actual.append((page.now, len(counted.accepts)))
    return accepts_plot(campaign.name, page.zone, band=campaign.band, actual=actual, wanted=row.standing.wanted)


def _calls_by_hour(campaign: CampaignView) -> dict[datetime, int]:
    """Calls in each hour of its windows until the last call that is known, oldest first."""
    calls = campaign.progress.hours if campaign.progress else {}
    if not calls:
        return {}
    hours, last = set(calls), max(calls)
    for opens, shuts in campaign.openings:
        at = opens.replace(minute=0, second=0, microsecond=0)
        while at < shuts and at <= last:
            hours.add(at)
            at += timedelta(hours=1)
    return {at: calls.get(at, 0) for at in sorted(hours)}


def _hours(
    campaign: CampaignView, calls_by_hour: Mapping[datetime, int], zone: tzinfo
) -> Iterator[tuple[str, str, int, int]]:
    """Each hour in words, its calls, and the accepts until its end."""
    accepts = campaign.progress.accepts if campaign.progress else ()
    for at, calls in calls_by_hour.items():
        start = at.astimezone(zone)
        day = with_weekday(start, zone).split(" ")
        yield " ".join(day[:2]), clock(start), calls, bisect_left(accepts, at + timedelta(hours=1))


def _elsewhen(campaign: CampaignView) -> str:
    if campaign.progress is None or not campaign.progress.calls_elsewhen:
        return ""
    calls = count(campaign.progress.calls_elsewhen, "earlier call")
    return f"And {calls} whose hour the service does not tell: it tells each person's latest call alone."
