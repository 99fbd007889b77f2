"""Rules of the area `capacity`: is there time for the calls, and are there people enough for the acceptances?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import floor
from typing import Any

from mscode.model.calling_window import parse_instant
from mscode.model.plurals import count
from mscode.model.regions import Region
from mscode.model.service_facts import USUAL_PACE
from mscode.model.world import Desired
from mscode.plan.checks.context import CheckContext, field_region
from mscode.plan.checks.reached import guard_speaks, reached_by, receivers_of
from mscode.plan.checks.rule import Finding, Level, rule
from mscode.plan.people.reach import end_of, fields_after, redials_of, starts, window_in

#: A window of more days holds whatever is wanted; only so many are counted.
_MOST_DAYS = 800


@rule(
    "capacity/window",
    "deny",
    "a window that holds fewer calls than the acceptances wanted (warn: than the people), at the pace of the environment",
    wrong="""\
rsvpCalls:
  invite: {activeFrom: "09:00", activeTo: "09:25", acceptsWanted: 900, …}   # one day, 12 calls a minute: 300 calls""",
    right="""\
rsvpCalls:
  invite: {activeFrom: "09:00", activeTo: "17:00", acceptsWanted: 900, …}""",
    needs="both",
    about="The pace is `service: {pace: N}` of the environment, calls a minute of one campaign. Where it is not set, 12 is "
    "assumed, the line says so, and the level is at most warn. Calls that are repeated are not counted, so that the window "
    "holds fewer people than the line says. Silent once a campaign has made calls.",
)
def window(context: CheckContext) -> Iterator[Finding]:
    """Campaigns that call over a while: the calls that fit, beside those that are needed at least."""
    for campaign in context.campaigns():
        fields = _fields(context, campaign)
        if not campaign.kind.calls_for_a_while or not _has_window(fields) or _has_called(context, campaign):
            continue
        people, wanted = len(reached_by(context, campaign)), int(fields.get("acceptsWanted") or 0)
        pace = context.pace or USUAL_PACE
        calls = _calls(context, fields, pace, enough=max(people, wanted))
        if calls is None or calls >= max(people, wanted):
            continue
        level: Level = "deny" if calls < wanted and context.pace and _begins(context, fields) else "warn"
        needed = f"wants {wanted:,} to accept" if calls < wanted else f"reaches {count(people, 'person')}"
        at_pace = f"at {count(pace, 'call')} a minute" + (
            "" if context.pace else " (assumed: the environment sets no pace)"
        )
        hint = "Widen the window, add days, or want fewer." if calls < wanted else "Widen the window or add days."
        if not context.pace:
            hint += " Set `service: {pace: N}` of the environment to the calls a minute that the service makes."
        yield Finding(
            f"{campaign.address} {needed}, and its window holds {count(calls, 'call')} {at_pace}.",
            _later_region(campaign),
            (campaign.address,),
            hint,
            at_most=level,
            people=people or None,
        )


def _has_window(fields: Mapping[str, Any]) -> bool:
    return all(fields.get(name) for name in ("activeFrom", "activeTo", "activeWeekdays"))


def _fields(context: CheckContext, campaign: Desired) -> Mapping[str, Any]:
    """The fields of a campaign as they will be."""
    change = context.change_of(campaign.address)
    return campaign.fields if change is None or change.desired is None else fields_after(change)


def _has_called(context: CheckContext, campaign: Desired) -> bool:
    """Has it made calls? What it still needs is known to the service alone."""
    change = context.change_of(campaign.address)
    return change is not None and change.live is not None and change.live.status.dials > 0 and not change.action.creates


def _begins(context: CheckContext, fields: Mapping[str, Any]) -> bool:
    """Is it known when the campaign begins? `validate` does not know whether one without a start has begun long ago."""
    return context.builder is not None or bool(fields.get("startTime"))


def _earliest(context: CheckContext, fields: Mapping[str, Any]) -> datetime:
    start = fields.get("startTime")
    if context.builder is None and start:
        return parse_instant(str(start))
    return starts(fields, context.now)


def _calls(context: CheckContext, fields: Mapping[str, Any], pace: int, *, enough: int) -> int | None:
    """The calls that fit, counted up to `enough`; None where the window never opens, which is an error of its own."""
    opening_hours = window_in(fields, context.window_zone)
    earliest, end = _earliest(context, fields), end_of(fields, context.now)
    if earliest >= end:
        return None
    zone = opening_hours.zone
    last = min(end, earliest + timedelta(days=_MOST_DAYS))
    calls: int | None = None
    for opens, shuts in opening_hours.openings(earliest.astimezone(zone).date(), last.astimezone(zone).date()):
        seconds = int((min(shuts, end) - max(opens, earliest)).total_seconds())
        if seconds > 0:
            calls = (calls or 0) + -(-seconds * pace // 60)
            if calls >= enough:
                break
    return calls


def _later_region(campaign: Desired) -> Region:
    """Where the hours stand: the later of the two fields."""
    regions = [field_region(campaign, name) for name in ("activeFrom", "activeTo")]
    return max(regions, key=lambda region: (region.place.line, region.place.column))


@rule(
    "capacity/accepts",
    "warn",
    "more acceptances wanted than its value of the people who are reached",
    wrong="""\
rsvpCalls:
  invite: {receivers: [{group: donors}], acceptsWanted: 900, …}   # 1,000 donors: nine in ten would have to accept""",
    right="""\
rsvpCalls:
  invite: {receivers: [{group: donors}], acceptsWanted: 200, …}""",
    value="50%",
    form="share",
    unit="of the people",
    needs="both",
    about="A campaign that says what it expects (`expect: {answer: 60%, accept: 40%}`) is judged by that in place of the value: by "
    "the share of people who answer one of their calls, redials among them, and accept. Silent where the guard `acceptsWanted` "
    "speaks: that more are wanted than there are people. `validate` knows how many people there are only where accounts and lists "
    "name them one by one.",
)
def accepts(context: CheckContext) -> Iterator[Finding]:
    """Campaigns that count acceptances, against everybody whom they reach."""
    for campaign in context.campaigns():
        wanted = int(_fields(context, campaign).get("acceptsWanted") or 0)
        is_known = context.is_complete and (
            context.builder is not None or all(receiver.is_known for receiver in receivers_of(context, campaign))
        )
        if not wanted or not is_known or guard_speaks(context, "acceptsWanted", campaign.address):
            continue
        people = len(reached_by(context, campaign))
        limit, allowed = _expected(campaign, people) or _allowed(context, people)
        if limit is None or wanted <= limit or not people:
            continue
        yield Finding(
            f"{campaign.address} wants {wanted:,} to accept of {count(people, 'person')} who {'is' if people == 1 else 'are'} "
            f"reached ({wanted * 100 // people}%), and at most {allowed} is expected.",
            field_region(campaign, "acceptsWanted"),
            (campaign.address,),
            "Want fewer, or reach more people: few of those who are called accept.",
            people=people,
        )


def _allowed(context: CheckContext, people: int) -> tuple[int | None, str]:
    """The accepts that the rule's value lets people expect, None for any number, and the same in words."""
    return context.limit(people), f"{context.value} of them" if context.value.endswith("%") else context.value


def _expected(campaign: Desired, people: int) -> tuple[int, str] | None:
    """The same by the campaign's own `expect`; None where it does not say how many of those who answer accept. Where it does not
    say how many calls are answered, everybody is taken to answer one.
    """
    if "accept" not in campaign.expect:
        return None
    unanswered = (1 - campaign.expect.get("answer", 1.0)) ** (1 + redials_of(campaign.fields, campaign.kind))
    share = campaign.expect["accept"] * (1 - unanswered)
    return floor(people * share + 1e-9), f"{share:.0%} of them (by its `expect`)"
