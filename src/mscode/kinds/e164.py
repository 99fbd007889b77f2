"""Phone numbers by the hundred thousand: the common case without the library's whole machinery (30 µs a number)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


class _Plan(NamedTuple):
    """A country's numbering plan, as far as the length of a number goes. `prefix`: what parsing would take away."""

    digits: int
    lengths: frozenset[int]
    prefix: re.Pattern[str] | None


def quick_e164(text: str) -> str:
    """The text itself where it is a possible number in E.164 that parsing would leave as it is; "" where that is not sure."""
    if not _E164.match(text):
        return ""
    plan = _plan(text[1:4])
    if plan is None or len(text) - 1 - plan.digits not in plan.lengths:
        return ""
    return "" if plan.prefix and plan.prefix.match(text, 1 + plan.digits) else text


@lru_cache(maxsize=1000)
def _plan(start: str) -> _Plan | None:
    """The plan of a number by its first three digits."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    code = next((start[:size] for size in (1, 2, 3) if int(start[:size]) in COUNTRY_CODE_TO_REGION_CODE), "")
    if not code:
        return None
    region = COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None or metadata.general_desc is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    return _Plan(len(code), frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None)
