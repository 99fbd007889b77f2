"""Whom a campaign or message reaches, receiver by receiver: in a plan by the live account as it will be, in `validate` by what
the manifests and lists say alone. `validate` cannot know everybody, so each receiver says whether all of its people are known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region
from mscode.model.values import Ref
from mscode.model.world import Desired, Members, Rows, match_key
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Replace
from mscode.plan.checks.context import CheckContext, field_region, region_at, words_region, written_region
from mscode.plan.guards.do_not_call import Suppressed, list_of
from mscode.plan.people.exposure import by_address, receivers_after
from mscode.plan.people.list_rows import rows_meeting
from mscode.plan.people.match_receivers import resolve_receivers
from mscode.plan.people.reach import Unreached, receiver_names, resolved_beside


@dataclass(frozen=True, slots=True)
class ReceiverReach:
    """One receiver of a campaign, and its people.

    `name` is an address (`groups.donors`), `group 12` or `phone`. `reached` are numbers in E.164, or e-mail addresses in the
    form in which they are compared. `members` counts its people, `missing` those of them who have no phone (no address).
    `is_known`: nobody else can be in it, as far as can be told here. `fills_later`: others than this project's manifests
    put people into it, or their replies do.
    """

    name: str
    path: str
    reached: frozenset[str]
    members: int
    missing: int
    is_known: bool = True
    fills_later: bool = False


def receivers_of(context: CheckContext, campaign: Desired) -> Sequence[ReceiverReach]:
    """Each receiver of a judged campaign or message, in the order of its manifest."""
    builder = context.builder
    return context.cached(
        ("receivers", campaign.address),
        lambda: list(_declared(context, campaign) if builder is None else _planned(context, builder, campaign)),
    )


def reached_by(context: CheckContext, campaign: Desired) -> frozenset[str]:
    """Every number (or e-mail address) that a campaign reaches."""
    return context.cached(("reached", campaign.address), lambda: _reached(receivers_of(context, campaign)))


def _reached(receivers: Sequence[ReceiverReach]) -> frozenset[str]:
    # Of a single receiver its own set: campaigns of one group share it, and what is cached by it.
    first, *others = [receiver.reached for receiver in receivers] or [frozenset[str]()]
    return first.union(*others) if others else first


def guard_speaks(context: CheckContext, name: str, address: Address) -> bool:
    """Has a guard said of this campaign already what a rule would say?"""
    checks = context.builder.checks if context.builder else ()
    return any(check.name == name and check.status != "pass" and str(address) in check.addresses for check in checks)


def receiver_region(campaign: Desired, path: str) -> Region:
    """Where a receiver stands: the name, number or id that is written there; else the field `receivers`."""
    for key in ("group", "account", "phone", "email", "groupId", "accountId"):
        if (region := written_region(campaign, f"{path}.{key}")) is not None:
            return region
    return field_region(campaign, "receivers")


# ---- in a plan -------------------------------------------------------------------------------------------------------


def _planned(context: CheckContext, builder: PlanBuilder, campaign: Desired) -> Iterator[ReceiverReach]:
    change = context.change_of(campaign.address)
    kind, people = campaign.kind, builder.people
    groups = context.cached("unreached", lambda: Unreached(people))
    receivers = receivers_after(change) if change is not None and change.desired is not None else None
    receivers = campaign.fields.get("receivers", ()) if receivers is None else receivers
    live = None if change is None or isinstance(change, Replace) else change.live
    entry = builder.inputs.known.entries.get(campaign.address)
    numbers = resolved_beside({"receivers": receivers}, builder.ids, people, kind, live, entry)
    names = by_address(builder, receiver_names(receivers))
    keys = resolve_receivers(receivers, builder.ids)
    for at, (name, (receiver_kind, value), (_, _, reached)) in enumerate(zip(names, keys, numbers, strict=True)):
        path = f"receivers[{at}]"
        if receiver_kind != "group":
            yield ReceiverReach(name, path, frozenset(reached), 1, int(not reached))
            continue
        missing, members = groups.of(value, kind.reached_by)
        yield ReceiverReach(name, path, frozenset(reached), members, missing, fills_later=_fills_later(context, name))


def _fills_later(context: CheckContext, name: str) -> bool:
    """Is it a group that is not managed, or that replies fill? `name` is its address, or `group 12`."""
    address = Address(*name.split(".", 2)) if "." in name else None
    group = context.objects.get(address) if address is not None else None
    if group is None or not group.kind.has_members:
        return True
    ignored = "members" in group.lifecycle.ignore_changes
    return group.members is None or ignored or group.members.replied is not None


# ---- by the manifests alone ------------------------------------------------------------------------------------------


def _declared(context: CheckContext, campaign: Desired) -> Iterator[ReceiverReach]:
    by = campaign.kind.reached_by
    receivers = campaign.fields.get("receivers", ())
    for at, (name, receiver) in enumerate(zip(receiver_names(receivers), receivers, strict=True)):
        path = f"receivers[{at}]"
        target = next((value for value in receiver.values() if isinstance(value, Ref)), None)
        item = context.objects.get(target.address) if target else None
        if item is not None and item.kind.has_members:
            people = context.cached(("group", item.address, by), partial(_people_of, context, item, by))
            fills = _fills_later(context, name)
            yield ReceiverReach(name, path, people.reached, people.members, people.missing, people.is_known, fills)
        elif item is not None or by in receiver:
            value = match_key(by, (item.fields if item else receiver).get(by))
            yield ReceiverReach(name, path, frozenset({value} - {""}), 1, int(not value))
        else:
            yield ReceiverReach(name, path, frozenset(), 0, 0, is_known=False, fills_later="groupId" in receiver)


@dataclass(slots=True)
class _GroupPeople:
    """The people of a group, as far as the manifests name them."""

    reached: frozenset[str] = frozenset()
    members: int = 0
    missing: int = 0
    is_known: bool = True


@dataclass(slots=True)
class _Chosen:
    """Whom the sources of a group choose: declared accounts, rows of lists by their position, and numbers."""

    accounts: set[Address] = field(default_factory=set)
    rows: dict[Address, set[int]] = field(default_factory=dict)
    phones: set[str] = field(default_factory=set)


def _people_of(context: CheckContext, group: Desired, by: str) -> _GroupPeople:
    members = group.members
    if members is None or "members" in group.lifecycle.ignore_changes:
        return _GroupPeople(is_known=False)
    chosen = _chosen(context, members)
    excluded = _excluded(context, members)
    keeps_others = members.filter is not None or any(True for _ in members.replies) or not members.exclusive
    people = _GroupPeople(is_known=not keeps_others and not (members.phones and by != "phone"))
    values: list[str] = list(chosen.phones - excluded) if by == "phone" else []
    for address in chosen.accounts:
        fields = context.objects[address].fields
        if str(fields.get("phone") or "") not in excluded or not excluded:
            values.append(match_key(by, fields.get(by)))
    for address, positions in chosen.rows.items():
        rows = context.objects[address].rows
        if rows is not None and by in rows.columns:
            values += _cells(rows, positions, by, excluded)
        elif positions:
            # The accounts of its rows may have what the list has no column for.
            people.is_known = False
    people.reached, people.members = frozenset(values) - {""}, len(values)
    people.missing = values.count("")
    return people


def _cells(rows: Rows, positions: Collection[int], by: str, excluded: Collection[str]) -> list[str]:
    """The numbers (or addresses) of these rows, "" for none, without the rows of excluded numbers."""
    cells = list(rows.cells(by) or ())
    phones = list(rows.cells("phone") or ()) if excluded and "phone" in rows.columns else []
    kept = [at for at in positions if str(phones[at] or "") not in excluded] if phones else positions
    if len(kept) == len(cells):
        return [str(cell or "") for cell in cells] if by == "phone" else [match_key(by, cell) for cell in cells]
    return [match_key(by, cells[at]) for at in kept]


def _chosen(context: CheckContext, members: Members) -> _Chosen:
    chosen = _Chosen(
        {ref.address for ref in members.accounts if ref.address in context.objects}, {}, set(members.phones)
    )
    lists = context.objects.get(members.account_list.address) if members.account_list else None
    if lists is not None and lists.rows is not None:
        rows = lists.rows
        meeting = rows_meeting(rows, members.where, lists.kind) if members.where else [True] * len(rows.values)
        chosen.rows[lists.address] = {at for at, meets in enumerate(meeting) if meets}
    if (account_filter := filter_of(context, members)) is not None:
        for item in context.objects.values():
            if item.kind.is_person and account_filter.selects(item.fields):
                chosen.accounts.add(item.address)
            elif item.rows is not None:
                chosen.rows.setdefault(item.address, set()).update(account_filter.chosen(item.rows))
    return chosen


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """A filter, as a test of one account; `names` are the fields that it looks at."""

    selects: Callable[[Mapping[str, Any]], bool]
    names: Sequence[str]

    def chosen(self, rows: Rows) -> Iterator[int]:
        """The rows that it chooses, by their position; a field without a column is empty."""
        columns = [rows.cells(name) if name in rows.columns else [""] * len(rows.values) for name in self.names]
        known: dict[tuple[Any, ...], bool] = {}
        for at, cells in enumerate(zip(*(column or () for column in columns), strict=True)):
            if cells not in known:
                known[cells] = self.selects(dict(zip(self.names, cells, strict=True)))
            if known[cells]:
                yield at


def filter_of(context: CheckContext, members: Members) -> AccountFilter | None:
    """The filter by which a group chooses; None where it has none, or no manifest declares it."""
    source = context.objects.get(members.filter.address) if members.filter else None
    if source is None or source.kind.selector is None:
        return None
    conditions = source.fields.get("conditions") or ()
    names = list(dict.fromkeys(str(condition["field"]) for condition in conditions))
    return AccountFilter(source.kind.selector(conditions), names)


def _excluded(context: CheckContext, members: Members) -> set[str]:
    """The numbers that the group leaves out, as far as the manifests name them."""
    numbers = set[str]()
    suppressed = list_of(context.project.guards)
    if isinstance(suppressed, Suppressed) and suppressed.excludes:
        numbers |= set(suppressed.lines)
    if members.exclude is not None:
        numbers |= {*members.exclude.phones, *members.exclude.lines}
    return numbers


# ---- where people stand ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class WrittenAt:
    """Where numbers (or e-mail addresses) stand in the files of the project: the receivers of the campaign, then accounts and rows
    of lists. `lines` are the rows' lines by file, in order; of each list `regions` has the first alone, for no comment that
    allows a finding stands in such a file, and there may be a hundred thousand.
    """

    regions: list[Region] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)


def where_written(context: CheckContext, campaign: Desired, values: Collection[str]) -> WrittenAt:
    """Where the numbers (or e-mail addresses) that a campaign reaches are written."""
    by = campaign.kind.reached_by
    written = WrittenAt()
    for at, receiver in enumerate(campaign.fields.get("receivers", ())):
        if match_key(by, receiver.get(by)) in values:
            written.regions.append(words_region(campaign, f"receivers[{at}].{by}"))
    for item in context.objects.values():
        if item.kind.is_person and match_key(by, item.fields.get(by)) in values:
            written.regions.append(words_region(item, by))
        if item.rows is not None and (lines := _lines(item.rows, by, values)):
            written.regions.append(region_at(Place(item.rows.file, lines[0])))
            written.lines[item.rows.file] = sorted({*written.lines.get(item.rows.file, ()), *lines})
    return written


def _lines(rows: Rows, by: str, values: Collection[str]) -> list[int]:
    cells = rows.cells(by) or ()
    return [line for cell, line in zip(cells, rows.lines, strict=False) if match_key(by, cell) in values]
