"""Following campaigns until each is done or halted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mscode.app.campaigns import CampaignSelection, LiveAccount
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.views.status.table import StatusRow


def follow(
    account: LiveAccount, names: Sequence[str], interval: float
) -> Iterator[tuple[list[StatusRow], list[StatusRow]]]:
    """Read the campaigns of these names (addresses, of a `forEach`, globs; all where none is given) again and again, `interval`
    seconds apart. Yields the rows of the reading before, empty for the first, and those of this one.

    Ends when every campaign is done or halted; one whose outcome is unknown cannot be followed. MscodeError where a name has
    no live campaign at the first reading; one that is deleted later is no error.
    """
    selection = CampaignSelection.parse(names)
    previous: list[StatusRow] = []
    rows = account.rows(selection)
    while True:
        yield previous, rows
        if all(row.standing.finished or row.standing.state in ("halt", "unknown") for row in rows):
            return
        wait(interval)
        previous = rows
        try:
            rows = account.rows(selection)
        except MscodeError as error:
            if not all(diagnostic.code == "unknown-address" for diagnostic in error.diagnostics):
                raise
            live = {campaign.address for campaign in account.campaigns()}
            patterns = [pattern for pattern in selection.patterns if any(map(pattern.matches, live))]
            if not patterns:
                rows = []
                continue
            rows = account.rows(replace(selection, patterns=patterns))


def wait(seconds: float) -> None:
    """Wait until the next reading; Ctrl-C ends it at once."""
    time.sleep(seconds)
