"""When each campaign of a plan may call: the openings of its calling window between its first and its last instant.

Kept in the plan's JSON as instants in UTC; a view shows them in the project's zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypedDict

from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.plan.change import Change, Plan
from mscode.plan.people.reach import end_of, fields_after, openings, starts
from mscode.views.plan.plan_shapes import CalendarJson
from mscode.views.text.times import zone_of

#: Openings that are listed of one campaign, one a day; further ones are counted.
MOST_OPENINGS = 62
#: Openings later than this after the start of a campaign are neither listed nor counted.
FARTHEST = timedelta(days=3 * 366)
Opening = tuple[datetime, datetime]


def calendar(plan: Plan) -> list[CalendarJson]:
    """A row per campaign that may call once this plan is applied, in the order of the plan.

    `people` and `maxCalls` are those of its launch; null where it is running already and the plan does not launch it.
    """
    rows = []
    for change in plan.changes:
        runs_already = change.live is not None and change.live.status.running
        stays = change.desired is not None and not change.halts
        if stays and (change.launch is not None or runs_already) and (openings := _openings(change, plan)):
            rows.append(_row(change, openings))
    return rows


class _Messages(TypedDict, total=False):
    maxMessages: int


def _row(change: Change, openings: list[Opening]) -> CalendarJson:
    reach = change.launch.reach if change.launch else None
    listed = openings[:MOST_OPENINGS]
    messages: _Messages = {"maxMessages": reach.max_messages} if reach and reach.unit != "call" else {}
    return {
        "address": str(change.address),
        "launches": change.launch is not None,
        "people": reach.people if reach else None,
        "maxCalls": reach.max_calls if reach else None,
        **messages,
        "openings": [{"from": format_instant(start), "to": format_instant(end)} for start, end in listed],
        "more": len(openings) - len(listed),
    }


def _openings(change: Change, plan: Plan) -> list[Opening]:
    """The openings from now on; without a calling window the instant of the first call alone."""
    fields = fields_after(change) if change.desired is not None else {}
    if {"activeFrom", "activeTo", "activeWeekdays"} <= set(fields):
        return list(_window_openings(fields, plan))
    # A group whose new members are called by a campaign has no receivers: the campaign has the calendar.
    kind = registry().get(change.address.section)
    has_receivers = kind is not None and "receivers" in kind.fields_by_name
    first = change.launch.reach.first_call if change.launch and has_receivers else None
    return [(first, first)] if first else []


def _window_openings(fields: Mapping[str, Any], plan: Plan) -> Iterator[Opening]:
    """The openings of a calling window from the start of the campaign, or now, to its end; none of a malformed window."""
    try:
        begin = starts(fields, plan.now)
        stop = min(end_of(fields, plan.now), begin + FARTHEST)
        yield from islice(openings(fields, begin, stop, zone_of(plan.window_zone_name)), FARTHEST.days)
    except (ValueError, TypeError, AttributeError):
        return
