"""The rules of the planner, one folder each: `tests/plan/case.py` says what is in it.

`pytest tests/plan/test_cases.py --update-cases` writes each plan.txt anew. What it wrote is read before it is committed: a
plan that breaks its rule is a fault of the planner, not of the file.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import get_args

import pytest

from mscode.manifest.project.file import GUARDS
from mscode.plan.change import Action, LaunchReason, NoteKind
from mscode.plan.drift.detect import Cause
from tests.plan import case

NAMES = case.names()
#: What no planner has: what the engine tells of a drift of which no manifest can be compared, and what a command says of a
#: guard that is judged from a forecast.
ELSEWHERE = {"not-compared", "not-judged"}
#: The guard that is judged from a forecast (tests/acceptance/test_min_chance.py), and not by the planner.
FORECAST = "minChance"
planned = cache(case.run)


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of(name: str, pytestconfig: pytest.Config) -> None:
    expected = case.CASES / name / "plan.txt"
    outcome = planned(name)
    if pytestconfig.getoption("--update-cases"):
        expected.write_text(outcome.text)
    assert outcome.text == expected.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_its_rule_is_and_shows_more_than_that_nothing_is_to_do(name: str) -> None:
    about = (case.CASES / name / "about.md").read_text().splitlines()
    assert len(about) == 1 and about[0].endswith(".")
    assert not planned(name).is_noop


def test_every_action_launch_reason_note_and_cause_of_drift_occurs() -> None:
    plans = [outcome.plan for outcome in map(planned, NAMES) if outcome.plan]
    changes = [change for plan in plans for change in plan.changes]
    assert {change.action for change in changes} == set(Action)
    assert {change.launch.reason for change in changes if change.launch} == set(get_args(LaunchReason))
    assert {note.kind for plan in plans for note in plan.notes} == set(get_args(NoteKind)) - ELSEWHERE
    assert {drift.cause for plan in plans for drift in plan.drift} == set(Cause)


def test_every_guard_lets_a_plan_pass_refuses_one_and_is_overridden() -> None:
    plans = [outcome.plan for outcome in map(planned, NAMES) if outcome.plan]
    seen = {(check.name, check.status) for plan in plans for check in plan.checks}
    # There is an empty project or there is none: the guard has nothing to say of another.
    wanted = set(product(GUARDS, ("pass", "fail", "overridden"))) - {("emptyProject", "pass")}
    wanted -= set(product([FORECAST], ("pass", "fail", "overridden")))
    assert wanted | {("preventDestroy", "fail")} <= seen
