"""Text from outside is made safe to print."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.views.text.printable import escape_unprintable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Ääkköset, 日本, ☎ and 😀", "plain text, Ääkköset, 日本, ☎ and 😀"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x00\x07\x7f\x9b", r"\x00\x07\x7f\x9b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2066x\u2069\u200b\ufeff", r"\u2066x\u2069\u200b\ufeff"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
    ],
)
def test_control_escape_and_bidi_characters_are_spelled_out(text: str, shown: str) -> None:
    assert escape_unprintable(text) == shown


@given(st.text(max_size=100))
def test_nothing_that_moves_the_cursor_or_turns_the_text_is_left(text: str) -> None:
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for char in escape_unprintable(text):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in bidi


@given(st.text(max_size=100), st.integers(1, 50))
def test_a_limit_holds_for_what_is_shown(text: str, limit: int) -> None:
    assert len(escape_unprintable(text, limit)) <= limit


def test_what_is_cut_ends_in_dots() -> None:
    assert escape_unprintable("abcdef", 4) == "abc…"
    assert escape_unprintable("abcd", 4) == "abcd"
    assert escape_unprintable("ab\ncd", 4) == "ab\\…"
