"""The shortcut for numbers gives what the library gives, over many written forms: of every country, in use or not, with prefixes,
separators, national forms, digits too many and too few.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest

from mscode.kinds.fields import e164
from mscode.kinds.fields.e164 import NotANumberError

TYPES = [value for name, value in vars(phonenumbers.PhoneNumberType).items() if name.isupper() and 0 <= value < 11]


def forms(amount: int, seed: int) -> Iterator[tuple[str, str]]:
    """Texts and the region in which each is read."""
    choice = random.Random(seed)
    examples = [
        (region, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in TYPES
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    for at in range(amount):
        region, text = choice.choice(examples)
        if at % 4 == 0:
            text = f"+{choice.choice(codes)}{choice.randrange(10 ** choice.randrange(3, 13))}"
        kept = choice.randrange(3, len(text) + 1)
        text = text[:kept] + "".join(choice.choice("0123456789") for _ in text[kept:])
        if at % 8 == 1:
            text = text[: choice.randrange(4, len(text) + 1)] + choice.choice(["", "0", "12", " ", "-", "٣", "\n", "x"])
        if at % 8 == 2:
            text = choice.choice(["00", "0", "", "+", " +", "+0", "tel:+", "\uff0b"]) + text[1:]
        if at % 8 == 3:
            cut = choice.randrange(1, len(text))
            text = text[:cut] + choice.choice(" -/().\u00a0") + text[cut:]
        yield text, choice.choice(["", region])


def compare(amount: int, seed: int) -> int:
    """Every form; how many of them went the short way."""
    short = 0
    for text, region in forms(amount, seed):
        quick = e164.quick_e164(text)
        short += bool(quick)
        assert e164.live_e164(text, region) == e164._live(text, region), text
        try:
            written = e164._written(text, region)
        except NotANumberError:
            written = ""
        assert not quick or quick == written, text
        for number in {quick, written} - {""}:
            assert e164.is_valid(number) == phonenumbers.is_valid_number(phonenumbers.parse(number)), number
    return short


def test_the_shortcut_gives_what_the_library_gives() -> None:
    assert compare(10_000, seed=20261130) > 4000


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_the_shortcut_gives_what_the_library_gives_over_a_million_forms(seed: int) -> None:
    assert compare(100_000, seed) > 40_000
