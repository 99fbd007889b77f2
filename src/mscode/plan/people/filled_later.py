"""Groups that are filled by the replies to a campaign which still calls: when to apply again, by date.

A plan fills a group with who has replied by now. Whoever replies later joins it with the next apply alone, and that has to come
before what calls or writes to the group is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mscode.model.address import Address
from mscode.model.calling_window import day_and_time
from mscode.model.values import references
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Note
from mscode.plan.inputs import Match
from mscode.plan.people.reach import written_end


def notes_of_groups_filled_later(builder: PlanBuilder) -> Iterator[Note]:
    """One note for each declared group whose campaign has not ended; none once nothing waits for its members any more."""
    inputs, zone = builder.inputs, builder.inputs.desired.project.zone
    for address, match in sorted(builder.matches.items()):
        source = match.desired.members.replied if match.desired.members else None
        if source is not None and source.is_unreached:
            continue  # whom it holds is called once the campaign has ended, not before (guards/unfinished_campaign.py)
        campaign = builder.matches.get(source.campaign.address) if source else None
        end = written_end(campaign.desired.fields) if campaign and not _is_over(campaign) else None
        if campaign is None or end is None or end <= inputs.now:
            continue
        users = list(_users(builder, address))
        users_to_come = [(at, user) for user, at in users if at is None or at > inputs.now]
        if users and not users_to_come:
            continue
        until = day_and_time(end, zone, inputs.now)
        deadlines = sorted((at, user) for at, user in users_to_come if at is not None)
        before = ""
        if deadlines:
            at, user = deadlines[0]
            verb = "goes out" if user.kind.goes_out_once else "ends"
            before = f" and before {day_and_time(at, zone, inputs.now)}, when {user} {verb}"
        yield Note(
            str(address),
            f"is filled by the replies to {campaign.desired.address}, which calls until {until}",
            "filled-later",
            match.desired.place,
            f"Apply again after {until}{before}: who has replied by then joins it.{_not_reached(builder, users_to_come)}",
        )


def _not_reached(builder: PlanBuilder, users: Sequence[tuple[datetime | None, Address]]) -> str:
    """What is said where the service takes a group's members when something is written."""
    if not users or not builder.inputs.service.expands_groups:
        return ""
    names = " and ".join(sorted({str(user) for _, user in users}))
    return f" The service takes its members when {names} is written: who joins after that is not reached."


def _is_over(campaign: Match) -> bool:
    return campaign.live is not None and campaign.live.status.finished


def _users(builder: PlanBuilder, group: Address) -> Iterator[tuple[Address, datetime | None]]:
    """What reaches people through a group and is not over, and the instant at which it will be."""
    for address, match in builder.matches.items():
        receivers = match.desired.fields.get("receivers", ()) if address.kind.reaches_people else ()
        if any(ref.address == group for ref in references(receivers)) and not _is_over(match):
            yield address, written_end(match.desired.fields)
