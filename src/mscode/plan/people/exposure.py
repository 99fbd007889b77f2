"""Steps that let unfinished campaigns reach more people without touching them: new members of a group, a changed phone.

Everything that runs or waits for its time counts, managed or not: a person is rung by what is live, not by what is written.
Halted campaigns ring nobody; their resume is the launch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import (
    ApplyRows,
    Change,
    Delete,
    Halt,
    HaltAndForget,
    Launch,
    NoOp,
    Reach,
    Replace,
    Update,
    Wanted,
)
from mscode.plan.people.match_receivers import accounts_of
from mscode.plan.people.reach import (
    end_of,
    fields_after,
    first_and_last,
    live_numbers,
    receiver_names,
    redials_of,
    resolved_beside,
)


@dataclass(frozen=True, slots=True)
class ActiveSender:
    """What calls or is to write to people, how a person knows it, and the ids of groups and accounts it reaches."""

    live: Live
    kind: Kind
    name: str
    groups: frozenset[str]
    accounts: frozenset[str]

    @property
    def by(self) -> str:
        """What people are reached by: `phone` or `email`."""
        return self.kind.reached_by


def active_senders(builder: PlanBuilder) -> list[ActiveSender]:
    """Everything live that runs or waits for its time, and that this plan does not stop first.

    One that is replaced rings until its groups and accounts are done, so it counts.
    """
    stopped = {
        (c.live.section, c.live.id)
        for c in builder.changes
        if c.live and c.live.status.is_reported and isinstance(c, Halt | HaltAndForget | Delete)
    }
    running = [
        live for live in builder.inputs.unfinished() if live.status.running and (live.section, live.id) not in stopped
    ]
    names = _names(builder, {live.id for live in running})
    senders = []
    for live in running:
        rows = live.fields.get("receivers", ())
        groups = frozenset(row["groupId"] for row in rows if "groupId" in row)
        accounts = frozenset(accounts_of(rows, builder.inputs.accounts))
        name = names.get((live.section, live.id), f"{live.section} id {live.id} (not managed)")
        senders.append(ActiveSender(live, live.kind, name, groups, accounts))
    return senders


def fed_by(builder: PlanBuilder, launch: Launch) -> list[ActiveSender]:
    """What is under way and reaches more people by the launch of a group, an account or a list."""
    return [sender for sender in active_senders(builder) if sender.name in launch.campaigns]


def _names(builder: PlanBuilder, ids: set[str]) -> dict[tuple[str, str], str]:
    """The addresses of objects with these ids, by section and id."""
    if not ids:
        return {}
    known = {(e.address.section, e.id): str(a) for a, e in builder.inputs.known.entries.items() if e.id in ids}
    return known | {
        (a.section, m.live.id): str(a)
        for a, m in builder.matches.items()
        if m.live and m.live.id in ids and m.live.status.is_reported
    }


def add_launches(builder: PlanBuilder) -> None:
    """Give a launch to each change of a group or an account through which something reaches new people."""
    running = active_senders(builder)
    if not running:
        return
    for position, change in enumerate(builder.changes):
        if change.launch is None and isinstance(change, Update | Replace | ApplyRows):
            reached = list(reached_anew(builder, change, running))
            builder.changes[position] = replace(change, launch=_joint_launch(builder, reached)) if reached else change


SenderReach = tuple[ActiveSender, frozenset[str]]


def reached_anew(builder: PlanBuilder, change: Change, running: list[ActiveSender]) -> Iterator[SenderReach]:
    """Each sender that reaches new people through a change, with their numbers (or e-mail addresses)."""
    new_addresses: dict[str, dict[str, str]] = {by: moved_addresses(builder, change, by) for by in ("phone", "email")}
    for sender in running:
        if change.members is not None and change.live is not None and change.live.id in sender.groups:
            people = {builder.people.reached_by(account, sender.by) for account in change.members.add}
        else:
            members = (
                [builder.people.members.get(group, frozenset()) for group in sender.groups]
                if new_addresses[sender.by]
                else []
            )
            accounts = sender.accounts.union(*members) & new_addresses[sender.by].keys()
            people = {new_addresses[sender.by][account] for account in accounts}
        if people - {""}:
            yield sender, frozenset(people - {""})


def moved_addresses(builder: PlanBuilder, change: Change, by: str) -> dict[str, str]:
    """Live accounts to which a change, or a row of a list, gives another number (or e-mail address), and that."""
    if isinstance(change, ApplyRows):
        ids = [row.live.id for row in change.rows.update if row.live and row.fields.get(by)]
        return {live_id: builder.people.reached_by(live_id, by) for live_id in ids}
    if not change.address.kind.is_person or change.live is None:
        return {}
    moves = any(field.name == by and field.after for field in change.fields)
    return {change.live.id: builder.people.reached_by(change.live.id, by)} if moves else {}


def _joint_launch(builder: PlanBuilder, reached: list[SenderReach]) -> Launch:
    """All of them together: calls of everything that calls, messages where there is nothing but messages."""
    moments = [first_and_last(fields_of(builder, sender), builder.inputs) for sender, _ in reached]
    firsts, lasts = [f for f, _ in moments if f], [last for _, last in moments if last]
    calling = [sender for sender, _ in reached if sender.kind.unit == "call"]
    redials = sum(1 + redials_of(fields_of(builder, sender), sender.kind) for sender in calling or [reached[0][0]]) - 1
    phones = frozenset[str]().union(*(people for _, people in reached))
    unit = "call" if calling else "message"
    reach = Reach(phones, redials, min(firsts, default=None), max(lasts, default=None), is_more=True, unit=unit)
    return Launch("reaches-more", reach, ("new people",), tuple(sender.name for sender, _ in reached))


def fields_of(builder: PlanBuilder, sender: ActiveSender) -> dict[str, Any]:
    """The fields of something that runs as this plan leaves them; until it is replaced it runs as it is."""
    here = (sender.live.section, sender.live.id)
    edits = (c for c in builder.changes if isinstance(c, Update | NoOp) and (c.live.section, c.live.id) == here)
    edit = next(edits, None)
    return fields_after(edit) if edit else dict(sender.live.fields)


# ---- what guards check -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Launched:
    """What reaches people by a launch: an object of the change's own, or what is under way and is fed by it.

    `name` is what reaches them. `receivers` are each receiver's name and the numbers that are reached through it, as they will be.
    """

    change: Wanted
    name: str
    launch: Launch
    receivers: list[tuple[str, list[str]]]


def launched(builder: PlanBuilder) -> Iterator[Launched]:
    """Each object that this plan launches or lets reach more."""
    running: list[ActiveSender] | None = None
    for change in builder.changes:
        if change.launch is None:
            continue
        kind = change.address.kind
        if kind.reaches_people:
            receivers = receivers_after(change)
            live = None if isinstance(change, Replace) else change.live
            entry = builder.inputs.known.entries.get(change.previous_address or change.address)
            fields = {"receivers": receivers}
            numbers = resolved_beside(fields, builder.ids, builder.people, kind, live, entry)
            names = by_address(builder, receiver_names(receivers))
            pairs = [(name, reached) for name, (_, _, reached) in zip(names, numbers, strict=True)]
            yield Launched(change, str(change.address), change.launch, pairs)
            continue
        running = active_senders(builder) if running is None else running
        for sender in running:
            if sender.name in change.launch.campaigns:
                reached = live_numbers(sender.live, builder.people, sender.by)
                names = by_address(builder, [f"{receiver_kind} {value}" for receiver_kind, value, _ in reached])
                pairs = [(name, numbers) for name, (_, _, numbers) in zip(names, reached, strict=True)]
                yield Launched(change, sender.name, change.launch, pairs)


def receivers_after(change: Wanted) -> Sequence[Mapping[str, Any]]:
    """The manifest's receivers; the live ones where the manifest leaves them alone."""
    ignored = "receivers" in change.desired.lifecycle.ignore_changes
    live = None if isinstance(change, Replace) else change.live
    fields = live.fields if ignored and live else change.desired.fields
    return fields.get("receivers", ())  # type: ignore[no-any-return]


def by_address(builder: PlanBuilder, names: Sequence[str]) -> list[str]:
    """Receivers as a person knows them: the address of a group or an account that is managed, in place of its id. A selection may
    have left it out of the plan.
    """
    ids = {name.partition(" ")[2] for name in names if " " in name}
    if not ids:  # a plan of many campaigns asks this of each
        return list(names)
    # Only of what is asked for: each launch asks it of a few among all that is managed.
    known = (address for address, entry in builder.inputs.known.entries.items() if entry.id in ids)
    known_ids = {address: builder.ids.get(address, builder.inputs.known.entries[address].id) for address in known}
    planned_ids = {address: live_id for address, live_id in builder.ids.items() if live_id in ids}
    addresses = {
        f"{address.section.removesuffix('s')} {live_id}": str(address)
        for address, live_id in {**known_ids, **planned_ids}.items()
        if address.kind.is_receiver and isinstance(live_id, str)
    }
    return [addresses.get(name, name) for name in names]


def ringing_reaches(builder: PlanBuilder) -> Iterator[tuple[str, Reach]]:
    """What this plan lets ring, by the campaign that does: its own launch, or new people through a group or an account."""
    for change in builder.changes:
        if change.launch is None:
            continue
        if change.address.kind.reaches_people:
            if change.address.kind.rings:
                yield str(change.address), change.launch.reach
            continue
        for sender in fed_by(builder, change.launch):
            if sender.kind.rings:
                first, last = first_and_last(sender.live.fields, builder.inputs)
                yield sender.name, replace(change.launch.reach, first_call=first, last_call=last)


def running_reaches(builder: PlanBuilder, launches: Sequence[tuple[str, Reach]]) -> Iterator[tuple[str, Reach]]:
    """What rings or waits for its time already, with all that it may call from now on, but for what `launches`
    (`ringing_reaches`) let ring as a whole: what gets more people goes on calling those whom it has.
    """
    whole = {name for name, reach in launches if not reach.is_more}
    for sender in active_senders(builder):
        if not sender.kind.rings or sender.name in whole:
            continue
        phones = frozenset(n for _, _, numbers in live_numbers(sender.live, builder.people) for n in numbers)
        if end_of(sender.live.fields, builder.inputs.now) > builder.inputs.now:
            first, last = first_and_last(sender.live.fields, builder.inputs)
            yield sender.name, Reach(phones, 0, first, last)
