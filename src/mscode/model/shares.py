"""A share as people write it: `60%`."""

from __future__ import annotations

import re

from mscode.model.late_pattern import late_pattern

_SHARE = late_pattern(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?%", re.ASCII)


def share_of(value: object) -> float:
    """`60%` or `62.5%` as a number from 0 to 1; ValueError in the words of people for anything else."""
    match = _SHARE.fullmatch(value) if isinstance(value, str) else None
    percent = float(value[:-1]) if match and isinstance(value, str) else -1.0
    if not 0 <= percent <= 100:
        raise ValueError(f'{_shown(value)} is no share; write one from 0% to 100%, like "60%"')
    return percent / 100


def _shown(value: object) -> str:
    """What was written, where it can be shown in a line."""
    return f'"{value}"' if isinstance(value, str | int | float) and len(str(value)) <= 20 else "this"
