"""Whom receivers reach at this moment, looked at once more right before a launch (reconcile §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mscode.engine.details import live_of
from mscode.engine.read import read_members
from mscode.engine.run import Run
from mscode.errors import StaleError
from mscode.plan.change import Change
from mscode.world import Fields


def refuse_other_people(run: Run, change: Change, now_reached: set[str]) -> None:
    """The approved people, or fewer: one person more is stale."""
    assert change.launch is not None
    more = len(now_reached - change.launch.reach.phones)
    if more:
        raise StaleError(
            f"{change.address} is not launched: it would reach {more:,} people who were not in the plan",
            hint="Plan again and look at the people.",
            code="more-people",
        )


def people_of(run: Run, rows: Iterable[Fields], by: str = "phone") -> set[str]:
    """The numbers (or e-mail addresses, in small letters) that receivers reach right now.

    Rows have groupId, accountId, or the number or address itself.
    """
    return {found for row in rows for found in _reached(run, row, by)} - {""}


def _reached(run: Run, row: Fields, by: str) -> Iterator[str]:
    if "groupId" in row:
        for member in read_members(run.client, run.target, row["groupId"]):
            yield member.phone if by == "phone" else member.email
    elif row.get(by):
        yield str(row[by]) if by == "phone" else str(row[by]).lower()
    elif row.get("accountId"):
        kind = run.kinds["accounts"]
        raw = run.client.find(run.target.item(kind.collection, row["accountId"]), what="a receiver")
        if raw is not None:  # an account that somebody deleted reaches nobody
            found = str(live_of(kind, raw).fields.get(by) or "")
            yield found if by == "phone" else found.lower()
