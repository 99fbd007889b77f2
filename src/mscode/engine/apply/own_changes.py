"""What this run has itself done to people, so that its own doing is not taken for somebody else's.

The service shows receivers with the number and the e-mail address of their account, and may show each member of a group as a
receiver. So a step that changes an account or a group changes what every campaign and message shows that reaches it, and a
step that looks whether an object is still as it was planned meets the other number. What differs by this run's own steps, and
by nothing else, is no reason to stop: the plan showed it, and whoever is reached by it was approved with it.

Why not compare receivers by their ids alone? A number that somebody else gives to an account meanwhile is another person, whom
nobody approved; and a service may show no ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.world import VIA_GROUP, Fields, Live, match_key

#: What an account is reached by.
_ADDRESSES = ("phone", "email")
Rows = Sequence[Fields]
#: By what an account is reached: pairs of "phone" or "email" and the number or address.
AddressesOf = Callable[[Any], Iterable[tuple[str, str]]]


@dataclass(slots=True)
class OwnChanges:
    """Everything is noted before it is sent: another step may read the outcome before the answer is there."""

    #: what is under way -> the numbers and addresses that this run has brought to it, each with its launch's yes
    _brought: dict[str, frozenset[str]] = field(default_factory=dict)
    #: account's id -> phone or email -> what it had, and what it is given
    _moved: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    #: account's id -> by what it was reached, of accounts that are deleted
    _deleted: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    #: ids of groups that are deleted
    _deleted_groups: set[str] = field(default_factory=set)
    #: (group's id, account's id) of who leaves
    _leaving: set[tuple[str, str]] = field(default_factory=set)
    #: the same of who joins -> asked for that account, by what the plan showed it to be reached
    _joining: dict[tuple[str, str], tuple[Any, AddressesOf]] = field(default_factory=dict)

    def move(self, account: Live, after: Fields) -> None:
        """An account is given these fields."""
        pairs = {by: (_address(account.fields, by), _address(after, by)) for by in _ADDRESSES if by in after}
        self._moved[account.id] = {**self._moved.get(account.id, {}), **pairs}

    def delete(self, account: Live) -> None:
        self._deleted[account.id] = frozenset(_shown(account.fields))

    def delete_group(self, group: str) -> None:
        self._deleted_groups.add(group)

    def leave(self, group: str, accounts: Iterable[str]) -> None:
        self._leaving.update((group, account) for account in accounts)

    def join(self, group: str, accounts: Mapping[str, Any], addresses_of: AddressesOf) -> None:
        """`accounts` maps the id of each to what the plan calls it, `addresses_of` gives those by which the plan showed that to be
        reached: asked where it matters, since a hundred thousand may join.
        """
        self._joining.update(((group, account), (name, addresses_of)) for account, name in accounts.items())

    def bring(self, name: str, people: frozenset[str]) -> None:
        """An account or a group is changed, by which this campaign or message, which is under way, reaches these people as well."""
        self._brought[name] = self.brought_to(name) | people

    def brought_to(self, name: str) -> frozenset[str]:
        return self._brought.get(name, frozenset())

    def explain(self, before: Rows, now: Rows) -> bool:
        """Do receivers, read at two moments, differ by nothing but what this run has done?

        Whoever stays is compared, also one who leaves a group or joins it: a service that took the group apart still calls them.
        """
        if before == now:
            return True
        stay = {_key(row) for row in before} & {_key(row) for row in now}
        before = [row for row in before if _key(row) in stay or not self._may_go(row)]
        now = [row for row in now if _key(row) in stay or not self._may_come(row)]
        return len(before) == len(now) and all(map(self._explains, before, now))

    def _may_go(self, row: Fields) -> bool:
        """Has this run ended what made this row?"""
        account = str(row.get("accountId") or "")
        if account:
            return account in self._deleted or (str(row.get(VIA_GROUP) or ""), account) in self._leaving
        if "groupId" in row:
            return str(row["groupId"]) in self._deleted_groups
        shown = set(_shown(row))
        return any(shown <= had for had in self._deleted.values())

    def _may_come(self, row: Fields) -> bool:
        """Has this run made this row, and does it reach whom the plan showed? What is left of a deleted account reaches nobody."""
        account, shown = str(row.get("accountId") or ""), set(_shown(row))
        if not account:
            return "groupId" not in row and not shown and bool(self._deleted)
        joining = self._joining.get((str(row.get(VIA_GROUP) or ""), account))
        if joining is None:
            return False
        name, addresses_of = joining
        moved = {(by, pair[0]) for by, pair in self._moved.get(account, {}).items()}
        return shown <= moved.union(addresses_of(name))

    def _explains(self, before: Fields, now: Fields) -> bool:
        if _ids(before) != _ids(now):
            return False
        account = str(now.get("accountId") or "")
        moves = [self._moved.get(account, {})] if account else list(self._moved.values())
        return all(
            pair[0] == pair[1]
            or (account in self._deleted and not pair[1])
            or any(move.get(by) == pair for move in moves)
            for by in _ADDRESSES
            for pair in [(_address(before, by), _address(now, by))]
        )


def _key(row: Fields) -> tuple[object, ...]:
    """Who a row is, as long as it stands: by its account where it shows one, else by what it shows."""
    account = row.get("accountId")
    return (row.get(VIA_GROUP), account) if account else (row.get("groupId"), *_shown(row))


def _ids(row: Fields) -> Mapping[str, object]:
    return {name: value for name, value in row.items() if name not in _ADDRESSES}


def _address(fields: Fields, by: str) -> str:
    return match_key(by, fields.get(by))


def _shown(fields: Fields) -> Iterator[tuple[str, str]]:
    return ((by, address) for by in _ADDRESSES if (address := _address(fields, by)))
