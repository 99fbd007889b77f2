"""A project's own rules: read before anything is sent, and each a check of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mscode.app.policies import judged, policies_of, policy_problems
from mscode.app.policy_tests import run_policy_tests
from mscode.errors import ManifestError, UsageError
from tests.app.conftest import ProjectFolder

POLICY = """\
name: few-people
message: At most ten people.
expression: plan.people <= 10
"""
TESTS = """\
tests:
  - {name: many, expect: fail, plan: {people: 11}}
  - {name: wrong, expect: pass, plan: {people: 12}}
"""


def _write(folder: Path, text: str) -> None:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "people.yaml").write_text(text)


@pytest.mark.parametrize(
    ("people", "level", "override", "status"),
    [
        (10, "deny", (), "pass"),
        (11, "deny", (), "fail"),
        (11, "warn", (), "warn"),
        (11, "deny", ("policy.few-people",), "overridden"),
    ],
)
def test_each_policy_is_a_check(
    tmp_path: Path, people: int, level: str, override: tuple[str, ...], status: str
) -> None:
    _write(tmp_path, f"{POLICY}level: {level}\n")
    names = frozenset(override)
    [check] = judged(policies_of(tmp_path, names), lambda: {"people": people}, names)
    assert (check.name, check.status) == ("policy.few-people", status)


def test_without_policies_no_plan_is_drawn(tmp_path: Path) -> None:
    def data() -> dict[str, Any]:
        raise AssertionError

    assert judged(policies_of(tmp_path, frozenset()), data, frozenset()) == ()


def test_a_policy_that_is_to_be_overridden_must_be_there(tmp_path: Path) -> None:
    _write(tmp_path, POLICY)
    with pytest.raises(UsageError, match="there is no policy") as caught:
        policies_of(tmp_path, frozenset({"policy.few"}))
    assert caught.value.diagnostics[0].hint == "Known: policy.few-people."


def test_a_file_in_the_place_of_the_folder_is_not_taken_for_no_rules(tmp_path: Path) -> None:
    (tmp_path / "policies").write_text("")
    assert len(policy_problems(tmp_path)) == 1
    with pytest.raises(ManifestError):
        policies_of(tmp_path, frozenset())


def test_an_expression_that_is_none_is_a_problem_before_there_is_a_plan(tmp_path: Path) -> None:
    _write(tmp_path, POLICY.replace("<= 10", "<="))
    [problem] = policy_problems(tmp_path)
    assert problem.place is not None
    assert problem.place.file == "policies/people.yaml"


def test_policies_are_tested_without_a_plan(workspace: ProjectFolder) -> None:
    _write(workspace.folder, POLICY + TESTS)
    outcome = run_policy_tests(workspace.inv, workspace.folder)
    assert [(result.test.name, result.is_expected) for result in outcome.results] == [("many", True), ("wrong", False)]
    assert [result.test.name for result in outcome.failures] == ["wrong"]
    assert outcome.untested == []


def test_a_policy_without_a_test_is_named(workspace: ProjectFolder) -> None:
    _write(workspace.folder, POLICY)
    [warning] = run_policy_tests(workspace.inv, workspace.folder).untested
    assert (warning.summary, warning.severity) == ("policy.few-people has no test", "warning")
