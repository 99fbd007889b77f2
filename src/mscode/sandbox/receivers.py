"""Who an object reaches: the receivers written, how they are resolved, and the shapes they are read in.

See docs/service-notes.md#receivers.
"""

from collections import defaultdict
from dataclasses import dataclass

from mscode.sandbox.accounts import account_values, add_account
from mscode.sandbox.errors import invalid
from mscode.sandbox.operation import Call
from mscode.sandbox.profile import Profile
from mscode.sandbox.store import Doc, Store
from mscode.sandbox.times import stamp
from mscode.sandbox.validate import Fields, array, e164, identifier

# Of the replies of a group's people, the one that its single row shows.
_STRONGEST = ("accept", "decline", "noAnswer")
_ROWS = """
SELECT r.owner, r.id, r.accountId, r.groupId, r.at, a.firstName, a.lastName, a.phone, a.email,
       json_extract(d.body, '$.name'), CASE WHEN r.groupId IS NULL OR r.accountId IS NOT NULL THEN NULL ELSE
       (SELECT count(*) FROM members m WHERE m.groupId = r.groupId) END
FROM receivers r LEFT JOIN accounts a ON a.id = r.accountId
LEFT JOIN documents d ON d.kind = 'group' AND d.id = r.groupId
WHERE r.kind = ? AND (?2 IS NULL OR r.owner = ?2) ORDER BY r.owner, r.id
"""
_DIALLED = """
SELECT p.receiver, sum(p.attempts), max(p.answered), sum(p.duration), max(p.latestAt), group_concat(DISTINCT p.reply)
FROM progress p JOIN receivers r ON r.id = p.receiver WHERE r.kind = ? AND (?2 IS NULL OR r.owner = ?2)
GROUP BY p.receiver
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one written receiver leads: an account, a group, or an account that is reached as a member of a group."""

    account_id: int | None
    group_id: int | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """One stored receiver with what is known of its account or group now; a dangling one has empty texts."""

    owner: int
    id: int
    account_id: int | None
    group_id: int | None
    at: int
    first_name: str
    last_name: str
    phone: str
    email: str
    name: str
    members: int | None


@dataclass(frozen=True, slots=True)
class Dialled:
    """How often one receiver was dialled, and what came of it; of a group, of all its people together."""

    attempts: int = 0
    answered: int = 0
    duration: int = 0
    latest_at: int | None = None
    reply: str = "noAnswer"


def resolve(call: Call, items: object, address: str, *, strict: bool = False) -> list[Target]:
    """Check all receivers of a request. A phone (or e-mail) that no account has makes one
    (docs/service-notes.md#receivers).

    ``address`` is the member beside ``accountId`` and ``groupId``: ``phone`` or ``email``; ``strict`` wants E.164.
    """
    wanted = array(items, "receivers", empty=False)
    targets = [_resolve(call.store, item, address, call.now, strict) for item in wanted]
    if not call.profile.expand_groups:
        return targets
    return [one for target in targets for one in _expanded(call.store, target)]


def _expanded(store: Store, target: Target) -> list[Target]:
    """A group as its members of this moment, any other target as it is (docs/service-notes.md#receivers)."""
    if target.group_id is None:
        return [target]
    sql = "SELECT a.id FROM members m JOIN accounts a ON a.id = m.accountId WHERE m.groupId = ? ORDER BY a.phone, a.id"
    members = store.rows(sql, target.group_id)
    return [Target(account_id, target.group_id) for (account_id,) in members]


def _resolve(store: Store, item: object, address: str, now: int, strict: bool) -> Target:
    fields = Fields(item, "receivers")
    given = [name for name in ("accountId", "groupId", address) if fields.get(name) not in (None, "")]
    if len(given) != 1:
        raise invalid(f"a receiver has exactly one of accountId, groupId and {address}", "receivers")
    value = fields.get(given[0])
    if given[0] == "accountId":
        return Target(_known(store, "SELECT id FROM accounts WHERE id = ?", value, "accountId"), None)
    if given[0] == "groupId":
        sql = "SELECT id FROM documents WHERE kind = 'group' AND id = ?"
        return Target(None, _known(store, sql, value, "groupId"))
    text = e164(value, address) if strict else fields.required_text(address)
    return Target(_account_with(store, address, text, now), None)


def _known(store: Store, sql: str, value: object, field: str) -> int:
    row = store.row(sql, identifier(value))
    if row is None:
        raise invalid(f"no such {field.removesuffix('Id')}", field)
    return int(row[0])


def _account_with(store: Store, address: str, text: str, now: int) -> int:
    row = store.row(f"SELECT min(id) FROM accounts WHERE {address} = ?", text)
    return int(row[0]) if row[0] is not None else add_account(store, account_values(Fields({address: text})), now)


def add(store: Store, kind: str, owner: int, targets: list[Target], now: int) -> list[int]:
    """Append; the ids of the new rows."""
    sql = "INSERT INTO receivers (kind, owner, accountId, groupId, at) VALUES (?, ?, ?, ?, ?)"
    return [store.insert(sql, kind, owner, target.account_id, target.group_id, now) for target in targets]


def remove(store: Store, kind: str, owner: int) -> None:
    mine = "SELECT id FROM receivers WHERE kind = ? AND owner = ?"
    store.run(f"DELETE FROM progress WHERE receiver IN ({mine})", kind, owner)
    store.run("DELETE FROM receivers WHERE kind = ? AND owner = ?", kind, owner)


def by_owner(store: Store, kind: str, owner: int | None = None) -> dict[int, list[Receiver]]:
    """The receivers of one object, or of all of a kind, in the order they were written."""
    found: dict[int, list[Receiver]] = defaultdict(list)
    for row in store.rows(_ROWS, kind, owner):
        owner, receiver, account_id, group_id, at, *texts, members = row
        first_name, last_name, phone, email, name = (text or "" for text in texts)
        found[owner].append(
            Receiver(owner, receiver, account_id, group_id, at, first_name, last_name, phone, email, name, members)
        )
    return found


def dialled(store: Store, kind: str, owner: int | None = None) -> dict[int, Dialled]:
    """By the receiver's row id."""
    found = {}
    for receiver, attempts, answered, duration, latest_at, replies in store.rows(_DIALLED, kind, owner):
        reply = next(reply for reply in _STRONGEST if reply in replies.split(","))
        found[receiver] = Dialled(attempts, answered, duration, latest_at, reply)
    return found


_WHO = ("accountId", "groupId", "phone", "email", "firsName", "firstName", "lastName", "name")


def _shown(profile: Profile, row: Doc) -> Doc:
    """A row under the switch ``receiver_rows``: who it is, by one id alone, by number and address, or by all that is known."""
    if profile.receiver_rows == "full":
        return row
    if profile.receiver_rows == "address":
        return row if row["accountId"] is None else {**row, "accountId": None, "groupId": None}
    kept = "accountId" if row["accountId"] is not None else "groupId"
    return {name: value for name, value in row.items() if name not in _WHO or name == kept}


def dial_receiver(profile: Profile, receiver: Receiver, so_far: Dialled, reply: str, dials: str) -> Doc:
    """A row of a campaign; ``reply`` and ``dials`` are the member names, which differ between operations
    (docs/service-notes.md#spellings).
    """
    row = {
        "accountId": _text_id(receiver.account_id),
        "groupId": _text_id(receiver.group_id),
        "phone": receiver.phone,
        "firstName" if profile.fix_typos else "firsName": receiver.first_name,
        "lastName": receiver.last_name,
        "answered": so_far.answered,
        reply: so_far.reply,
        "callDuration": so_far.duration,
        dials: so_far.attempts,
        "latestCallAt": "" if so_far.latest_at is None else stamp(so_far.latest_at, profile.time_zone),
    }
    return _shown(profile, row)


def message_receiver(profile: Profile, receiver: Receiver) -> Doc:
    """Ten members, embedded in a call, email or sms (docs/service-notes.md#receivers)."""
    row = {
        "receiverId": str(receiver.id),
        "accountId": _text_id(receiver.account_id),
        "groupId": _text_id(receiver.group_id),
        "name": receiver.name,
        "firstName": receiver.first_name,
        "lastName": receiver.last_name,
        "email": receiver.email,
        "phone": receiver.phone,
        "updatedAt": stamp(receiver.at, profile.time_zone),
        "createdAt": stamp(receiver.at, profile.time_zone),
    }
    return _shown(profile, row)


def receiver_row(profile: Profile, receiver: Receiver) -> Doc:
    """A row of the receivers of a call or sms, listed by themselves (docs/service-notes.md#receivers)."""
    row = {
        "accountId": _text_id(receiver.account_id),
        "groupId": _text_id(receiver.group_id),
        "firstName": receiver.first_name,
        "lastName": receiver.last_name,
        "phone": receiver.phone,
        "email": receiver.email,
        "name": receiver.name,
        "numberOfAccounts": receiver.members,
        "updatedAt": stamp(receiver.at, profile.time_zone),
        "createdAt": stamp(receiver.at, profile.time_zone),
    }
    return _shown(profile, row)


def _text_id(object_id: int | None) -> str | None:
    return None if object_id is None else str(object_id)
