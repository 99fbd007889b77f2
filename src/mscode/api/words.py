"""The service's own words in an error: short, without the token, without people's data."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from mscode.api.answer import Answer

LENGTH, WINDOW = 300, 65536
_TAGS = re.compile(r"<(script|style)\b.{0,20000}?</\1\s*>|<[^<>]{0,500}>", re.IGNORECASE | re.DOTALL)
_MEMBERS = ("message", "error_description", "detail", "description", "title", "error", "errors", "code")


class Words:
    """Cleans any text that came from outside before it stands in an error. `mask` is a `Masker` or `mask_numbers`."""

    def __init__(self, token: str, mask: Callable[[str], str]) -> None:
        self._secrets = sorted(_spellings(token), key=len, reverse=True)
        self._mask = mask

    def of(self, answer: Answer) -> str:
        """What the service says about a refusal; "" where it says nothing."""
        if not answer.empty and answer.readable:
            return self.clean(_message(answer.data))
        text = answer.content[:WINDOW].decode("utf-8", "replace")
        return self.clean(_TAGS.sub(" ", text) if "<" in text else text)

    def clean(self, text: str) -> str:
        """One line of 300 characters at most."""
        text = text if len(text) <= WINDOW else text[:WINDOW].rpartition(" ")[0]
        for secret in self._secrets:
            text = text.replace(secret, "(token)")
        text = self._mask(" ".join(text.split()))
        return text if len(text) <= LENGTH else f"{text[: LENGTH - 1].rstrip()}…"


def _spellings(token: str) -> set[str]:
    """A token as services repeat it: plain, or escaped for a URL, JSON or HTML."""
    return {token, quote(token, safe=""), json.dumps(token)[1:-1], html.escape(token)} - {""}


def _message(data: Any) -> str:
    """The most telling text of an error body of any form; the body itself where none is known."""
    if isinstance(data, str):
        return data
    found = _known_members(data) if isinstance(data, dict) else ""
    return found or json.dumps(data, ensure_ascii=False)


def _known_members(data: dict[str, Any]) -> str:
    for name in _MEMBERS:
        value = data.get(name)
        text = _known_members(value) if isinstance(value, dict) else value
        if isinstance(text, str) and text:
            return _with_field(text, data)
    return ""


def _with_field(text: str, data: dict[str, Any]) -> str:
    name = data.get("field")
    return f"{text} ({name})" if isinstance(name, str) and name and name not in text else text


def host_of(location: str) -> str:
    """Where a redirect points, by its host alone: the rest may hold anything."""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return host[:100] if host else "the same host"
