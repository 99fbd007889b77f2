"""What of live campaigns needs somebody: what mscode holds and why, what ended short of its accepts, and the command
that goes on."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.live.campaign_view import CampaignView, LivePage


@dataclass(frozen=True, slots=True)
class Need:
    """What needs somebody: the campaign, a sentence, and a command to copy, "" where there is none."""

    campaign: CampaignView
    text: str
    command: str = ""


def needs(page: LivePage) -> Iterator[Need]:
    """What needs somebody, in the order of the campaigns. A campaign that its manifest wants halted needs nobody."""
    for campaign in page.campaigns:
        row = campaign.row
        if row.standing.state == "unknown":
            text = "An answer of the service was lost, so nobody knows whether it was made. No apply sends it again."
            yield Need(campaign, text, page.command("resolve", row.address))
        elif row.hold and not row.standing.finished:
            yield from _held(campaign, page)
        elif row.standing.missed:
            yield Need(campaign, "It ended without a single call.")
        elif row.standing.finished and (row.standing.wanted or 0) > row.standing.accepted:
            missing = (row.standing.wanted or 0) - row.standing.accepted
            yield Need(campaign, f"It is over, and {count(missing, 'accept')} of {row.standing.wanted:,} are missing.")
        if not row.is_known:
            yield Need(
                campaign, "It carries this project's mark, and the state does not know it.", page.command("plan")
            )


def _held(campaign: CampaignView, page: LivePage) -> Iterator[Need]:
    """What is held and why. Without a project nothing can be planned, so there is no command."""
    address = campaign.row.address if page.has_project else ""
    apply = page.command("apply") if page.has_project else ""
    match campaign.row.hold:
        case "notLaunched":
            text = "Its launch is held: nobody has confirmed it. mscode asks before it launches."
            yield Need(campaign, text, apply)
        case "edit":
            text = "An edit of it was cut short: it stays halted until an apply ends the edit."
            yield Need(campaign, text, apply)
        case "person":
            text = "A person halted it. It stays halted until somebody asks for it to go on."
            yield Need(campaign, text, page.command("plan", "--resume", address) if address else "")
