"""JSON in a file of somebody else: of any size, and perhaps none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mscode.errors import MscodeError


def read_json_file(path: Path, max_bytes: int) -> Any:
    """The data of a file; None where it is no JSON or longer than `max_bytes`. MscodeError where the file cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise MscodeError(f"{path} cannot be read: {error.strerror}", code="unreadable") from None
    try:
        return json.loads(raw) if len(raw) <= max_bytes else None
    except (ValueError, RecursionError):
        return None
