"""Hours that a manifest writes in a zone of their own: what is sent of them, and when that cannot be.

See docs/comparison.md#hours-with-a-zone.

What calls must call at the hours that are written, on every day until its end. So a launch, and an edit that widens, is refused
where one pair of times cannot say them (`refuse_unfit`, an error). Everything else goes through: what halts, or takes away, is
sent as the hours are converted on the day of the plan. Hours that would pass midnight are never sent, so that the live ones
stay; where they are to go on, that is an error as well.

The times that are sent depend on the day. So that a plan is empty after an apply, on later days too, what is live stays where
nothing rings by it and it is what was sent of the same hours (`settled`). Once the campaign is launched the hours are
converted anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mscode.model.calling_window import parse_instant, parse_time
from mscode.model.local_hours import FIELDS, LocalHours, SentHours, Stretch
from mscode.model.world import Desired, Entry, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Making
from mscode.plan.inputs import PlanInput
from mscode.plan.lifecycle.unfit_hours import problem
from mscode.plan.object_context import LiveObjectContext, ObjectContext
from mscode.plan.people.reach import end_of, fields_after, starts


def with_sent_hours(inputs: PlanInput) -> PlanInput:
    """The inputs with every window as it is sent, by its manifest alone; of what is live `settled` may say otherwise."""
    objects = {address: _as_sent(item, inputs) for address, item in inputs.desired.objects.items()}
    return replace(inputs, desired=replace(inputs.desired, objects=objects))


def _as_sent(item: Desired, inputs: PlanInput) -> Desired:
    hours = LocalHours.of(item.fields)
    if hours is None:
        return item
    written = {name: str(item.fields[name]) for name in FIELDS}
    sent = _sent_today(hours, item.fields, inputs)
    return replace(item, fields={**item.fields, **sent.fields()}, local_hours=written)


def _sent_today(hours: LocalHours, fields: Mapping[str, Any], inputs: PlanInput) -> SentHours:
    """What is sent on every day to come alike, or else on the day of the plan."""
    return _only(_stretches(hours, fields, inputs)) or hours.sent_at(inputs.now, inputs.window_zone)


def _stretches(hours: LocalHours, fields: Mapping[str, Any], inputs: PlanInput) -> tuple[Stretch, ...]:
    """From now on, of something with these fields."""
    return hours.stretches(starts(fields, inputs.now), end_of(fields, inputs.now), inputs.window_zone)


def _only(stretches: Sequence[Stretch]) -> SentHours | None:
    """What is sent on every day alike; None where it is not."""
    sent = {stretch.sent for stretch in stretches}
    return stretches[0].sent if len(sent) == 1 else None


# ---- what is live ----------------------------------------------------------------------------------------------------


def settled(context: LiveObjectContext, *, launches: bool, halts: bool = False) -> LiveObjectContext:
    """The context of something live with its hours as they are sent, in view of what is live.

    `launches`: this plan starts it, so that the hours of every day to come count. `halts`: this plan halts it.
    """
    item = context.match.desired
    fields = context.desired_fields()
    hours = LocalHours.of(item.local_hours, fields.get("activeWeekdays", ()))
    if hours is None:
        return context
    sent = _hours_of_live(context, hours, fields, launches=launches, halts=halts)
    if not sent.is_sendable and not launches:  # the service would refuse the request, and with it the halt
        sent = _live_hours(context.live) or sent
    return replace(
        context, match=replace(context.match, desired=replace(item, fields={**item.fields, **sent.fields()}))
    )


def _hours_of_live(
    context: LiveObjectContext, hours: LocalHours, fields: Mapping[str, Any], *, launches: bool, halts: bool
) -> SentHours:
    inputs, status = context.inputs, context.live.status
    exact = _only(_stretches(hours, fields, inputs))
    now_sent = exact or hours.sent_at(inputs.now, inputs.window_zone)
    if launches or halts:
        return now_sent
    if not context.kind.can_be_halted:  # it was launched when it was made, and its hours were judged for its whole life
        return _kept(context, hours) or now_sent
    if status.running:
        return exact or _kept(context, hours) or now_sent
    start = fields.get("startTime")
    whole = hours.stretches(parse_instant(start), end_of(fields, inputs.now), inputs.window_zone) if start else ()
    return (_only(whole) if whole else None) or _kept(context, hours) or now_sent


def _kept(context: LiveObjectContext, hours: LocalHours) -> SentHours | None:
    """The live hours, where they are what was sent of these on another day; None where they are not.

    Where the state does not know what was sent, anything counts that would be sent of them on some day of the year.
    """
    live, entry = _live_hours(context.live), context.match.entry
    if live is None:
        return None
    if entry is not None and entry.applied:
        return live if _was_sent(entry, hours, live) else None
    inputs = context.inputs
    return live if live in hours.sent_within_a_year(inputs.now, inputs.window_zone) else None


def _was_sent(entry: Entry, hours: LocalHours, live: SentHours) -> bool:
    written = {name: f"{at} {hours.zone_name}" for name, at in zip(FIELDS, (hours.start, hours.end), strict=True)}
    return all(
        tuple(entry.server_values.get(name, ())) == (written[name], sent) for name, sent in live.fields().items()
    )


def _live_hours(live: Live) -> SentHours | None:
    rules = live.kind.fields_by_name
    start, end = (str(rules[name].normalize(live.fields.get(name))) for name in FIELDS)
    try:
        return SentHours(parse_time(start), parse_time(end))
    except ValueError:
        return None


# ---- what cannot be sent ---------------------------------------------------------------------------------------------


def refuse_unfit(builder: PlanBuilder) -> None:
    """An error for each campaign that this plan launches or widens and whose hours one pair of times cannot say; for one that is
    to be made with hours that the service does not take; and for one that would go on at other hours because of that.
    """
    inputs = builder.inputs
    ringing = list(_ringing(builder))
    launched = {item.address for item, _ in ringing}
    going_on = [(item, fields) for item, fields in _going_on(builder) if item.address not in launched]
    for item, fields in (*ringing, *_not_taken(builder), *going_on):
        hours = LocalHours.of(item.local_hours, fields.get("activeWeekdays", ()))
        if hours is None:
            continue
        earliest = starts(fields, inputs.now)
        error = problem(item, hours, fields, earliest, inputs.window_zone, inputs.window_zone_name)
        if error is not None:
            errors = builder.diagnostics.errors
            # Hours that are sent the wrong way round never open; why is said here.
            others = [e for e in errors if (e.code, e.address) != ("window-never-opens", error.address)]
            errors[:] = [*others, error]


def _ringing(builder: PlanBuilder) -> Iterator[tuple[Desired, Mapping[str, Any]]]:
    """Each declared object that calls more after this plan than before, once, with its fields as they will be."""
    launches = [(change, change.launch) for change in builder.changes if change.launch is not None]
    own = {str(change.address): change for change, _ in launches if change.address.kind.reaches_people}
    names = {name for change, launch in launches for name in (str(change.address), *launch.campaigns)}
    for address, match in sorted(builder.matches.items()):
        item, change = match.desired, own.get(str(address))
        is_ignored = _leaves_hours(item) and not isinstance(change, Making)
        if str(address) not in names or not item.local_hours or is_ignored:
            continue
        yield item, fields_after(change) if change else ObjectContext(builder, match).desired_fields()


def _not_taken(builder: PlanBuilder) -> Iterator[tuple[Desired, Mapping[str, Any]]]:
    """What is made halted: its hours are of the day, but the service refuses those that end before they start."""
    for change in builder.changes:
        if isinstance(change, Making) and change.launch is None and change.desired.local_hours:
            fields = change.desired.fields
            if fields[FIELDS[0]] >= fields[FIELDS[1]]:
                yield change.desired, fields


def _going_on(builder: PlanBuilder) -> Iterator[tuple[Desired, Mapping[str, Any]]]:
    """What is running, is not halted by this plan, and keeps its live hours since the service does not take those written."""
    inputs = builder.inputs
    halted = {change.address for change in builder.changes if change.halts}
    for address, match in sorted(builder.matches.items()):
        item, live = match.desired, match.live
        hours = LocalHours.of(item.local_hours, item.fields.get("activeWeekdays", ()))
        if hours is None or live is None or not live.status.running or address in halted:
            continue
        if not _sent_today(hours, item.fields, inputs).is_sendable and not _leaves_hours(item):
            yield item, item.fields


def _leaves_hours(item: Desired) -> bool:
    """Does its manifest leave the live hours alone?"""
    return not set(FIELDS).isdisjoint(item.lifecycle.ignore_changes)
