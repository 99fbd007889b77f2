"""The rules of the planner, one folder each (tests/plan/case.py says what is in it). `--update-cases` writes plan.txt anew."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import get_args

import pytest

from mscode.manifest.project.file import GUARDS
from mscode.plan.change import Action, CheckStatus, LaunchReason
from tests.plan import case

CASES = case.names()
planned = cache(case.run)


@pytest.mark.parametrize("name", CASES)
def test_the_plan_of(name: str, pytestconfig: pytest.Config) -> None:
    path = case.CASES / name / "plan.txt"
    outcome = planned(name)
    if pytestconfig.getoption("--update-cases"):
        path.write_text(outcome.text)
    assert outcome.text == path.read_text()
