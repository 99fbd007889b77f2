"""The guards checked again right before something may ring: the same guards, with the people and the time of that moment.

A plan is judged when it is made. Between that and a launch lie a question to a person, a wait for a lock, recordings that
are made, and other steps; meanwhile an account is given another number, a second account of one person joins a group, a
number is put on the do-not-call list, another campaign is started. So each launch brings what it has just read here, and is
judged as the plan was: by every guard, with the levels and overrides that were approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mscode.model.light_dataclass import dataclass
from mscode.model.world import DesiredWorld, Known, Lifecycle, Live, Member
from mscode.plan.change import Change, Check, Create, Launch, Launching, NoOp, Plan, with_launch
from mscode.plan.guards import limits as guard
from mscode.plan.people.projection import People
from mscode.plan.people.reach import first_and_last

if TYPE_CHECKING:
    from mscode.model.address import Address
    from mscode.plan.builder import PlanBuilder

Fields = Mapping[str, Any]


@dataclass(slots=True)
class LaunchReading:
    """What was read for one launch.

    `members` and `accounts` are the groups and accounts that it reaches; `objects` what reaches people, by section, as listed
    now; `guards` what mscode.yaml says with its files read again; `ids` those of what this run has made.
    """

    now: datetime
    known: Known
    guards: Mapping[str, Any]
    ids: Mapping[Address, str]
    members: dict[str, Sequence[Member]] = field(default_factory=dict)
    accounts: dict[str, Fields] = field(default_factory=dict)
    objects: dict[str, dict[str, Live]] = field(default_factory=dict)


def launched_again(
    change: Launching, launch: Launch, phones: frozenset[str], fields: Fields, builder: PlanBuilder, now: datetime
) -> Launching:
    """The change of what reaches people as it would be done at this moment: these people, first and last call from now on.

    `fields` are what the object has afterwards, its receivers by id as the service shows them.
    """
    first, last = first_and_last(fields, replace(builder.inputs, now=now))
    reach = replace(launch.reach, phones=phones, first_call=first, last_call=last)
    desired = replace(change.desired, fields={**change.desired.fields, **fields}, lifecycle=Lifecycle())
    return replace(change, launch=replace(launch, reach=reach), desired=desired)


def reaching_again(change: Launching, launch: Launch, phones: frozenset[str]) -> Launching:
    """The same of a group, an account or a list, through which others reach these people."""
    return replace(change, launch=replace(launch, reach=replace(launch.reach, phones=phones)))


def builder_now(builder: PlanBuilder, change: Change, reading: LaunchReading) -> PlanBuilder:
    """The builder with what was just read. Nothing but this change launches: the other launches are checked in their turn."""
    inputs = builder.inputs
    objects = {
        **inputs.live.objects,
        **{s: _whole(inputs.live.objects.get(s, {}), o) for s, o in reading.objects.items()},
    }
    inputs = replace(
        inputs,
        now=reading.now,
        known=reading.known,
        desired=_with_guards(inputs.desired, reading.guards),
        live=replace(inputs.live, objects=objects, members={**inputs.live.members, **reading.members}),
    )
    others = builder.once("others", lambda: [with_launch(planned, None) for planned in _others_that_matter(builder)])
    return replace(
        builder,
        inputs=inputs,
        ids={**builder.ids, **reading.ids},
        people=_people(builder.people, reading),
        changes=[*(other for other in others if other.address != change.address), change],
        notes=[],
        checks=[],
    )


def _others_that_matter(builder: PlanBuilder) -> Iterator[Change]:
    """The changes that say anything of a launch that is not their own: what stops, goes or is edited. What is merely made, or stays
    as it is and calls nobody, is judged by itself, when the plan is made and when it is launched; and of a plan that makes
    thousands of objects no launch can go through all of them.
    """
    for change in builder.changes:
        stays = isinstance(change, NoOp) and not change.address.kind.reaches_people
        if not (isinstance(change, Create) or stays):
            yield change


def _with_guards(desired: DesiredWorld, guards: Mapping[str, Any]) -> DesiredWorld:
    return replace(desired, project=replace(desired.project, guards=guards))


def with_all_changes(builder: PlanBuilder, planned: PlanBuilder) -> PlanBuilder:
    """A builder of a launch (`builder_now`) with every other change of the plan as well."""
    own = {change.address for change in builder.changes}
    others = [with_launch(change, None) for change in planned.changes if change.address not in own]
    return replace(builder, changes=[*others, *builder.changes])


def check_again(builder: PlanBuilder, guards: Mapping[str, Any], planned: PlanBuilder) -> list[Check]:
    """What the guards refuse now of the launch of a builder (`builder_now`), with what mscode.yaml says of them now.

    Where that is no longer what it was when `planned` was made, what is made halted is judged by it again as well.
    """
    if guards != planned.inputs.desired.project.guards:
        builder = with_all_changes(builder, planned)
    inputs = replace(builder.inputs, desired=_with_guards(builder.inputs.desired, guards))
    builder = replace(builder, inputs=inputs)
    return [check for check in guard.check_all(builder, refusing_only=True) if check.status == "fail"]


def plan_again(plan: Plan, change: Launching, now: datetime) -> Plan:
    """The plan for the project's own rules: as it was approved, with the people of one launch and the time as they are."""
    changes = tuple(
        with_launch(planned, change.launch) if planned.launch and planned.address == change.address else planned
        for planned in plan.changes
    )
    return replace(plan, changes=changes, now=now)


def _whole(before: Mapping[str, Live], now: Mapping[str, Live]) -> dict[str, Live]:
    """Where a list does not show the receivers, they are those that the plan read one by one."""
    return {
        live.id: replace(live, fields={**before[live.id].fields, **live.fields}) if live.id in before else live
        for live in now.values()
    }


def _people(before: People, reading: LaunchReading) -> People:
    accounts, phones = dict(before.accounts), dict(before.old_phones)
    listed = {
        m.account_id: {"phone": m.phone, "email": m.email}
        for group_members in reading.members.values()
        for m in group_members
    }
    for account_id, fields in {**listed, **reading.accounts}.items():
        accounts[account_id] = {**accounts.get(account_id, {}), **fields}
        if "phone" in fields:
            phones[account_id] = str(fields["phone"] or "")
    members = {
        group: frozenset(m.account_id for m in group_members) for group, group_members in reading.members.items()
    }
    return replace(before, accounts=accounts, old_phones=phones, members={**before.members, **members}, _by_phone=None)
