"""RSVP calls (docs/service-notes.md#rsvp-calls)."""

from typing import Any

from mscode.sandbox import receivers
from mscode.sandbox.campaign import RSVP, STATS, Campaign
from mscode.sandbox.campaign_fields import (
    DEFAULT_MAX_REDIALS,
    action_buttons,
    meta,
    rendered_weekdays,
    voice_files,
    window_fields,
)
from mscode.sandbox.dialler import load, settle
from mscode.sandbox.errors import conflict, invalid, missing
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, created, ok
from mscode.sandbox.profile import Profile
from mscode.sandbox.receivers import Dialled, Receiver
from mscode.sandbox.store import Doc
from mscode.sandbox.times import stamp
from mscode.sandbox.validate import Fields, later

OLDEST_START = 3600  # seconds: "startTime over 1h in the past is not allowed", on create and update alike
_UNDIALLED = Dialled()
_NEW: Doc = {"maxRedials": DEFAULT_MAX_REDIALS, "receiverWebhookUrl": "", "stateWebhookUrl": "", "meta": {}}


def list_rsvp_calls(call: Call) -> Reply:
    rows, dialled = receivers.by_owner(call.store, RSVP), receivers.dialled(call.store, RSVP)
    return ok([_rendered(call.profile, *item, rows.get(item[0], []), dialled) for item in call.store.all(RSVP)])


def read_rsvp_call(call: Call) -> Reply:
    return ok(_current(call, call.found(RSVP)))


def create_rsvp_call(call: Call) -> Reply:
    """The state is ``halt`` only where that was asked for, and the switch ``create_ignores_state`` is off."""
    fields = call.fields()
    wanted = _wanted_state(fields)
    start = _start(fields, call.now, call.now)
    document = {
        "state": wanted,
        "start": start,
        "startUnset": fields.get("startTime") is None,
        **_required(call, fields, start, fields.required("actionButtons")),
        **_optional(fields, _NEW),
        "stats": dict(STATS),
        "updated": call.now,
        "created": call.now,
    }
    targets = receivers.resolve(call, fields.required("receivers"), "phone", strict=True)
    heeded = None if call.profile.create_ignores_state else wanted
    document["state"] = _state_for(heeded or "active", start, call.now)
    new_id = call.store.add(RSVP, document)
    receivers.add(call.store, RSVP, new_id, targets, call.now)
    settle(call.store, Campaign(RSVP, new_id, document, call.now + 1), call.now)
    return created(_current(call, new_id), f"/rsvp_calls/{new_id}")


def update_rsvp_call(call: Call) -> Reply:
    """Omitted optional fields keep their values, or under ``put=replace`` are what they are in a new one; ``receivers`` is ignored
    (docs/service-notes.md#creating-an-rsvp-call); complete is final.
    """
    campaign = load(call.store, RSVP, call.found(RSVP))
    fields = call.fields()
    if call.profile.put_receivers == 400 and fields.has("receivers"):
        raise invalid("receivers cannot be updated", "receivers")
    replaces = call.profile.put == "replace"
    wanted = _wanted_state(fields) or ("active" if replaces and campaign.state != "complete" else None)
    allowed = campaign.start if call.profile.start_unchanged_ok else None
    start = _start(fields, call.now, call.now if replaces else campaign.start, allowed)
    changed = _required(call, fields, start, _updated_buttons(call, fields, campaign.doc))
    changed |= {"start": start, "updated": call.now, **_optional(fields, _NEW if replaces else campaign.doc)}
    if replaces or fields.has("startTime"):
        changed["startUnset"] = fields.get("startTime") is None
    if campaign.state == "complete" and wanted:
        raise conflict("the RSVP call is complete", "state")
    campaign.doc.update(changed)
    if campaign.state != "complete":
        held = "halt" if campaign.state == "halt" else "active"
        campaign.enter(_state_for(wanted or held, start, call.now), call.now, call.store)
    campaign.due = call.now + 1
    settle(call.store, campaign, call.now)
    return ok(_current(call, campaign.id))


def delete_rsvp_call(call: Call) -> Reply:
    doomed = call.found(RSVP)
    call.store.remove(RSVP, doomed)
    receivers.remove(call.store, RSVP, doomed)
    return NO_CONTENT


def _wanted_state(fields: Fields) -> str | None:
    state = fields.get("state")
    if state not in (None, "active", "halt"):
        raise invalid("state is active or halt", "state")
    return None if state is None else str(state)


def _state_for(wanted: str, start: int, now: int) -> str:
    return "waitingToActive" if wanted == "active" and start > now else wanted


def _start(fields: Fields, now: int, unset: int, allowed: int | None = None) -> int:
    """Null is now; absent is ``unset``. ``allowed`` is a start that is never too long ago."""
    if not fields.has("startTime"):
        return unset
    start = fields.optional_instant("startTime", now)
    if start < now - OLDEST_START and start != allowed:
        raise invalid("startTime is over 1h in the past", "startTime")
    return start


def _required(call: Call, fields: Fields, start: int, buttons: object) -> Doc:
    """The fields that create and update both demand."""
    end = fields.instant("endTime")
    later(start, end, "endTime")
    later(call.now, end, "endTime")
    return {
        "end": end,
        **window_fields(call, fields),
        "voiceFiles": voice_files(call, fields.required("voiceFiles")),
        "actionButtons": action_buttons(buttons),
        "acceptsWanted": fields.integer("acceptsWanted", minimum=1),
    }


def _updated_buttons(call: Call, fields: Fields, before: Doc) -> Any:
    """The update's example spells it ``actionbuttons``, its table ``actionButtons``
    (docs/service-notes.md#creating-an-rsvp-call).

    Under ``put_buttons=lower`` the table's name is one that nobody knows: what stands under it changes nothing.
    """
    if call.profile.put_buttons == "lower":
        return before["actionButtons"] if fields.get("actionbuttons") is None else fields.get("actionbuttons")
    given = [fields.get(name) for name in ("actionButtons", "actionbuttons") if fields.get(name) is not None]
    if not given:
        raise missing("actionButtons")
    if given[0] != given[-1]:
        raise invalid("actionButtons and actionbuttons differ", "actionButtons")
    return given[0]


def _optional(fields: Fields, before: Doc) -> Doc:
    redials = DEFAULT_MAX_REDIALS if fields.has("maxRedials") else before["maxRedials"]
    return {
        "maxRedials": fields.optional_integer("maxRedials", redials, minimum=0),
        **{name: fields.text(name, before[name]) for name in ("receiverWebhookUrl", "stateWebhookUrl")},
        "meta": meta(fields) if fields.has("meta") else before["meta"],
    }


def _current(call: Call, object_id: int) -> Doc:
    rows = receivers.by_owner(call.store, RSVP, object_id).get(object_id, [])
    document = call.store.get(RSVP, object_id) or {}
    return _rendered(call.profile, object_id, document, rows, receivers.dialled(call.store, RSVP, object_id))


def _rendered(
    profile: Profile, object_id: int, document: Doc, rows: list[Receiver], dialled: dict[int, Dialled]
) -> Doc:
    shown = [
        receivers.dial_receiver(profile, row, dialled.get(row.id, _UNDIALLED), "rsvpReply", "dialledCalls")
        for row in rows
    ]
    return {
        "rsvpCallId": str(object_id),
        "state": document["state"],
        "startTime": None if _shows_no_start(profile, document) else stamp(document["start"]),
        "endTime": stamp(document["end"]),
        "activeFrom": document["activeFrom"],
        "activeTo": document["activeTo"],
        "activeWeekdays": rendered_weekdays(document["weekdays"]),
        "voiceFiles": document["voiceFiles"],
        "actionButtons": document["actionButtons"],
        "receivers": shown,
        "acceptsWanted": document["acceptsWanted"],
        "maxRedials": document["maxRedials"],
        "receiverWebhookUrl": document["receiverWebhookUrl"],
        "stateWebhookUrl": document["stateWebhookUrl"],
        "meta": document["meta"],
        "stats": _stats(document["stats"]),
        "updatedAt": stamp(document["updated"], profile.time_zone),
        "createdAt": stamp(document["created"], profile.time_zone),
    }


def _shows_no_start(profile: Profile, document: Doc) -> bool:
    """Written as null, a start is read as the moment of the request (docs/service-notes.md#creating-an-rsvp-call), or as null under
    ``unset=null``.
    """
    return profile.unset == "null" and bool(document.get("startUnset"))


def _stats(stats: dict[str, int]) -> Doc:
    """The stats in the RSVP call's spelling (docs/service-notes.md#spellings)."""
    return {
        "totalDialedCalls": stats["dialed"],
        "answeredCalls": stats["answered"],
        "totalDuration": stats["duration"],
        "acceptsReceived": stats["accepts"],
        "declinesAndNoRepliesReceived": stats["declines"] + stats["noReplies"],
        "notAnsweredCalls": stats["dialed"] - stats["answered"],
    }


OPERATIONS = (
    Operation(35, "GET", "/rsvp_calls", list_rsvp_calls),
    Operation(36, "GET", "/rsvp_calls/{rsvpCallId}", read_rsvp_call),
    Operation(37, "POST", "/rsvp_calls", create_rsvp_call, Body.JSON),
    Operation(38, "PUT", "/rsvp_calls/{rsvpCallId}", update_rsvp_call, Body.JSON),
    Operation(39, "DELETE", "/rsvp_calls/{rsvpCallId}", delete_rsvp_call),
)
