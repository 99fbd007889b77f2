"""Who has replied how to a campaign, for groups that are filled by it, or leave its people out.

See docs/service-notes.md#receivers-and-results-of-an-rsvp-call.

A campaign tells the replies of receivers that are single people itself; those of people reached through a group are in a
list of their own, whose path the API's page does not state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mscode.engine.account.target import Account
from mscode.errors import ApiError, PlanError
from mscode.kinds.fields.receivers import rows
from mscode.model import service_json as wire
from mscode.model.address import Address
from mscode.model.world import DesiredWorld, Fields, Known, Live

Replies = list[tuple[str, str]]


def read_replies(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
) -> dict[str, Replies]:
    """Campaign's id -> (account id, reply) of its people, for each campaign whose replies decide who is in a group,
    and that exists.
    """
    addresses = {
        replied.campaign.address
        for item in desired.objects.values()
        if item.members
        for replied in item.members.replies
    }
    campaigns = [live for address in sorted(addresses) for live in _live_of(address, account, desired, known, objects)]
    replies = account.reader.map(lambda live: _replies(account, live), campaigns)
    return dict(zip((live.id for live in campaigns), replies, strict=True))


def _live_of(
    address: Address,
    account: Account,
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
) -> Iterator[Live]:
    """The campaign as state, import or marker know it."""
    listed, entry, item = objects.get(address.section, {}), known.entries.get(address), desired.objects.get(address)
    live_id = entry.id if entry else item.import_id if item else ""
    if live_id:
        yield from [listed[live_id]] if live_id in listed else []
        return
    for live in listed.values():
        marker = live.status.marker
        if marker is not None and marker.belongs_to(account.target.project, account.target.environment, address):
            yield live


def _replies(account: Account, live: Live) -> Replies:
    if not any("groupId" in row for row in live.fields.get("receivers", ())):
        return _read(rows(wire.pick(live.raw, "receivers")))
    path = account.target.paths[live.kind.receivers_path].replace("{id}", live.id)
    try:
        return _read(account.reader.list(path, what=f"replies of {live.section} {live.id}"))
    except ApiError as error:
        if error.status not in (404, 405):
            raise
        raise PlanError(
            f"The replies of people in groups cannot be read: {path} answered {error.status}",
            detail="The API's page does not state where they are.",
            hint="Set rsvpReceiversPath of the environment, or call accounts instead of a group.",
            code="replies",
        ) from None


def _read(rows: Iterator[Fields] | list[dict[str, object]]) -> Replies:
    people = [(wire.id_text(row.get("accountId")), wire.reply(row)) for row in rows]
    return [(account_id, reply) for account_id, reply in people if account_id]
