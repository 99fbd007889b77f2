"""Guards: refusals as a list. Each says what it saw; `deny` refuses the plan (exit 5), `warn` only says so (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.model.address import Address
from mscode.model.listener_url import what_is_sent
from mscode.model.plurals import count, one_of
from mscode.plan.change import Change, Check, Launch, Making, Reach, destroys
from mscode.plan.guards.called_already import called_already
from mscode.plan.guards.do_not_call import do_not_call
from mscode.plan.guards.hours import CallingHours, by_country, hours_text, outside
from mscode.plan.guards.people import attempts_per_person, list_grows
from mscode.plan.guards.setting import GuardSetting, Setting
from mscode.plan.guards.times import country_hours, public_holidays, ringing_people
from mscode.plan.guards.unfinished_campaign import unfinished_campaign
from mscode.plan.guards.unreadable_number import unreadable_numbers
from mscode.plan.guards.webhooks import host_of, is_secret_on_its_way, urls_after, urls_of
from mscode.plan.people.exposure import fed_by, launched, ringing_reaches, running_reaches
from mscode.plan.people.reach import (
    campaign_reach,
    receiver_names,
    redials_of,
    resolved,
)

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

#: Below this size of a group a percentage of removals means nothing.
SMALL_GROUP = 10
#: A day on which the clocks are set back.
_LONGEST_DAY = timedelta(hours=26)


def protected(address: Address) -> Check:
    """The refusal of a delete or a replacement of a protected object; nothing overrides it but the manifest."""
    return Check(
        "preventDestroy",
        "fail",
        f"{address} is protected by lifecycle.preventDestroy, and this plan would destroy it. Apply its manifest without "
        "preventDestroy first, or forget it.",
        addresses=(str(address),),
    )


def check_all(builder: PlanBuilder, *, refusing_only: bool = False) -> list[Check]:
    """Every guard's verdict, the project's and the built-in ones. `refusing_only`: of those that may refuse; the others are told
    with the plan, and a launch does not wait for them.
    """
    guards = [
        guard for guard in GUARDS if not (refusing_only and guard is _same_day and not _same_day_refuses(builder))
    ]
    as_launched = replace(builder, changes=[_as_launched(builder, change) for change in builder.changes])
    return [check for guard in guards for check in guard(as_launched if guard in OF_A_CAMPAIGN else builder)]


def _as_launched(builder: PlanBuilder, change: Change) -> Change:
    """The change with a launch where a campaign is made and stays halted: what its launch would be refused for is reported when
    it is written, not weeks later.
    """
    kind = change.address.kind
    if not (kind.can_be_halted and isinstance(change, Making) and change.launch is None):
        return change
    fields = change.desired.fields
    receivers = resolved(fields, builder.ids, builder.people, kind)
    reach = campaign_reach(fields, receivers, receiver_names(fields["receivers"]), builder.inputs, kind)
    return replace(change, launch=Launch("first", reach, campaigns=(str(change.address),)))


def _limits(builder: PlanBuilder) -> Iterator[Check]:
    reaches = [c.launch.reach for c in builder.changes if c.launch is not None]
    people_called = len(frozenset().union(*(r.phones for r in reaches)))
    launches = [str(change.address) for change in builder.changes if change.launch is not None]
    yield from at_most(GuardSetting(builder, "maxPeople"), people_called, "person", "would be called", *launches)
    yield from at_most(
        GuardSetting(builder, "maxCalls"), sum(r.max_calls for r in reaches), "call", "could be made", *launches
    )
    rule = GuardSetting(builder, "maxDeletes")
    if builder.inputs.options.allow_deletes is not None:
        rule.value = builder.inputs.options.allow_deletes
    deletes = [str(change.address) for change in builder.changes if destroys(change)]
    hint = " (--allow-deletes N allows more)" if deletes else ""
    managed = len(builder.inputs.known.entries)
    flag = f"--allow-deletes {len(deletes)}"
    yield from at_most(rule, len(deletes), "object", "would be deleted", *deletes, whole=managed, hint=hint, flag=flag)


def at_most(
    rule: Setting,
    number: int,
    noun: str,
    happens: str,
    *addresses: str,
    whole: int = 0,
    hint: str = "",
    flag: str = "",
) -> Iterator[Check]:
    """The verdict on a number of things that may not be more than the guard's limit; none where it sets no limit. `whole` is what a
    percentage is of, `happens` is what becomes of the things.
    """
    limit = rule.limit(whole)
    if limit is not None:
        share = f" ({rule.value} of what is managed)" if str(rule.value).endswith("%") else ""
        yield rule.verdict(
            number <= limit,
            f"{count(number, noun)} {happens}, and the limit is {rule.value}{hint}.",
            *addresses,
            allowed=f"{count(limit, noun)}{share}",
            flag=flag,
        )


def _campaign_limits(builder: PlanBuilder) -> Iterator[Check]:
    rule, excessive = GuardSetting(builder, "maxRedials"), dict[str, int]()
    limit = rule.limit(0)
    if limit is None:
        return
    for change in builder.changes:
        if change.launch is None:
            excessive |= {str(change.address): redials for redials in _raised_redials(change)}
            continue
        if "maxRedials" in change.address.kind.fields_by_name:
            excessive[str(change.address)] = change.launch.reach.redials
        else:
            senders = fed_by(builder, change.launch)
            excessive |= {sender.name: redials_of(sender.live.fields, sender.kind) for sender in senders}
    excessive = {name: redials for name, redials in excessive.items() if redials > limit}
    findings = [(name, f"redials up to {count(redials, 'time')}") for name, redials in excessive.items()]
    yield rule.verdict_on(findings, allowed=count(limit, "redial"))


def _raised_redials(change: Change) -> Iterator[int]:
    """More redials of a campaign that stays halted: its launch would be refused for them."""
    for field in change.fields if change.desired is not None else ():
        if field.name == "maxRedials" and field.after and int(field.after) > int(field.before or 0):
            yield int(field.after)


def _members(builder: PlanBuilder) -> Iterator[Check]:
    rule, losses = GuardSetting(builder, "maxMemberRemovals"), list[tuple[str, str]]()
    for change in builder.changes:
        if change.members is None or change.live is None or not change.members.remove:
            continue
        before = len(builder.people.before.get(change.live.id, ()))
        # Who must not be called goes whatever their number: a limit here would let them be called.
        leaving = len(change.members.remove) - len(change.members.left_out)
        small = str(rule.value).endswith("%") and before < SMALL_GROUP
        limit = rule.limit(before)
        if limit is not None and not small and leaving > limit:
            losses.append((str(change.address), f"loses {leaving:,} of {before:,}"))
    share = str(rule.value).endswith("%")
    allowed = f"{rule.value} of the members of a group" if share else f"{rule.value} members of a group"
    yield rule.verdict_on(losses, head=f"More members go than {rule.value} of a group", allowed=allowed)


# ---- people ----------------------------------------------------------------------------------------------------------


def _duplicates(builder: PlanBuilder) -> Iterator[Check]:
    """One number reached twice by one campaign, through any mix of receivers, is refused."""
    rule, reasons = GuardSetting(builder, "duplicatePerson"), list[tuple[str, str]]()
    for exposure in launched(builder):
        names_by_number: dict[str, list[str]] = {}
        for name, numbers in exposure.receivers:
            for number in numbers:
                names_by_number.setdefault(number, []).append(name)
        twice = {number: names for number, names in names_by_number.items() if len(names) > 1}
        if twice:
            routes = sorted({" and ".join(names) for names in twice.values()})
            text = f"would reach {count(len(twice), 'person')} twice, through {'; '.join(routes)}"
            reasons.append((str(exposure.change.address), text))
    yield rule.verdict_on(reasons)


def _accepts(builder: PlanBuilder) -> Iterator[Check]:
    """A campaign that cannot reach acceptsWanted calls everybody for nothing."""
    rule, reasons = GuardSetting(builder, "acceptsWanted"), list[tuple[str, str]]()
    for change in builder.changes:
        if change.launch is None or change.desired is None or change.launch.reach.is_more:
            continue
        wanted, reached = change.desired.fields.get("acceptsWanted"), change.launch.reach.people
        if wanted is not None and int(wanted) > reached:
            text = f"wants {int(wanted):,} to accept and reaches {count(reached, 'person')}"
            reasons.append((str(change.address), text))
    yield rule.verdict_on(reasons)


def _calling_hours(builder: PlanBuilder) -> Iterator[Check]:
    """No campaign that is launched rings outside the hours, on any day until it ends."""
    rule, reasons = GuardSetting(builder, "callingHours"), list[tuple[str, str]]()
    if not isinstance(rule.value, CallingHours):
        return
    for name, fields, _ in ringing_people(builder):
        moment = outside(fields, rule.value, builder.inputs)
        if moment is not None:
            first = moment.astimezone(rule.value.zone)
            reasons.append((name, f"may call outside the hours, first on {first:%a %Y-%m-%d %H:%M}"))
    yield rule.verdict_on(reasons, allowed=f"{hours_text(rule.value.spans)} {rule.value.zone}")


def _webhook_hosts(builder: PlanBuilder) -> Iterator[Check]:
    """Replies of people go to known hosts alone, and over https."""
    rule, reasons = GuardSetting(builder, "webhookHosts"), list[tuple[str, str]]()
    if not isinstance(rule.value, frozenset):
        return
    for name, field, url in _destinations(builder):
        host, verb = host_of(url), f"sends {what_is_sent(field)} data to"
        if host not in rule.value:
            reasons.append((name, f"{verb} {host or 'an address whose host cannot be told'}"))
        elif not is_secret_on_its_way(url):
            reasons.append((name, f"{verb} {host} without https"))
    yield rule.verdict_on(reasons, allowed=f"https, to {', '.join(sorted(rule.value)) or 'no host'}")


def _destinations(builder: PlanBuilder) -> Iterator[tuple[str, str, str]]:
    """Where replies go of all that this plan makes, changes so, takes in, or lets reach anybody: (address, member, URL).

    Whatever stops calls is let through, wherever it sends: so an address that is not changed counts only where more is rung.
    """
    for change in builder.changes:
        if change.halts or change.desired is None:
            continue
        urls, name = urls_after(change), str(change.address)
        if change.launch is None and not change.is_import and not change.action.creates:
            changed = {field.name for field in change.fields}
            urls = {field: url for field, url in urls.items() if field in changed}
        yield from ((name, field, url) for field, url in urls.items())
        if change.launch is not None and not change.address.kind.reaches_people:
            yield from (
                (sender.name, member, url)
                for sender in fed_by(builder, change.launch)
                for member, url in urls_of(sender.live.fields).items()
            )


def _durable_state(builder: PlanBuilder) -> Iterator[Check]:
    """A CI job that forgets what it launched would launch it again."""
    if not builder.inputs.durable_state:
        rings = any(change.launch is not None for change in builder.changes)
        yield GuardSetting(builder, "durableState").verdict(
            not rings, "This plan launches under CI, and the state lies in a local folder that the job may throw away."
        )


def _empty(builder: PlanBuilder) -> Iterator[Check]:
    """An empty project never deletes everything without `destroy`."""
    inputs = builder.inputs
    if inputs.desired.objects or inputs.excluded or inputs.options.destroy or not inputs.known.entries:
        return
    managed = count(len(inputs.known.entries), "managed object")
    yield GuardSetting(builder, "emptyProject").verdict(
        False,
        f"The manifests declare nothing, and {managed} would go. `mscode destroy` is the way to delete everything.",
    )


def _same_day_setting(builder: PlanBuilder) -> GuardSetting:
    rule = GuardSetting(builder, "samePersonSameDay")
    if builder.inputs.desired.project.guards.get("samePersonSameDay") is None:
        rule.level = "warn"
    return rule


def _same_day_refuses(builder: PlanBuilder) -> bool:
    """Can it refuse a plan? By itself it warns."""
    rule = _same_day_setting(builder)
    return rule.level != "warn" and not rule.overridden


def _same_day(builder: PlanBuilder) -> Iterator[Check]:
    """The same person in two campaigns on one day warns."""
    rule = _same_day_setting(builder)
    launches = list(ringing_reaches(builder))
    running = list(running_reaches(builder, launches))
    pairs = [*combinations(launches, 2), *((a, b) for a in launches for b in running)]
    others: dict[str, dict[int, dict[str, None]]] = {}  # campaign -> how many people -> the others that may call them
    for (name, first), (other_name, second) in pairs:
        shared = first.phones & second.phones if name != other_name else frozenset()
        on_one_day = _on_one_day(first, second, shared, builder) if shared else 0
        if on_one_day:
            others.setdefault(name, {}).setdefault(on_one_day, {})[other_name] = None
    # A line for each campaign: many campaigns with the same people are pairs beyond counting.
    reasons = [
        "; ".join(
            f"{count(people, 'person')} may be called by {name} and {one_of(list(several))} on the same day"
            for people, several in by_people.items()
        )
        for name, by_people in others.items()
    ]
    concerned = [
        each for name, by_people in others.items() for several in by_people.values() for each in (name, *several)
    ]
    yield rule.verdict(not reasons, "; ".join(reasons) + ".", *dict.fromkeys(concerned), reasons=reasons)


def _on_one_day(first: Reach, second: Reach, phones: frozenset[str], builder: PlanBuilder) -> int:
    """How many of the people may be called by both on one day of theirs.

    Where the times from first to last call meet, everybody; else those in whose zone both lie on one day.
    """
    if not (first.first_call and first.last_call and second.first_call and second.last_call):
        return 0
    if first.first_call <= second.last_call and second.first_call <= first.last_call:
        return len(phones)
    earlier, later = (first, second) if first.last_call < second.first_call else (second, first)
    assert earlier.first_call and earlier.last_call and later.first_call
    if later.first_call - earlier.last_call > _LONGEST_DAY:
        return 0
    begins, ends = later.first_call, max(earlier.first_call, earlier.last_call - timedelta(microseconds=1))
    count = 0
    for zone_counts in by_country(phones, {}, builder.inputs.desired.project.zone_name).values():
        for names, people_there in zone_counts.items():
            shared = any(
                ends.astimezone(zone).date() == begins.astimezone(zone).date() for zone in map(ZoneInfo, names)
            )
            count += people_there if shared else 0
    return count


#: Guards that judge a campaign by itself: one that is made halted, too. Whether enough people are there to accept, and what
#: else calls them, is a matter of the day on which it is launched.
OF_A_CAMPAIGN: tuple[Callable[[PlanBuilder], Iterator[Check]], ...] = (
    _campaign_limits,
    _duplicates,
    _calling_hours,
    do_not_call,
    country_hours,
    public_holidays,
)
#: Every guard. One of a module of its own is added by a line here, and by its name in `manifest.project` (so that
#: mscode.yaml may set its level and `--override` knows it).
GUARDS: tuple[Callable[[PlanBuilder], Iterator[Check]], ...] = (
    _limits,
    _campaign_limits,
    _members,
    _duplicates,
    called_already,
    unfinished_campaign,
    _accepts,
    _calling_hours,
    do_not_call,
    unreadable_numbers,
    _webhook_hosts,
    country_hours,
    public_holidays,
    attempts_per_person,
    list_grows,
    _durable_state,
    _empty,
    _same_day,
)
