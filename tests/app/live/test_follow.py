"""When campaigns that are followed are read, and what a view holds: with a clock of the test's own, and no account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.app.campaigns import Reading
from mscode.app.live.follow import SPACING, Follower, Hint, Key, View
from mscode.errors import ApiError, MscodeError

NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
ONE, TWO = ("rsvpCalls", "1"), ("rsvpCalls", "2")


class Account:
    """What is read, and which readings were made; `broken`: no reading succeeds."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.read: list[object] = []
        self.broken = False

    def now(self) -> datetime:
        return NOW

    def clock(self) -> float:
        return self.seconds

    def read_all(self) -> Reading:
        return self._reading("all")

    def read_some(self, keys: Sequence[Key], before: View) -> Reading:
        return self._reading(sorted(keys))

    def _reading(self, what: object) -> Reading:
        if self.broken:
            raise ApiError("The service does not answer")
        self.read.append((self.seconds, what))
        return Reading()


@pytest.fixture
def account() -> Account:
    return Account()


def _at(account: Account, follower: Follower, seconds: float) -> bool:
    account.seconds = 100 + seconds
    return follower.step()


def test_all_is_read_at_first_and_then_at_each_interval(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    steps = [_at(account, follower, seconds) for seconds in (0, 0.1, 29, 30, 31, 60.5)]
    assert steps == [True, False, False, True, False, True]
    assert account.read == [(100, "all"), (130, "all"), (160.5, "all")]
    assert follower.view.number == 3


def test_a_hint_makes_a_reading_earlier_and_many_make_one(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    _at(account, follower, 0)
    for number in range(50):
        account.seconds = 105 + number / 100
        follower.hint(ONE, Hint())
        follower.step()
    follower.hint(TWO, Hint())
    assert not _at(account, follower, 5 + SPACING - 0.01)
    assert _at(account, follower, 5 + SPACING)
    assert account.read[1:] == [(105, [ONE]), (105 + SPACING, [ONE, TWO])]
    assert not _at(account, follower, 5 + 2 * SPACING), "nothing came since"


def test_a_hint_in_the_midst_of_a_reading_is_for_the_next(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    _at(account, follower, 0)
    once = iter([ONE])
    follower.subscribe(lambda before, after, hints: [follower.hint(key, Hint()) for key in once] and None)
    follower.hint(ONE, Hint())
    assert _at(account, follower, 3)
    assert _at(account, follower, 3 + SPACING)
    assert [what for _, what in account.read] == ["all", [ONE], [ONE]]


def test_polling_keeps_its_distance_from_a_reading_that_was_hinted_at(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    _at(account, follower, 0)
    follower.hint(ONE, Hint())
    _at(account, follower, 29)
    assert not _at(account, follower, 30)
    assert _at(account, follower, 29 + SPACING)
    assert account.read[-1] == (131, "all")


def test_what_is_waited_for(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    assert follower.seconds_left() == 0
    follower.step()
    assert follower.seconds_left() == 30
    account.seconds += 1
    follower.hint(ONE, Hint())
    assert follower.seconds_left() == SPACING - 1


def test_who_follows_is_told_of_each_reading_with_its_hints(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    told: list[tuple[int, int, Mapping[Key, Sequence[Hint]]]] = []
    end = follower.subscribe(lambda before, after, hints: told.append((before.number, after.number, dict(hints))))
    _at(account, follower, 0)
    hint = Hint("receiver", "7", "accept", NOW)
    follower.hint(ONE, hint)
    _at(account, follower, 3)
    end()
    _at(account, follower, 40)
    assert told == [(0, 1, {}), (1, 2, {ONE: [hint]})]
    assert (follower.view.now, follower.view.error) == (NOW, "")


def test_no_flood_of_hints_is_kept(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    kept: list[int] = []
    follower.subscribe(lambda before, after, hints: kept.append(len(hints.get(ONE, ()))))
    for _ in range(5000):
        follower.hint(ONE, Hint())
    _at(account, follower, 0)
    assert kept == [1000]


def test_a_first_reading_that_fails_is_an_error_and_a_later_one_is_told(account: Account) -> None:
    account.broken = True
    follower = Follower(account, 30, goes_on=True, clock=account.clock)
    with pytest.raises(MscodeError):
        follower.step()
    account.broken = False
    _at(account, follower, 0)
    account.broken = True
    assert _at(account, follower, 40)
    assert (follower.view.number, follower.view.error) == (2, "The service does not answer")
    assert follower.view.now == NOW
    account.broken = False
    assert _at(account, follower, 80)
    assert follower.view.error == ""


def test_without_going_on_a_reading_that_fails_ends_it(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    following = follower.follow()
    next(following)
    account.broken, account.seconds = True, 140.0
    with pytest.raises(MscodeError):
        next(following)


def test_slow_readings_and_a_flood_of_hints_do_not_hold_up_the_end(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)

    def slow(before: View, after: View, hints: Mapping[Key, Sequence[Hint]]) -> None:
        account.seconds += SPACING + 1
        follower.hint(ONE, Hint())

    follower.subscribe(slow)
    assert len(list(zip(follower.follow(7), range(100), strict=False))) == 3


def test_stopping_ends_the_following(account: Account) -> None:
    follower = Follower(account, 30, clock=account.clock)
    seen: list[Any] = []
    for _, after in follower.follow():
        seen.append(after.number)
        follower.stop()
    assert seen == [1]
