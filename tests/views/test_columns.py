"""Columns of text: by the columns of a terminal that characters take, and no wider than the terminal."""

from __future__ import annotations

import pytest

from mscode.views.plan.columns import columns
from mscode.views.plan.segments import plain
from mscode.views.text.width import cut, display_width, padded

WIDE = "献血キャンペーン"


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), (WIDE, 16), ("é", 1), ("e\u0301", 1), ("a\u200db", 2), ("☎", 1), ("😀", 2)],
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize("text", ["rsvpCalls.invite", WIDE, f"a{WIDE}", "e\u0301" * 20])
@pytest.mark.parametrize("width", range(1, 20))
def test_a_text_is_cut_to_its_columns(text: str, width: int) -> None:
    short = cut(text, width)
    assert display_width(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_columns_stand_below_each_other_whatever_characters_they_hold() -> None:
    lines = plain(columns(("NAME", "CALLS"), [(WIDE, "1"), ("abc", "1,234")], (1,))).splitlines()
    assert {display_width(line) for line in lines} == {16 + 2 + 5}
    assert padded("ab", 4, right=True) == "  ab"


def test_no_rows_are_titles_alone() -> None:
    assert plain(columns(("NAME", "ID"), [])) == "NAME  ID\n"


@pytest.mark.parametrize("name", ["short", "n" * 30, "n" * 500, WIDE * 10])
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    rows = [("invite", "active", "called 340 of 1,204"), (name, "halt", "called 1 of 2")]
    lines = plain(columns(("CAMPAIGN", "STATE", "CALLED"), rows, width=44)).splitlines()
    assert max(map(display_width, lines)) <= 44
    at = lines[0].index("STATE")
    assert [line[at:].split()[0] for line in lines[1:] if "called" in line] == ["active", "halt"]
    assert any(line.startswith(cut(name, 44)) for line in lines)
