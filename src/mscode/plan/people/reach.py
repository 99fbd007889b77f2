"""The people a launch calls, how often, when first and last; and whether an edit lets a campaign ring more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from mscode.model.calling_window import Window, parse_instant
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.local_hours import LocalHours
from mscode.model.values import Ref
from mscode.model.world import Entry, Live
from mscode.plan.change import Making, Reach, Wanted
from mscode.plan.inputs import PlanInput
from mscode.plan.people.match_receivers import (
    live_receiver_keys,
    match_receivers,
    resolve_receivers,
    rows_of_groups,
    taken_of,
)
from mscode.plan.people.projection import People, numbers_of

#: "startTime over 1h in the past is not allowed"; five minutes are ours
#: (docs/service-notes.md#creating-an-rsvp-call).
LATEST_START = timedelta(minutes=55)


def window_of(fields: Mapping[str, Any], inputs: PlanInput) -> Window:
    """The calling window of these fields, in the zone in which the service reads windows."""
    return window_in(fields, inputs.window_zone)


def window_in(fields: Mapping[str, Any], zone: tzinfo) -> Window:
    """The same without a plan's inputs: `zone` is the one in which the service reads windows."""
    if hours := LocalHours.of(fields):  # as its manifest writes it, not yet as it is sent
        return hours.window
    return Window.of(_full(fields["activeFrom"]), _full(fields["activeTo"]), fields["activeWeekdays"], zone)


def _full(time: str) -> str:
    return time if time.count(":") == 2 else f"{time}:00"


def starts(fields: Mapping[str, Any], now: datetime) -> datetime:
    """The earliest instant at which it may ring: its start, or now."""
    start = fields.get("startTime")
    return max(now, parse_instant(start)) if start else now


def fields_after(change: Wanted) -> dict[str, Any]:
    """The fields that an object has after a change, in spec form: the wanted ones over the live ones, the wanted ones alone
    where it is made anew. A first launch brings the manifest's start and end, for what is live until then is a stand-in.
    """
    desired = change.desired
    if isinstance(change, Making) or change.live is None:
        return dict(desired.fields)
    ignored = desired.lifecycle.ignore_changes
    fields = dict(change.live.fields)
    fields |= {field.name: field.after for field in change.fields if field.to_default}
    fields |= {name: value for name, value in desired.fields.items() if name not in ignored}
    if change.launch is not None and change.launch.reason == "first" and desired.kind.can_be_halted:
        fields |= {name: desired.fields.get(name) for name in ("startTime", "endTime")}
    return fields


#: "Default value is one week from now" (docs/service-notes.md#click-to-calls): when a click-to-call ends that does not say.
_DEFAULT_LIFE = timedelta(days=7)


def end_of(fields: Mapping[str, Any], now: datetime) -> datetime:
    """The instant after which nothing rings: `endTime`, `expiresAt`, or a click-to-call's default."""
    end = fields.get("endTime") or fields.get("expiresAt")
    return parse_instant(end) if end else now + _DEFAULT_LIFE


#: When something that reaches people is over for good; each kind has one of them.
_ENDS = ("actionTime", "endTime", "expiresAt")


def written_end(fields: Mapping[str, Any]) -> datetime | None:
    """The instant after which something with these fields reaches nobody any more; None where they do not say it."""
    end = next((fields[name] for name in _ENDS if fields.get(name)), None)
    return parse_instant(str(end)) if end else None


def first_and_last(fields: Mapping[str, Any], inputs: PlanInput) -> tuple[datetime | None, datetime | None]:
    """First and last instant at which something with these fields may reach anybody from now on."""
    return calling_span(fields, inputs.now, inputs.window_zone)


def calling_span(fields: Mapping[str, Any], now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The same without a plan's inputs. `zone` is the one in which the service reads windows.

    What goes out once does so at its `actionTime`; what calls does so within its window.
    """
    if at := fields.get("actionTime"):
        moment = parse_instant(at)
        return (moment, moment) if moment > now else (None, None)
    window, end = window_in(fields, zone), end_of(fields, now)
    earliest = starts(fields, now)
    return window.first_call(earliest, end), window.last_call(earliest, end)


def openings(
    fields: Mapping[str, Any], begin: datetime, stop: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """The openings of a calling window between two instants, oldest first, cut by them. ValueError for a malformed window."""
    window = window_in(fields, zone)
    first, last = (moment.astimezone(window.zone).date() for moment in (begin, stop))
    for opens, shuts in window.openings(first, last):
        if max(opens, begin) < min(shuts, stop):
            yield max(opens, begin), min(shuts, stop)


def stretches(openings: Iterable[tuple[datetime, datetime]], zone: tzinfo) -> Iterator[tuple[str, str]]:
    """The daily hours of these openings in a zone, each with the day from which they are so: (`10:00–17:00`, `Mon 2027-03-29`)."""
    latest = ""
    for opens, shuts in openings:
        local_opens = opens.astimezone(zone)
        hours = f"{local_opens:%H:%M}–{shuts.astimezone(zone):%H:%M}"
        if hours != latest:
            latest = hours
            yield hours, f"{local_opens:%a %Y-%m-%d}"


def next_opening_shuts(fields: Mapping[str, Any], first: datetime, now: datetime, zone: tzinfo) -> datetime | None:
    """When the opening ends in which the `first` call from now on lies (see `calling_span`); None of what goes out once."""
    return None if fields.get("actionTime") else window_in(fields, zone).shuts_at(first, end_of(fields, now))


def campaign_reach(
    fields: Mapping[str, Any],
    receivers: Sequence[tuple[str, Any, list[str]]],
    names: Sequence[str],
    inputs: PlanInput,
    kind: Kind,
) -> Reach:
    """The reach of a campaign with these fields, calling these receivers (`names` label them for people)."""
    first, last = first_and_last(fields, inputs)
    return Reach(
        phones=frozenset(number for _, _, numbers in receivers for number in numbers),
        redials=redials_of(fields, kind),
        unit=kind.unit,
        first_call=first,
        last_call=last,
        via=tuple((name, len(set(numbers))) for name, (_, _, numbers) in zip(names, receivers, strict=True)),
    )


def redials_of(fields: Mapping[str, Any], kind: Kind) -> int:
    """`maxRedials`, 3 where it is not set (docs/service-notes.md#rsvp-calls); what goes out once has none."""
    if "maxRedials" not in kind.fields_by_name:
        return 0
    redials = fields.get("maxRedials")
    return 3 if redials is None else int(redials)


def receiver_names(receivers: Sequence[Mapping[str, Any]]) -> list[str]:
    """How a person knows each receiver: an address, `group 12`, or `phone` (the number itself is masked where shown)."""
    members = [next(iter(receiver.items()), None) for receiver in receivers]
    return [
        ""
        if member is None
        else str(member[1].address)
        if isinstance(member[1], Ref)
        else f"{member[0].removesuffix('Id')} {member[1]}"
        for member in members
    ]


def live_numbers(live: Live, people: People, by: str = "phone") -> list[tuple[str, Any, list[str]]]:
    """The numbers (or addresses) of a live object's receivers, over the accounts and members as they will be."""
    return _row_numbers(live.fields.get("receivers", ()), people, by)


def _row_numbers(rows: Sequence[Mapping[str, Any]], people: People, by: str) -> list[tuple[str, Any, list[str]]]:
    return numbers_of([_key_of_row(row, by) for row in rows], people, by)


def _key_of_row(row: Mapping[str, Any], by: str) -> tuple[str, Any]:
    """What says whom a row reaches: its group or account, else what people are reached by; a row may show a phone beside the e-mail
    address that is written to.
    """
    keys = list(live_receiver_keys(row))
    return next((key for key in keys if key[0] in ("group", "account", by)), next(iter(keys), ("phone", "")))


#: How the aspect begins that lets a campaign call more of its people.
MORE_ACCEPTS = "acceptsWanted"


def widened_aspects(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> list[str]:
    """In words, every way in which `after` rings at an instant, or a person, at which `before` would not
    (docs/safety.md#launches).
    """
    aspects = []
    if _earlier_start(before, after, now):
        aspects.append("earlier start")
    if str(after["endTime"]) > str(before["endTime"]):
        aspects.append("later end")
    if _full(after["activeFrom"]) < _full(before["activeFrom"]) or _full(after["activeTo"]) > _full(before["activeTo"]):
        aspects.append("more hours")
    if set(after["activeWeekdays"]) - set(before["activeWeekdays"]):
        aspects.append("other weekdays")
    if int(after["acceptsWanted"]) > int(before["acceptsWanted"] or 0):
        aspects.append(f"{MORE_ACCEPTS} goes from {before['acceptsWanted'] or 0} to {after['acceptsWanted']}")
    if int(after.get("maxRedials") or 0) > int(before.get("maxRedials") or 0):
        aspects.append("more redials")
    return aspects


def _earlier_start(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> bool:
    old = before.get("startTime")
    if not old or parse_instant(old) <= now:
        return False
    new = after.get("startTime")
    return not new or new < old


def resolved(
    fields: Mapping[str, Any], ids: Mapping[Any, Any], people: People, kind: Kind
) -> list[tuple[str, Any, list[str]]]:
    """A wanted object's receivers with their numbers (or addresses)."""
    return numbers_of(resolve_receivers(fields["receivers"], ids), people, kind.reached_by)


def way_of(kind: Kind) -> str:
    """What people need to be reached by objects of a kind: `phone` or `e-mail address`."""
    return "phone" if kind.reached_by == "phone" else "e-mail address"


@dataclass(slots=True)
class Unreached:
    """Members of groups who have no phone (or address), counted once for all the campaigns that name a group."""

    people: People
    _counted: dict[tuple[Any, str], tuple[int, int]] = field(default_factory=dict)

    def of(self, group: Any, by: str) -> tuple[int, int]:
        """How many members of a group, as a resolved receiver names it, have none; and how many members there are."""
        key = getattr(group, "address", group)
        if (key, by) not in self._counted:
            members = self.people.members.get(key, frozenset())
            missing = sum(not self.people.reached_by(member, by) for member in members)
            self._counted[key, by] = missing, len(members)
        return self._counted[key, by]


def resolved_beside(
    fields: Mapping[str, Any],
    ids: Mapping[Any, Any],
    people: People,
    kind: Kind,
    live: Live | None,
    entry: Entry | None,
) -> list[tuple[str, Any, list[str]]]:
    """The same of an object that is there. A group that the service took apart reaches those whom it took of it, not who is in
    it now; but what is written anew with its receivers takes the group anew.
    """
    receivers = resolved(fields, ids, people, kind)
    if live is None or "receivers" not in live.fields:
        return receivers
    rows = live.fields["receivers"]
    meeting = match_receivers(rows, fields["receivers"], ids, people, taken_of(entry))
    if not kind.can_be_halted and (meeting.added or len(meeting.matched_rows) < len(rows)):
        return receivers
    numbers_of_group = {
        group: _row_numbers(group_rows, people, kind.reached_by)
        for group, group_rows in rows_of_groups(meeting, rows).items()
    }
    return [
        (receiver_kind, value, [n for _, _, numbers in numbers_of_group[value] for n in numbers])
        if receiver_kind == "group" and value in numbers_of_group
        else (receiver_kind, value, numbers)
        for receiver_kind, value, numbers in receivers
    ]
