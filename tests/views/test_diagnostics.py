"""Errors and warnings to the letter."""

from __future__ import annotations

import pytest

from mscode.errors import Diagnostic, Place
from mscode.views.diagnostics import render, to_json

LINE = "    voicecode: en"


def shown(found: Diagnostic) -> str:
    return "\n".join(render(found))


def test_an_error_says_what_where_what_is_wrong_and_what_to_do() -> None:
    place = Place("campaigns/voice.yaml", 6, 5, LINE)
    found = Diagnostic('Unknown field "voicecode"', place, "It is no field of voiceFiles.", 'Did you mean "voiceCode"?')
    assert shown(found) == (
        'Error: Unknown field "voicecode"\n'
        "  on campaigns/voice.yaml line 6, column 5\n"
        "    6 |       voicecode: en\n"
        "      |       ^\n"
        "  It is no field of voiceFiles.\n"
        '  Did you mean "voiceCode"?'
    )


def test_a_warning_begins_with_its_name() -> None:
    assert shown(Diagnostic("No button for decline", severity="warning")) == "Warning: No button for decline"


def test_without_a_place_the_address_says_where() -> None:
    assert shown(Diagnostic("Two matches", address="groups.donors")) == "Error: Two matches\n  in groups.donors"
    assert shown(Diagnostic("groups.donors is gone", address="groups.donors")) == "Error: groups.donors is gone"


@pytest.mark.parametrize(
    ("text", "column", "caret"),
    [
        ("a: b", 4, "   ^"),
        ("日本: b", 5, "      ^"),
        ("\ta: b", 2, "  ^"),
        ("a\u0301: b", 5, "   ^"),
        ("\x1b: b", 4, "      ^"),
    ],
)
def test_the_caret_stands_under_its_column(text: str, column: int, caret: str) -> None:
    lines = list(render(Diagnostic("x", Place("a.yaml", 1, column, text))))
    assert lines[3] == f"      |   {caret}"


def test_a_caret_of_its_own_wins_over_the_column() -> None:
    lines = list(render(Diagnostic("x", Place("a.yaml", 1, 900, "…masked here", caret=9))))
    assert lines[1:4] == ["  on a.yaml line 1, column 900", "    1 |   …masked here", "      |           ^"]


def test_a_long_line_is_cut_around_the_caret() -> None:
    lines = list(render(Diagnostic("x", Place("a.yaml", 1, 5001, "a" * 5000 + "b" + "c" * 5000))))
    assert len(lines[2]) < 180
    assert lines[2][lines[3].index("^")] == "b"


def test_hostile_text_is_made_visible_and_kept_short() -> None:
    found = Diagnostic("\x1b[2J" + "x" * 5000, Place("\u202ea.yaml", 1, 1, "\x07"), "one\ntwo\x1b", "h\u2066int")
    text = shown(found)
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text and "\u2066" not in text
    assert text.startswith(r"Error: \x1b[2Jxxx") and len(text) < 1000
    assert text.endswith("  one\n  two\\x1b\n  h\\u2066int")


def test_programs_get_every_part() -> None:
    found = Diagnostic("s", Place("a.yaml", 2, 3, "text"), "d", "h", "warning", "bad-value", "groups.x")
    assert to_json(found) == {
        "severity": "warning", "summary": "s", "detail": "d", "hint": "h", "code": "bad-value", "address": "groups.x",
        "file": "a.yaml", "line": 2, "column": 3,
    }  # fmt: skip
    assert to_json(Diagnostic("s"))["file"] is None
