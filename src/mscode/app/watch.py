"""Following campaigns until each is done or halted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mscode.app.campaigns import ProjectAccount, select, to_rows
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.views.status.table import StatusRow


def follow(
    account: ProjectAccount, addresses: Sequence[str], interval: float
) -> Iterator[tuple[list[StatusRow], list[StatusRow]]]:
    """Each look at the campaigns of these addresses (all where none is given), with the one before it; the first has none.

    It ends with the look at which every campaign is done or halted. MscodeError where an address has no live campaign at the
    first look; one that is deleted later is no error. `interval` is in seconds.
    """
    before: list[StatusRow] = []
    rows = to_rows(select(account.campaigns(), addresses))
    while True:
        yield before, rows
        if all(row.standing.finished or row.standing.state == "halt" for row in rows):
            return
        wait(interval)
        before, campaigns = rows, account.campaigns()
        try:
            rows = to_rows(select(campaigns, addresses))
        except MscodeError:
            rows = to_rows(campaign for campaign in campaigns if campaign.address in addresses)


def wait(seconds: float) -> None:
    """Until the next look; Ctrl-C ends it at once."""
    time.sleep(seconds)
