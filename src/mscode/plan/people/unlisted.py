"""Accounts that are in a group although no list and no manifest has them: a row that was taken out of a list leaves its
account behind, and a filter still finds it. Every plan reports them.

Only in a project that declares people, as accounts or lists: one that uses the accounts of the service means them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscode.model.address import Address
from mscode.model.plurals import count
from mscode.model.world import match_key
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Note
from mscode.plan.inputs import Match
from mscode.plan.people.match_receivers import resolve_receivers


def unlisted_people(builder: PlanBuilder) -> Iterator[Note]:
    """A warning for each group whose filter catches accounts that nothing in the project names; a note for each that keeps such
    accounts, where something reaches them through it.
    """
    known_accounts = _known_accounts(builder)
    if known_accounts is None:
        return
    senders = _senders_by_group(builder)
    for address, match in sorted(builder.matches.items()):
        members, group = match.desired.members, match.live.id if match.live else address
        if members is None or "members" in match.desired.lifecycle.ignore_changes:
            continue
        members_now = builder.people.members.get(group, frozenset())
        strangers = {account for account in members_now if isinstance(account, str) and account not in known_accounts}
        by_filter = strangers & builder.people.filtered.get(address, frozenset())
        if by_filter and members.filter:
            _warn_of_filter(builder, match, members.filter.address, len(by_filter), senders.get(group, []))
        if (
            not members.exclusive
            and senders.get(group)
            and (left_over := strangers - by_filter - builder.people.replied.get(address, frozenset()))
        ):
            yield _note(match, len(left_over), senders[group])


def _warn_of_filter(
    builder: PlanBuilder, match: Match, filter_address: Address, number: int, reached_by: list[str]
) -> None:
    address = match.desired.address
    builder.diagnostics.warn(
        match.desired,
        f"{filter_address} also catches {count(number, 'account')} {_OF_NOBODY}",
        f"{'It is a member' if number == 1 else 'They are members'} of {address}"
        + (f", and {_reach(reached_by, number)}." if reached_by else "."),
        "Where the group means the rows of a list, choose them with `members: {accountList: …, where: {…}}`.",
        code="unlisted",
        at="members",
    )


_OF_NOBODY = "that no list and no manifest of this project has"


def _reach(reached_by: list[str], number: int) -> str:
    """`rsvpCalls.invite reaches them`"""
    return f"{', '.join(reached_by)} {'reaches' if len(reached_by) == 1 else 'reach'} {'it' if number == 1 else 'them'}"


def _note(match: Match, number: int, reached_by: list[str]) -> Note:
    text = f"it keeps {count(number, 'account')} {_OF_NOBODY}; {_reach(reached_by, number)}"
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
