"""Where something that reaches people stands: its state, what it has done so far, when it may call next.

Built on the object as it is read by its id, whose `stats` and receivers tell everything
(docs/service-notes.md#receivers-and-results-of-an-rsvp-call).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from mscode.model import service_json as wire
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind
from mscode.model.world import Live
from mscode.plan.people.reach import calling_span

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


def next_and_last(live: Live, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The next and the last instant at which it may reach anybody; (None, None) where it reaches nobody as it stands."""
    if not live.status.running:
        return None, None
    try:
        return calling_span(live.fields, now, zone)
    except (KeyError, ValueError):  # the service shows a window or an instant that cannot be read
        return None, None


def _count(stats: Mapping[str, Any], name: str) -> int:
    return wire.number(wire.pick(stats, name)) or 0
