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
    """Read the campaigns of these addresses (all where none is given) again and again, `interval` seconds apart. Yields the rows
    of the reading before, empty for the first, and those of this one.

    Ends when every campaign is done or halted. MscodeError where an address has no live campaign at the first reading; one
    that is deleted later is no error.
    """
    previous: list[StatusRow] = []
    rows = to_rows(select(account.campaigns(), addresses))
    while True:
        yield previous, rows
        if all(row.standing.finished or row.standing.state == "halt" for row in rows):
            return
        wait(interval)
        previous, campaigns = rows, account.campaigns()
        try:
            rows = to_rows(select(campaigns, addresses))
        except MscodeError:
            rows = to_rows(campaign for campaign in campaigns if campaign.address in addresses)


def wait(seconds: float) -> None:
    """Wait until the next reading; Ctrl-C ends it at once."""
    time.sleep(seconds)
