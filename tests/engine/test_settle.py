"""Looking until what is seen has settled."""

from __future__ import annotations

import pytest

from mscode.engine.create.settle import AGREEING, MOST, NotSettledError, read_until_stable


def test_two_reads_must_agree_some_time_apart() -> None:
    seen, waits = iter([1, 1, 2, 2, 2, 2, 3]), []
    assert read_until_stable(lambda: next(seen), 30, waits.append, lambda one: one) == 2
    assert sum(waits[-AGREEING:]) == pytest.approx(30) and len(waits) == 5


def test_a_list_that_never_settles_is_no_answer() -> None:
    numbers = iter(range(1000))
    with pytest.raises(NotSettledError):
        read_until_stable(lambda: next(numbers), 0, lambda seconds: None, lambda one: one)
    assert next(numbers) == MOST + 1
