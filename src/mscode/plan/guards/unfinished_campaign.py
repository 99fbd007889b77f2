"""The guard `unfinishedCampaign`: those whom a campaign did not reach are called again once it has finished, not before.

A group with `replied: {campaign: invite, reply: unreached}` holds the people who answered no call so far. While the campaign may
still call them, a second one would reach people twice. It has finished when the service says `complete`, or when it is halted
and its `endTime` is past, so that nobody can resume it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.plurals import count
from mscode.model.values import Ref
from mscode.model.world import Live, Replied
from mscode.plan.change import Change, Check, Launch, Making, Note
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.people.exposure import receivers_after
from mscode.plan.people.projection import campaign_id

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder


def unfinished_campaign(builder: PlanBuilder) -> Iterator[Check]:
    """The guard's verdict: no launch reaches people of a campaign that may still call them."""
    rule = GuardSetting(builder, "unfinishedCampaign")
    findings = [
        (str(change.address), f"reaches people whom {source.campaign.address} may still call: {why}")
        for change, _, group, source in _continuing(builder)
        if (why := _unfinished(builder, source.campaign.address))
    ]
    yield rule.verdict_on(findings)


def notes_of_continued(builder: PlanBuilder) -> Iterator[Note]:
    """For each launch to people whom a campaign did not reach: how many they are, of how many."""
    for change, launch, _, source in _continuing(builder):
        outcomes = builder.inputs.live.outcomes.get(campaign_id(builder.inputs, source.campaign.address, builder.ids))
        if outcomes is None:
            continue
        unreached, reached = (
            frozenset(builder.people.reached_by(account, "phone") for account in accounts) - {""}
            for accounts in (outcomes.unreached, outcomes.reached)
        )
        phones = launch.reach.phones
        text = (
            f"continues {source.campaign.address}: {len(phones & unreached):,} of {count(outcomes.people, 'person')}, "
            f"{len(phones & reached):,} of those already reached"
        )
        yield Note(str(change.address), text, "continues", change.place)


def _continuing(builder: PlanBuilder) -> Iterator[tuple[Change, Launch, Address, Replied]]:
    """Each launch that reaches a group of unreached people, with the group, and whose people they are."""
    sources = {
        address: match.desired.members.replied
        for address, match in builder.matches.items()
        if match.desired.members and match.desired.members.replied and match.desired.members.replied.is_unreached
    }
    if not sources:
        return
    by_id = {builder.ids[address]: address for address in sources if isinstance(builder.ids.get(address), str)}
    for change in builder.changes:
        if change.launch is None:
            continue
        groups = {change.address} & sources.keys()
        if change.address.kind.reaches_people:
            values = [value for row in receivers_after(change) for value in row.values()]
            groups = {value.address for value in values if isinstance(value, Ref) and value.address in sources}
            groups |= {by_id[value] for value in values if isinstance(value, str) and value in by_id}
        for group in sorted(groups):
            source = sources[group]
            assert source is not None
            yield change, change.launch, group, source


def _unfinished(builder: PlanBuilder, address: Address) -> str:
    """Why a campaign has not finished; "" where it has."""
    inputs = builder.inputs
    if any(change.address == address and (change.launch or isinstance(change, Making)) for change in builder.changes):
        return "this plan launches it"
    live = inputs.objects(address.section).get(campaign_id(inputs, address, builder.ids))
    if live is None:
        return "it is not in the live account"
    return "" if has_finished(live, inputs.now) else f"it is {live.status.state_in_words}, and its end has not passed"


def has_finished(live: Live, now: datetime) -> bool:
    """Can a campaign call nobody any more: is it `complete`, or halted with its end past?"""
    end = live.fields.get("endTime")
    is_over = live.status.state == "halt" and bool(end) and parse_instant(str(end)) <= now
    return live.status.finished or is_over
