"""What happened to campaigns that are followed by webhooks, an event a line: `watch --listen --json`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mscode.model.calling_window import format_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import mask_phone
from mscode.views.status.status_shapes import LiveEventJson
from mscode.views.status.table import StatusRow, row_json, status_text

EventType = Literal["state", "reply", "progress"]
_REPLIES = {"accept": "accepted", "decline": "declined", "noAnswer": "gave no reply"}


@dataclass(frozen=True, slots=True)
class PersonReply:
    """What one person replied, as the API says it; `at` is the call's instant in spec form, "" where it is not known."""

    account_id: str
    phone: str
    reply: str
    at: str


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event of a campaign. `row` is the campaign as it was read, of a deleted one as it was read last. `previous` is the state
    before ("" at the first reading), `person` whose reply an event of the type `reply` is about. `hinted`: a webhook led to it,
    whose own time is `webhook_at`, where it says one.
    """

    type: EventType
    row: StatusRow
    previous: str = ""
    is_deleted: bool = False
    person: PersonReply | None = None
    hinted: bool = False
    webhook_at: datetime | None = None

    @property
    def message(self) -> str:
        """The event in a sentence; nobody's number."""
        if self.is_deleted:
            return f"{self.row.name}: deleted"
        reply = f"a person {_REPLIES.get(self.person.reply, 'replied')}, " if self.person else ""
        return f"{self.row.name}: {reply}{status_text(self.row)}"


def live_event_json(event: LiveEvent, now: datetime) -> LiveEventJson:
    """One event for programs; the figures are the campaign's, people masked. `now` is the machine's time (UTC)."""
    campaign = row_json(event.row)
    document: LiveEventJson = {
        "@timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "@message": event.message,
        "type": event.type,
        "section": campaign["type"],
        "address": campaign["address"],
        "id": campaign["id"],
        "managed": campaign["managed"],
        "state": campaign["state"],
        "finished": campaign["finished"],
        "dialled": campaign["dialled"],
        "answered": campaign["answered"],
        "accepted": campaign["accepted"],
        "declinedOrNoReply": campaign["declinedOrNoReply"],
        "acceptsWanted": campaign["acceptsWanted"],
        "totalDuration": campaign["totalDuration"],
        "latestCallAt": campaign["latestCallAt"],
        "people": campaign["people"],
        "called": campaign["called"],
        "hold": campaign["hold"],
        "firstCall": campaign["firstCall"],
        "nextCall": campaign["nextCall"],
        "nextCallUntil": campaign["nextCallUntil"],
        "lastCall": campaign["lastCall"],
        "hinted": event.hinted,
        "webhookAt": format_instant(event.webhook_at) if event.webhook_at else None,
    }
    if event.type == "state":
        document["previousState"] = event.previous or None
        document["deleted"] = event.is_deleted
    if event.person is not None:
        document["accountId"] = event.person.account_id or None
        document["phone"] = mask_phone(event.person.phone) if event.person.phone else None
        document["reply"] = event.person.reply
        document["repliedAt"] = event.person.at or None
    return document
