"""JSON that people may read as well: what `json.dumps(data, indent=2)` gives, several times as fast where there is much of it."""

from __future__ import annotations

import json
from typing import Any


def indented(data: Any) -> str:
    """Data as JSON in ASCII, each value on a line of its own."""
    return both_forms(data)[0]


def both_forms(data: Any) -> tuple[str, str]:
    """Data as JSON in ASCII: each value on a line of its own, and without any space or line end between values.

    `json` has a fast writer for the second form alone. That of pydantic has one for the first, and may write a number or an odd
    character in another way: so what it wrote is taken where both wrote the same, but for spaces and line ends.
    """
    from pydantic_core import to_json

    compact = json.dumps(data, separators=(",", ":"))
    try:
        text = to_json(data, indent=2, ensure_ascii=True)
    except ValueError:  # a text with half of a character, which JSON of Python has, and UTF-8 has not
        return json.dumps(data, indent=2), compact
    if text.translate(None, b" \n") == compact.encode("ascii").translate(None, b" "):
        return text.decode("ascii"), compact
    return json.dumps(data, indent=2), compact
