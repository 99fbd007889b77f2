"""Values as YAML shows them: strings quoted, numbers bare, references as addresses; safe to print, and bounded."""

from __future__ import annotations

import json
import re
from typing import Any

from mscode.model.plurals import count
from mscode.model.values import FileContent, Ref, Unknown
from mscode.views.text.printable import escape_unprintable

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
#: Characters of a string, and of one in a field of several lines; longer ones are cut.
LONGEST = 240
LONGEST_TEXT = 1200
#: Items of a list or a mapping on one line, and levels of nesting; what is beyond is left out.
MOST_ITEMS = 20
DEEPEST = 12


def quote(text: str, limit: int = LONGEST) -> str:
    """A string in double quotes, escaped as in JSON; a longer one than `limit` characters is cut, with its length."""
    if len(text) > limit:
        return f"{quote(text[:limit], limit)}... ({len(text):,} characters)"
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """JSON escapes without the quotes; what would move a cursor or turn the reading direction is spelled out."""
    # Most texts are printable ASCII, of which JSON escapes two characters.
    if text.isascii() and text.isprintable():
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return escape_unprintable(json.dumps(text, ensure_ascii=False)[1:-1])


def scalar(value: Any, limit: int = LONGEST) -> str:
    """A value without members: a string quoted, a reference as its address, a file with size and hash, numbers bare."""
    if isinstance(value, Ref | Unknown):
        return escape_unprintable(str(value.address))
    if isinstance(value, FileContent):
        return file_content(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quote(value, limit) if isinstance(value, str) else escape_unprintable(str(value))


def file_content(file: FileContent) -> str:
    """`"audio/jingle.wav" (48,044 bytes, sha256 0a1b2c3d...)`."""
    digest = f"sha256 {escape_unprintable(file.sha256[:8])}..."
    return f"{quote(file.path)} ({count(file.size, 'byte')}, {digest})" if file.path else digest


def flow(value: Any, depth: int = 0) -> str:
    """Any value on one line, like `{accept: [5, 6], decline: "x"}`; a long list or mapping is cut, with its size."""
    if isinstance(value, dict):
        items = [f"{key(k)}: {flow(v, depth + 1)}" for k, v in list(value.items())[:MOST_ITEMS]]
        return _closed("{", items, "}", len(value), depth)
    if isinstance(value, list | tuple):
        items = [flow(item, depth + 1) for item in value[:MOST_ITEMS]]
        return _closed("[", items, "]", len(value), depth)
    return scalar(value)


def _closed(start: str, items: list[str], end: str, size: int, depth: int) -> str:
    """Items in brackets; `size` is how many there are in all, of which `items` may be the first ones."""
    if depth >= DEEPEST and items:
        return f"{start}...{end}"
    more = [f"... {size - len(items):,} more"] if size > len(items) else []
    return start + ", ".join(items + more) + end


def key(text: Any) -> str:
    """A mapping's key, bare where it can be."""
    name = str(text)
    return name if _BARE_KEY.match(name) and len(name) <= LONGEST else quote(name)
