"""The people that a step reaches at this moment, and whether it may: checked once more right before anything may ring.

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
from mscode.model.plurals import count
from mscode.model.world import Fields, Live, Member, match_key
from mscode.plan.change import Change, Check, Launch, Launching, MemberChange
from mscode.plan.checks.judge import refusals_again
from mscode.plan.guards.judged_again import (
    LaunchReading,
    builder_now,
    check_again,
    launched_again,
    plan_again,
    reaching_again,
    with_all_changes,
)
from mscode.plan.people.exposure import active_senders, moved_addresses, reached_anew

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

#: More accounts than this are read by one list, not one by one.
_FEW = 20

Rows = Sequence[Fields]


def refuse_unless_approved(
    run: Run,
    change: Launching,
    launch: Launch,
    rows: Rows,
    fields: Mapping[str, Any],
    before: Rows = (),
    lists: Mapping[str, dict[str, Live]] | None = None,
) -> None:
    """The last check before a launch, an edit that widens, or a POST that reaches people.

    `launch` is what was approved. `rows` are all receivers that the object has after the step (`groupId`, `accountId`, or the
    number or address itself), with those of `before` among them, which it reaches already; `fields` is everything else it will
    have. `lists` are those of `read_senders`, where the same check has read them already. StaleError where it would reach anybody
    whom nobody approved, GuardError where a guard or a policy refuses it now.
    """
    address_field, snapshot = change.address.kind.reached_by, _seen(run, lists)
    rows, before = _one_way_each(rows, address_field), _one_way_each(before, address_field)
    _read_people(run, snapshot, [*rows, *before])
    reached = _reached(snapshot, rows, address_field)
    if launch.reach.is_more:
        # Beside whom it reaches already: whom other steps of this run, approved as well, have brought to it since it was read.
        reached -= _reached(snapshot, before, address_field) | run.own.brought_to(str(change.address))
    _refuse_others(change, reached - launch.reach.phones)
    if run.plan.builder is not None:
        builder = run.plan.builder
        now = launched_again(change, launch, frozenset(reached), {**fields, "receivers": rows}, builder, snapshot.now)
        _refuse_judged(run, now, snapshot, builder)


def refuse_unless_approved_through(run: Run, change: Change) -> None:
    """The same for a change of a group, an account or a list, through which what is under way reaches more people.

    Without a launch nobody may be reached by it: what was halted when the plan was made may have been started since.
    """
    builder = run.plan.builder
    if builder is None or not may_reach_more(run, change):
        return
    snapshot = _seen(run)
    _read_members(
        run,
        snapshot,
        {group for sender in active_senders(_alone(builder, change, snapshot)) for group in sender.groups},
    )
    if change.members is not None and change.live is not None:
        _read_added(run, snapshot, change.live.id, change.members)
    for address_field in ("phone", "email"):  # an account that changes is listed with what it had before
        for account_id, address in moved_addresses(builder, change, address_field).items():
            snapshot.accounts[account_id] = {**snapshot.accounts.get(account_id, {}), address_field: address}
    builder_after = _alone(builder, change, snapshot)
    reached = list(reached_anew(builder_after, change, active_senders(builder_after)))
    people = frozenset[str]().union(*(numbers for _, numbers in reached))
    _refuse_others(change, people - (change.launch.reach.phones if change.launch else frozenset()))
    others = sorted({sender.name for sender, _ in reached} - set(change.launch.campaigns if change.launch else ()))
    if others:
        raise StaleError(
            f"{change.address} is not changed: {', '.join(others)} would reach more people through it, which the plan did not show",
            hint="Plan again.",
            code="more-people",
        )
    if change.launch is not None:
        _refuse_judged(run, reaching_again(change, change.launch, people), snapshot, builder)


def may_reach_more(run: Run, change: Change) -> bool:
    """Could anything that is there reach more people through a change of a group, an account or a list?"""
    builder = run.plan.builder
    if change.launch is not None or builder is None:
        return change.launch is not None
    joins = change.members is not None and bool(change.members.add) and change.live is not None
    moves = any(moved_addresses(builder, change, address_field) for address_field in ("phone", "email"))
    return (joins or moves) and any(True for _ in builder.inputs.unfinished())


def _alone(builder: PlanBuilder, change: Change, snapshot: LaunchReading) -> PlanBuilder:
    """What is there now and this change alone: what the plan has stopped counts again where somebody has started it since."""
    return replace(builder_now(builder, change, snapshot), changes=[change])


def note_who_is_brought(run: Run, change: Change) -> None:
    """Whom what is under way reaches by a change of a group, an account or a list, as the plan showed it."""
    builder = run.plan.builder
    if builder is None or change.launch is None:
        return
    for sender, people in reached_anew(builder, change, active_senders(builder)):
        run.own.bring(sender.name, people)


def people_reached(run: Run, rows: Rows) -> set[str]:
    """The numbers that receivers of a campaign reach right now."""
    snapshot = LaunchReading(run.now(), run.store.known, {}, {})
    rows = _one_way_each(rows, "phone")
    _read_people(run, snapshot, rows)
    return _reached(snapshot, rows, "phone")


def _refuse_others(change: Change, unapproved: Iterable[str]) -> None:
    """The approved people, or fewer: one person more is stale."""
    number = len(list(unapproved))
    if number:
        were = "was" if number == 1 else "were"
        raise StaleError(
            f"{change.address} is not launched: it would reach {count(number, 'person')} who {were} not in the plan",
            hint="Plan again and look at the people.",
            code="more-people",
        )


def _refuse_judged(run: Run, change: Launching, snapshot: LaunchReading, builder: PlanBuilder) -> None:
    """Guards first, then the project's own rules, which see the plan as programs do."""
    # mscode.yaml and its files last of all: reading people takes requests, and a number may be put on a list meanwhile.
    refused: list[Check] = []
    builder_then = builder_now(builder, change, snapshot)
    for guards in run.guards() if run.guards else (snapshot.guards,):
        checks = check_again(builder_then, guards, builder)
        refused += [check for check in checks if check not in refused]
    if builder.inputs.whole.allow_comments:
        builder_then = with_all_changes(builder_then, builder)
    for settings in run.checks() if run.checks else (builder.inputs.desired.project.checks,):
        checks = refusals_again(builder_then, settings)
        refused += [check for check in checks if check not in refused]
    refused += [check for check in run.policies(plan_again(run.plan, change, snapshot.now)) if check.status == "fail"]
    if refused:
        raise GuardError(
            f"{change.address} is not launched: {'; '.join(map(_verdict, refused))}",
            detail="It was allowed when the plan was made; this is how it is now.",
            hint="Plan again and look at what changed.",
            code="guard",
        )


def _verdict(check: Check) -> str:
    return f"{'check' if check.is_finding else 'guard'} {check.name}: {check.message}"


# ---- reading ---------------------------------------------------------------------------------------------------------


def read_senders(run: Run, *also: str) -> dict[str, dict[str, Live]]:
    """What reaches people now, by section, of the plan's sections and these: their lists, read at the same time."""
    builder = run.plan.builder
    sections = [
        section
        for section, kind in registry().items()
        if section in also or (builder and kind.reaches_people and section in builder.inputs.live.objects)
    ]

    def read(section: str) -> dict[str, Live]:
        return run.reads.whole_list(run.account, registry()[section])

    def read_beside(section: str) -> dict[str, Live]:
        with run.reads.sending():
            return read(section)

    if len(sections) < 2 or run.client.parallelism == 1:
        return {section: read(section) for section in sections}
    with run.reads.waiting():
        return dict(zip(sections, run.client.map(read_beside, sections), strict=True))


def _seen(run: Run, lists: Mapping[str, dict[str, Live]] | None = None) -> LaunchReading:
    """What else reaches people now, what the state says now, and what time it is."""
    builder = run.plan.builder
    objects = dict(read_senders(run) if lists is None else lists)
    guards = builder.inputs.desired.project.guards if builder else {}
    return LaunchReading(run.now(), run.store.known, guards, dict(run.ids), objects=objects)


def _one_way_each(rows: Iterable[Fields], address_field: str) -> list[dict[str, Any]]:
    """Each receiver by one member. A group stands once, however many rows the service makes of it."""
    groups: dict[tuple[str, Any], dict[str, Any]] = {}
    people: list[dict[str, Any]] = []
    for row in rows:
        name = next((name for name in ("groupId", address_field, "accountId") if row.get(name)), "")
        if name == "groupId":
            groups.setdefault((name, row[name]), {name: row[name]})
        elif name:
            people.append({name: row[name]})
    return [*groups.values(), *people]


def _read_people(run: Run, snapshot: LaunchReading, rows: Rows) -> None:
    _read_members(run, snapshot, {str(row["groupId"]) for row in rows if "groupId" in row})
    _read_accounts(run, snapshot, {str(row["accountId"]) for row in rows if "accountId" in row})


def _read_members(run: Run, snapshot: LaunchReading, group_ids: Iterable[str]) -> None:
    for group_id in sorted(group_ids):
        snapshot.members[group_id] = read_members(run.account, group_id)


def _read_accounts(run: Run, snapshot: LaunchReading, ids: Iterable[str]) -> None:
    """Accounts as they are now; one that somebody deleted reaches nobody."""
    kind, account_ids = kind_of("person"), sorted(ids)
    if len(account_ids) > _FEW:
        live_accounts = read_list(run.account, kind)
        accounts = {
            account_id: live_accounts[account_id].fields if account_id in live_accounts else None
            for account_id in account_ids
        }
    else:
        pages = {
            account_id: run.client.find(run.target.item(kind.collection, account_id), what="a receiver")
            for account_id in account_ids
        }
        accounts = {
            account_id: run.account.decode(kind, page).fields if page is not None else None
            for account_id, page in pages.items()
        }
    for account_id, fields in accounts.items():
        snapshot.accounts[account_id] = fields if fields is not None else {"phone": "", "email": ""}


def _read_added(run: Run, snapshot: LaunchReading, group_id: str, change: MemberChange) -> None:
    """The group as it will be: the accounts that are in it now and those that join, with the numbers they have now."""
    joining = {run.id_of(account) for account in change.add} - {""}
    _read_accounts(run, snapshot, joining)
    _read_members(run, snapshot, {group_id} - snapshot.members.keys())
    replaced = {*joining, *change.remove}
    staying = [member for member in snapshot.members[group_id] if member.account_id not in replaced]
    addresses = ((account_id, snapshot.accounts[account_id]) for account_id in sorted(joining))
    joined = [
        Member(account_id, str(fields.get("phone") or ""), match_key("email", fields.get("email")))
        for account_id, fields in addresses
    ]
    snapshot.members[group_id] = [*staying, *joined]


def _reached(snapshot: LaunchReading, rows: Rows, address_field: str) -> set[str]:
    """The numbers (or e-mail addresses, in small letters) that receivers reach right now."""
    addresses: set[str] = set()
    for row in rows:
        if "groupId" in row:
            addresses.update(
                member.phone if address_field == "phone" else member.email
                for member in snapshot.members[str(row["groupId"])]
            )
        elif "accountId" in row:
            addresses.add(_written(snapshot.accounts[str(row["accountId"])].get(address_field), address_field))
        else:
            addresses.add(_written(row[address_field], address_field))
    return addresses - {""}


def _written(value: Any, address_field: str) -> str:
    text = str(value or "")
    return match_key(address_field, text)
