"""Which words came after those of a launch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mscode.model.address import Address
from mscode.state.records.later import KnownLater, WordsChange


def launched(n: int, words: str, address: str = "rsvpCalls.invite", live_id: str = "7", *campaigns: str) -> Any:
    launch = SimpleNamespace(address=Address.parse(address), live_id=live_id, parts=[words], campaigns=campaigns)
    return SimpleNamespace(n=n, id=f"r{n}", launch=launch)


def change(n: int, words: Any, address: str = "rsvpCalls.invite", live_id: str = "7") -> WordsChange:
    return WordsChange(n, "2026-12-01T09:00:00Z", address, live_id, [words])


def later(*changes: WordsChange) -> KnownLater:
    known = KnownLater()
    known.words.extend(changes)
    return known


@pytest.mark.parametrize(
    ("n", "words", "after"),
    [(0, "a", [2, 4]), (1, "a", [2, 4]), (2, "b", [4]), (0, "b", [1, 2, 4]), (3, "a", [4]), (4, "c", []), (9, "a", [])],
)
def test_words_that_stay_are_no_change(n: int, words: str, after: list[int]) -> None:
    known = later(change(1, "a"), change(2, "b"), change(3, "b"), change(4, "c"))
    assert [one.n for one in known.words_after(launched(n, words))] == after


def test_words_are_those_of_the_live_object_and_else_of_the_address() -> None:
    known = later(
        change(1, "b", live_id="8"),
        change(2, "c", "rsvpCalls.renamed"),
        change(3, "d", live_id=""),
        change(4, "e", "smses.x"),
    )
    assert [one.n for one in known.words_after(launched(0, "a"))] == [2, 3]
    assert [one.n for one in known.words_after(launched(0, "a", live_id=""))] == [1, 3]


def test_people_who_came_by_a_group_heard_the_words_of_each_campaign() -> None:
    known = later(change(1, "b"), change(2, "c", "smses.x", "9"), change(3, "d", "smses.y", "5"))
    added = launched(0, "a", "groups.donors", "3", "rsvpCalls.invite", "9", "smses.x")
    assert [one.n for one in known.words_after(added)] == [1, 2]


def test_many_launches_of_one_campaign_are_compared_in_proportion() -> None:
    compared = 0

    class Words:
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return isinstance(other, Words)

        __hash__ = None  # type: ignore[assignment]

    many = 300
    known = later(*(change(n, Words()) for n in range(many)))
    for n in range(many):
        assert list(known.words_after(launched(n, Words()))) == []  # type: ignore[arg-type]
    assert compared <= 3 * many
