"""Phone numbers of a service that leaves the plus sign of E.164 out (docs/service-notes.md#values).

They get it at the one place where JSON is read (api/client.py). Digits alone may be a number of the project's region too, which is
another person's: where it is known how the service writes numbers, nothing has to be guessed.
"""

from __future__ import annotations

import re
from typing import Any

_NAMES = frozenset({"phone", "phonenumber"})
#: What only the client knows the meaning of: nothing in it is a number of the service.
_OPAQUE = frozenset({"meta", "operations", "filters"})
#: A number without its plus sign; one that begins with 0 is a national one.
_DIGITS = re.compile(r"[1-9][0-9]{1,14}", re.ASCII)


def with_plus(data: Any) -> Any:
    """An answer whose numbers have their plus sign."""
    if isinstance(data, list):
        return [with_plus(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {name: _member(name.lower(), value) for name, value in data.items()}


def _member(name: str, value: Any) -> Any:
    if name in _NAMES:
        return f"+{value}" if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    return value if name in _OPAQUE else with_plus(value)
