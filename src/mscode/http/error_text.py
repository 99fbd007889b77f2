"""The service's own message in an error: short, without the token, without personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from mscode.http.response import Response
from mscode.model.privacy import hide_secrets

LENGTH, WINDOW = 300, 65536
#: A longer text is cut before it is worked on, and of what is left the end goes too: there a number may be cut in two.
_RAGGED = 256
_SCRIPT = re.compile(r"<(script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")
_MEMBERS = ("message", "error_description", "detail", "description", "title", "error", "errors", "code")


class ErrorText:
    """Cleans any text that came from outside before it stands in an error. `mask` is a `Masker` or `mask_numbers`.

    `advice` says what to check where no connection can be made.
    """

    def __init__(self, token: str, mask: Callable[[str], str]) -> None:
        self._token = token
        self._mask = mask
        self.advice = "Check the url of the environment, or your VPN."

    def of(self, response: Response) -> str:
        """What the service says about a refusal; "" where it says nothing."""
        if not response.empty and response.readable:
            return self.clean(_message(response.data))
        text = _head(response.content[: 4 * WINDOW].decode("utf-8", "replace"))
        return self.clean(_without_tags(text) if "<" in text else text)

    def clean(self, text: str) -> str:
        """One line of 300 characters at most."""
        text = hide_secrets(_head(text), [self._token], "(token)")
        text = self._mask(" ".join(text.split()))
        return text if len(text) <= LENGTH else f"{text[: LENGTH - 1].rstrip()}…"


def _head(text: str) -> str:
    """As much of a text as is worked on. It ends at a space where one is near."""
    if len(text) <= WINDOW:
        return text
    text = text[: WINDOW - _RAGGED]
    space = max(text.rfind(" ", -_RAGGED), text.rfind("\n", -_RAGGED))
    return text[:space] if space >= 0 else text


def _without_tags(page: str) -> str:
    """A page's text. A script that is never closed reaches to the end."""
    parts, at = [], 0
    lowered = page.lower() if page.isascii() else page
    while opening := _SCRIPT.search(page, at):
        parts.append(page[at : opening.start()])
        close = lowered.find(f"</{opening[1].lower()}", opening.end())
        end = page.find(">", close) if close >= 0 else -1
        at = end + 1 if end >= 0 else len(page)
    return _TAG.sub(" ", " ".join([*parts, page[at:]]))


def _message(data: Any) -> str:
    """The most telling text of an error body of any form; the body itself where none is known."""
    if isinstance(data, str):
        return data
    text = _known_members(data) if isinstance(data, dict) else ""
    return text or json.dumps(data, ensure_ascii=False)


def _known_members(data: dict[str, Any]) -> str:
    """The message of an error object, with the name of the field that it is about where that stands beside it."""
    for name in _MEMBERS:
        value = data.get(name)
        text = _known_members(value) if isinstance(value, dict) else value
        if isinstance(text, str) and text:
            field = data.get("field")
            return f"{text} ({field})" if isinstance(field, str) and field and field not in text else text
    return ""


def host_of(location: str) -> str:
    """Where a redirect points, by its host alone: the rest may hold anything."""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return host[:100] if host else "the same host"
