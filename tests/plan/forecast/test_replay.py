"""The light replay makes the calls that the emulator makes: the same people at the same seconds with the same replies, to the
same end. They share rules (docs/sandbox.md#how-a-campaign-dials), and no code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from mscode.model.calling_window import WEEKDAYS
from mscode.plan.forecast.replay import Task, replay
from mscode.sandbox.answers import Answers
from tests.plan.forecast.emulated import (
    Case,
    body_of,
    called_so_far,
    calls_of,
    clock_of,
    drawing,
    emulator,
    instant,
    interrupt,
    launch,
    listed,
)


def test_the_light_replay_is_the_emulator() -> None:
    assert sum(compare(Case(Random(number))) for number in range(40)) > 2_000


@pytest.mark.parametrize("shuts", ["09:00:01", "09:00:02", "23:59:59"])
@pytest.mark.parametrize(("pace", "minutes"), [(300, 0), (300, 1), (5000, 0), (61, 0)])
def test_several_calls_a_second_to_the_same_people_again_and_again(pace: int, minutes: int, shuts: str) -> None:
    """Some are called for the third time in the second in which others are called for the second time."""
    case = Case(Random(7))
    case.pace, case.redial_minutes, case.redials, case.wanted = pace, minutes, 9, 10_000
    case.window = ("09:00:00", shuts, list(WEEKDAYS))
    case.answers, case.start, case.end = Answers(1, 0.1, 0.5), None, case.now + timedelta(days=60)
    case.is_interrupted = False
    case.members = [[f"+3584000000{number:02d}"] for number in range(9)] + [["+358409999999", "+358408888888"]]
    assert compare(case) > 40


@pytest.mark.torture
@pytest.mark.parametrize("shard", range(20))
def test_the_light_replay_is_the_emulator_of_many_campaigns(shard: int) -> None:
    assert sum(compare(Case(Random(1_000 + shard * 100 + number))) for number in range(100)) > 5_000


def compare(case: Case) -> int:
    """How many calls both make from the last launch on; an AssertionError where they differ."""
    with emulator(case) as world:
        launch(case, world)
        before = interrupt(case, world) if case.is_interrupted else []
        accepted = world.get("/rsvp_calls/1")["stats"]["acceptsReceived"]
        if world.get("/rsvp_calls/1")["state"] == "halt":
            world.put("/rsvp_calls/1", body_of(case, state="active"))
        resumed = clock_of(world)
        world.at(instant(case.end + timedelta(days=1)))
        calls, live = calls_of(world)[len(before) :], world.get("/rsvp_calls/1")
        task = Task.of(
            case.timeline(case.start if case.start and case.start > resumed else resumed + timedelta(seconds=1)),
            case.redial_minutes * 60,
            1 + case.redials,
            case.numbers,
            called_so_far(before),
            wanted=case.wanted,
            accepted=accepted,
        )
        course = replay(task, drawing(case))
        assert listed(task.timeline, course, case.numbers) == calls
        assert live["state"] == "complete"
        if len(before) < live["stats"]["totalDialedCalls"]:
            assert datetime.fromisoformat(f"{live['updatedAt']}+00:00").timestamp() == course.end
        assert (course.calls, course.accepts) == (len(calls), live["stats"]["acceptsReceived"])
        assert course.people == len({phone for _, phone, _ in calls})
        return len(calls)
