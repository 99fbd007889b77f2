"""Rules of the area `time`: when people are reached, as their own clocks show it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.local_hours import LocalHours
from mscode.model.plurals import count
from mscode.model.world import Desired
from mscode.plan.change import Halt, Making
from mscode.plan.checks.context import CheckContext, field_region, words_region
from mscode.plan.checks.reached import reached_by, receivers_of
from mscode.plan.checks.rule import Finding, rule
from mscode.plan.guards.hours import Opening, by_country, first_outside, openings_until
from mscode.plan.launch_facts import AT_ONCE, goes_out_at_once
from mscode.plan.people.reach import end_of, fields_after, starts, stretches, window_in

#: The hours of the day.
_MORNING, _EVENING = time(8), time(21)
#: A number whose zones lie further apart tells nothing of where it is.
_WIDEST = timedelta(hours=3)
#: Guards that say when people may be called.
_GUARDS_OF_HOURS = ("callingHours", "countryHours")
#: The clocks change twice a year: what is right for so long is right until the end.
_LONGEST_LOOK = timedelta(days=400)
_FARTHEST_START, _LONGEST_CAMPAIGN = timedelta(days=180), timedelta(days=60)
#: So many stretches of hours are named.
_MOST = 3


def _fields(context: CheckContext, item: Desired) -> Mapping[str, Any]:
    """An object's fields as the plan will leave them; its hours as its manifest writes them."""
    change = context.change_of(item.address)
    fields = dict(item.fields)
    if change is not None and change.desired is not None and not isinstance(change, Halt):
        fields = fields_after(change)
    written = item.local_hours or {
        name: item.fields[name] for name in ("activeFrom", "activeTo") if name in item.fields
    }
    return {**fields, **written}


def _when(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """What decides when an object with these fields reaches people: campaigns that share it are looked at once."""
    names = ("actionTime", "startTime", "endTime", "expiresAt", "activeFrom", "activeTo")
    return (*(fields.get(name) for name in names), tuple(fields.get("activeWeekdays") or ()))


def _openings(context: CheckContext, fields: Mapping[str, Any]) -> Sequence[Opening]:
    """When an object with these fields may reach people, from now on."""
    latest = starts(fields, context.now) + _LONGEST_LOOK
    return context.cached(
        ("openings", _when(fields)),
        lambda: list(openings_until(fields, context.now, context.window_zone, latest)),
    )


def _night_in(context: CheckContext, fields: Mapping[str, Any], zone_name: str) -> tuple[datetime, Opening] | None:
    """The first moment outside the day in a zone, with its opening; None for none."""
    return context.cached(
        ("night", _when(fields), zone_name),
        lambda: first_outside(_openings(context, fields), _MORNING, _EVENING, ZoneInfo(zone_name)),
    )


def _zones(context: CheckContext, item: Desired) -> Mapping[tuple[str, ...], int]:
    """The zones in which a number that is reached may be, with how many numbers they are of.

    Of people whom nobody can name yet, the project's.
    """
    phones = reached_by(context, item)
    zones = context.cached(("zones", phones), lambda: _zones_of_numbers(context, phones))
    receivers = receivers_of(context, item)
    is_open = any(not receiver.is_known or receiver.fills_later for receiver in receivers)
    return {**({(context.project.zone_name,): 0} if is_open else {}), **zones}


def _zones_of_numbers(context: CheckContext, phones: Collection[str]) -> Mapping[tuple[str, ...], int]:
    zones: dict[tuple[str, ...], int] = {}
    for of_country in by_country(phones, {}, context.project.zone_name).values():
        for candidates, people in of_country.items():
            names = _judged(context, candidates)
            zones[names] = zones.get(names, 0) + people
    return zones


def _judged(context: CheckContext, names: tuple[str, ...]) -> tuple[str, ...]:
    """The zones by which a number is judged that may be in any of these."""
    project = context.project.zone_name
    offsets = [context.now.astimezone(ZoneInfo(name)).utcoffset() or timedelta() for name in names]
    is_anywhere = max(offsets) - min(offsets) > _WIDEST
    return (project,) if is_anywhere and project in names else names


def _hours_fields(item: Desired) -> Sequence[str]:
    """The fields that say when people are reached, in the order of the manifest."""
    names = ("actionTime",) if "actionTime" in item.fields else ("activeFrom", "activeTo")
    return sorted(names, key=lambda name: field_region(item, name).place)


def _hint(context: CheckContext, item: Desired, fields: Mapping[str, Any]) -> str:
    if "actionTime" in fields:
        return "Set another actionTime."
    if LocalHours.of(fields):
        return "Set other hours."
    return f"The service reads these hours in {context.window_zone}; a zone behind them (`10:00 local`) is converted to that."


@rule(
    "time/night",
    "warn",
    "calls and text messages outside 08–21 on the clock of whoever gets them",
    wrong='rsvpCalls:\n  invite: {activeFrom: "09:00", activeTo: "20:00", …}   # in UTC: until 22:00 in Helsinki',
    right='rsvpCalls:\n  invite: {activeFrom: "09:00 local", activeTo: "20:00 local", …}',
    needs="both",
    about="Silent where a guard of hours (`callingHours`, `countryHours`) is set. A number that may be in several zones is judged "
    "in the strictest of them; where they lie more than three hours apart, in the project's if that is among them. A number "
    "without a zone, and people whom a filter or a reply chooses while nobody knows them, are judged in the project's.",
)
def night(context: CheckContext) -> Iterator[Finding]:
    """What rings, and text messages; an e-mail wakes nobody."""
    if any(context.project.guards.get(name) is not None for name in _GUARDS_OF_HOURS):
        return
    for item in context.campaigns():
        if item.kind.reached_by != "phone":
            continue
        fields = _fields(context, item)
        people, nights = 0, list[tuple[datetime, Opening]]()
        for names, numbers in _zones(context, item).items():
            outside = [night for name in names if (night := _night_in(context, fields, name)) is not None]
            people += numbers if outside else 0
            nights += outside
        if nights:
            home = context.project.zone_name
            # By its name last: the zones are a set, and a plan must say the same each time it is made.
            first = min(nights, key=lambda night: (night[0], (zone := str(night[0].tzinfo)) != home, zone))
            yield _of_night(context, item, fields, first, people)


def _of_night(
    context: CheckContext, item: Desired, fields: Mapping[str, Any], night: tuple[datetime, Opening], people: int
) -> Finding:
    moment, (opens, shuts) = night
    begins, ends = (at.astimezone(moment.tzinfo) for at in (opens, shuts))
    is_early = not _MORNING <= begins.time() < _EVENING
    is_late = ends.date() != begins.date() or not _MORNING < ends.time() <= _EVENING
    guilty = {name for name, wrong in (("activeFrom", is_early), ("activeTo", is_late)) if wrong} | {"actionTime"}
    names = [name for name in _hours_fields(item) if name in guilty] or list(_hours_fields(item))
    verb = "rings" if item.kind.rings else "writes to"
    # How many they are is not known before the account is read.
    whom = (people and count(people, "person")) or "people"
    may = f"may {verb.replace('rings', 'ring')}" if len(_hours_fields(item)) > 1 else verb
    return Finding(
        f"{item.address} {may} {whom} outside 08–21 on their clock: first on {moment:%a %Y-%m-%d %H:%M} {moment.tzinfo}.",
        field_region(item, names[-1]),
        (item.address,),
        _hint(context, item, fields),
        allow_at=tuple(field_region(item, name) for name in _hours_fields(item)),
        people=people or None,
    )


@rule(
    "time/at-once",
    "warn",
    "a campaign without a start, a call or message less than ten minutes ahead: each goes out the moment it is applied",
    wrong="rsvpCalls:\n  invite: {endTime: 2026-12-04 17:00:00, …}   # no startTime",
    right="rsvpCalls:\n  invite: {startTime: now, endTime: 2026-12-04 17:00:00, …}",
    needs="both",
    about="`startTime: now` says so on purpose. What is halted, and a campaign that was launched before, is not meant.",
)
def at_once(context: CheckContext) -> Iterator[Finding]:
    """What a plan launches; in `validate` what an apply would launch if it were made now."""
    for item in context.campaigns():
        if item.starts_now or not _launches(context, item):
            continue
        fields = _fields(context, item)
        if not goes_out_at_once(item.kind, fields, context.now):
            continue
        name = "actionTime" if item.kind.goes_out_once else "startTime"
        if item.kind.goes_out_once:
            at = parse_instant(str(fields[name])).astimezone(context.project.zone)
            moment = f"{at:%Y-%m-%d %H:%M} {context.project.zone_name}"
            minutes = int(AT_ONCE.total_seconds() // 60)
            problem = f"goes out at {moment}, in less than {minutes} minutes: the moment it is applied"
            hint, suggestion = "Set a later actionTime, so that it can be stopped.", ""
        else:
            problem = "has no startTime, so it calls from the moment it is applied"
            hint, suggestion = "Write a startTime, or `startTime: now` where that is meant.", "now"
        yield Finding(
            f"{item.address} {problem}.",
            words_region(item, name),
            (item.address,),
            hint,
            suggestion if name in item.field_places else "",
        )


def _launches(context: CheckContext, item: Desired) -> bool:
    """Would applying it let it reach people that it does not reach yet?"""
    if context.builder is None:
        return item.fields.get("state") != "halt"
    change = context.change_of(item.address)
    if change is None or change.launch is None:
        return False
    return item.kind.goes_out_once or isinstance(change, Making) or change.launch.reason == "first"


@rule(
    "time/dst",
    "warn",
    "hours that a change of daylight saving moves on the clock of those who are called",
    wrong="rsvpCalls:\n  invite: {startTime: 2027-03-22 09:00:00, endTime: 2027-04-02 17:00:00, …}   # over 28 March",
    right="rsvpCalls:\n  invite: {startTime: 2027-03-22 09:00:00, endTime: 2027-03-26 17:00:00, …}\n"
    "  invite-2: {startTime: 2027-03-29 09:00:00, endTime: 2027-04-02 17:00:00, …}",
    needs="both",
    about="The first and the last call of a plan are right on either side. Silent where nothing moves for anybody who is called.",
)
def dst(context: CheckContext) -> Iterator[Finding]:
    """What calls within hours; a single moment is the same on every clock."""
    for item in context.campaigns():
        if item.kind.goes_out_once or "activeFrom" not in item.fields:
            continue
        fields = _fields(context, item)
        people: dict[str, int] = {}
        for names, numbers in _zones(context, item).items():
            people |= {name: people.get(name, 0) + numbers for name in names}
        in_zone = {name: _stretches_in(context, fields, name) for name in people}
        moved = [name for name, of_zone in in_zone.items() if len(of_zone) > 1]
        if not moved:
            continue
        zone = max(moved, key=lambda name: (name == context.project.zone_name, people[name], name))
        shown = ", ".join(f"{hours} from {day}" for hours, day in in_zone[zone][:_MOST])
        others = len([name for name in moved if in_zone[name] != in_zone[zone]])
        elsewhere = f"; and others in {count(others, 'more zone')}" if others else ""
        hours_fields = _hours_fields(item)
        yield Finding(
            f"A change of daylight saving moves the hours of {item.address}: {shown}, in {zone}{elsewhere}.",
            field_region(item, hours_fields[-1]),
            (item.address,),
            "Make it two campaigns, one on either side; or allow it where both hours are meant.",
            allow_at=tuple(field_region(item, name) for name in hours_fields),
        )


def _stretches_in(context: CheckContext, fields: Mapping[str, Any], zone_name: str) -> list[tuple[str, str]]:
    """The daily hours in a zone, each with the day from which they are so."""
    return context.cached(
        ("stretches", _when(fields), zone_name),
        lambda: list(stretches(_whole_openings(context, fields), ZoneInfo(zone_name))),
    )


def _whole_openings(context: CheckContext, fields: Mapping[str, Any]) -> Iterator[Opening]:
    """The openings in which something may still reach people, each from its beginning to its end."""
    window = window_in(fields, context.window_zone)
    first, end = starts(fields, context.now), end_of(fields, context.now)
    days = (at.astimezone(window.zone).date() for at in (first, max(first, min(end, first + _LONGEST_LOOK))))
    for opens, shuts in window.openings(*days):
        if max(opens, first) < min(shuts, end):
            yield opens, shuts


@rule(
    "time/far",
    "warn",
    "a start more than 180 days ahead, and a campaign of more than 60 days",
    wrong="rsvpCalls:\n  invite: {startTime: 2028-12-01 09:00:00, endTime: 2028-12-04 17:00:00, …}   # which year?",
    right="rsvpCalls:\n  invite: {startTime: 2026-12-01 09:00:00, endTime: 2026-12-04 17:00:00, …}",
    needs="both",
)
def far(context: CheckContext) -> Iterator[Finding]:
    """The instant at which something begins or goes out, and the time between start and end."""
    for item in context.campaigns():
        fields = _fields(context, item)
        name = "actionTime" if item.kind.goes_out_once else "startTime"
        begins = parse_instant(str(fields[name])) if fields.get(name) else context.now
        if begins - context.now > _FARTHEST_START:
            days = (begins - context.now).days
            verb = "goes out" if item.kind.goes_out_once else "starts"
            local = begins.astimezone(context.project.zone)
            yield _far(item, name, f"{verb} on {local:%Y-%m-%d}, in {count(days, 'day')}", "Is the year right?")
        end_name = next((end for end in ("endTime", "expiresAt") if fields.get(end)), "")
        if end_name and not item.kind.goes_out_once:
            lasts = end_of(fields, context.now) - begins
            if lasts > _LONGEST_CAMPAIGN:
                hint = "Is the year right? Several shorter campaigns are easier to look at and to stop."
                yield _far(item, end_name, f"calls for {count(lasts.days, 'day')}", hint)


def _far(item: Desired, name: str, problem: str, hint: str) -> Finding:
    addresses: tuple[Address, ...] = (item.address,)
    return Finding(f"{item.address} {problem}.", field_region(item, name), addresses, hint)
