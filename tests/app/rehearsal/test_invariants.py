"""Each invariant is broken by calls that break it, and told with counts and times alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mscode.app.rehearsal.lab import Lab
from mscode.model.calling_window import WEEKDAYS, Window, parse_time
from mscode.model.table_format import NO_FORMAT
from mscode.plan.change import Plan
from mscode.plan.guards.do_not_call import Suppressed
from mscode.plan.guards.hours import CallingHours
from mscode.plan.inputs import Options
from mscode.plan.invariants import Call, Caller, Course, Judge, callers_of, next_call
from tests.app.rehearsal.test_lab import MORNING, laboratory, project

PHONES = [f"+35840123000{n}" for n in range(1, 4)]
FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    """Three people, three accepts wanted, three calls each at most, from 9 to 17 on three days."""
    with laboratory(project(tmp_path)) as lab:
        yield lab.plan(lab.work(tmp_path, Options()))


def broken(plan: Plan, calls: list[Call], **course: Any) -> dict[str, str]:
    """The names of the invariants that these calls break, with what is said."""
    [caller] = callers_of(plan)
    whole = Course(caller, calls, course.pop("began", MORNING), 12, **course)
    verdicts = list(Judge(plan).verdicts(whole))
    assert len(verdicts) == 7 and {verdict.address for verdict in verdicts} == {"rsvpCalls.invite"}
    assert not any(phone[1:] in verdict.message for verdict in verdicts for phone in PHONES)
    return {verdict.name: verdict.message for verdict in verdicts if not verdict.holds}


def course(*minutes: float) -> list[Call]:
    """Calls so many minutes after the first, to one person after the other."""
    return [Call(FIRST + timedelta(minutes=at), PHONES[n % 3]) for n, at in enumerate(minutes)]


def test_the_calls_of_the_plan_break_nothing(plan: Plan) -> None:
    assert broken(plan, course(0, 1, 2, 30, 31, 32)) == {}
    assert broken(plan, [replace(call, accepted=True) for call in course(0, 1, 2)]) == {}


def test_somebody_who_is_not_in_the_plan(plan: Plan) -> None:
    calls = [*course(0, 1, 2), Call(FIRST + timedelta(minutes=3), "+358401239999")]
    assert broken(plan, calls) == {"people": "1 person more than the plan names, first Tue 2026-12-01 11:03:00"}


def test_one_call_too_many(plan: Plan) -> None:
    calls = course(0, 1, 2, 30, 31, 32, 60, 61, 62, 90)
    assert broken(plan, calls) == {"attempts": "1 person up to 4 times, and planned are at most 3"}


@pytest.mark.parametrize(
    ("minutes", "when"),
    [
        (8 * 60, "Tue 2026-12-01 19:00:00"),  # the window is open up to 17 o'clock, and not at it
        (20 * 60, "Wed 2026-12-02 07:00:00"),
        (57 * 60, "Thu 2026-12-03 20:00:00"),  # after the end
    ],
)
def test_a_call_outside_of_the_window(plan: Plan, minutes: int, when: str) -> None:
    found = broken(plan, course(0, 1, 2, minutes))
    assert found["window"] == f"1 call outside of it, first {when}"


def test_a_call_before_the_start(plan: Plan) -> None:
    found = broken(plan, course(-1, 1, 2))
    assert set(found) == {"window", "firstAndLastCall"}
    assert "before the first that the plan names" in found["firstAndLastCall"]


def test_a_first_call_that_comes_late(plan: Plan) -> None:
    found = broken(plan, course(5, 6, 7))
    assert found == {
        "firstAndLastCall": "the first call is Tue 2026-12-01 11:05:00, and the plan names Tue 2026-12-01 11:00:00"
    }


def test_no_call_at_all(plan: Plan) -> None:
    assert broken(plan, []) == {"firstAndLastCall": "no call, and the plan names Tue 2026-12-01 11:00:00"}


def test_a_campaign_that_gives_up_early(plan: Plan) -> None:
    """Two were called and nobody has accepted: the third could still be called."""
    found = broken(plan, course(0, 1))
    assert found["firstAndLastCall"].endswith("and 1 person could still be called")


def test_calls_after_the_last_accept(plan: Plan) -> None:
    calls = [replace(call, accepted=at < 3) for at, call in enumerate(course(0, 1, 2, 30))]
    assert broken(plan, calls) == {"acceptsWanted": "1 call after 3 accepts, first Tue 2026-12-01 11:30:00"}
    assert set(broken(plan, course(0), accepts=3)) == {"acceptsWanted"}


def guarded(plan: Plan, **guards: object) -> Plan:
    """The plan as if mscode.yaml had these guards, of which it knows nothing yet."""
    builder = plan.builder
    assert builder is not None
    settings = {
        name: type("Guard", (), {"value": value, "level": None, "reason": None}) for name, value in guards.items()
    }
    project_now = replace(builder.inputs.desired.project, guards=settings)
    inputs = replace(builder.inputs, desired=replace(builder.inputs.desired, project=project_now))
    return replace(plan, builder=replace(builder, inputs=inputs))


def test_hours_and_the_do_not_call_list(plan: Plan) -> None:
    hours = CallingHours(parse_time("10:00:00"), parse_time("16:00:00"), frozenset(WEEKDAYS), UTC)
    found = broken(guarded(plan, callingHours=hours), course(0, 1, 2))
    assert found == {"callingHours": "3 calls against callingHours, first Tue 2026-12-01 11:00:00"}
    listed = Suppressed("never.csv", {PHONES[1]: 1}, format=NO_FORMAT)
    found = broken(guarded(plan, doNotCall=listed), course(0, 1, 2))
    assert found == {"doNotCallList": "1 person of the list, first Tue 2026-12-01 11:01:00"}


def test_what_went_on_by_itself_is_named_and_no_breach(plan: Plan) -> None:
    listed = Suppressed("never.csv", {PHONES[1]: 1}, format=NO_FORMAT)
    judge = Judge(guarded(plan, doNotCall=listed))
    [caller] = callers_of(plan)
    going_on: Caller = replace(caller, launch=None)
    verdicts = {v.name: v for v in judge.verdicts(Course(going_on, course(0, 1, 2), MORNING, 12))}
    assert verdicts["doNotCallList"].holds
    assert verdicts["doNotCallList"].message.endswith("; it was under way before this plan")


@pytest.mark.parametrize(
    ("at", "pace", "expected"),
    [
        ("09:00:00", 12, "09:00:00"),
        ("09:00:01", 12, "09:00:05"),
        ("09:00:01", 1, "09:01:00"),
        ("09:00:09", 7, "09:00:17"),
        ("09:00:59", 60, "09:00:59"),
        ("09:00:59.5", 60, "09:01:00"),
        ("09:00:01", 90, "09:00:01"),
        ("16:59:56", 12, None),
        ("06:00:00", 12, "09:00:00"),
    ],
)
def test_the_next_moment_of_a_pace(at: str, pace: int, expected: str | None) -> None:
    window = Window(parse_time("09:00:00"), parse_time("17:00:00"), frozenset({"tuesday"}), UTC)
    end = datetime(2026, 12, 2, tzinfo=UTC)
    found = next_call(window, datetime.fromisoformat(f"2026-12-01T{at}+00:00"), end, pace)
    assert (f"{found:%H:%M:%S}" if found else None) == expected


def test_a_laboratory_is_all_that_a_caller_needs(tmp_path: Path) -> None:
    """What is under way without a change of the plan is a caller too, with the people of its rows."""
    with laboratory(project(tmp_path)) as lab:
        assert isinstance(lab, Lab)
        lab.apply(lab.work(tmp_path, Options()))
        [caller] = callers_of(lab.plan(lab.work(tmp_path, Options())))
        assert caller.launch is None and caller.people == frozenset(PHONES) and caller.live_id == "1"
