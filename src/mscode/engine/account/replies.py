"""Who has replied how to a campaign, for groups that are filled by it, or leave its people out.

See docs/service-notes.md#receivers-and-results-of-an-rsvp-call.

A campaign tells the replies of receivers that are single people itself; those of people reached through a group are in a
list of their own, whose path the API's page does not state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mscode.engine.account.target import Account
from mscode.errors import ApiError, PlanError
from mscode.kinds.fields.e164 import live_e164
from mscode.kinds.fields.receivers import rows
from mscode.model import service_json as wire
from mscode.model.address import Address
from mscode.model.kind import kind_of
from mscode.model.world import DesiredWorld, Fields, Known, Live, Replied
from mscode.plan.identity.matching import old_address

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
    campaigns = campaigns_of(account, desired, known, objects, lambda replied: not replied.is_unreached)
    replies = account.reader.map(lambda live: rows_of_people(account, live), campaigns)
    id_of_number = ids_by_number(objects) if campaigns else {}
    return {
        live.id: [(account_id, reply) for row in rows for account_id, reply in _read(row, id_of_number, account)]
        for live, rows in zip(campaigns, replies, strict=True)
    }


def campaigns_of(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
    is_meant: Callable[[Replied], bool],
) -> list[Live]:
    """The live campaigns by which groups are filled, or leave people out, in a way that is meant."""
    addresses = {
        replied.campaign.address
        for item in desired.objects.values()
        if item.members
        for replied in item.members.replies
        if is_meant(replied)
    }
    return [
        live for address in sorted(addresses) for live in live_of_address(address, account, desired, known, objects)
    ]


def ids_by_number(objects: Mapping[str, Mapping[str, Live]]) -> dict[str, str]:
    """The account of each number; of several that with the lowest id."""
    accounts = sorted(objects.get(kind_of("person").section, {}).values(), key=lambda live: wire.id_order(live.id))
    return {str(live.fields["phone"]): live.id for live in reversed(accounts) if live.fields.get("phone")}


def live_of_address(
    address: Address,
    account: Account,
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
) -> Iterator[Live]:
    """The campaign as state, import or marker know it."""
    listed, item = objects.get(address.section, {}), desired.objects.get(address)
    moved_from = old_address(item) if item else None
    entry = known.entries.get(address) or (known.entries.get(moved_from) if moved_from else None)
    live_id = entry.id if entry else item.import_id if item else ""
    if live_id:
        yield from [listed[live_id]] if live_id in listed else []
        return
    for live in listed.values():
        marker = live.status.marker
        if marker is not None and any(
            marker.belongs_to(account.target.project, account.target.environment, name)
            for name in (address, moved_from)
            if name
        ):
            yield live


def rows_of_people(account: Account, live: Live) -> list[Fields]:
    """The rows of a campaign's people, as they come. PlanError where it calls groups and the service does not list their people."""
    if not any("groupId" in row for row in live.fields.get("receivers", ())):
        return list(rows(wire.pick(live.raw, "receivers")))
    path = account.target.paths[live.kind.receivers_path].replace("{id}", live.id)
    try:
        return list(account.reader.list(path, what=f"replies of {live.section} {live.id}"))
    except ApiError as error:
        if error.status not in (404, 405):
            raise
        raise PlanError(
            f"The replies of people in groups cannot be read: {path} answered {error.status}",
            detail="The API's page does not state where they are.",
            hint="Set rsvpReceiversPath of the environment, or call accounts instead of a group.",
            code="replies",
        ) from None


def _read(row: Fields, id_of_number: Mapping[str, str], account: Account) -> Iterator[tuple[str, str]]:
    """A person and the reply. A row may show the number alone; of somebody who is nobody's account nothing can be said."""
    number = live_e164(str(wire.pick(row, "phone") or ""), account.target.region)
    account_id = wire.id_text(row.get("accountId")) or id_of_number.get(number, "")
    if account_id:
        yield account_id, wire.reply(row)
