"""Lines for a terminal that is narrower than they are."""

from __future__ import annotations

import pytest

from mscode.views.plan.segments import Segment, line, plain
from mscode.views.text.width import display_width
from mscode.views.text.wrap import wrapped


def told(text: str, width: int) -> list[str]:
    return plain(wrapped([line(text)], width)).splitlines()


def test_a_line_that_fits_stays_as_it_is() -> None:
    lines = [line("  a   b "), line(), line("x" * 10)]
    assert list(wrapped(lines, 10)) == lines


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("    one two three four", ["    one two", "    three four"]),
        ("  # groups.a is changed", ["  # groups.a is", "    changed"]),
        ("  + ☎ groups.a is new", ["  + ☎ groups.a", "      is new"]),
        ("  key:  one two three", ["  key:  one two", "        three"]),
        ("a-key-that-is-wide: one two", ["a-key-that-is-wide:", "one two"]),
        ("groups.a        file.yaml:3", ["groups.a", "file.yaml:3"]),
        ("one two three four ", ["one two three", "four"]),
        ("  key:   nine-wide", ["  key:", "      nine-wide"]),
        ("  key:   wider-than-the-rest", ["  key:   wider-than-the-rest"]),
    ],
)
def test_the_rest_stands_under_where_the_text_begins(text: str, parts: list[str]) -> None:
    assert told(text, 15) == parts


def test_a_word_that_is_longer_than_the_terminal_is_not_broken() -> None:
    assert told("see https://example.com/a/b/c for more", 12) == ["see", "https://example.com/a/b/c", "for more"]


def test_wide_characters_take_two_columns() -> None:
    assert told("日本 語日 本語", 6) == ["日本", "語日", "本語"]


def test_styles_stay_and_a_word_of_several_styles_is_one() -> None:
    lines = list(wrapped([line(Segment("name: ", "bold"), '"', Segment("one two", "green"), '"')], 11))
    assert lines == [
        (Segment("name: ", "bold"), Segment('"'), Segment("one", "green")),
        (Segment("      "), Segment("two", "green"), Segment('"')),
    ]


def test_brackets_of_a_word_diff_count() -> None:
    text = plain(wrapped([line(Segment("one two", "added"), " ", Segment("three", "removed"))], 14))
    assert all(display_width(row) <= 14 for row in text.splitlines())


def test_a_very_long_line_takes_time_in_proportion() -> None:
    assert len(told("word " * 50_000, 80)) > 3000


def test_a_coloured_sentence_is_coloured_once_a_line() -> None:
    first, second = wrapped([line("  ", Segment("one two three four", "bold"))], 15)
    assert first == (Segment("  "), Segment("one two three", "bold"))
    assert second == (Segment("  "), Segment("four", "bold"))
