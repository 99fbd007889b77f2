"""Ids in paths and in answers.

An id comes from outside: an empty one, or a word of a path, must never turn one path into another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mscode.errors import MscodeError
from mscode.model.service_json import id_text, is_id, pick


def item(collection: str, id: str) -> str:
    """The path of one object: `/groups` and `17` give `/groups/17`; MscodeError when the id cannot be one."""
    if not is_id(id):
        raise MscodeError(
            f"{collection}: {id[:80]!r} cannot be an id",
            detail="An id has letters, digits, - and _ only, at most 64 of them, and is no word of a path.",
            code="bad-id",
        )
    return f"{collection}/{id}"


def created_id(body: Any, id_field: str, location: str = "") -> str:
    """The id of what a create made: from the body, else the last segment of `Location`, whose host is ignored
    (docs/service-notes.md#requests).

    "" where neither holds a plausible one. An upload's answer is wrapped in `files`, with one member
    (docs/service-notes.md#voice-files).
    """
    if isinstance(body, Mapping) and isinstance(pick(body, "files"), list):
        body = pick(body, "files")
    if isinstance(body, list):
        body = body[0] if len(body) == 1 else None
    id = id_text(pick(body, id_field)) if isinstance(body, Mapping) else ""
    if is_id(id):
        return id
    try:
        segment = urlsplit(location).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""
    return segment if is_id(segment) else ""
