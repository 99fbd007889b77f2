"""This project's campaigns as they are live: whatever reaches people and is known to the state, or carries our marker.

Read only: it takes a client that has no method but read. Needs no manifests, and no state where there are markers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mscode.engine.account.read import ended, read_list, read_members
from mscode.engine.account.target import Account
from mscode.errors import ApiError
from mscode.kinds.fields.e164 import live_e164
from mscode.model import service_json as wire
from mscode.model.address import Address
from mscode.model.kind import Kind, kind_of, registry
from mscode.model.world import Entry, Known, Live
from mscode.plan.lifecycle.send_status import SendStatus, next_and_last, receiver_rows, send_status_of


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """One live object and where it stands.

    `address` is as the state or the marker says it, "" for one that was asked for by its id and is nobody's of this
    project. `managed`: the state knows it. `first`, `next` and `last` are when it may reach people: from when on
    (spec form, "" where nobody knows), and from now on (aware, None for never).
    """

    address: str
    section: str
    live: Live
    standing: SendStatus
    managed: bool
    first: str = ""
    next: datetime | None = None
    last: datetime | None = None


def read_campaigns(account: Account, known: Known) -> list[LiveCampaign]:
    """This project's, by address and then id; one list call per kind that may hold one."""
    sections_in_state = {address.section for address in known.entries}
    kinds = [
        kind
        for kind in registry().values()
        if kind.reaches_people and (kind.carries_marker or kind.section in sections_in_state)
    ]
    lists = account.reader.map(lambda kind: read_list(account, kind), kinds)
    now = account.now()
    order = list(registry())
    by_id = {(address.section, entry.id): entry for address, entry in known.entries.items()}
    campaigns = [
        _campaign(kind, live, account, by_id.get((kind.section, live.id)), now)
        for kind, listed in zip(kinds, lists, strict=True)
        for live in listed.values()
        if (kind.section, live.id) in by_id or _is_ours(live, account)
    ]
    return sorted(
        campaigns,
        key=lambda campaign: (order.index(campaign.section), campaign.address, len(campaign.live.id), campaign.live.id),
    )


def _is_ours(live: Live, account: Account) -> bool:
    marker = live.status.marker
    return marker is not None and marker.belongs_to(account.target.project, account.target.environment)


def _campaign(kind: Kind, live: Live, account: Account, entry: Entry | None, now: datetime) -> LiveCampaign:
    marker = live.status.marker if _is_ours(live, account) else None
    first_call = (entry.first_call if entry else "") or str(live.fields.get("actionTime") or "")
    next_call, last_call = next_and_last(live, now, account.target.window_zone)
    return LiveCampaign(
        address=str(entry.address) if entry else marker.address if marker else "",
        section=kind.section,
        live=live,
        standing=send_status_of(kind, live),
        managed=entry is not None,
        first=first_call,
        next=next_call,
        last=last_call,
    )


# ---- replies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """What came of one receiver. `phone` and `email` are as the service has them and are masked where shown.

    `group_id`: the row stands for a whole group, of whose people the service tells nothing. `reply` is accept, decline,
    noAnswer or "". `seconds` is the time talked, `latest` the latest call in spec form.
    """

    account_id: str
    group_id: str = ""
    phone: str = ""
    email: str = ""
    reply: str = ""
    answered: bool = False
    dialled: int | None = None
    seconds: int = 0
    latest: str = ""


def read_campaign(account: Account, kind: Kind, live_id: str, known: Known) -> LiveCampaign | None:
    """One by its id, whole; None where there is none."""
    raw = account.reader.find(account.path(kind, live_id), what=f"{kind.singular} {live_id}")
    if raw is None:
        return None
    now = account.now()
    entry = next((e for a, e in known.entries.items() if (a.section, e.id) == (kind.section, live_id)), None)
    return _campaign(kind, ended(kind, account.decode(kind, raw), now), account, entry, now)


def read_replies(account: Account, campaign: LiveCampaign) -> list[ReceiverReply]:
    """Replies per person: those that the object tells itself, and those of people in groups where a list tells them.

    That list's path is a guess (docs/service-notes.md#receivers-and-results-of-an-rsvp-call), so a service without it is no
    error: the group then stays one row. A receiver that is shown by its account's id alone is known by that account.
    """
    kind = registry()[campaign.section]
    own = [_reply(row, account.target.region) for row in receiver_rows(campaign.live)]
    groups = [reply.group_id for reply in own if reply.group_id]
    results = _results(account, kind, campaign.live.id) if groups else []
    if not results:
        return _with_addresses(account, own)
    phones = _phones(account, groups)
    people = {reply.account_id: reply for reply in own if not reply.group_id}
    in_groups = [_with_phone(reply, phones) for reply in results if reply.account_id not in people]
    return _with_addresses(account, [*people.values(), *in_groups])


def _results(account: Account, kind: Kind, live_id: str) -> list[ReceiverReply]:
    if not kind.receivers_path:
        return []
    path = account.target.paths[kind.receivers_path].replace("{id}", live_id)
    try:
        label = f"replies of {kind.singular} {live_id}"
        return [_reply(row, account.target.region) for row in account.reader.list(path, what=label)]
    except ApiError as error:
        if error.status not in (404, 405):
            raise
        return []


def _phones(account: Account, groups: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Phone and e-mail address by account id. A group that is gone tells nobody's."""

    def members(group: str) -> Iterable[tuple[str, tuple[str, str]]]:
        try:
            return [(member.account_id, (member.phone, member.email)) for member in read_members(account, group)]
        except ApiError as error:
            if error.status != 404:
                raise
            return []

    return dict(pair for pairs in account.reader.map(members, dict.fromkeys(groups)) for pair in pairs)


#: So many accounts are read one by one; of more the list costs less.
_ONE_BY_ONE = 20


def _with_addresses(account: Account, replies: list[ReceiverReply]) -> list[ReceiverReply]:
    """Each with the number and the e-mail address of its account, where its row shows neither; an account that is gone has none."""
    kind = kind_of("person")

    def read_account(live_id: str) -> tuple[str, Live | None]:
        raw = account.reader.find(account.path(kind, live_id), what="a receiver")
        return live_id, account.decode(kind, raw) if raw is not None else None

    bare_ids = list(
        dict.fromkeys(reply.account_id for reply in replies if reply.account_id and not (reply.phone or reply.email))
    )
    if len(bare_ids) > _ONE_BY_ONE:
        listed = read_list(account, kind)
        accounts = {live_id: listed.get(live_id) for live_id in bare_ids}
    else:
        accounts = dict(account.reader.map(read_account, bare_ids))
    addresses = {
        live_id: (str(live.fields.get("phone") or ""), str(live.fields.get("email") or ""))
        for live_id, live in accounts.items()
        if live is not None
    }
    return [_with_phone(reply, addresses) if reply.account_id in addresses else reply for reply in replies]


def _with_phone(reply: ReceiverReply, phones: Mapping[str, tuple[str, str]]) -> ReceiverReply:
    phone, email = phones.get(reply.account_id, ("", ""))
    return replace(reply, phone=reply.phone or phone, email=reply.email or email)


def _reply(row: Mapping[str, object], region: str) -> ReceiverReply:
    counted = any(name in row for name in _COUNTERS)
    return ReceiverReply(
        account_id=wire.id_text(wire.pick(row, "accountId")),
        group_id=wire.id_text(wire.pick(row, "groupId")),
        phone=live_e164(str(wire.pick(row, "phone") or wire.pick(row, "phoneNumber") or ""), region),
        email=str(wire.pick(row, "email") or ""),
        reply=wire.reply(row),
        answered=wire.flag(wire.pick(row, "answered")),
        dialled=wire.dial_count(row) if counted else None,
        seconds=wire.number(wire.pick(row, "callDuration")) or 0,
        latest=wire.instant(wire.pick(row, "latestCallAt")),
    )


_COUNTERS = ("totalDialedCalls", "dialedCalls", "dialledCalls", "totalDialledCalls")


def by_address(campaigns: Sequence[LiveCampaign], address: Address) -> Iterator[LiveCampaign]:
    """The live objects of an address; the one that the state knows first, then the newest generation."""
    matching = [campaign for campaign in campaigns if campaign.address == str(address)]

    def order(campaign: LiveCampaign) -> tuple[bool, int, str]:
        marker = campaign.live.status.marker
        return not campaign.managed, -(marker.generation if marker else 0), campaign.live.id

    yield from sorted(matching, key=order)
