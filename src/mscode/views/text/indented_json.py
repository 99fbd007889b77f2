"""JSON that people may read as well: what `json.dumps(data, indent=2)` gives, several times as fast where there is much of it."""

from __future__ import annotations

import json
from typing import Any


def indented(data: Any) -> str:
    """Data as JSON in ASCII, each value on a line of its own.

    Only for lines of its own `json` has no fast writer. That of pydantic has one, and may write a number or an odd character in
    another way: so what it wrote is taken where `json` wrote the same, but for the spaces and line ends between values.
    """
    from pydantic_core import to_json

    try:
        text = to_json(data, indent=2, ensure_ascii=True)
    except ValueError:  # a text with half of a character, which JSON of Python has, and UTF-8 has not
        return json.dumps(data, indent=2)
    if text.translate(None, b" \n") == json.dumps(data, separators=(",", ":")).encode("ascii").translate(None, b" "):
        return text.decode("ascii")
    return json.dumps(data, indent=2)
