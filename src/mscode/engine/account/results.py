"""What came of each receiver of campaigns and messages: replies person by person, or who gets a message.

Read only: it takes a client that has no method but read. Receivers that are single people are told by the object itself; those
of people in groups stand in a list whose path the API's page does not state
(docs/service-notes.md#receivers-and-results-of-an-rsvp-call). Each is read once for all campaigns that need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mscode.engine.account.read import each_live, ended, read_members
from mscode.engine.account.target import Account
from mscode.errors import ApiError
from mscode.kinds.fields.e164 import live_e164
from mscode.model import service_json as wire
from mscode.model.kind import Kind, kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Live
from mscode.plan.lifecycle.send_status import receiver_rows


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """What came of one receiver. Number, e-mail address and names are as the service has them and are masked where shown.

    `group_id` without an account: the row stands for a whole group, of whose people the service tells nothing. `reply` is
    accept, decline, noAnswer or "". `seconds` is the time talked, `latest` the latest call in spec form. The names are ""
    where they were not asked for.
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
    first_name: str = ""
    last_name: str = ""

    @property
    def was_called(self) -> bool:
        """Does anything of it show a call?"""
        return bool(self.dialled or self.answered or self.seconds or self.latest)

    @property
    def is_group(self) -> bool:
        """Does the row stand for a whole group?"""
        return bool(self.group_id) and not self.account_id


@dataclass(frozen=True, slots=True)
class _Person:
    """What an account says of somebody."""

    phone: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""


def read_results(account: Account, objects: Sequence[Live], *, names: bool = False) -> list[list[ReceiverReply]]:
    """The receivers of live objects, person by person, each once an object; `names`: with the names of their accounts.

    The people of a group stand in the list of replies, where the service has one. Of what goes out once it tells nothing of
    anybody, so these are who is in the group now. A group of which neither is known, or that is gone, stays one row.
    """
    objects = account.reader.map(lambda live: live if "receivers" in live.fields else whole(account, live), objects)
    own = [receivers_of(account, live) for live in objects]
    groups = [[receiver.group_id for receiver in receivers if receiver.group_id] for receivers in own]
    with_groups = [live for live, ids in zip(objects, groups, strict=True) if ids]
    lists = account.reader.map(lambda live: read_results_list(account, live.kind, live.id) or [], with_groups)
    results = {(live.section, live.id): replies for live, replies in zip(with_groups, lists, strict=True)}
    needed = [
        group
        for live, ids in zip(objects, groups, strict=True)
        if live.kind.goes_out_once or results.get((live.section, live.id))
        for group in ids
    ]
    members = _members(account, needed)
    joined = [
        _expanded(receivers, members, live.kind.reached_by)
        if live.kind.goes_out_once
        else _joined(receivers, results.get((live.section, live.id), []))
        for live, receivers in zip(objects, own, strict=True)
    ]
    people = {live_id: person for group in members.values() for live_id, person in group.items()}
    people |= _read_people(account, joined, people, names=names)
    return [[_with_person(reply, people.get(reply.account_id)) for reply in replies] for replies in joined]


def receivers_of(account: Account, live: Live) -> list[ReceiverReply]:
    """The receivers of a live object, as it shows them itself."""
    return [_reply(row, account.target.region) for row in receiver_rows(live)]


def whole(account: Account, live: Live) -> Live:
    """An object of which a list leaves something out, as its page shows it."""
    full = account.decode(live.kind, {**live.raw, **account.page(live.kind, live.id)})
    return ended(live.kind, full, account.now())


def read_results_list(account: Account, kind: Kind, live_id: str) -> list[ReceiverReply] | None:
    """The replies of people in groups; None where the service has no such list, which is no error: its path is a guess."""
    if not kind.receivers_path:
        return None
    path = account.target.paths[kind.receivers_path].replace("{id}", live_id)
    try:
        label = f"replies of {kind.singular} {live_id}"
        return [_reply(row, account.target.region) for row in account.reader.list(path, what=label)]
    except ApiError as error:
        if error.status not in (404, 405):
            raise
        return None


def _joined(own: Sequence[ReceiverReply], results: Sequence[ReceiverReply]) -> list[ReceiverReply]:
    """Single receivers and people in groups, each once; the object's own rows where there are no others."""
    if not results:
        return list(own)
    single = {reply.account_id: reply for reply in own if not reply.group_id}
    return [*single.values(), *(reply for reply in results if reply.account_id not in single)]


def _expanded(
    own: Sequence[ReceiverReply], members: Mapping[str, Mapping[str, _Person]], reached_by: str
) -> list[ReceiverReply]:
    """Receivers with the people of each group in its place, each person once; without those who have no number or e-mail address
    (`reached_by`: phone or email) to be reached by."""
    rows: dict[str, ReceiverReply] = {}
    for at, receiver in enumerate(own):
        group = members.get(receiver.group_id, {}) if not receiver.account_id else {}
        if not group:
            rows.setdefault(receiver.account_id or f"row {at}", receiver)
        for live_id, person in group.items():
            if person.email if reached_by == "email" else person.phone:
                rows.setdefault(live_id, replace(receiver, account_id=live_id))
    return list(rows.values())


def _members(account: Account, groups: Iterable[str]) -> dict[str, dict[str, _Person]]:
    """Who is in each group, by its id and the account's. A group that is gone tells nobody's."""

    def read(group: str) -> dict[str, _Person]:
        try:
            return {member.account_id: _Person(member.phone, member.email) for member in read_members(account, group)}
        except ApiError as error:
            if error.status != 404:
                raise
            return {}

    group_ids = list(dict.fromkeys(groups))
    return dict(zip(group_ids, account.reader.map(read, group_ids), strict=True))


#: So many accounts are read one by one; of more the list costs less.
_ONE_BY_ONE = 20


def _read_people(
    account: Account, replies: Iterable[Sequence[ReceiverReply]], known: Mapping[str, _Person], *, names: bool
) -> dict[str, _Person]:
    """The accounts of receivers that show neither a number nor an address, or with `names` of all; one that is gone has none."""
    kind = kind_of("person")
    needed = {
        reply.account_id: None
        for rows in replies
        for reply in rows
        if reply.account_id and (names or not (reply.phone or reply.email or reply.account_id in known))
    }

    def read(live_id: str) -> tuple[str, Live | None]:
        raw = account.reader.find(account.path(kind, live_id), what="a receiver")
        return live_id, account.decode(kind, raw) if raw is not None else None

    if len(needed) > _ONE_BY_ONE:
        return {live.id: _person(live) for live in each_live(account, kind) if live.id in needed}
    return {live_id: _person(live) for live_id, live in account.reader.map(read, needed) if live is not None}


def _person(live: Live) -> _Person:
    return _Person(*(str(live.fields.get(name) or "") for name in ("phone", "email", "firstName", "lastName")))


def _with_person(reply: ReceiverReply, person: _Person | None) -> ReceiverReply:
    if person is None:
        return reply
    return replace(
        reply,
        phone=reply.phone or person.phone,
        email=reply.email or person.email,
        first_name=person.first_name,
        last_name=person.last_name,
    )


def _reply(row: Mapping[str, object], region: str) -> ReceiverReply:
    counted = any(name in row for name in wire.DIALS)
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
