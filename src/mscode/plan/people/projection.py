"""Accounts and groups as they will be when the plan is done: the people a filter chooses, the numbers a receiver reaches.

Everybody is counted by phone number. Accounts that the plan creates are known by their address until they have an id,
and those that the service makes of receivers by their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from typing import Any

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind, Selector, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.values import ReceiverKey, Ref, scalar_text
from mscode.model.world import Desired, Members, Replied, match_key
from mscode.plan.change import MemberChange
from mscode.plan.inputs import Diagnostics, Match, PlanInput
from mscode.plan.people.list_rows import RowsFound, project_rows


@dataclass(slots=True)
class People:
    """Projected accounts (by id, address or row) and projected membership (by a group's id or address).

    `rows` are the accounts of each list; `filtered` and `replied` those that a group's filter or replies chose; all by address.
    `old_phones` are the numbers of accounts as they stand, where the plan changes or deletes them, and of members that are listed
    nowhere else: of all others the number stays.
    """

    accounts: dict[Any, Mapping[str, Any]] = field(default_factory=dict)
    members: dict[Any, frozenset[Any]] = field(default_factory=dict)
    before: dict[str, frozenset[str]] = field(default_factory=dict)
    old_phones: dict[str, str] = field(default_factory=dict)
    rows: dict[Address, RowsFound] = field(default_factory=dict)
    filtered: dict[Address, frozenset[Any]] = field(default_factory=dict)
    replied: dict[Address, frozenset[Any]] = field(default_factory=dict)
    _by_phone: dict[str, list[Any]] | None = None
    _by_text: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def phone(self, account: Any) -> str:
        """The number of an account as it will be, of a deleted one as it was; "" for none."""
        return str(self.accounts.get(account, {}).get("phone") or self.old_phones.get(account, "") or "")

    def replace(self, address: Address, live_id: str, *, stays: bool) -> None:
        """A new account takes the place of a live one, under its address until it has an id; an adopted one `stays` too."""
        self.accounts[address] = self.accounts[live_id]
        if not stays:
            del self.accounts[live_id]

    def numbers(self, account: Any) -> set[str]:
        """The numbers of an account, now and as they will be."""
        both = (self.accounts.get(account, {}).get("phone"), self.old_phones.get(account))
        return {str(number) for number in both if number}

    def reached_by(self, account: Any, by: str) -> str:
        """The number or the address by which somebody is reached; "" for none."""
        return self.phone(account) if by == "phone" else match_key(by, self.accounts.get(account, {}).get(by))

    def answers_to(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The number and address of a row's account as they will be (plan.meet.Reached)."""
        return ((by, address) for by in ("phone", "email") if (address := self.reached_by(row.get("accountId"), by)))

    def addresses_of(self, account: Any) -> Iterator[tuple[str, str]]:
        """Its old number too: a row shows that until the account is written (plan.meet.Reached)."""
        yield from self.answers_to({"accountId": account})
        if self.old_phones.get(account):
            yield "phone", self.old_phones[account]

    def members_of(self, group: str) -> frozenset[str] | None:
        """Who is in a live group as it stands, as far as they can be reached (plan.meet.Reached)."""
        members = self.before.get(group)
        if members is None:
            return None
        return frozenset(
            account for account in members if self.reached_by(account, "phone") or self.reached_by(account, "email")
        )

    def by_phone(self, phone: str) -> list[Any]:
        """The accounts that will have a number, by id, address or row."""
        if self._by_phone is None:
            self._by_phone = {}
            for account, fields in self.accounts.items():
                if fields.get("phone"):
                    self._by_phone.setdefault(str(fields["phone"]), []).append(account)
        return self._by_phone.get(phone, [])

    def chosen_by(self, selector: Selector) -> set[Any]:
        """The accounts that will meet conditions, by id, address or row."""
        if selector.one_of is None:
            return {account for account, fields in self.accounts.items() if selector.selects(fields)}
        name, texts = selector.one_of
        if name not in self._by_text:
            by_text = self._by_text[name] = {}
            for account, fields in self.accounts.items():
                if (value := fields.get(name)) is not None:
                    by_text.setdefault(scalar_text(value), []).append(account)
        having = (account for text in texts for account in self._by_text[name].get(text, ()))
        return {account for account in having if selector.selects(self.accounts[account])}

    def reached_in_group(self, group: Any, by: str) -> list[str]:
        """The numbers or addresses of a group's members, one for each member that has one (one may occur twice)."""
        return [address for account in self.members.get(group, ()) if (address := self.reached_by(account, by))]


@dataclass(frozen=True, slots=True)
class PeopleNow:
    """Live accounts and groups as they stand (plan.meet.Reached)."""

    inputs: PlanInput

    def answers_to(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        live = self.inputs.accounts.get(str(row.get("accountId")))
        addresses = ((by, str(live.fields.get(by) or "")) for by in ("phone", "email")) if live else ()
        return ((by, match_key(by, value)) for by, value in addresses if value)

    def addresses_of(self, account: Any) -> Iterator[tuple[str, str]]:
        return self.answers_to({"accountId": account})

    def members_of(self, group: str) -> frozenset[str] | None:
        members = self.inputs.live.members.get(group)
        return (
            None
            if members is None
            else frozenset(member.account_id for member in members if member.phone or member.email)
        )


def project(
    inputs: PlanInput, matches: Mapping[Address, Match], deleted: Iterable[str], diagnostics: Diagnostics
) -> People:
    """Live accounts with this plan's creates, updates and deletes applied; membership as it is now."""
    people = People()
    live_accounts = inputs.accounts
    people.accounts = {live.id: live.fields for live in live_accounts.values()}
    for account_id in deleted:
        people.accounts.pop(account_id, None)
    for address, match in matches.items():
        if address.kind.is_person:
            _project_account(people, match)
    people.rows = project_rows(inputs, matches, people.accounts, diagnostics)
    _project_receivers(inputs, matches, people)
    for live in live_accounts.values():
        if people.accounts.get(live.id) is not live.fields:
            people.old_phones[live.id] = str(live.fields.get("phone") or "")
    gone = frozenset(deleted)
    for group_id, members in inputs.live.members.items():
        for member in members:
            if member.account_id not in live_accounts:
                people.old_phones.setdefault(member.account_id, member.phone)
        people.before[group_id] = frozenset(member.account_id for member in members)
        people.members[group_id] = people.before[group_id] - gone if gone else people.before[group_id]
    return people


def _project_receivers(inputs: PlanInput, matches: Mapping[Address, Match], people: People) -> None:
    """Accounts that the service makes, with nothing but the number (or e-mail address), of receivers that this plan writes
    and that no account has. A filter finds them like any other, so a group of today's accounts would grow behind the plan.
    """
    known_addresses: dict[str, set[str]] = {}
    for address, match in sorted(matches.items()):
        kind = address.kind
        if not kind.reaches_people or not _writes_receivers(inputs, kind, match):
            continue
        by = kind.reached_by
        for receiver in match.desired.fields.get("receivers", ()):
            value = match_key(by, receiver.get(by))
            if value and by not in known_addresses:
                known_addresses[by] = {people.reached_by(account, by) for account in people.accounts}
            if value and value not in known_addresses[by]:
                known_addresses[by].add(value)
                people.accounts[ReceiverKey(by, value)] = {by: value}


def _writes_receivers(inputs: PlanInput, kind: Kind, match: Match) -> bool:
    """Will this plan create the object, or edit one that is not done? What was deleted or is over stays as it is."""
    if match.live is not None:
        return match.live.status.unfinished
    end = match.desired.fields.get(kind.ends or "endTime")
    is_over = bool(end) and parse_instant(str(end)) <= inputs.now
    stays_away = match.removed and match.entry is not None and match.entry.may_have_rung
    return not is_over and (not stays_away or match.desired.address in inputs.options.replace)


def _project_account(people: People, match: Match) -> None:
    item = match.desired
    if match.live is None:
        people.accounts[item.address] = dict(item.fields)
        return
    ignored = set(item.lifecycle.ignore_changes)
    removed = {
        name: ""
        for name in (match.entry.applied if match.entry else ())
        if name not in item.fields and name not in ignored
    }
    wanted = {name: value for name, value in item.fields.items() if name not in ignored}
    people.accounts[match.live.id] = {**match.live.fields, **removed, **wanted}


def wanted_members(
    inputs: PlanInput,
    item: Desired,
    wanted: Members,
    people: People,
    ids: Mapping[Address, Any],
    diagnostics: Diagnostics,
) -> frozenset[Any]:
    """The union of a group's sources, as ids and addresses of accounts."""
    chosen: set[Any] = set()
    if wanted.filter is not None:
        people.filtered[item.address] = frozenset(_chosen_by_filter(inputs, item, wanted.filter, people, diagnostics))
        chosen |= people.filtered[item.address]
    for ref in wanted.accounts:
        account_id = ids.get(ref.address)
        chosen.add(account_id if isinstance(account_id, str) else ref.address)
    if wanted.replied is not None:
        people.replied[item.address] = frozenset(chosen_by_reply(inputs, wanted.replied, ids))
        chosen |= people.replied[item.address]
    if wanted.account_list is not None and wanted.account_list.address in people.rows:
        listed = _chosen_of_list(item, wanted, wanted.account_list.address, people.rows, diagnostics)
        if not chosen and not wanted.phones:
            return frozenset(listed)  # of most groups the list is the one source, and may be long: it is not copied
        chosen |= listed
    for phone in wanted.phones:
        accounts = [account for account in people.by_phone(phone) if not isinstance(account, ReceiverKey)]
        if accounts:
            chosen.add(accounts[0])
        else:
            diagnostics.error(
                item,
                "A phone in members has no account",
                f"{item.address}: no live or declared account has one of the numbers under members.phones.",
                "Declare the account under `accounts:`, or take the number out.",
                code="member-without-account",
                at="members",
            )
    return frozenset(chosen)


def _chosen_of_list(
    item: Desired, wanted: Members, address: Address, lists: Mapping[Address, RowsFound], diagnostics: Diagnostics
) -> Set[Any]:
    rows = lists[address]
    if not wanted.where:
        return rows.accounts
    chosen = set(rows.where(wanted.where, address.kind))
    if not chosen and rows.by_row:
        diagnostics.warn(
            item,
            f"No row of {address} has what members.where of {item.address} asks for",
            "Cells are compared as they are typed, capitals and spaces inside included.",
            "Check the values.",
            code="where-matches-nobody",
            at="members",
        )
    return chosen


def chosen_by_reply(inputs: PlanInput, replied: Replied, ids: Mapping[Address, Any]) -> set[Any]:
    """As they have replied by now; nobody of a campaign that is yet to be made."""
    if replied.is_unreached:
        outcomes = inputs.live.outcomes.get(campaign_id(inputs, replied.campaign.address, ids))
        return set(outcomes.unreached) if outcomes is not None else set()
    rows = inputs.live.replies.get(campaign_id(inputs, replied.campaign.address, ids), ())
    if replied.reply != "none":
        return {account for account, reply in rows if reply == replied.reply}
    return {account for account, reply in rows if reply not in ("accept", "decline")}


def replies_are_lost(inputs: PlanInput, replied: Replied, ids: Mapping[Address, Any]) -> bool:
    """Has the campaign called people, and can nobody say any more how they replied?"""
    address = replied.campaign.address
    entry = inputs.known.entries.get(address)
    has_called = (entry is not None and entry.may_have_rung) or any(
        stone.address == address and stone.reached for stone in inputs.known.tombstones
    )
    known_answers = inputs.live.outcomes if replied.is_unreached else inputs.live.replies
    return has_called and campaign_id(inputs, address, ids) not in known_answers


def campaign_id(inputs: PlanInput, address: Address, ids: Mapping[Address, Any]) -> str:
    """The campaign's id, also where --only and --exclude leave it out of the plan; "" while there is none."""
    id_now, entry = ids.get(address), inputs.known.entries.get(address)
    if id_now is not None or entry is not None:
        return str(entry.id if id_now is None and entry is not None else id_now)
    marked = ((live.id, live.status.marker) for live in inputs.objects(address.section).values())
    return next((live_id for live_id, marker in marked if inputs.owns(marker, address)), "")


def _chosen_by_filter(
    inputs: PlanInput, item: Desired, reference: Ref, people: People, diagnostics: Diagnostics
) -> set[Any]:
    selector = registry()[reference.section].selector
    if selector is None:
        raise LookupError(f"{reference.address} chooses no accounts")
    chosen = people.chosen_by(selector(inputs.desired.objects[reference.address].fields["conditions"]))
    if people.accounts and len(chosen) == len(people.accounts) and len(chosen) > 1:
        diagnostics.warn(
            item,
            f"{reference.address} matches every account",
            f"All {len(chosen):,} accounts become members of {item.address}.",
            "Check the filter's conditions.",
            code="filter-matches-all",
            at="members",
        )
    return chosen


def member_change(
    wanted: frozenset[Any],
    current: frozenset[str],
    left_out: frozenset[Any],
    *,
    exclusive: bool,
    deleted: frozenset[str],
) -> MemberChange:
    """What comes and goes of `current`; accounts that this plan deletes leave their groups by themselves. `left_out` go whatever
    `exclusive` says.
    """
    add = wanted - current
    remove = ((current - wanted) if exclusive else (current & left_out)) - deleted
    gone_by_itself = sum(account in current or account in wanted for account in deleted)
    after = len(current) + len(add) - len(remove) - gone_by_itself
    return MemberChange(
        tuple(sorted(add, key=str)),
        tuple(sorted(remove, key=str)),
        after,
        tuple(sorted(remove & left_out, key=str)),
    )


def numbers_of(
    receivers: Sequence[tuple[str, Any]], people: People, by: str = "phone"
) -> list[tuple[str, Any, list[str]]]:
    """Each resolved receiver with the numbers (or e-mail addresses) it reaches: (what, value, numbers)."""
    return [(receiver_kind, value, _numbers(receiver_kind, value, people, by)) for receiver_kind, value in receivers]


def _numbers(receiver_kind: str, value: Any, people: People, by: str) -> list[str]:
    if receiver_kind == "group":
        return people.reached_in_group(getattr(value, "address", value), by)
    if receiver_kind == "account":
        number = people.reached_by(getattr(value, "address", value), by)
        return [number] if number else []
    return [match_key(receiver_kind, value)] if value else []
