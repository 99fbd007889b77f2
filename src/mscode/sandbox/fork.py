"""A copy of another account: its objects with the ids, dials and states that they have there.

What is copied is said in the API's own names, so that whoever reads an account need not know how it is kept here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from mscode.sandbox.campaign import CLICK, RSVP, STATS
from mscode.sandbox.dialler import MESSAGES
from mscode.sandbox.store import TEXT_FIELDS, Doc, Store, to_json
from mscode.sandbox.times import stamp
from mscode.sandbox.voice_files import KIND as VOICE_FILE
from mscode.sandbox.window import WEEKDAYS

_WEEK = 7 * 86_400  # the life of a click-to-call that does not say when it ends
_ACCOUNT = f"INSERT OR IGNORE INTO accounts VALUES ({', '.join('?' * (len(TEXT_FIELDS) + 4))})"
_RECEIVER = "INSERT INTO receivers (kind, owner, accountId, groupId, at) VALUES (?, ?, ?, ?, ?)"
_PROGRESS = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?)"


class CopiedDial(TypedDict):
    """What became of one person so far; ``latest`` is the epoch second of the last call."""

    account: int
    attempts: int
    answered: int
    reply: str
    duration: int
    latest: int


class CopiedReceiver(TypedDict):
    """One receiver: a group, a person, or a person as a member of a group; and whom of it has been dialled."""

    account: int | None
    group: int | None
    dials: list[CopiedDial]


class CopiedObject(TypedDict):
    """One object.

    ``body`` is what a request would write, ``instants`` are its ``startTime``, ``endTime``, ``expiresAt`` and ``actionTime`` in
    epoch seconds where it has them, ``created`` and ``updated`` too. ``state`` is the API's of a campaign, ``complete`` of a
    message that is sent; ``stats`` are counts by the names of ``campaign.STATS``. ``members`` are the accounts of a group.
    ``failed``: a voice file that could not be made.
    """

    id: int
    body: Mapping[str, Any]
    instants: Mapping[str, int]
    created: int
    updated: int
    state: str
    stats: Mapping[str, int]
    receivers: Sequence[CopiedReceiver]
    members: Sequence[int]
    failed: bool


def copy_into(store: Store, objects: Mapping[str, Iterable[CopiedObject]], now: int) -> None:
    """Put objects, by kind, into a store in which none of them is. ``now`` is the instant of the copy: what was called before it
    is not called again.
    """
    for kind, copied in objects.items():
        if kind == "account":
            store.run_many(_ACCOUNT, (_account_row(one) for one in copied))
            continue
        for one in copied:
            document, due = _document(kind, one, now)
            store.run("INSERT INTO documents VALUES (?, ?, ?, ?)", kind, one["id"], to_json(document), due)
            sql = "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT DO UPDATE SET last = max(last, ?2)"
            store.run(sql, kind, one["id"])
            pairs = ((one["id"], account) for account in one["members"])
            store.run_many("INSERT OR IGNORE INTO members VALUES (?, ?)", pairs)
            for receiver in one["receivers"]:
                _add_receiver(store, kind, one, receiver)


def _account_row(one: CopiedObject) -> tuple[object, ...]:
    texts = (str(one["body"].get(name) or "") for name in TEXT_FIELDS)
    return (one["id"], *texts, one["body"].get("yearOfBirth"), stamp(one["updated"]), stamp(one["created"]))


def _add_receiver(store: Store, kind: str, one: CopiedObject, receiver: CopiedReceiver) -> None:
    row = store.insert(_RECEIVER, kind, one["id"], receiver["account"], receiver["group"], one["created"])
    dials = (
        (row, d["account"], d["attempts"], d["answered"], d["reply"], d["duration"], d["latest"])
        for d in receiver["dials"]
    )
    store.run_many(_PROGRESS, dials)


def _document(kind: str, one: CopiedObject, now: int) -> tuple[Doc, int | None]:
    """How it is kept, and the epoch second from which the dialler has to look at it."""
    if kind in (RSVP, CLICK):
        return _campaign(kind, one, now)
    if kind in MESSAGES:
        return _message(one)
    body = dict(one["body"])
    if kind == VOICE_FILE:
        times = {"updated": one["updated"], "created": one["created"]}
        texts = {name: str(body.get(name) or "") for name in ("name", "description", "text", "voiceCode")}
        return {**texts, "duration": body.get("duration") or 1, "failed": one["failed"], **times}, None
    stamps = {"updatedAt": stamp(one["updated"]), "createdAt": stamp(one["created"])}
    if kind == "subuser":
        body |= {"authToken": f"copied-{one['id']}", "password": ""}  # which nobody is told
    return {**body, **stamps}, None


def _campaign(kind: str, one: CopiedObject, now: int) -> tuple[Doc, int | None]:
    body, instants = one["body"], one["instants"]
    start = instants.get("startTime", one["created"])
    end = instants.get("endTime") or instants.get("expiresAt") or one["created"] + _WEEK
    days = {day["weekday"]: day["active"] for day in body["activeWeekdays"]}
    document = {
        "state": one["state"],
        "start": start,
        "end": end,
        "activeFrom": _whole_time(body["activeFrom"]),
        "activeTo": _whole_time(body["activeTo"]),
        "weekdays": [days.get(day, "0") for day in WEEKDAYS],
        "actionButtons": list(body["actionButtons"]),
        "acceptsWanted": body["acceptsWanted"] if kind == RSVP else 1,
        "maxRedials": body["maxRedials"],
        "receiverWebhookUrl": body.get("receiverWebhookUrl") or "",
        "meta": body.get("meta") or {},
        "stats": {**STATS, **one["stats"]},
        "updated": one["updated"],
        "created": one["created"],
    }
    more: Doc
    if kind == RSVP:
        webhook = {"stateWebhookUrl": body.get("stateWebhookUrl") or ""}
        more = {"voiceFiles": list(body["voiceFiles"]), "startUnset": "startTime" not in instants, **webhook}
    else:
        more = {"voiceFileId": body["voiceFileId"]}
    due = {"active": now + 1, "waitingToActive": min(start, end), "halt": end}.get(one["state"])
    return {**document, **more}, due


def _whole_time(text: str) -> str:
    """``HH:MM:SS``, where a service leaves the seconds out."""
    return text if text.count(":") != 1 else f"{text}:00"


def _message(one: CopiedObject) -> tuple[Doc, int | None]:
    action = one["instants"].get("actionTime", one["created"])
    texts = {name: value for name, value in one["body"].items() if name not in ("actionTime", "receivers")}
    document = {**texts, "action": action, "totalDuration": 0, "written": one["updated"], "created": one["created"]}
    return document, None if one["state"] == "complete" else action
