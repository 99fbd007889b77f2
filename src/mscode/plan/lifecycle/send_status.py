"""Where something that reaches people stands: its state, what it has done so far, when it may call next.

Built on the object as it is read by its id, whose `stats` and receivers tell everything
(docs/service-notes.md#receivers-and-results-of-an-rsvp-call).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from mscode.model import service_json as wire
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Entry, Live
from mscode.plan.change import LaunchReason
from mscode.plan.lifecycle.operator_halt import reason_to_start, was_stopped
from mscode.plan.people.reach import calling_span, next_opening_shuts

_DECLINED = ("declinesAndNoRepliesReceived", "acceptsDeclined")


@dataclass(frozen=True, slots=True)
class SendStatus:
    """`state` is the service's word, or `waiting` and `sent` of what goes out once.

    `dialled` and `answered` count calls. `accepted` counts accepts, `wanted` is how many are wanted (None: not counted).
    `declined` are declines, with an RSVP call those who gave no reply too (docs/service-notes.md#spellings). `seconds` is the time
    talked. `latest` is the latest call (aware, None before the first). `finished`: it reaches nobody any more.
    """

    state: str
    finished: bool
    dialled: int = 0
    answered: int = 0
    accepted: int = 0
    declined: int = 0
    seconds: int = 0
    wanted: int | None = None
    latest: datetime | None = None

    @property
    def missed(self) -> bool:
        """Did it end without a single call?"""
        return self.state == "complete" and self.dialled == 0


def send_status_of(kind: Kind, live: Live) -> SendStatus:
    """Where a live object stands; all counts are 0 where the service counts nothing (messages)."""
    finished = not live.status.unfinished
    stats = wire.pick(live.raw, "stats")
    counted: Mapping[str, Any] = stats if isinstance(stats, dict) else {}
    people = receiver_rows(live)
    state = live.status.state if live.status.is_reported else "complete"
    if kind.goes_out_once:
        state = "sent" if finished else "waiting"
    calls = [instant for row in people if (instant := wire.instant(wire.pick(row, "latestCallAt")))]
    return SendStatus(
        state=state,
        finished=finished,
        dialled=live.status.dials,
        answered=_count(counted, "answeredCalls") or sum(wire.flag(wire.pick(row, "answered")) for row in people),
        accepted=_count(counted, "acceptsReceived") or sum(wire.reply(row) == "accept" for row in people),
        declined=next((n for name in _DECLINED if (n := _count(counted, name))), 0),
        seconds=_count(counted, "totalDuration"),
        wanted=wire.number(live.fields.get("acceptsWanted")),
        latest=parse_instant(max(calls)) if calls else None,
    )


def receiver_rows(live: Live) -> list[Mapping[str, Any]]:
    """The receivers of a live object as they came, with what was reached of each."""
    value = wire.pick(live.raw, "receivers")
    return [row for row in (value if isinstance(value, list) else ()) if isinstance(row, dict)]


@dataclass(frozen=True, slots=True)
class Coming:
    """When something may reach people from now on, aware: `first` and `last`, and `until`, when the opening that `first` lies
    in shuts (None of what goes out once). All are None where it reaches nobody as it stands."""

    first: datetime | None = None
    until: datetime | None = None
    last: datetime | None = None


def coming_of(live: Live, now: datetime, zone: tzinfo) -> Coming:
    """When a live object may reach people from `now` on; `zone` is the one in which the service reads windows."""
    if not live.status.running:
        return Coming()
    try:
        first, last = calling_span(live.fields, now, zone)
        until = next_opening_shuts(live.fields, first, now, zone) if first else None
    except (KeyError, ValueError):  # the service shows a window or an instant that cannot be read
        return Coming()
    return Coming(first, until, last)


#: Why a halted campaign does not call: it was never launched, an edit was cut short, its manifest wants it halted, or a person
#: halted it.
Hold = Literal["", "notLaunched", "edit", "manifest", "person"]
_HOLDS: Mapping[LaunchReason | None, Hold] = {
    "first": "notLaunched",
    "interrupted": "edit",
    "resume": "manifest",
    None: "person",
}


def hold_of(live: Live, entry: Entry | None) -> Hold:
    """Why a live object is halted, as its marker and the state say (plan.lifecycle.operator_halt); "" where it is not. One that a
    person halted, and whose end has passed since, stays so.
    """
    phase = live.status.marker.phase if live.status.marker else ""
    applied = entry.applied.get("state") if entry else None
    if live.kind.can_be_halted and live.status.state == "halt":
        return _HOLDS.get(reason_to_start(phase, applied), "person")
    return "person" if live.status.state == "complete" and was_stopped(phase, applied) else ""


def _count(stats: Mapping[str, Any], name: str) -> int:
    return wire.number(wire.pick(stats, name)) or 0
