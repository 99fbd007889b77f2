"""Whom a step reaches at this moment, and whether it may: looked at once more right before anything may ring.

See docs/safety.md#launches.

The plan was approved for some people at some moment. Right before the request that lets phones ring, everything that the
approval rests on is read again and judged again: who the receivers are and what numbers they have, how often each is
reached, what else calls people now, the do-not-call list, the time, every guard and the project's own rules. Where anything
of that is refused now, the step fails and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mscode.engine.account.read import read_list, read_members
from mscode.engine.apply.run import Run
from mscode.errors import GuardError, StaleError
from mscode.model.kind import kind_of, registry
from mscode.model.world import Fields, Member, match_key
from mscode.plan.change import Change, Check, Launch, Launching, MemberChange
from mscode.plan.guards.judged_again import Seen, builder_now, check_again, launched_again, plan_again, reaching_again
from mscode.plan.people.exposure import active_senders, moved_addresses, reached_anew

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

#: More accounts than this are read by one list, not one by one.
_FEW = 20

Rows = Sequence[Fields]


def refuse_unless_approved(
    run: Run, change: Launching, launch: Launch, rows: Rows, fields: Mapping[str, Any], before: Rows = ()
) -> None:
    """The last look before a launch, an edit that widens, or a POST that reaches people.

    `launch` is what was approved. `rows` are all receivers that the object has after the step (`groupId`, `accountId`, or the
    number or address itself), with those of `before` among them, which it reaches already; `fields` is everything else it will
    have. StaleError where it would reach anybody whom nobody approved, GuardError where a guard or a policy refuses it now.
    """
    by, seen = run.kind(change).reached_by, _seen(run)
    rows, before = _one_way_each(rows, by), _one_way_each(before, by)
    _read_people(run, seen, [*rows, *before])
    reached = _reached(seen, rows, by)
    if launch.reach.is_more:
        # Beside whom it reaches already: whom other steps of this run, approved as well, have brought to it since it was read.
        reached -= _reached(seen, before, by) | run.own.brought_to(str(change.address))
    _refuse_others(change, reached - launch.reach.phones)
    if run.plan.builder is not None:
        builder = run.plan.builder
        now = launched_again(change, launch, frozenset(reached), {**fields, "receivers": rows}, builder, seen.now)
        _refuse_judged(run, now, seen, builder)


def refuse_unless_approved_through(run: Run, change: Change) -> None:
    """The same for a change of a group, an account or a list, through which what is under way reaches more people.

    Without a launch nobody may be reached by it: what was halted when the plan was made may have been started since.
    """
    builder = run.plan.builder
    if builder is None or not may_reach_more(run, change):
        return
    seen = _seen(run)
    _read_members(run, seen, {group for one in active_senders(_alone(builder, change, seen)) for group in one.groups})
    if change.members is not None and change.live is not None:
        _read_added(run, seen, change.live.id, change.members)
    for by in ("phone", "email"):  # an account that changes is listed with what it had before
        for who, address in moved_addresses(builder, change, by).items():
            seen.accounts[who] = {**seen.accounts.get(who, {}), by: address}
    anew = _alone(builder, change, seen)
    found = list(reached_anew(anew, change, active_senders(anew)))
    people = frozenset[str]().union(*(numbers for _, numbers in found))
    _refuse_others(change, people - (change.launch.reach.phones if change.launch else frozenset()))
    others = sorted({one.name for one, _ in found} - set(change.launch.campaigns if change.launch else ()))
    if others:
        raise StaleError(
            f"{change.address} is not changed: {', '.join(others)} would reach more people through it, which the plan did not show",
            hint="Plan again.",
            code="more-people",
        )
    if change.launch is not None:
        _refuse_judged(run, reaching_again(change, change.launch, people), seen, builder)


def may_reach_more(run: Run, change: Change) -> bool:
    """Could anything that is there reach more people through a change of a group, an account or a list?"""
    builder = run.plan.builder
    if change.launch is not None or builder is None:
        return change.launch is not None
    joins = change.members is not None and bool(change.members.add) and change.live is not None
    moves = any(moved_addresses(builder, change, by) for by in ("phone", "email"))
    return (joins or moves) and any(True for _ in builder.inputs.unfinished())


def _alone(builder: PlanBuilder, change: Change, seen: Seen) -> PlanBuilder:
    """What is there now and this change alone: what the plan has stopped counts again where somebody has started it since."""
    return replace(builder_now(builder, change, seen), changes=[change])


def note_who_is_brought(run: Run, change: Change) -> None:
    """Whom what is under way reaches by a change of a group, an account or a list, as the plan showed it."""
    draft = run.plan.builder
    if draft is None or change.launch is None:
        return
    for one, people in reached_anew(draft, change, active_senders(draft)):
        run.own.bring(one.name, people)


def people_reached(run: Run, rows: Rows) -> set[str]:
    """The numbers that receivers of a campaign reach right now."""
    seen = Seen(run.now(), run.store.known, {}, {})
    rows = _one_way_each(rows, "phone")
    _read_people(run, seen, rows)
    return _reached(seen, rows, "phone")


def _refuse_others(change: Change, others: Iterable[str]) -> None:
    """The approved people, or fewer: one person more is stale."""
    more = len(list(others))
    if more:
        raise StaleError(
            f"{change.address} is not launched: it would reach {more:,} people who were not in the plan",
            hint="Plan again and look at the people.",
            code="more-people",
        )


def _refuse_judged(run: Run, change: Launching, seen: Seen, builder: PlanBuilder) -> None:
    """Guards first, then the project's own rules, which see the plan as programs do."""
    # mscode.yaml and its files last of all: reading people takes requests, and a number may be put on a list meanwhile.
    refused: list[Check] = []
    for guards in run.guards() if run.guards else (seen.guards,):
        checks = check_again(builder_now(builder, change, replace(seen, guards=guards)))
        refused += [check for check in checks if check not in refused]
    refused += [one for one in run.policies(plan_again(run.plan, change, seen.now)) if one.status == "fail"]
    if refused:
        raise GuardError(
            f"{change.address} is not launched: {'; '.join(f'guard {one.name}: {one.message}' for one in refused)}",
            detail="It was allowed when the plan was made; this is how it is now.",
            hint="Plan again and look at what changed.",
            code="guard",
        )


# ---- reading ---------------------------------------------------------------------------------------------------------


def _seen(run: Run) -> Seen:
    """What else reaches people now, what the state says now, and what time it is."""
    builder = run.plan.builder
    sections = [
        s for s, kind in registry().items() if builder and kind.reaches_people and s in builder.inputs.live.objects
    ]
    listed = [read_list(run.account, registry()[section]) for section in sections]
    guards = builder.inputs.desired.project.guards if builder else {}
    return Seen(run.now(), run.store.known, guards, dict(run.ids), objects=dict(zip(sections, listed, strict=True)))


def _one_way_each(rows: Iterable[Fields], by: str) -> list[dict[str, Any]]:
    """Each receiver by one member. A group stands once, however many rows the service makes of it."""
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    single: list[dict[str, Any]] = []
    for row in rows:
        name = next((name for name in ("groupId", by, "accountId") if row.get(name)), "")
        if name == "groupId":
            found.setdefault((name, row[name]), {name: row[name]})
        elif name:
            single.append({name: row[name]})
    return [*found.values(), *single]


def _read_people(run: Run, seen: Seen, rows: Rows) -> None:
    _read_members(run, seen, {str(row["groupId"]) for row in rows if "groupId" in row})
    _read_accounts(run, seen, {str(row["accountId"]) for row in rows if "accountId" in row})


def _read_members(run: Run, seen: Seen, groups: Iterable[str]) -> None:
    for group in sorted(groups):
        seen.members[group] = read_members(run.account, group)


def _read_accounts(run: Run, seen: Seen, ids: Iterable[str]) -> None:
    """Accounts as they are now; one that somebody deleted reaches nobody."""
    kind, wanted = kind_of("person"), sorted(ids)
    if len(wanted) > _FEW:
        listed = read_list(run.account, kind)
        found = {who: listed[who].fields if who in listed else None for who in wanted}
    else:
        raw = {who: run.client.find(run.target.item(kind.collection, who), what="a receiver") for who in wanted}
        found = {who: run.account.decode(kind, one).fields if one is not None else None for who, one in raw.items()}
    for who, fields in found.items():
        seen.accounts[who] = fields if fields is not None else {"phone": "", "email": ""}


def _read_added(run: Run, seen: Seen, group_id: str, change: MemberChange) -> None:
    """The group as it will be: who is in it now, and who joins, with the numbers they have now."""
    add = {run.id_of(who) for who in change.add} - {""}
    _read_accounts(run, seen, add)
    _read_members(run, seen, {group_id} - seen.members.keys())
    there = [one for one in seen.members[group_id] if one.account_id not in {*add, *change.remove}]
    joining = [
        Member(who, str(seen.accounts[who].get("phone") or ""), match_key("email", seen.accounts[who].get("email")))
        for who in sorted(add)
    ]
    seen.members[group_id] = [*there, *joining]


def _reached(seen: Seen, rows: Rows, by: str) -> set[str]:
    """The numbers (or e-mail addresses, in small letters) that receivers reach right now."""
    found: set[str] = set()
    for row in rows:
        if "groupId" in row:
            found.update(one.phone if by == "phone" else one.email for one in seen.members[str(row["groupId"])])
        elif "accountId" in row:
            found.add(_written(seen.accounts[str(row["accountId"])].get(by), by))
        else:
            found.add(_written(row[by], by))
    return found - {""}


def _written(value: Any, by: str) -> str:
    text = str(value or "")
    return match_key(by, text)
