"""Fields that RSVP calls and click-to-calls share: window, weekdays, buttons and voice files.

See docs/service-notes.md#calling-hours and docs/service-notes.md#buttons-and-voice-types.
"""

import re
from typing import Any

from mscode.sandbox.errors import invalid
from mscode.sandbox.operation import Call
from mscode.sandbox.store import Doc
from mscode.sandbox.validate import Fields, array, identifier
from mscode.sandbox.voice_status import READY, status_of
from mscode.sandbox.window import WEEKDAYS

ACTIONS = ("accept", "decline")
VOICE_TYPES = ("start", "data", "actionButtons", "accept", "end")
DEFAULT_MAX_REDIALS = 3
_BUTTON = re.compile(r"[0-9]")


def window_fields(call: Call, fields: Fields) -> Doc:
    """``activeFrom``, ``activeTo`` and ``activeWeekdays``; a window that ends before it starts is refused, unless the switch
    ``window_wrap`` is on (docs/service-notes.md#calling-hours).
    """
    active_from, active_to = fields.time_of_day("activeFrom"), fields.time_of_day("activeTo")
    if active_from >= active_to and not call.profile.window_wrap:
        raise invalid("activeTo is not after activeFrom", "activeTo")
    return {"activeFrom": active_from, "activeTo": active_to, "weekdays": _weekdays(fields.array("activeWeekdays"))}


def _weekdays(items: list[Any]) -> list[str]:
    """Seven flags, Monday first; a day that is not named is off."""
    flags = dict.fromkeys(WEEKDAYS, "0")
    seen = set()
    for item in items:
        day = Fields(item, "activeWeekdays")
        name, active = day.required_text("weekday"), day.required_text("active")
        if name not in flags or name in seen or active not in ("0", "1"):
            raise invalid("each weekday is named once, with active '1' or '0'", "activeWeekdays")
        seen.add(name)
        flags[name] = active
    return list(flags.values())


def rendered_weekdays(flags: list[str]) -> list[Doc]:
    return [{"weekday": name, "active": flag} for name, flag in zip(WEEKDAYS, flags, strict=True)]


def action_buttons(items: object) -> list[Doc]:
    return [_action_button(item) for item in array(items, "actionButtons")]


def _action_button(item: object) -> Doc:
    fields = Fields(item, "actionButtons")
    button, action = fields.required_text("button"), fields.required_text("action")
    if not _BUTTON.fullmatch(button):
        raise invalid("a button is one of 0-9, as a string", "actionButtons")
    if action not in ACTIONS:
        raise invalid("an action is accept or decline", "actionButtons")
    return {"button": button, "action": action}


def ready_voice_file(call: Call, value: object, field: str) -> int:
    """Only voice files with status ready can be used (docs/service-notes.md#voice-files)."""
    voice_file_id = identifier(value)
    document = call.store.get("voiceFile", voice_file_id)
    if voice_file_id is None or document is None:
        raise invalid("no such voice file", field)
    if status_of(document, call.now) != READY:
        raise invalid("only voice files with status ready can be used", field)
    return voice_file_id


def voice_files(call: Call, items: object) -> list[Doc]:
    """At least one, each type once (docs/service-notes.md#buttons-and-voice-types)."""
    found: dict[str, int] = {}
    for item in array(items, "voiceFiles", empty=False):
        fields = Fields(item, "voiceFiles")
        kind = fields.required_text("type")
        if kind in found or (kind not in VOICE_TYPES and call.profile.voice_types == "five"):
            raise invalid(f"type is one of {' '.join(VOICE_TYPES)}, each once", "voiceFiles")
        found[kind] = ready_voice_file(call, fields.required("voiceFileId"), "voiceFiles")
    return [{"type": kind, "voiceFileId": str(voice_file_id)} for kind, voice_file_id in found.items()]


def meta(fields: Fields) -> Any:
    value = fields.get("meta")
    return {} if value is None else value
