"""Numbers and domains that are set aside for fiction, examples and tests: nobody is reached by them.

The ranges are those that regulators publish: 555-0100 to 555-0199 of each area code (NANPA), "Telephone numbers for use in TV and
radio drama" (Ofcom), "Numbers for use in creative works" (ACMA), article 2.5.12 of the numbering plan (ARCEP), "Drama Numbers"
(Bundesnetzagentur, notice 148/2021), "Nummer för böcker och filmer" (PTS), 020 91x (ComReg). Domains: RFC 2606 and RFC 6761.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mscode.model.late_pattern import late_pattern

#: By calling code, the beginnings of numbers behind it; `.` is any digit.
_RANGES = {
    "1": ("...55501",),
    "33": ("19900", "26191", "35301", "46571", "53649", "63998"),
    "353": ("2091",),
    "44": (
        *("1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960", "1514960"),
        *("1614960", "1914980", "2079460", "2896496", "2920180", "1632960"),
        *("7700900", "8081570", "9098790", "3069990"),
    ),
    "46": ("313900[6]", "4062804", "8465004", "980319[2]", "70174060[5-9]", "7017406[1-9]"),
    "49": (
        *("3023125", "6990009", "4066969", "2214710", "8999998", "17139200", "17604069"),
        *("15228817386", "15228895456", "15254599371", "1729925904", "1729968532", "1729973185", "1729973186"),
        *("1729980752", "1749091317", "1749464308"),
    ),
    "61": (
        *("[2378]5550", "[2378]7010"),
        *("49157000[6]", "49157015[6-9]", "491570110", "491570313", "491570737", "491571266", "491571491", "491571804"),
        *("491572549", "491572665", "491572983", "491573770", "491573087", "491574118", "491574632", "491575254"),
        *("491575789", "491576398", "491576801", "491577426", "491577644", "491578957", "491578148", "491578888"),
        *("1800160401", "180097570[7-9]", "180097571[01]", "130097570[7-9]", "130097571[01]"),
    ),
}
#: How many digits a number has behind its calling code, where a longer one would be somebody's.
_LENGTHS = {"1": 10, "33": 9, "353": 9, "44": 10, "61": 9}

_NUMBER = late_pattern(rf"\+(?:{'|'.join(f'{code}(?:{chr(124).join(ranges)})' for code, ranges in _RANGES.items())})")
_CODES = tuple(f"+{code}" for code in _RANGES)
#: Domains of the second level, and of the top one, at which nobody has an address.
_EXAMPLE = "example"
_TOP_LEVEL = frozenset({"example", "test", "invalid", "localhost"})


def fictional_numbers(numbers: Iterable[str]) -> set[str]:
    """The numbers (E.164) of ranges that are set aside."""
    return {
        number for number in numbers if number.startswith(_CODES) and _NUMBER.match(number) and _has_its_length(number)
    }


def _has_its_length(number: str) -> bool:
    code = next((code for code in _LENGTHS if number.startswith(code, 1)), "")
    if not code:
        return True
    is_short = code == "61" and number[3:].startswith(("1800", "1300"))
    return len(number) - 1 - len(code) == _LENGTHS[code] + is_short


def example_addresses(addresses: Iterable[str]) -> set[str]:
    """The e-mail addresses at `example.*`, or at a domain that no mail server has."""
    return {address for address in addresses if _is_example(address.rpartition("@")[2])}


# Of many people few have a domain that no other has.
@lru_cache(maxsize=65536)
def _is_example(domain: str) -> bool:
    labels = domain.lower().rstrip(".").split(".")
    return labels[-1] in _TOP_LEVEL or (len(labels) > 1 and labels[-2] == _EXAMPLE)
