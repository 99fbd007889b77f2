"""The forms that values have on the wire under the switches `ids`, `unset`, `phone_plus` and `json_strings`.

Everything is stored in one form. A request's body is brought into it before anything reads it, and an answer or a webhook into
the form in force after it was put together.
"""

import json
import re
from typing import Any

from mscode.sandbox.profile import Profile

# Of the type "JSON" on the page (docs/service-notes.md#requests); the type of `voiceFileId` makes no difference to its reader.
_JSON = ("activeWeekdays", "actionButtons", "actionbuttons", "receivers", "voiceFiles", "meta", "filters", "accountIds")
# What the user wrote comes back as it was written.
_AS_WRITTEN = ("meta", "filters", "operations")
_PHONES = ("phone", "phoneNumber")
# A national number begins with 0 and has no other form.
_DIGITS = re.compile(r"[1-9][0-9]{1,14}")


def received(profile: Profile, body: Any) -> Any:
    """The body of a request in the stored form."""
    if profile.json_strings == "accept":
        body = _unpacked(body)
    return _with_plus(body) if profile.phone_plus == "off" else body


def shown(profile: Profile, value: Any) -> Any:
    """An answer, or the body of a webhook, in the form in force."""
    if not has_other_forms(profile):
        return value
    if isinstance(value, list):
        return [shown(profile, item) for item in value]
    if isinstance(value, dict):
        return {name: _member(profile, name, item) for name, item in value.items()}
    return value


def has_other_forms(profile: Profile) -> bool:
    """Whether anything that is shown differs from what is stored."""
    return (profile.ids, profile.unset, profile.phone_plus) != ("printed", "empty", "on")


def _member(profile: Profile, name: str, value: Any) -> Any:
    if profile.unset == "null" and (value == "" or (name == "meta" and value == {})):
        return None
    if name in _AS_WRITTEN:
        return value
    if name.endswith("Id"):
        return _id(profile, value)
    if name in _PHONES and profile.phone_plus == "off":
        return value.removeprefix("+")
    return shown(profile, value)


def _id(profile: Profile, value: str | int | None) -> str | int | None:
    if value is None or profile.ids == "printed":
        return value
    return str(value) if profile.ids == "string" else int(value)


def _unpacked(body: Any) -> Any:
    """With the arrays and objects that were sent as text."""
    if isinstance(body, str):
        return _parsed(body)
    if isinstance(body, dict):
        return {name: _parsed(value) if name in _JSON else value for name, value in body.items()}
    return body


def _parsed(value: Any) -> Any:
    """The array or object that a text holds, any other value as it is."""
    try:
        held = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
    return held if isinstance(held, list | dict) else value


def _with_plus(body: Any) -> Any:
    if isinstance(body, list):
        return [_with_plus(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: _number(value) if name == "phone" else _deeper(name, value) for name, value in body.items()}


def _deeper(name: str, value: Any) -> Any:
    return _with_plus(value) if name == "receivers" else value


def _number(value: Any) -> Any:
    return f"+{value}" if isinstance(value, str) and _DIGITS.fullmatch(value) else value
