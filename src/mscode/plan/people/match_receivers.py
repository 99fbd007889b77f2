"""Receivers as they are written and as they are read, and which of them meet.

See docs/service-notes.md#receivers.

A wanted receiver meets a live row by group, account, phone or e-mail address, however the row was written. The plan,
the search for what a create without an answer made, and the engine before it sends all use this module: if two of them gave
different answers, people would be called twice.

A service may show a group as one row, or take it apart when it is written: a row for each person who was in it then, with
or without the group's id. Whoever joins later is not called by that, and whoever leaves still is. All rows of a group stand
for it together. Where they do not name it, the accounts that were seen to be taken of it tell (`Taken`, kept in the state), else
who is in it now: it is met only where every one of them has a row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.values import Ref, Unknown, replace_leaves
from mscode.model.world import VIA_GROUP, Entry, Live, match_key

#: id of an address, or Unknown while it does not exist
Ids = Mapping[Address, "str | Unknown"]
Row = Mapping[str, Any]
#: group's id -> ids of the accounts that the service took of it
Taken = Mapping[str, Collection[str]]
_NOTHING: Taken = {}
#: The rows that a key is found in, in their order
Finder = Callable[[tuple[str, Any]], Sequence[int]]


class Reached(Protocol):
    """Accounts and groups, as far as they are known."""

    def answers_to(self, row: Row) -> Iterator[tuple[str, str]]:
        """What an account's row answers to beside what it shows: ("phone", number), ("email", address)."""

    def addresses_of(self, account: str) -> Iterator[tuple[str, str]]:
        """By what a live account is reached, now and as far as it is known soon: ("phone", number), ("email", address)."""

    def members_of(self, group: str) -> Collection[str] | None:
        """Ids of the accounts in a group now, of those that can be reached; None where they are unknown."""


def resolve(value: Any, ids: Ids) -> Any:
    """References as ids where these are known, else as `Unknown`."""

    def change(leaf: Any) -> Any:
        return ids.get(leaf.address, Unknown(leaf.address)) if isinstance(leaf, Ref) else leaf

    return replace_leaves(value, change)


def resolve_receivers(receivers: Sequence[Row], ids: Ids) -> list[tuple[str, Any]]:
    """Each receiver as (what, value): ("group", id), ("account", id), ("phone", number) or ("email", address)."""
    return [_receiver_key(resolve(dict(receiver), ids)) for receiver in receivers]


def _receiver_key(receiver: Row) -> tuple[str, Any]:
    for key, value in receiver.items():
        if key in ("group", "groupId"):
            return ("group", value)
        if key in ("account", "accountId"):
            return ("account", value)
    return (
        ("email", match_key("email", receiver["email"]))
        if "email" in receiver
        else ("phone", receiver.get("phone", ""))
    )


def live_receiver_keys(receiver: Row) -> Iterator[tuple[str, Any]]:
    """Every way in which a live row may have been written (docs/service-notes.md#receivers), the one that
    says who is reached first.
    """
    names = {"groupId": "group", "accountId": "account", "phone": "phone", "email": "email"}
    return ((names[key], match_key(key, value)) for key, value in receiver.items() if key in names and value)


def as_written(rows: Sequence[Row]) -> list[Row]:
    """Live receivers as a manifest has them: the people that the service took of a group are that group, once."""
    groups, receivers = set[str](), list[Row]()
    for row in rows:
        group = str(row.get(VIA_GROUP, ""))
        if not group:
            receivers.append(row)
        elif group not in groups:
            groups.add(group)
            receivers.append({"groupId": group})
    return receivers


@dataclass(frozen=True, slots=True)
class ReceiverMatch:
    """For each wanted receiver the rows that stand for it, None where it has none; a group may have many, or be empty.

    `accounts` says whose the rows of groups are that do not name their group; they may not name the account either.
    """

    wanted: Sequence[Row]
    keys: Sequence[tuple[str, Any]]
    rows: Sequence[Sequence[int] | None]
    accounts: Mapping[int, str]

    @property
    def added(self) -> list[Row]:
        """The wanted receivers that no row stands for."""
        return [receiver for receiver, rows in zip(self.wanted, self.rows, strict=True) if rows is None]

    @property
    def matched_rows(self) -> list[int]:
        """The rows that stand for a wanted one, in the order of the wanted."""
        return [at for rows in self.rows for at in rows or ()]


def same_receivers(
    live: Live,
    wanted: Any,
    ids: Mapping[Any, Any],
    people: Reached,
    *,
    taken: Taken = _NOTHING,
    ordered: bool = False,
) -> bool:
    """Does a live object have exactly these receivers?"""
    rows = live.fields.get("receivers", ())
    meeting = match_receivers(rows, wanted, ids, people, taken)
    matched = meeting.matched_rows
    return not meeting.added and len(matched) == len(rows) and (not ordered or matched == sorted(matched))


def match_receivers(
    rows: Sequence[Row], wanted: Sequence[Row], ids: Mapping[Any, Any], people: Reached, taken: Taken = _NOTHING
) -> ReceiverMatch:
    """Which rows stand for which wanted receivers; each row for one. Single people choose first: a group leaves them theirs."""
    wanted = list(wanted)
    keys = resolve_receivers(wanted, ids)
    by_key: dict[tuple[str, Any], list[int]] = {}
    for at, row in enumerate(rows):
        for key in _row_keys(row, people):
            by_key.setdefault(key, []).append(at)
    rows_of = _with_rows_without_ids(by_key, rows, people)
    taken_rows: set[int] = set()
    assigned: list[Sequence[int] | None] = [None] * len(wanted)
    accounts: dict[int, str] = {}

    def take(at: int, positions: Sequence[int] | None) -> None:
        assigned[at] = positions
        taken_rows.update(positions or ())

    singles = [at for at, (receiver_kind, _) in enumerate(keys) if receiver_kind != "group"]
    groups = [at for at, (receiver_kind, _) in enumerate(keys) if receiver_kind == "group"]
    for at in singles:
        free = [row for row in rows_of(keys[at]) if row not in taken_rows]
        take(at, sorted(free, key=lambda row: VIA_GROUP in rows[row])[:1] or None)
    for at in groups:
        take(at, [row for row in by_key.get(keys[at], ()) if row not in taken_rows] or None)
    naming_a_group = {at for at, row in enumerate(rows) if row.get(VIA_GROUP)}  # they stand for no other group
    blank = [at for at, row in enumerate(rows) if at not in taken_rows and not _shows_somebody(row)]
    blank_rows: dict[int, list[int]] = {}
    for at in groups:
        if assigned[at] is not None or not isinstance(keys[at][1], str):
            continue
        members = _taken_apart(keys[at][1], rows_of, taken_rows | naming_a_group, people, taken, len(blank))
        accounts.update(members or {})
        take(at, None if members is None else sorted(members))
        if members is not None:
            lacking = len(set(people.members_of(keys[at][1]) or ()).difference(members.values()))
            blank_rows[at], blank = blank[:lacking], blank[lacking:]
    for at, more in blank_rows.items():  # what is left are rows of accounts that are gone
        assigned[at] = sorted((*(assigned[at] or ()), *more, *blank))
        blank = []
    return ReceiverMatch(wanted, keys, assigned, accounts)


def _row_keys(row: Row, people: Reached) -> set[tuple[str, Any]]:
    """The keys a row answers to. A phone that was written becomes an account on the way, and its row may hold that alone."""
    keys = set(live_receiver_keys(row))
    if row.get(VIA_GROUP):
        keys.add(("group", row[VIA_GROUP]))
    if row.get("accountId"):
        keys.update(people.answers_to(row))
    return keys


def _with_rows_without_ids(by_key: dict[tuple[str, Any], list[int]], rows: Sequence[Row], people: Reached) -> Finder:
    """Finds the rows of a key; those of an account too that show its number or address and no id, where all they show is its."""
    alone = {at for at, row in enumerate(rows) if not row.get("accountId") and not row.get("groupId")}

    def find(key: tuple[str, Any]) -> Sequence[int]:
        receiver_kind, account = key
        positions = by_key.get(key, ())
        if positions or not alone or receiver_kind != "account" or not isinstance(account, str):
            return positions
        addresses = set(people.addresses_of(account))
        shown = alone & {at for address in addresses for at in by_key.get(address, ())}
        return [at for at in sorted(shown) if addresses.issuperset(_addresses_shown(rows[at]))]

    return find


def _addresses_shown(row: Row) -> list[tuple[str, str]]:
    return [(by, match_key(by, row[by])) for by in ("phone", "email") if row.get(by)]


def accounts_of(rows: Iterable[Row], accounts: Mapping[str, Live]) -> set[str]:
    """Ids of the accounts that live rows stand for: those they name, and where they name none all that have what they show."""
    rows = list(rows)
    account_ids = {str(row["accountId"]) for row in rows if row.get("accountId")}
    shown = {key for row in rows if not row.get("accountId") and "groupId" not in row for key in _addresses_shown(row)}
    if not shown:
        return account_ids
    return account_ids | {
        account_id for account_id, live in accounts.items() if shown.intersection(_addresses_shown(live.fields))
    }


def _shows_somebody(row: Row) -> bool:
    """Does a row say who it is? One of a group's members with neither number nor address, or whose account is gone, says nothing
    where the service shows nothing else of people.
    """
    return bool(row.get(VIA_GROUP)) or any(True for _ in live_receiver_keys(row))


def _taken_apart(
    group: str, rows_of: Finder, taken_rows: set[int], people: Reached, taken: Taken, blank: int
) -> dict[int, str] | None:
    """The rows of people whom the service took of a group, where they do not name it, with the account of each; None where it
    has not taken it. So many members may lack theirs as there are `blank` rows, which show nobody.
    """
    members, remembered = people.members_of(group), taken.get(group)
    if remembered is None and not members:
        return None
    account_of_row: dict[int, str] = {}
    for account in dict.fromkeys((*(remembered or ()), *sorted(members or ()))):
        row = next(
            (at for at in rows_of(("account", account)) if at not in taken_rows and at not in account_of_row), None
        )
        if row is not None:
            account_of_row[row] = account
    if remembered is None and len(set(members or ()).difference(account_of_row.values())) > blank:
        return None
    return account_of_row


# ---- what was taken of groups ----------------------------------------------------------------------------------------


def taken_of(entry: Entry | None) -> Taken:
    """What the state remembers of the groups that the service took apart without naming them in its rows."""
    pair = entry.server_values.get("receivers") if entry else None
    groups = pair[1] if pair else None
    return (
        {str(group): [str(account) for account in people] for group, people in groups.items()}
        if isinstance(groups, dict)
        else {}
    )


def taken_before(rows: Sequence[Row], taken: Taken) -> Taken:
    """What is remembered, and what rows that name their group tell beside it."""
    groups = {group: list(people) for group, people in taken.items()}
    for row in rows:
        if row.get(VIA_GROUP):
            groups.setdefault(str(row[VIA_GROUP]), []).append(str(row["accountId"]))
    return groups


def taken_echo(
    rows: Sequence[Row], meeting: ReceiverMatch, is_empty: Callable[[str], bool] = lambda group: False
) -> dict[str, tuple[Any, Any]]:
    """The same as server values to be kept: (groups that were sent, people that came back); {} where every group is named.

    Of a group that was sent and has nobody (`is_empty`) there is no row: the service took nobody of it. Were that forgotten, it
    would be sent anew by every apply.
    """
    shown = {row.get("groupId") or row.get(VIA_GROUP) for row in rows}
    groups = {
        str(value): [
            account
            for at in positions or ()
            if (account := meeting.accounts.get(at) or str(rows[at].get("accountId", "")))
        ]
        for (receiver_kind, value), positions in zip(meeting.keys, meeting.rows, strict=True)
        if receiver_kind == "group" and value not in shown and (positions is not None or is_empty(str(value)))
    }
    return {"receivers": (sorted(groups), groups)} if groups else {}


# ---- who is reached --------------------------------------------------------------------------------------------------


def rows_of_groups(meeting: ReceiverMatch, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The people whom the service took of each wanted group; a group that it kept as one row is not among them."""
    return {
        # The account first: it says who is reached, also where it has another number by now.
        str(value): [
            {
                "accountId": meeting.accounts.get(at) or rows[at]["accountId"],
                **{name: value for name, value in rows[at].items() if name != "accountId"},
            }
            for at in positions
            if at in meeting.accounts or rows[at].get("accountId")  # who is shown without anything reaches nobody
        ]
        for (receiver_kind, value), positions in zip(meeting.keys, meeting.rows, strict=True)
        if receiver_kind == "group" and positions is not None and not any("groupId" in rows[at] for at in positions)
    }
