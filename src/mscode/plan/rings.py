"""Steps that let unfinished campaigns reach more people without touching them: new members of a group, a changed phone.

Every running campaign counts, managed or not: a person is rung by what is live, not by what is written. Halted campaigns
ring nobody; their resume is the launch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mscode.address import Address
from mscode.plan.change import Action, Change, Launch, Reach
from mscode.plan.draft import Draft
from mscode.plan.reach import first_and_last
from mscode.world import Live


@dataclass(frozen=True, slots=True)
class Ringing:
    """A running campaign, how a person knows it, and the ids of groups and accounts it calls."""

    live: Live
    name: str
    groups: frozenset[str]
    accounts: frozenset[str]


def ringing(draft: Draft) -> list[Ringing]:
    """Every live campaign that runs and that this plan does not halt or delete first.

    One that is replaced rings until its groups and accounts are done, so it counts.
    """
    stopped = {c.live.id for c in draft.changes if c.live and c.live.life and (c.halts or c.action is Action.DELETE)}
    names = {m.live.id: str(a) for a, m in draft.matches.items() if m.live and m.live.life}
    found = []
    for live in draft.scene.objects("rsvpCalls").values():
        if live.life is None or not live.life.running or live.id in stopped:
            continue
        rows = live.fields.get("receivers", ())
        groups = frozenset(row["groupId"] for row in rows if "groupId" in row)
        accounts = frozenset(row["accountId"] for row in rows if row.get("accountId"))
        found.append(Ringing(live, names.get(live.id, f"rsvpCalls id {live.id} (not managed)"), groups, accounts))
    return found


def add_launches(draft: Draft) -> None:
    """Give a launch to each change of a group or an account through which a running campaign reaches new numbers."""
    running = ringing(draft)
    if not running:
        return
    for at, change in enumerate(draft.changes):
        if change.rows is not None and change.launch is None:
            draft.changes[at] = _rows_with_reach(draft, change, running)
        if change.launch is not None or change.live is None:
            continue
        if change.members is not None and change.members.add:
            draft.changes[at] = _with_reach(
                draft, change, [r for r in running if change.live.id in r.groups], _new_members(draft, change)
            )
        elif any(f.name == "phone" and f.after for f in change.fields) and change.address.section == "accounts":
            draft.changes[at] = _with_reach(
                draft, change, _callers_of(draft, change.live.id, running), _new_phone(draft, change)
            )


def _rows_with_reach(draft: Draft, change: Change, running: list[Ringing]) -> Change:
    """A list found by e-mail may change the phones of people whom a running campaign calls."""
    moved = moved_phones(change)
    if not moved:
        return change
    people = {r.live.id: _called(draft, r) & moved.keys() for r in running}
    callers = [r for r in running if people[r.live.id]]
    phones = frozenset(moved[who] for r in callers for who in people[r.live.id])
    return _with_reach(draft, change, callers, phones)


def moved_phones(change: Change) -> dict[str, str]:
    """Live accounts to which a list gives another number, and that."""
    rows = change.rows.update if change.rows else ()
    return {row.live.id: str(phone) for row in rows if row.live and (phone := row.fields.get("phone"))}


def _called(draft: Draft, one: Ringing) -> set[str]:
    return {*one.accounts, *(who for group in one.groups for who in draft.people.members.get(group, ()))}


def _new_members(draft: Draft, change: Change) -> frozenset[str]:
    assert change.members is not None
    return frozenset(phone for who in change.members.add if (phone := draft.people.phone(who)))


def _new_phone(draft: Draft, change: Change) -> frozenset[str]:
    assert change.live is not None
    phone = draft.people.phone(change.live.id)
    return frozenset({phone}) if phone else frozenset()


def _callers_of(draft: Draft, account_id: str, running: list[Ringing]) -> list[Ringing]:
    groups = {str(group) for group, members in draft.people.members.items() if account_id in members}
    return [r for r in running if account_id in r.accounts or groups & r.groups]


def _with_reach(draft: Draft, change: Change, callers: list[Ringing], phones: frozenset[str]) -> Change:
    if not callers or not phones:
        return change
    launch = Launch(
        "reaches-more", _joint_reach(draft, callers, phones), ("new people",), tuple(r.name for r in callers)
    )
    return replace(change, launch=launch)


def _joint_reach(draft: Draft, callers: list[Ringing], phones: frozenset[str]) -> Reach:
    moments = [first_and_last(_fields(draft, r), draft.scene) for r in callers]
    firsts, lasts = [f for f, _ in moments if f], [last for _, last in moments if last]
    redials = sum(1 + int(_fields(draft, r).get("maxRedials") or 0) for r in callers) - 1
    return Reach(phones, redials, min(firsts, default=None), max(lasts, default=None), is_more=True)


def _fields(draft: Draft, one: Ringing) -> dict[str, Any]:
    """A running campaign's fields as this plan leaves them."""
    address: Address | None = next(
        (a for a, m in draft.matches.items() if m.live and m.live.id == one.live.id and m.live.life), None
    )
    wanted = draft.matches[address].desired.fields if address else {}
    return {**one.live.fields, **wanted}
