"""Accounts and groups of the live account while receivers are compared with what was sent (plan.people.match_receivers)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from mscode.engine.account.read import read_list, read_members
from mscode.model.kind import kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Fields, Member, match_key

if TYPE_CHECKING:
    from mscode.engine.apply.run import Run

#: So many accounts are read one by one; of more the list costs less.
_ONE_BY_ONE = 20


@dataclass(slots=True)
class Directory:
    """Accounts and groups of the live account, each read when it is first asked for (plan.people.match_receivers).

    `rows` are those that will be asked about: many that show an account's id alone cost one list of accounts.
    """

    run: Run
    rows: Iterable[Fields] = ()
    _accounts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _members: dict[str, list[Member]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bare_ids = {str(row["accountId"]) for row in self.rows if _is_bare(row)}
        if len(bare_ids) > _ONE_BY_ONE:
            listed = read_list(self.run.account, kind_of("person"))
            self._accounts = {
                account_id: _addresses(listed[account_id].fields) if account_id in listed else {}
                for account_id in bare_ids
            }

    def answers_to(self, row: Fields) -> Iterator[tuple[str, str]]:
        """Nothing more than it shows, where it shows a number or an address: then nobody is asked."""
        return iter(self._account(str(row["accountId"])).items()) if _is_bare(row) else iter(())

    def addresses_of(self, account: str) -> Iterator[tuple[str, str]]:
        return iter(self._account(account).items())

    def members_of(self, group: str) -> Collection[str]:
        return {member.account_id for member in self._of_group(group) if member.phone or member.email}

    def _of_group(self, group: str) -> list[Member]:
        if group not in self._members:
            self._members[group] = read_members(self.run.account, group)
            for member in self._members[group]:
                addresses = {"phone": member.phone, "email": member.email}
                self._accounts.setdefault(
                    member.account_id, {name: value for name, value in addresses.items() if value}
                )
        return self._members[group]

    def _account(self, account_id: str) -> Mapping[str, str]:
        """An account that somebody deleted reaches nobody."""
        if account_id not in self._accounts:
            kind = kind_of("person")
            raw = self.run.client.find(self.run.target.item(kind.collection, account_id), what="a receiver")
            self._accounts[account_id] = {} if raw is None else _addresses(self.run.account.decode(kind, raw).fields)
        return self._accounts[account_id]


def _is_bare(row: Fields) -> bool:
    """Does a row show an account's id, and neither number nor address?"""
    return bool(row.get("accountId")) and not (row.get("phone") or row.get("email"))


def _addresses(fields: Fields) -> Mapping[str, str]:
    addresses = {"phone": str(fields.get("phone") or ""), "email": match_key("email", fields.get("email"))}
    return {name: value for name, value in addresses.items() if value}
