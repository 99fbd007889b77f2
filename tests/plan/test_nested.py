"""Two nested values, member by member: what differs is found, once, and in time in proportion."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.model.values import Ref
from mscode.plan.diff import MOST_MEMBERS, changed_members

LEAVES = st.integers(0, 2) | st.sampled_from(["", "a", "__b", "two\nlines"]) | st.booleans()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "__c"]), inner, max_size=3),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.sampled_from(["a", "b", "__c"]), VALUES, max_size=3)


def differences(before: Any, after: Any) -> list[tuple[tuple[Any, ...], Any, Any]]:
    found = [(one.path, one.before, one.after) for one in changed_members(before, after)]
    return sorted(found, key=lambda row: str(row[0]))


def same(one: Any, other: Any) -> bool:
    """Equal in value and type all the way down: true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def put(value: Any, path: tuple[Any, ...], member: Any) -> None:
    *outer, last = path
    for name in outer:
        value = value[name]
    if member is None:
        del value[last]
    else:
        value[last] = member


@given(MAPPINGS, MAPPINGS)
def test_what_differs_is_all_that_differs(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Without lists of several: put into the one, the differences make the other of it."""
    import copy

    made = copy.deepcopy(before)
    found = sorted(changed_members(before, after), key=lambda one: [str(part) for part in one.path])
    lists = [one for one in found if any(isinstance(part, int) for part in one.path)]
    for one in found:
        if one not in lists:
            put(made, one.path, one.after)
    assert lists or before == after or same(made, after)
    assert len({one.path for one in found}) == len(found)
    assert bool(found) == (before != after)


@given(st.lists(MAPPINGS, max_size=4), st.lists(MAPPINGS, max_size=4))
def test_lists_that_differ_have_a_member_that_does(before: list[Any], after: list[Any]) -> None:
    assert bool(changed_members(before, after)) == (before != after)


def test_members_of_a_list_are_paired_by_position() -> None:
    old, new = {"say": "a", "to": 1}, {"say": "b", "to": 1}
    assert differences([{"x": 1}, old], [{"x": 1}, new]) == [((1, "say"), "a", "b")]


def test_what_is_put_in_or_taken_out_leaves_the_rest_as_it_is() -> None:
    steps = [{"say": word} for word in "abcd"]
    assert differences(steps, [*steps[:1], {"say": "new"}, *steps[1:]]) == [((1,), None, {"say": "new"})]
    assert differences(steps, steps[1:]) == [((0,), {"say": "a"}, None)]


def test_mappings_with_hardly_a_key_in_common_are_compared_key_by_key() -> None:
    before, after = dict.fromkeys("abcdef", 1), {"a": 2, "__g": 1}
    found = differences({"m": before}, {"m": after})
    assert (("m", "a"), 1, 2) in found and (("m", "__g"), None, 1) in found and len(found) == 7


def test_a_reference_is_one_member() -> None:
    assert differences({"a": Ref("groups", "x")}, {"a": Ref("groups", "y")}) == [
        (("a",), Ref("groups", "x"), Ref("groups", "y"))
    ]


def test_a_list_of_plain_values_is_one_member() -> None:
    assert differences({"a": [1, 2]}, {"a": [1]}) == [(("a",), [1, 2], [1])]


def deep(leaf: int) -> dict[str, Any]:
    value: dict[str, Any] = {"leaf": leaf}
    for _ in range(150):
        value = {"in": value}
    return value


LARGE: dict[str, tuple[Any, Any]] = {
    "a long list": ([{"n": n} for n in range(100_000)], [{"n": -n} for n in range(100_000)]),
    "a wide mapping": ({str(n): n for n in range(100_000)}, {str(n): n + 1 for n in range(100_000)}),
    "many in one": ([{"n": list(range(MOST_MEMBERS))}, 1], [{"n": list(range(1, MOST_MEMBERS))}, 1]),
    "as large as is compared": (
        {str(n): {"a": n} for n in range(MOST_MEMBERS // 2 - 1)},
        {str(n): {"a": -n} for n in range(MOST_MEMBERS // 2 - 1)},
    ),
    "a text of many lines": ([{"a": "a\n" * 100_000}], [{"a": "b\n" * 100_000}]),
    "deep": (deep(1), deep(2)),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_takes_time_in_proportion_and_is_never_taken_as_equal(name: str) -> None:
    before, after = LARGE[name]
    changed_members({"a": 1}, {"a": 2})  # the library is loaded
    began = time.process_time()
    found = changed_members(before, after)
    assert found and time.process_time() - began < 10  # what grows with the square takes minutes
    assert changed_members(before, before) == []
