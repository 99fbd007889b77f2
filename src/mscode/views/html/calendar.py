"""When each campaign of a plan may ring: the openings of its calling window between its first and its last instant.

Kept in the plan's JSON as instants in UTC; a view shows them in the project's zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypedDict

from mscode.model.calling_window import Window, format_instant, parse_instant
from mscode.model.kind import registry
from mscode.plan.change import Change, Plan
from mscode.views.plan.plan_shapes import CalendarJson
from mscode.views.text.times import zone_of

#: Openings that are listed of one campaign, a day each; of a longer one the rest is counted.
MOST_OPENINGS = 62
#: A campaign that goes on for longer than this is looked at no further.
FARTHEST = timedelta(days=3 * 366)
Opening = tuple[datetime, datetime]


def calendar(plan: Plan) -> list[CalendarJson]:
    """A row per campaign that may ring once this plan is done, in the order of the plan.

    `people` and `maxCalls` are those of its launch; null where it rings already and the plan launches nothing of it.
    """
    rows = ((change, _openings(change, plan)) for change in plan.changes if _rings(change))
    return [_row(change, openings) for change, openings in rows if openings]


def _rings(change: Change) -> bool:
    """Does this plan launch it, or does it ring already and go on?"""
    if change.desired is None or change.halts:
        return False
    return change.launch is not None or (change.live is not None and change.live.status.running)


class _Messages(TypedDict, total=False):
    maxMessages: int


def _row(change: Change, openings: list[Opening]) -> CalendarJson:
    reach = change.launch.reach if change.launch else None
    shown = openings[:MOST_OPENINGS]
    messages: _Messages = {"maxMessages": reach.max_messages} if reach and reach.unit != "call" else {}
    return {
        "address": str(change.address),
        "launches": change.launch is not None,
        "people": reach.people if reach else None,
        "maxCalls": reach.max_calls if reach else None,
        **messages,
        "openings": [{"from": format_instant(start), "to": format_instant(end)} for start, end in shown],
        "more": len(openings) - len(shown),
    }


def _openings(change: Change, plan: Plan) -> list[Opening]:
    """Those from now on. What has no window rings at one instant, its first call."""
    fields = change.desired.fields if change.desired else {}
    if {"activeFrom", "activeTo", "activeWeekdays"} <= set(fields):
        return list(_of_window(fields, plan))
    first = change.launch.reach.first_call if change.launch and _is_one_of_its_own(change) else None
    return [(first, first)] if first else []


def _is_one_of_its_own(change: Change) -> bool:
    """A group whose new members are called by a campaign has no calendar; the campaign has."""
    kind = registry().get(change.address.section)
    return kind is not None and "receivers" in kind.fields_by_name


def _of_window(fields: Mapping[str, Any], plan: Plan) -> Iterator[Opening]:
    try:
        start, end = _time(fields["activeFrom"]), _time(fields["activeTo"])
        window = Window.of(start, end, fields["activeWeekdays"], zone_of(plan.window_zone_name))
        begin, stop = _span(fields, plan.now)
    except (ValueError, TypeError, AttributeError):
        return
    first, last = (moment.astimezone(window.zone).date() for moment in (begin, stop))
    for opens, shuts in islice(window.openings(first, last), FARTHEST.days):
        if max(opens, begin) < min(shuts, stop):
            yield max(opens, begin), min(shuts, stop)


def _span(fields: Mapping[str, Any], now: datetime) -> Opening:
    """From its start, or now, to its end, however it is called."""
    start, end = fields.get("startTime"), fields.get("endTime") or fields.get("expiresAt")
    begin = max(now, parse_instant(start)) if start else now
    farthest = begin + FARTHEST
    return begin, min(parse_instant(end), farthest) if end else farthest


def _time(text: str) -> str:
    return text if text.count(":") == 2 else f"{text}:00"
