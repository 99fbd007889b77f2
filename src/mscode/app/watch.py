"""Following campaigns until each is done or halted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mscode.app.campaigns import LiveAccount
from mscode.app.live.follow import AccountSource, Follower

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
    follower = Follower(AccountSource(account, names), interval)
    while True:
        before = follower.view
        follower.poll()
        rows = list(follower.view.rows)
        yield list(before.rows), rows
        if all(row.standing.finished or row.standing.state in ("halt", "unknown") for row in rows):
            return
        wait(interval)


def wait(seconds: float) -> None:
    """Wait until the next reading; Ctrl-C ends it at once."""
    time.sleep(seconds)
