"""The quick way to a phone number gives what the library gives, or nothing."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.kinds.fields.e164 import _written, quick_e164

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@settings(max_examples=500, deadline=None)
@given(code=st.sampled_from(CODES), digits=st.text("0123456789", min_size=4, max_size=12))
def test_what_the_quick_way_takes_the_library_takes_as_it_is(code: int, digits: str) -> None:
    text = f"+{code}{digits}"
    if quick_e164(text):
        assert _written(text, "") == quick_e164(text) == text


def test_the_usual_number_goes_the_quick_way() -> None:
    for number in ("+358405550101", "+46701234567", "+491701234567"):
        assert quick_e164(number) == number


@pytest.mark.parametrize(
    "text", ["", "0405550101", "+3580405550101", "+358 40 5550101", "+35840", "+999123456789", "+358405550101x"]
)
def test_whatever_is_not_sure_is_left_to_the_library(text: str) -> None:
    assert quick_e164(text) == ""
