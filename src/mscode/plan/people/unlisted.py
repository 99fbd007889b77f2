"""Accounts that are still reached although no list and no manifest has them: a row that was taken out of a list leaves its
account behind, and a filter still finds it. Every plan reports them.

Only in a project that declares people, as accounts or lists: one that uses the accounts of the service means them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscode.model.plurals import count
from mscode.model.world import match_key
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Note
from mscode.plan.inputs import Match
from mscode.plan.people.match_receivers import resolve_receivers


def unlisted_people(builder: PlanBuilder) -> Iterator[Note]:
    """A note for each group through which something reaches accounts that nothing in the project names."""
    known_accounts = _known_accounts(builder)
    if known_accounts is None:
        return
    senders = _senders_by_group(builder)
    for address, match in sorted(builder.matches.items()):
        members, group = match.desired.members, match.live.id if match.live else address
        if members is None or not senders.get(group) or "members" in match.desired.lifecycle.ignore_changes:
            continue
        members_now = builder.people.members.get(group, frozenset())
        strangers = {account for account in members_now if isinstance(account, str) and account not in known_accounts}
        by_filter = strangers & builder.people.filtered.get(address, frozenset())
        if by_filter and members.filter:
            yield _note(match, f"{members.filter.address} also takes", len(by_filter), senders[group])
        if not members.exclusive and (
            left_over := strangers - by_filter - builder.people.replied.get(address, frozenset())
        ):
            yield _note(match, "it keeps", len(left_over), senders[group])


def _note(match: Match, beginning: str, number: int, reached_by: list[str]) -> Note:
    accounts, pronoun = count(number, "account"), "it" if number == 1 else "them"
    verb = "reaches" if len(reached_by) == 1 else "reach"
    text = f"{beginning} {accounts} that no list and no manifest of this project has; {', '.join(reached_by)} {verb} {pronoun}"
    return Note(str(match.desired.address), text, "unlisted", match.desired.place)


def _known_accounts(builder: PlanBuilder) -> set[Any] | None:
    """The accounts that the project's manifests and lists have, by id; None where it keeps no people, or where what keeps them
    is left out of this plan.
    """
    inputs, people = builder.inputs, builder.people
    if any(not a.kind.has_live_objects for a in inputs.excluded & inputs.declared):
        return None
    declared = {address for address in inputs.declared if address.kind.is_person}
    if not declared and not people.rows:
        return None
    accounts: set[Any] = {
        match.live.id for address, match in builder.matches.items() if address in declared and match.live
    }
    accounts |= {entry.id for address, entry in inputs.known.entries.items() if address in declared}
    accounts |= {account for list_rows in people.rows.values() for account in list_rows.accounts}
    numbers, mails = set[str](), set[str]()
    for item in inputs.desired.objects.values():
        numbers |= set(item.members.phones) if item.members else set()
        for row in item.fields.get("receivers", ()) if item.kind.reaches_people else ():
            numbers.add(str(row.get("phone") or ""))
            mails.add(match_key("email", row.get("email")))
    if numbers - {""} or mails - {""}:
        accounts |= {
            account
            for account, fields in people.accounts.items()
            if str(fields.get("phone") or "-") in numbers or (match_key("email", fields.get("email")) or "-") in mails
        }
    return accounts


def _senders_by_group(builder: PlanBuilder) -> dict[Any, list[str]]:
    """What reaches people through each group, by the group's id or address: wanted, and not over."""
    senders: dict[Any, list[str]] = {}
    changed = {change.address for change in builder.changes}
    for address, match in sorted(builder.matches.items()):
        kind = address.kind
        is_over = match.live is not None and not match.live.status.unfinished
        if not kind.reaches_people or is_over or (match.live is None and address not in changed):
            continue
        for receiver_kind, value in resolve_receivers(match.desired.fields.get("receivers", ()), builder.ids):
            group = getattr(value, "address", value)
            if receiver_kind == "group" and str(address) not in senders.setdefault(group, []):
                senders[group].append(str(address))
    return senders
