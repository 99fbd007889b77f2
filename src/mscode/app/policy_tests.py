"""The tests of a project's policies: each policy over the plans that its tests give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import Diagnostic
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.policies import PolicyTest


@dataclass(frozen=True, slots=True)
class PolicyTestResult:
    """The result of one test. `verdict` is whether the policy holds for the test's plan, or why it cannot be evaluated."""

    test: PolicyTest
    verdict: bool | Diagnostic

    @property
    def is_expected(self) -> bool:
        """Has the policy said what the test expects?"""
        return isinstance(self.verdict, bool) and self.verdict == (self.test.expect == "pass")


@dataclass(frozen=True, slots=True)
class PolicyTestOutcome:
    """The results in the order of the files, and a warning for each policy that has no test."""

    results: Sequence[PolicyTestResult]
    untested: Sequence[Diagnostic]

    @property
    def failures(self) -> Sequence[PolicyTestResult]:
        """The results that are not as expected."""
        return [result for result in self.results if not result.is_expected]


def run_policy_tests(inv: Invocation, directory: Path) -> PolicyTestOutcome:
    """Run the tests of policies/*.yaml, and of policies/*_test.yaml. Sends nothing."""
    from mscode.engine.policy.evaluate import check_policies, run_tests
    from mscode.manifest.policies import load_policies
    from mscode.manifest.project.file import load_project

    load_project(directory, inv.typed_command)
    definitions = load_policies(directory)
    check_policies(definitions.policies)
    verdicts = run_tests(definitions.policies, definitions.tests)
    tested = {test.policy for test in definitions.tests}
    return PolicyTestOutcome(
        [PolicyTestResult(test, verdict) for test, verdict in zip(definitions.tests, verdicts, strict=True)],
        [
            Diagnostic(f"policy.{policy.name} has no test", policy.place(), severity="warning", code="policy-untested")
            for policy in definitions.policies
            if policy.name not in tested
        ],
    )
