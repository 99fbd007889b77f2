"""For whom, and for which launch of an object, what the service tells counts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mscode.engine.account.results import ReceiverReply
from mscode.engine.account.status import LiveCampaign
from mscode.engine.launch_results import (
    NOT_CALLED,
    SETTLES,
    LaunchToRead,
    ObjectCalls,
    by_launch,
    calls_of,
    other_rings,
    totals_of,
)
from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.state.records.people import PersonResult
from mscode.state.records.shape import Totals

START = datetime(2026, 12, 1, 8, tzinfo=UTC)
ANNA, BO, CLEO = "+358405550101", "+358405550102", "+358405550103"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def campaign(section: str = "rsvpCalls", *, finished: bool = True) -> LiveCampaign:
    live = SimpleNamespace(kind=registry()[section], id="1", section=section)
    return cast(LiveCampaign, SimpleNamespace(live=live, section=section, standing=SimpleNamespace(finished=finished)))


def row(phone: str, minutes: float | None, reply: str = "", **more: Any) -> ReceiverReply:
    """Somebody whose latest call was so many minutes after the start; None: nobody called."""
    if minutes is None:
        return ReceiverReply("7", phone=phone, **more)
    call = {"dialled": 1, "seconds": 20, "latest": format_instant(at(minutes)), "answered": bool(reply)}
    return ReceiverReply("7", phone=phone, reply=reply, **(call | more))


def result(minutes: float, reply: Any = "none", dials: int | None = 1, seconds: int = 20) -> PersonResult:
    return PersonResult(dials, int(at(minutes).timestamp()), seconds, reply)


def launch(n: int, minutes: float, *people: str, **recorded: PersonResult) -> LaunchToRead:
    return LaunchToRead(n, at(minutes), dict.fromkeys(people) | recorded)


def calls(*rows: ReceiverReply) -> ObjectCalls:
    return calls_of(campaign(), rows)


def test_of_one_launch_everything_counts() -> None:
    read = calls(row(ANNA, 5, "accept"), row(BO, 6, dialled=3), row(CLEO, None))
    assert by_launch(read, [launch(1, 0, ANNA, BO, CLEO)]) == {
        1: {ANNA: result(5, "accept"), BO: result(6, dials=3), CLEO: NOT_CALLED}
    }


def test_a_call_counts_for_the_latest_launch_before_it() -> None:
    read = calls(row(ANNA, 5, "accept"), row(BO, 65, "decline", dialled=2), row(CLEO, None))
    first, second = launch(1, 0, ANNA, BO, CLEO), launch(2, 60, ANNA, BO, CLEO)
    results = by_launch(read, [first, second])
    assert results[1] == {ANNA: result(5, "accept"), CLEO: NOT_CALLED}, "of Bo's first call nothing is told any more"
    assert results[2] == {ANNA: NOT_CALLED, BO: result(65, "decline", dials=None), CLEO: NOT_CALLED}


def test_what_was_recorded_before_a_later_launch_is_kept() -> None:
    recorded = result(5)
    first = LaunchToRead(1, at(0), {BO: recorded})
    results = by_launch(calls(row(BO, 65, "accept", dialled=2)), [first, launch(2, 60, BO)])
    assert results == {1: {BO: recorded}, 2: {BO: result(65, "accept", dials=None)}}


def test_whoever_a_later_launch_does_not_reach_counts_for_the_earlier_one() -> None:
    read = calls(row(ANNA, 65, "accept"), row(BO, 66, "accept"))
    assert by_launch(read, [launch(1, 0, ANNA), launch(2, 60, BO)]) == {
        1: {ANNA: result(65, "accept")},
        2: {BO: result(66, "accept")},
    }


def test_a_call_before_every_launch_is_somebody_elses() -> None:
    read = calls(row(ANNA, -5, "accept", dialled=2), row(BO, 5), row(CLEO, 7))
    launches = [launch(1, 0, ANNA, BO)]
    assert by_launch(read, launches) == {1: {ANNA: NOT_CALLED, BO: result(5)}}
    assert other_rings(read, launches) == 3


def test_somebody_in_a_group_has_no_count_of_calls() -> None:
    read = calls(row(ANNA, 5, "accept", dialled=None), row(BO, 6, dialled=None), row(CLEO, None))
    results = by_launch(read, [launch(1, 0, ANNA, BO, CLEO)])[1]
    assert totals_of(3, results) == Totals(people=3, dialled=2, dials=2, are_minimum=True, answered=2, accepts=1)
    counted = totals_of(3, results, dials=5)
    assert (counted.dials, counted.are_minimum) == (5, False)


def test_two_accounts_with_one_number_are_one_person() -> None:
    read = calls(row(ANNA, 5, "accept"), row(ANNA, 9), row(BO, None), row(BO, 4))
    assert read.people == {ANNA: result(5, "accept", dials=2), BO: result(4)}


def test_a_whole_group_and_somebody_without_a_number_are_nobody() -> None:
    read = calls(ReceiverReply("", group_id="3"), ReceiverReply("9"), row("", 5))
    assert read.people == {}
    assert totals_of(4, {}) == Totals(people=4, unknown=4)


def test_of_a_message_a_row_without_a_call_tells_nothing() -> None:
    assert calls_of(campaign("smses"), [row(ANNA, None)]).people == {}
    letter = ReceiverReply("7", email="Anna@Example.com")
    assert calls_of(campaign("emails"), [letter]).people == {}


def test_a_reply_that_is_not_known_is_told_as_another() -> None:
    assert calls(row(ANNA, 5, "maybe")).people[ANNA].reply == "other"


@pytest.mark.parametrize(("minutes", "final"), [(0, False), (14, False), (15, True), (9999, True)])
def test_a_result_is_final_when_nobody_can_be_talking_any_more(minutes: int, final: bool) -> None:
    read = calls(row(ANNA, 5, "accept"), row(BO, None))
    assert timedelta(minutes=15) == SETTLES
    assert read.is_final(at(5 + minutes)) == final
    assert not replace(read, campaign=campaign(finished=False)).is_final(at(99999))


def test_no_call_counts_twice_and_none_is_lost() -> None:
    """Any launches, in any order of calls: each person's latest call counts for one launch at most, and for one exactly where any
    launch that was to reach this person came before it."""
    chance = random.Random(11)
    for _ in range(500):
        people = [f"+35840555{number:04}" for number in range(chance.randrange(1, 8))]
        times = sorted(chance.sample(range(100), chance.randrange(1, 5)))
        launches = [
            launch(n, minutes, *chance.sample(people, chance.randrange(len(people) + 1)))
            for n, minutes in enumerate(times, 1)
        ]
        rows = [row(person, chance.choice([None, *range(-5, 120)])) for person in people]
        read = calls(*rows)
        results = by_launch(read, launches)
        for person, told in read.people.items():
            counted = [n for n, of in results.items() if person in of and of[person].last_call is not None]
            before = [one.n for one in launches if person in one.people and one.at <= START + _since(told)]
            assert counted == before[-1:]
        outside = sum(
            told.last_call is not None and not any(of.get(person) == told for of in results.values())
            for person, told in read.people.items()
        )
        assert other_rings(read, launches) <= outside


def _since(told: PersonResult) -> timedelta:
    return timedelta(seconds=(told.last_call or 0) - START.timestamp())
