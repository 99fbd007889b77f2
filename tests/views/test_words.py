"""Numbers, nouns, durations, days."""

from __future__ import annotations

import pytest

from mscode.model.kind import registry
from mscode.model.plurals import count
from mscode.views.text.times import weekdays
from mscode.views.text.words import at_most, duration, section_noun


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [
        (1, "person", "1 person"),
        (1204, "person", "1,204 people"),
        (12, "more person", "12 more people"),
        (0, "call", "0 calls"),
    ],
)
def test_counts(number: int, noun: str, shown: str) -> None:
    assert count(number, noun) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0s"), (59.9, "59s"), (60, "1m0s"), (3725, "1h2m5s"), (86400, "24h0m0s")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_how_often() -> None:
    assert (at_most(1), at_most(4)) == ("once", "4 times")


def test_sections_in_plain_words() -> None:
    assert section_noun("rsvpCalls") == "RSVP call"
    assert section_noun("voiceCodes") == "voice code"
    for section, kind in registry().items():
        assert section_noun(section) == kind.singular


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        ([], ""),
        (["monday"], "monday"),
        (["sunday", "saturday"], "saturday, sunday"),
        (["wednesday", "tuesday", "monday", "friday"], "monday-wednesday, friday"),
        (["nonesuch", "monday"], "monday"),
    ],
)
def test_days_stand_in_the_order_of_the_week(days: list[str], shown: str) -> None:
    assert weekdays(days) == shown
