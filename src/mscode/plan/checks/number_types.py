"""What a number is: a fixed line, a premium-rate number, a pager, …, as far as a number tells (by the library `phonenumbers`).

The library takes about 50 µs a number, which is too long for a hundred thousand. So an expression for each calling code, made
of the library's own patterns, says first whether a number can be anything but an ordinary one; of those that can, the
library is asked once for each prefix and length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

FIXED_LINE = "fixed line"
#: By the type of the library: what a plan calls it. Types that are not here are ordinary to call, and to write to.
_NAMES = {
    "FIXED_LINE": FIXED_LINE,
    "PREMIUM_RATE": "premium-rate number",
    "SHARED_COST": "shared-cost number",
    "PERSONAL_NUMBER": "personal number",
    "PAGER": "pager",
    "VOICEMAIL": "voicemail number",
}
#: The library's patterns for these types, beside fixed lines and mobiles.
_ODD = ("premium_rate", "shared_cost", "personal_number", "pager", "voicemail")
#: A number in E.164 has at most fifteen digits; a live one may be anything.
_LONGEST = 16
#: The plus sign and the digits that say which patterns are asked: a calling code, or that of North America with its area.
_START = 5
_NORTH_AMERICA = "1"
#: So many last digits are the subscriber's, and tell no type.
_SUBSCRIBER = 3


def types_of(numbers: Iterable[str], *, fixed_lines: bool) -> dict[str, str]:
    """The numbers (E.164) that are no ordinary ones, with what they are; fixed lines among them only where they are asked for."""
    types: dict[str, str] = {}
    screens: dict[str, Callable[[str], object]] = {}
    for number in numbers:
        start = number[:_START]
        screen = screens.get(start)
        if screen is None:
            screen = screens[start] = _screen(start, fixed_lines).match
        if len(number) > _LONGEST or not screen(number):
            continue
        name = _type_of(number[:-_SUBSCRIBER], len(number))
        if name and (fixed_lines or name != FIXED_LINE):
            types[number] = name
    return types


@lru_cache(maxsize=65536)
def _type_of(prefix: str, length: int) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(prefix.ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return ""
    name = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
    return _NAMES.get(name, "")


@lru_cache(maxsize=2000)
def _screen(start: str, fixed_lines: bool) -> re.Pattern[str]:
    """What a number that begins so must match to be worth a question: one in E.164 that may be no ordinary one."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    digits = start[1:]
    is_number = start.startswith("+") and digits.isascii() and digits.isdigit()  # else a live one that cannot be read
    sizes = (1, 2, 3) if is_number else ()
    code = next((digits[:size] for size in sizes if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE), "")
    if not code:
        return re.compile(r"(?!)")
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    metadata = [PhoneMetadata.metadata_for_region_or_calling_code(int(code), region) for region in regions]
    known = [one for one in metadata if one is not None]
    if code == _NORTH_AMERICA:  # two dozen countries, most of which have area codes of their own
        area = digits[len(code) :]
        known = [one for one in known if not one.leading_digits or re.match(one.leading_digits, area)]
    odd = [pattern for one in known for name in _ODD if (pattern := _pattern(one, name))]
    alternatives = list(odd)
    if fixed_lines:
        mobile = [pattern for one in known if (pattern := _pattern(one, "mobile"))]
        not_mobile = rf"(?!(?:{'|'.join(mobile)})\Z)" if mobile else ""
        alternatives += [f"{not_mobile}(?:{pattern})" for one in known if (pattern := _pattern(one, "fixed_line"))]
    return re.compile(rf"\+{code}(?:{'|'.join(alternatives)})\Z" if alternatives else r"(?!)", re.ASCII)


def _pattern(metadata: Any, name: str) -> str:
    description = getattr(metadata, name)
    return (description.national_number_pattern or "") if description else ""
