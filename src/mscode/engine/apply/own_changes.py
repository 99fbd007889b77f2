"""What this run has itself done to people, so that its own doing is not taken for somebody else's.

The service shows receivers with the number and the e-mail address of their account, and may show each member of a group as a
receiver. So a step that changes an account or a group changes what every campaign and message shows that reaches it, and a
step that looks whether an object is still as it was planned meets the other number. What differs by this run's own steps, and
by nothing else, is no reason to stop: the plan showed it, and whoever is reached by it was approved with it.

Why not compare receivers by their ids alone? A number that somebody else gives to an account meanwhile is another person, whom
nobody approved; and a service may show no ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mscode.model.world import VIA_GROUP, Fields, Live, folded
from mscode.plan.change import Launch

#: What an account is reached by.
_ADDRESSES = ("phone", "email")
Rows = Sequence[Fields]


@dataclass(slots=True)
class OwnChanges:
    """Everything is noted before it is sent: another step may read the outcome before the answer is there."""

    #: what is under way -> the numbers and addresses that this run has brought to it, each with its launch's yes
    _brought: dict[str, frozenset[str]] = field(default_factory=dict)
    #: account's id -> phone or email -> what it had, and what it is given
    _moved: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    #: account's id -> by what it was reached, of accounts that are deleted
    _deleted: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    #: (group's id, account's id) of who joins and who leaves
    _members: set[tuple[str, str]] = field(default_factory=set)

    def move(self, account: Live, after: Fields) -> None:
        """An account is given these fields."""
        pairs = {by: (_address(account.fields, by), _address(after, by)) for by in _ADDRESSES if by in after}
        self._moved[account.id] = {**self._moved.get(account.id, {}), **pairs}

    def delete(self, account: Live) -> None:
        self._deleted[account.id] = frozenset(_shown(account.fields))

    def change_members(self, group: str, accounts: Iterable[str]) -> None:
        self._members.update((group, account) for account in accounts)

    def bring(self, launch: Launch | None) -> None:
        """An account or a group is changed, by which what is under way reaches more people."""
        for name in launch.campaigns if launch else ():
            self._brought[name] = self.brought_to(name) | (launch.reach.phones if launch else frozenset())

    def brought_to(self, name: str) -> frozenset[str]:
        return self._brought.get(name, frozenset())

    def explain(self, before: Rows, now: Rows) -> bool:
        """Do receivers, read at two moments, differ by nothing but what this run has done?"""
        if before == now:
            return True
        before, now = self._of_others(before), self._of_others(now)
        return len(before) == len(now) and all(map(self._explains, before, now))

    def _of_others(self, rows: Rows) -> Rows:
        """Rows that this run has neither made nor ended."""
        return [row for row in rows if not self._is_own(row)]

    def _is_own(self, row: Fields) -> bool:
        account = str(row.get("accountId") or "")
        if account:
            return account in self._deleted or (str(row.get(VIA_GROUP) or ""), account) in self._members
        shown = set(_shown(row))
        return "groupId" not in row and any(shown <= had for had in self._deleted.values())

    def _explains(self, before: Fields, now: Fields) -> bool:
        if _ids(before) != _ids(now):
            return False
        account = str(now.get("accountId") or "")
        moves = [self._moved.get(account, {})] if account else list(self._moved.values())
        return all(
            pair[0] == pair[1] or any(move.get(by) == pair for move in moves)
            for by in _ADDRESSES
            for pair in [(_address(before, by), _address(now, by))]
        )


def _ids(row: Fields) -> Mapping[str, object]:
    return {name: value for name, value in row.items() if name not in _ADDRESSES}


def _address(fields: Fields, by: str) -> str:
    return folded(by, fields.get(by))


def _shown(fields: Fields) -> Iterator[tuple[str, str]]:
    return ((by, address) for by in _ADDRESSES if (address := _address(fields, by)))
