"""What the page and the metrics show of an account: its campaigns with their progress, put together from one reading of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mscode import __version__
from mscode.app.campaigns import CampaignSelection, LiveAccount, open_account
from mscode.app.invocation import Invocation
from mscode.app.live.bands import read_bands
from mscode.model.calling_window import parse_instant

if TYPE_CHECKING:
    from mscode.app.live.call_log import CallLog
    from mscode.engine.account.status import LiveCampaign
    from mscode.views.html.plots import BandPoint
    from mscode.views.live.campaign_view import CampaignView, LivePage, Opening
    from mscode.views.status.table import StatusRow

#: Openings of one campaign that are looked at, one a day, and how long before now the first of them may be.
_MOST_OPENINGS, _LONGEST = 62, timedelta(days=62)
Bands = Mapping[str, Sequence["BandPoint"]]


def live_page(
    account: LiveAccount,
    campaigns: Iterable[LiveCampaign],
    rows: Sequence[StatusRow],
    now: datetime,
    bands: Bands | None = None,
    log: CallLog | None = None,
) -> LivePage:
    """The page of campaigns that were read, and whose people were counted; `rows` are theirs and those of creates with an unknown
    outcome, in their order. `now` is the service's clock, `bands` what a rehearsal expects, by address, `log` what was
    seen of their calls in earlier readings. Reads nothing."""
    from mscode.views.live.campaign_view import LivePage

    environment = account.environment
    by_key = {(campaign.section, campaign.live.id): campaign for campaign in campaigns}
    is_default = environment.name == environment.project.defaultEnvironment
    return LivePage(
        environment=environment.name,
        project=environment.project.project if environment.has_project else "",
        has_project=environment.has_project,
        zone_name=account.zone_name,
        now=now,
        version=__version__,
        campaigns=[_view(account, row, by_key.get((row.section, row.id)), now, bands or {}, log) for row in rows],
        env_option="" if is_default or not environment.has_project else f" --env {environment.name}",
    )


def _view(
    account: LiveAccount,
    row: StatusRow,
    campaign: LiveCampaign | None,
    now: datetime,
    bands: Bands,
    log: CallLog | None,
) -> CampaignView:
    from mscode.engine.account.status import progress
    from mscode.views.live.campaign_view import CampaignView

    if campaign is None:
        return CampaignView(row)
    counted = progress(account.environment.account(account.reader), campaign, account.receivers_read)
    if counted is not None and log is not None:
        counted = log.with_seen((row.section, row.id), counted, row.standing.dialled, now)
    return CampaignView(
        row=row,
        progress=counted,
        openings=_openings(campaign, now, account),
        launched=parse_instant(campaign.launched) if campaign.launched else None,
        band=bands.get(row.address, ()),
    )


def _openings(campaign: LiveCampaign, now: datetime, account: LiveAccount) -> list[Opening]:
    """The openings of its window from its start, or its launch, to its end; none of what has no window that can be read."""
    from mscode.plan.people.reach import end_of, openings

    fields = campaign.live.fields
    start = next((text for text in (fields.get("startTime"), campaign.launched, campaign.live.created_at) if text), "")
    try:
        begin = max(parse_instant(str(start)), now - _LONGEST) if start else now
        zone = account.environment.target().window_zone
        return list(islice(openings(fields, begin, end_of(fields, now), zone), _MOST_OPENINGS))
    except (KeyError, ValueError, TypeError, AttributeError):
        return []


def read_page(inv: Invocation, directory: Path, selection: CampaignSelection, rehearsal: Path | None) -> LivePage:
    """The chosen campaigns of an account as they stand, with what the `rehearsal` in this file expects. Sends nothing but GET."""
    from mscode.app.launch_results import record_read

    bands = read_bands(rehearsal)
    with open_account(inv, directory) as account:
        reading = account.read(selection)
        record_read(inv, account, reading.campaigns)
        return live_page(account, reading.campaigns, reading.rows, account.now(), bands)
