"""Calls, emails and smses: sent once, to all receivers, at their ``actionTime``.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mscode.sandbox import receivers
from mscode.sandbox.errors import conflict, invalid
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, created, ok
from mscode.sandbox.receivers import Receiver, message_receiver, receiver_row
from mscode.sandbox.store import Doc
from mscode.sandbox.times import stamp
from mscode.sandbox.validate import Fields


@dataclass(frozen=True, slots=True)
class Kind:
    """What sets the three apart. ``listed`` has the members of the list form; ``price`` is in cents a receiver."""

    name: str
    path: str
    id_name: str
    texts: tuple[str, ...]
    address: str
    price: float
    listed: tuple[str, ...]

    def check(self, texts: Doc) -> None:
        """``operations`` is "string, JSON": it parses, and nothing more is known of it
        (docs/service-notes.md#calls-e-mails-and-text-messages).
        """
        if texts.get("operations"):
            try:
                json.loads(texts["operations"])
            except (ValueError, RecursionError):
                raise invalid("operations is a string that holds JSON", "operations") from None


CALL = Kind(
    "call", "/calls", "callId", ("operations",), "phone", 12.5,
    ("callId", "operations", "actionTime", "priceEstimateInCents", "totalDuration", "updatedAt", "createdAt"),
)  # fmt: skip
EMAIL = Kind(
    "email", "/emails", "emailId", ("messageHtml", "messageText", "subject", "fromEmail", "fromName"), "email", 0.5,
    ("emailId", "messageHtml", "messageText", "subject", "fromEmail", "fromName", "actionTime", "priceEstimateInCents",
     "editable", "receivers", "updatedAt", "createdAt"),
)  # fmt: skip
SMS = Kind(
    "sms", "/smses", "smsId", ("message", "sender"), "phone", 7.5,
    ("smsId", "message", "sender", "actionTime", "priceEstimateInCents", "editable", "updatedAt", "createdAt"),
)  # fmt: skip


def _list(kind: Kind, call: Call) -> Reply:
    """Calls and smses are listed without receivers (docs/service-notes.md#lists) unless the switch ``list_shape`` says otherwise,
    and an sms's id is a number there (docs/service-notes.md#ids).
    """
    rows = receivers.by_owner(call.store, kind.name)
    shown = [_rendered(kind, call, *item, rows.get(item[0], [])) for item in call.store.all(kind.name)]
    is_full = call.profile.list_shape == "full"
    listed = shown if is_full else [{name: message[name] for name in kind.listed} for message in shown]
    return ok([{**message, "smsId": int(message["smsId"])} for message in listed] if kind is SMS else listed)


def _read(kind: Kind, call: Call) -> Reply:
    return ok(_current(kind, call, call.found(kind.name)))


def _create(kind: Kind, call: Call) -> Reply:
    """No member is marked as required: what is absent is empty, an absent ``actionTime`` is now."""
    fields = call.fields()
    document = {
        **_texts(kind, fields, dict.fromkeys(kind.texts, "")),
        "action": fields.optional_instant("actionTime", call.now, call.zone),
        "totalDuration": 0,
        "written": call.now,
        "created": call.now,
    }
    targets = _targets(kind, call, fields)
    new_id = call.store.add(kind.name, document, due=document["action"])
    receivers.add(call.store, kind.name, new_id, targets, call.now)
    return created(_current(kind, call, new_id), f"{kind.path}/{new_id}")


def _update(kind: Kind, call: Call) -> Reply:
    """Omitted members keep their values (docs/service-notes.md#put-carries-everything); under ``put=replace`` they are what they
    are in a new message, without receivers and sent at once.
    """
    message_id = call.found(kind.name)
    document = _editable(kind, call, message_id)
    fields, replaces = call.fields(), call.profile.put == "replace"
    document |= {
        **_texts(kind, fields, dict.fromkeys(kind.texts, "") if replaces else document),
        "action": fields.optional_instant("actionTime", call.now if replaces else document["action"], call.zone),
        "written": call.now,
    }
    if replaces or fields.get("receivers") is not None:
        targets = _targets(kind, call, fields)
        receivers.remove(call.store, kind.name, message_id)
        receivers.add(call.store, kind.name, message_id, targets, call.now)
    call.store.save(kind.name, message_id, document, due=document["action"])
    return ok(_current(kind, call, message_id))


def _delete(kind: Kind, call: Call) -> Reply:
    message_id = call.found(kind.name)
    _editable(kind, call, message_id)
    call.store.remove(kind.name, message_id)
    receivers.remove(call.store, kind.name, message_id)
    return NO_CONTENT


def _list_receivers(kind: Kind, call: Call) -> Reply:
    message_id = call.found(kind.name)
    rows = receivers.by_owner(call.store, kind.name, message_id).get(message_id, [])
    return ok([receiver_row(call.profile, row) for row in rows])


def _editable(kind: Kind, call: Call, message_id: int) -> Doc:
    document = call.store.get(kind.name, message_id) or {}
    if document["action"] <= call.now:
        raise conflict(f"the {kind.name} is no longer editable")
    return document


def _texts(kind: Kind, fields: Fields, before: Doc) -> Doc:
    texts = {name: fields.text(name, before[name]) for name in kind.texts}
    kind.check(texts)
    return texts


def _targets(kind: Kind, call: Call, fields: Fields) -> list[receivers.Target]:
    if fields.get("receivers") is None:
        return []
    return receivers.resolve(call, fields.get("receivers"), kind.address)


def _current(kind: Kind, call: Call, message_id: int) -> Doc:
    """The full form, which read, create and update share."""
    rows = receivers.by_owner(call.store, kind.name, message_id).get(message_id, [])
    message = _rendered(kind, call, message_id, call.store.get(kind.name, message_id) or {}, rows)
    del message["totalDuration"]
    return message


def _rendered(kind: Kind, call: Call, message_id: int, document: Doc, rows: list[Receiver]) -> Doc:
    return {
        kind.id_name: str(message_id),
        **{name: _shown(call, name, document[name]) for name in kind.texts},
        "actionTime": stamp(document["action"], call.zone),
        "priceEstimateInCents": kind.price * len(rows),
        "totalDuration": document["totalDuration"],
        "editable": "y" if document["action"] > call.now else "n",
        "receivers": [message_receiver(call.profile, row) for row in rows],
        "updatedAt": stamp(document["written"], call.zone),
        "createdAt": stamp(document["created"], call.zone),
    }


def _shown(call: Call, name: str, text: str) -> Any:
    """``operations`` is a string that holds JSON, or what it holds under the switch ``operations``."""
    return json.loads(text) if name == "operations" and text and call.profile.operations == "object" else text


def _operations(kind: Kind, numbers: tuple[int, int, int, int, int]) -> tuple[Operation, ...]:
    def bound(action: Callable[[Kind, Call], Reply]) -> Callable[[Call], Reply]:
        return lambda call: action(kind, call)

    item = f"{kind.path}/{{{kind.id_name}}}"
    return (
        Operation(numbers[0], "GET", kind.path, bound(_list)),
        Operation(numbers[1], "GET", item, bound(_read)),
        Operation(numbers[2], "POST", kind.path, bound(_create), Body.JSON),
        Operation(numbers[3], "PUT", item, bound(_update), Body.JSON),
        Operation(numbers[4], "DELETE", item, bound(_delete)),
    )


OPERATIONS = (
    *_operations(CALL, (19, 20, 21, 22, 23)),
    Operation(24, "GET", "/calls/{callId}/receivers", lambda call: _list_receivers(CALL, call)),
    *_operations(EMAIL, (29, 30, 31, 32, 33)),
    Operation(43, "GET", "/smses/{smsId}/receivers", lambda call: _list_receivers(SMS, call)),
    *_operations(SMS, (44, 45, 46, 47, 48)),
)
