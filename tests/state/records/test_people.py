"""People as leaves: found by their hash alone, erased without a trace in it, and never mistaken for somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.state.records.people import (
    LEAF,
    PersonResult,
    Reply,
    count_of,
    erased,
    launch_leaves,
    person_hash,
    position_of,
    result_at,
    result_leaves,
    root,
)

KEY = b"k" * 32
PEOPLE = ["+358405550101", "+358405550102", "anna@example.com", "eero@bücher.example"]


def test_each_person_is_one_leaf_whose_order_says_nothing() -> None:
    leaves = launch_leaves(KEY, [*PEOPLE, PEOPLE[0], "ANNA@Example.com"])
    hashes = [leaves[at + 1 : at + 17] for at in range(0, len(leaves), LEAF["launch"])]
    assert hashes == sorted(person_hash(KEY, person) for person in PEOPLE)


def test_the_salt_is_new_each_time_and_the_hash_is_not() -> None:
    one, other = launch_leaves(KEY, PEOPLE), launch_leaves(KEY, PEOPLE)
    assert root(one, "launch") != root(other, "launch")
    assert [position_of(one, person_hash(KEY, person)) for person in PEOPLE] == [
        position_of(other, person_hash(KEY, person)) for person in PEOPLE
    ]
    assert position_of(launch_leaves(b"other" * 7, PEOPLE), person_hash(KEY, PEOPLE[0])) is None


@pytest.mark.parametrize(
    ("one", "other"), [("anna@example.com", "ANNA@EXAMPLE.COM"), (PEOPLE[3], "Eero@xn--bcher-kva.example")]
)
def test_spellings_of_one_address_are_one_person(one: str, other: str) -> None:
    assert person_hash(KEY, one) == person_hash(KEY, other)


def test_a_hash_across_two_leaves_is_nobody() -> None:
    leaves = launch_leaves(KEY, PEOPLE)
    for at in range(len(leaves) - 16):
        position = position_of(leaves, leaves[at : at + 16])
        assert (position is not None) == (at % LEAF["launch"] == 1)


def test_nobody_is_in_a_launch_of_nobody() -> None:
    assert launch_leaves(KEY, []) == b"" and count_of(b"", "launch") == 0
    assert position_of(b"", person_hash(KEY, PEOPLE[0])) is None and result_at(b"", 0) is None
    assert len(root(b"", "launch")) == 64


@given(st.lists(st.integers(0, 3), max_size=6))
@settings(max_examples=25, deadline=None)
def test_the_root_outlives_every_erasure(order: list[int]) -> None:
    leaves = launch_leaves(KEY, PEOPLE)
    before = root(leaves, "launch")
    for position in order:
        leaves = erased(leaves, "launch", position)
        assert root(leaves, "launch") == before and count_of(leaves, "launch") == len(PEOPLE)
    remaining = [person for person in PEOPLE if position_of(leaves, person_hash(KEY, person)) is not None]
    assert len(remaining) == len(PEOPLE) - len(set(order))


@pytest.mark.parametrize("position", [4, 5, 10**9])
def test_what_is_beyond_the_end_is_not_erased(position: int) -> None:
    leaves = launch_leaves(KEY, PEOPLE)
    assert erased(leaves, "launch", position) == leaves
    assert result_at(result_leaves(KEY, leaves, {}), position) is None


@pytest.mark.parametrize("leaves", [b"\0", b"\0" * 24, b"\2" + b"\0" * 24, b"\0" * 25 + b"\xff" * 25])
def test_what_is_no_row_of_leaves_has_no_root(leaves: bytes) -> None:
    with pytest.raises(ValueError, match=r"leaves|a leaf"):
        root(leaves, "launch")


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        (PersonResult(), PersonResult()),
        (PersonResult(0, None, 0, "none"), PersonResult(0, None, 0, "none")),
        (PersonResult(254, 4_294_967_295, 65_534, "decline"), PersonResult(254, 4_294_967_295, 65_534, "decline")),
        (PersonResult(10_000, 10**12, 10**9, "other"), PersonResult(254, 4_294_967_295, 65_534, "other")),
        (PersonResult(-1, -1, -1, "accept"), PersonResult(0, None, 0, "accept")),
    ],
)
def test_a_result_is_kept_as_far_as_it_fits(result: PersonResult, kept: PersonResult) -> None:
    """What is too large is the largest that fits, and never taken for what is not known."""
    leaves = launch_leaves(KEY, PEOPLE)
    results = result_leaves(KEY, leaves, {PEOPLE[1]: result})
    position = position_of(leaves, person_hash(KEY, PEOPLE[1]))
    assert position is not None and result_at(results, position) == kept


def test_two_equal_results_do_not_look_alike() -> None:
    leaves = launch_leaves(KEY, PEOPLE)
    results = result_leaves(KEY, leaves, dict.fromkeys(PEOPLE, PersonResult(1, 1, 1, "accept")))
    assert len({results[at : at + LEAF["result"]] for at in range(0, len(results), LEAF["result"])}) == len(PEOPLE)


def test_a_reply_of_a_later_version_is_another_one() -> None:
    replies: tuple[Reply, ...] = ("unknown", "none", "accept", "decline", "other")
    leaves = launch_leaves(KEY, PEOPLE[:1])
    for number, reply in enumerate(replies):
        assert result_leaves(KEY, leaves, {PEOPLE[0]: PersonResult(1, 1, 1, reply)})[8] == number
    result = result_at(b"\0\1\0\0\0\1\0\1" + b"\x63" + b"\0" * 8, 0)
    assert result == PersonResult(1, 1, 1, "other")
