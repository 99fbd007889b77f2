"""Pages of live campaigns, one of each kind of state, for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mscode.plan.lifecycle.progress import Progress
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.html.plots import BandPoint
from mscode.views.live.campaign_view import CampaignView, LivePage
from mscode.views.status.table import StatusRow, in_order

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(name: str, state: str, live_id: str, **more: Any) -> StatusRow:
    standing = more.pop("standing", SendStatus(state, state == "complete", 30, 20, 12, 8, 600, 40))
    return StatusRow(f"rsvpCalls.{name}", "rsvpCalls", live_id, True, standing, **more)


def campaigns() -> list[CampaignView]:
    hours = {NOW.replace(minute=0) - HOUR: 12, NOW.replace(minute=0): 8}
    progress = Progress(12, 6, 2, 5, 75, hours, 10, tuple(NOW - HOUR / 12 * at for at in range(12, 0, -1)), 75, 160)
    band = [BandPoint(NOW + HOUR * at, 4 * at, 2 * at, 7 * at) for at in range(-1, 8)]
    opening = (NOW.replace(hour=8, minute=0), NOW.replace(hour=15, minute=0))
    coming = {"coming": NOW, "until": opening[1], "last": opening[1] + timedelta(days=3)}
    rows = [
        row("invite", "active", "1", people=100, called=25, first="2026-12-01T08:00:00Z", **coming),
        row("later", "waitingToActive", "2", people=10, called=0, **{**coming, "coming": NOW + HOUR * 30}),
        row("unsure", "unknown", ""),
        row("new", "halt", "3", hold="notLaunched", people=3, called=0),
        row("cut", "halt", "4", hold="edit"),
        row("stopped", "halt", "5", hold="person"),
        row("wanted", "halt", "6", hold="manifest"),
        row("over", "complete", "7", people=30, called=30),
        row("missed", "complete", "8", standing=SendStatus("complete", True, wanted=4)),
        StatusRow("smses.reminder", "smses", "9", True, SendStatus("waiting", False), people=12, coming=NOW + HOUR),
    ]
    return [
        CampaignView(one, progress, [opening], NOW - HOUR * 24, band) if one.id == "1" else CampaignView(one)
        for one in in_order(rows)
    ]


def live_page(*views: CampaignView, **more: Any) -> LivePage:
    """A page of these campaigns, or of one in each state."""
    fields = {"environment": "production", "project": "drive", "has_project": True, "zone_name": "Europe/Helsinki"}
    chosen = views or tuple(campaigns())
    return LivePage(**{**fields, "now": NOW, "version": "1.2.3", "campaigns": chosen, "env_option": "", **more})
