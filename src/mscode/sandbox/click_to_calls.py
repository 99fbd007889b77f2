"""Click-to-calls (docs/service-notes.md#click-to-calls). There is no update."""

from mscode.sandbox import receivers
from mscode.sandbox.campaign import CLICK, STATS, Campaign
from mscode.sandbox.campaign_fields import (
    DEFAULT_MAX_REDIALS,
    action_buttons,
    meta,
    ready_voice_file,
    rendered_weekdays,
    window_fields,
)
from mscode.sandbox.dialler import settle
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, created, ok
from mscode.sandbox.profile import Profile
from mscode.sandbox.receivers import Dialled, Receiver
from mscode.sandbox.store import Doc
from mscode.sandbox.times import stamp

_WEEK = 7 * 86_400  # "Default value is one week from now": docs/service-notes.md#click-to-calls
_UNDIALLED = Dialled()


def list_click_to_calls(call: Call) -> Reply:
    rows, dialled = receivers.by_owner(call.store, CLICK), receivers.dialled(call.store, CLICK)
    return ok([_rendered(call.profile, *item, rows.get(item[0], []), dialled) for item in call.store.all(CLICK)])


def read_click_to_call(call: Call) -> Reply:
    return ok(_current(call, call.found(CLICK)))


def create_click_to_call(call: Call) -> Reply:
    """It starts at once, in the hidden state active; nobody asks for more than one accept."""
    document = _document(call)
    targets = receivers.resolve(call, call.fields().required("receivers"), "phone", strict=True)
    new_id = call.store.add(CLICK, document)
    receivers.add(call.store, CLICK, new_id, targets, call.now)
    settle(call.store, Campaign(CLICK, new_id, document, call.now + 1), call.now)
    return created(_current(call, new_id), f"/click_to_calls/{new_id}")


def delete_click_to_call(call: Call) -> Reply:
    doomed = call.found(CLICK)
    call.store.remove(CLICK, doomed)
    receivers.remove(call.store, CLICK, doomed)
    return NO_CONTENT


def _document(call: Call) -> Doc:
    fields = call.fields()
    return {
        "state": "active",
        "start": call.now,
        "end": fields.optional_instant("expiresAt", call.now + _WEEK, call.zone),
        **window_fields(call, fields),
        "voiceFileId": ready_voice_file(call, fields.required("voiceFileId"), "voiceFileId"),
        "actionButtons": action_buttons(fields.required("actionButtons")),
        "acceptsWanted": 1,
        "maxRedials": fields.optional_integer("maxRedials", DEFAULT_MAX_REDIALS, minimum=0),
        "receiverWebhookUrl": fields.text("receiverWebhookUrl"),
        "meta": meta(fields),
        "stats": dict(STATS),
        "updated": call.now,
        "created": call.now,
    }


def _current(call: Call, object_id: int) -> Doc:
    rows = receivers.by_owner(call.store, CLICK, object_id).get(object_id, [])
    document = call.store.get(CLICK, object_id) or {}
    return _rendered(call.profile, object_id, document, rows, receivers.dialled(call.store, CLICK, object_id))


def _rendered(
    profile: Profile, object_id: int, document: Doc, rows: list[Receiver], dialled: dict[int, Dialled]
) -> Doc:
    shown = [
        receivers.dial_receiver(profile, row, dialled.get(row.id, _UNDIALLED), "reply", "dialledCalls") for row in rows
    ]
    return {
        "clickToCallId": str(object_id),
        "expiresAt": stamp(document["end"], profile.time_zone),
        "activeFrom": document["activeFrom"],
        "activeTo": document["activeTo"],
        "activeWeekdays": rendered_weekdays(document["weekdays"]),
        "voiceFileId": document["voiceFileId"],
        "actionButtons": document["actionButtons"],
        "receivers": shown,
        "maxRedials": document["maxRedials"],
        "receiverWebhookUrl": document["receiverWebhookUrl"],
        "meta": document["meta"],
        "stats": _stats(document["stats"]),
        "updatedAt": stamp(document["updated"], profile.time_zone),
        "createdAt": stamp(document["created"], profile.time_zone),
    }


def _stats(stats: dict[str, int]) -> Doc:
    """The stats in the click-to-call's spelling (docs/service-notes.md#spellings)."""
    return {
        "totalDialedCalls": stats["dialed"],
        "answeredCalls": stats["answered"],
        "totalDuration": stats["duration"],
        "acceptsReceived": stats["accepts"],
        "acceptsDeclined": stats["declines"],
        "notAnsweredCalls": stats["dialed"] - stats["answered"],
    }


OPERATIONS = (
    Operation(25, "GET", "/click_to_calls", list_click_to_calls),
    Operation(26, "GET", "/click_to_calls/{clickToCallId}", read_click_to_call),
    Operation(27, "POST", "/click_to_calls", create_click_to_call, Body.JSON),
    Operation(28, "DELETE", "/click_to_calls/{clickToCallId}", delete_click_to_call),
)
