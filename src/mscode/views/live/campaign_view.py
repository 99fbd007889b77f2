"""What the page and the metrics show of live campaigns. It holds counts and times; no number, name or address of a person."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime, tzinfo
from urllib.parse import quote

from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import mask_numbers
from mscode.model.service_json import is_id
from mscode.plan.lifecycle.progress import Progress
from mscode.views.html.plots import BandPoint
from mscode.views.status.table import CLOCK_STEP, StatusRow
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import zone_of

Opening = tuple[datetime, datetime]
#: Longer names are cut.
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign. `progress` is None where nothing is known of its people, `openings` are those of its whole life, in UTC.
    `launched` is when mscode launched it last, `band` a rehearsal's forecast, empty where there is none."""

    row: StatusRow
    progress: Progress | None = None
    openings: Sequence[Opening] = ()
    launched: datetime | None = None
    band: Sequence[BandPoint] = ()

    @property
    def name(self) -> str:
        """Its address, or section and id, fit to be shown: what may be a number of somebody is masked."""
        return escape_unprintable(mask_numbers(self.row.name, strict=True), _LONGEST_NAME)

    @property
    def id(self) -> str:
        """Its id in the live account, fit to be shown; "" while nobody knows it."""
        return escape_unprintable(self.row.id, _LONGEST_NAME)

    @property
    def anchor(self) -> str:
        """An id for it that no other campaign of the page has, without spaces."""
        return quote(f"{self.row.section}-{self.id}" if self.row.id else f"unknown-{self.name}")

    def is_calling(self, now: datetime) -> bool:
        """May it ring people at this moment?"""
        return self.row.group == "running" and self.row.coming is not None and self.row.coming <= now + CLOCK_STEP


@dataclass(frozen=True, slots=True)
class LivePage:
    """The campaigns of an environment, running ones first; `now` is the service's clock. `project` is "" and `has_project` False of
    a whole account. `env_option` is what names the environment in a command, "" where it is the project's default."""

    environment: str
    project: str
    has_project: bool
    zone_name: str
    now: datetime
    version: str
    campaigns: Sequence[CampaignView]
    env_option: str = ""

    @property
    def zone(self) -> tzinfo:
        """The zone in which times are shown."""
        return zone_of(self.zone_name)

    @property
    def rows(self) -> list[StatusRow]:
        """The campaigns as `status` shows them."""
        return [campaign.row for campaign in self.campaigns]

    def command(self, *words: str) -> str:
        """A command line of mscode that can be copied into a shell."""
        return f"mscode {shlex.join(words)}{self.env_option}"

    def stop_command(self, campaign: CampaignView) -> str:
        """The command that halts a campaign; "" of what has no halt, is halted, or is over."""
        row = campaign.row
        if row.standing.finished or not row.can_be_halted or row.standing.state == "halt":
            return ""
        if row.address and not row.project and campaign.name == row.name:
            return self.command("halt", row.address)
        return self.command("halt", "--id", row.id) if is_id(row.id) else ""
