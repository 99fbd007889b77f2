"""Whom a launch calls, how often, when first and last; and whether an edit lets a campaign ring more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mscode.plan.change import Reach
from mscode.plan.people import People, numbers_of
from mscode.plan.scene import Scene, live_receiver_keys, resolve_receivers
from mscode.values import Ref
from mscode.windows import Window, parse_instant
from mscode.world import Live

#: "startTime over 1h in the past is not allowed"; five minutes are ours (reconcile §4).
LATEST_START = timedelta(minutes=55)


def window_of(fields: Mapping[str, Any], scene: Scene) -> Window:
    return Window.of(
        _full(fields["activeFrom"]), _full(fields["activeTo"]), fields["activeWeekdays"], scene.window_zone
    )


def _full(time: str) -> str:
    return time if time.count(":") == 2 else f"{time}:00"


def starts(fields: Mapping[str, Any], now: datetime) -> datetime:
    """The earliest instant at which it may ring: its start, or now."""
    start = fields.get("startTime")
    return max(now, parse_instant(start)) if start else now


def first_and_last(fields: Mapping[str, Any], scene: Scene) -> tuple[datetime | None, datetime | None]:
    """First and last instant at which a campaign with these fields may ring from now on."""
    window, end = window_of(fields, scene), parse_instant(fields["endTime"])
    earliest = starts(fields, scene.now)
    return window.first_call(earliest, end), window.last_call(earliest, end)


def campaign_reach(
    fields: Mapping[str, Any], receivers: Sequence[tuple[str, Any, list[str]]], names: Sequence[str], scene: Scene
) -> Reach:
    """The reach of a campaign with these fields, calling these receivers (`names` label them for people)."""
    first, last = first_and_last(fields, scene)
    return Reach(
        phones=frozenset(number for _, _, numbers in receivers for number in numbers),
        redials=redials_of(fields),
        first_call=first,
        last_call=last,
        via=tuple((name, len(set(numbers))) for name, (_, _, numbers) in zip(names, receivers, strict=True)),
    )


def redials_of(fields: Mapping[str, Any]) -> int:
    """`maxRedials`, 3 where it is not set (Q40)."""
    redials = fields.get("maxRedials")
    return 3 if redials is None else int(redials)


def receiver_names(receivers: Sequence[Mapping[str, Any]]) -> list[str]:
    """How a person knows each receiver: an address, `group 12`, or `phone` (the number itself is masked where shown)."""
    return [_receiver_name(receiver) for receiver in receivers]


def _receiver_name(receiver: Mapping[str, Any]) -> str:
    for key, value in receiver.items():
        if isinstance(value, Ref):
            return str(value.address)
        return f"{key.removesuffix('Id')} {value}"
    return ""


def live_numbers(live: Live, people: People) -> list[tuple[str, Any, list[str]]]:
    """The numbers of a live campaign's receivers, over the accounts and members as they will be."""
    rows = [next(iter(live_receiver_keys(row)), ("phone", "")) for row in live.fields.get("receivers", ())]
    return numbers_of(rows, people)


def widening(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> list[str]:
    """In words, every way in which `after` rings at an instant, or a person, at which `before` would not (reconcile §4)."""
    ways = []
    if _earlier_start(before, after, now):
        ways.append("earlier start")
    if str(after["endTime"]) > str(before["endTime"]):
        ways.append("later end")
    if _full(after["activeFrom"]) < _full(before["activeFrom"]) or _full(after["activeTo"]) > _full(before["activeTo"]):
        ways.append("more hours")
    if set(after["activeWeekdays"]) - set(before["activeWeekdays"]):
        ways.append("other weekdays")
    if int(after["acceptsWanted"]) > int(before["acceptsWanted"] or 0):
        ways.append("higher acceptsWanted")
    if int(after.get("maxRedials") or 0) > int(before.get("maxRedials") or 0):
        ways.append("more redials")
    return ways


def _earlier_start(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> bool:
    old = before.get("startTime")
    if not old or parse_instant(old) <= now:
        return False
    new = after.get("startTime")
    return not new or new < old


def resolved(fields: Mapping[str, Any], ids: Mapping[Any, Any], people: People) -> list[tuple[str, Any, list[str]]]:
    """A wanted campaign's receivers with their numbers."""
    return numbers_of(resolve_receivers(fields["receivers"], ids), people)
