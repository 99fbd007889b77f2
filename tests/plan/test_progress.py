"""What is counted of a campaign's people, against every single life of a few people that gives these rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mscode.plan.lifecycle.progress import Progress, progress_of


@dataclass(frozen=True)
class Person:
    reply: str = ""
    answered: bool = False
    dialled: int | None = None
    latest: str = ""

    @property
    def was_called(self) -> bool:
        return bool(self.dialled or self.answered or self.latest)


NINE, TEN = "2026-12-01T09:10:00Z", "2026-12-01T10:59:59Z"


def test_replies_hours_and_accepts_are_counted() -> None:
    people = [
        Person("accept", True, 2, TEN),
        Person("accept", True, 1, NINE),
        Person("decline", True, 1, NINE),
        Person("noAnswer", True, 1, TEN),
        Person("noAnswer", False, 1, NINE),
        Person("noAnswer", False, 0, ""),
    ]
    counted = progress_of(people, dialled=6, redials=2, is_over=False)
    assert (counted.answered, counted.accepted, counted.declined, counted.no_reply) == (4, 2, 1, 1)
    assert (counted.called, counted.unanswered, counted.not_called) == (5, 1, 1)
    assert counted.hours == {datetime(2026, 12, 1, 9, tzinfo=UTC): 3, datetime(2026, 12, 1, 10, tzinfo=UTC): 2}
    assert counted.calls_elsewhen == 1
    assert [at.hour for at in counted.accepts] == [9, 10]
    assert (counted.first_calls_left, counted.redials_left) == (1, 2 + 2)


def test_nothing_is_left_of_what_is_over() -> None:
    counted = progress_of([Person(), Person("noAnswer", False, 1, NINE)], dialled=1, redials=3, is_over=True)
    assert (counted.first_calls_left, counted.redials_left) == (0, 0)


def test_nobody_is_nothing() -> None:
    assert progress_of([], dialled=0, redials=3, is_over=False) == Progress()


def test_a_latest_call_that_is_no_instant_has_no_hour() -> None:
    counted = progress_of([Person("", True, None, "yesterday")], dialled=1, redials=1, is_over=False)
    assert (counted.hours, counted.calls_elsewhen, counted.no_reply) == ({}, 1, 1)


@pytest.mark.parametrize("redials", [0, 1, 2, 3])
def test_the_redials_left_are_the_most_that_any_life_leaves(redials: int) -> None:
    """The calls of three people, of whom the service counts those of the first alone."""
    lives: dict[tuple[bool, bool, bool, int, int], int] = {}
    for calls in itertools.product(range(1, redials + 2), repeat=3):
        for answers in itertools.product((False, True), repeat=3):
            left = sum(redials + 1 - made for made, answered in zip(calls, answers, strict=True) if not answered)
            key = (*answers, calls[0], sum(calls))
            lives[key] = max(lives.get(key, 0), left)
    for (*answers, first, dialled), most in lives.items():
        people = [Person("", answered, None if at else first, NINE) for at, answered in enumerate(answers)]
        counted = progress_of(people, dialled=dialled, redials=redials, is_over=False)
        assert counted.redials_left == most, (answers, first, dialled)
