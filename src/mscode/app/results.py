"""The replies to a campaign, receiver by receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.campaigns import ProjectAccount, open_account, to_rows, unknown_campaign
from mscode.app.workspace import parse_address
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.engine.account.status import LiveCampaign
    from mscode.views.status.results import ReceiverReply
    from mscode.views.status.table import StatusRow


@dataclass(frozen=True, slots=True)
class Results:
    """Where a campaign stands, and what each receiver replied. Times are shown in the zone of this name."""

    campaign: StatusRow
    people: Sequence[ReceiverReply]
    zone_name: str


def read_results(inv: Invocation, directory: Path, *, address: str = "", live_id: str = "") -> Results:
    """The replies to the campaign of an address or, without one, of an id; MscodeError where there is none. Sends nothing
    but GET."""
    from mscode.engine.account.status import read_replies
    from mscode.views.status.results import ReceiverReply

    with open_account(inv, directory) as account:
        campaign = _find(account, address, live_id)
        environment = account.environment
        replies = read_replies(environment.account(account.reader), campaign)
    return Results(to_rows([campaign])[0], [ReceiverReply(*astuple(reply)) for reply in replies], account.zone_name)


def _find(account: ProjectAccount, address: str, live_id: str) -> LiveCampaign:
    """The campaign with its own page read; MscodeError where there is none."""
    from mscode.engine.account.status import by_address, read_campaign
    from mscode.model.kind import registry

    live_account = account.environment.account(account.reader)
    if address:
        campaigns = account.campaigns()
        match = next(by_address(campaigns, parse_address(address)), None)
        if match is None:
            raise unknown_campaign(address, campaigns)
        kinds, live_id = [registry()[match.section]], match.live.id
    else:
        kinds = [kind for kind in registry().values() if kind.can_be_halted]
    for kind in kinds:
        if (campaign := read_campaign(live_account, kind, live_id, account.known)) is not None:
            return campaign
    hint = "`mscode status` shows what is live."
    raise MscodeError(f"There is no {kinds[0].singular} with id {live_id}", hint=hint, code="unknown-id")
