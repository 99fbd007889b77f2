"""The tests of a project's policies: each policy over the plans that its tests give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import Diagnostic

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.policies import PolicyTest


@dataclass(frozen=True, slots=True)
class PolicyTestResult:
    """What a policy said of the plan of one test: True where it holds, False where not, or why it cannot be evaluated."""

    test: PolicyTest
    verdict: bool | Diagnostic

    @property
    def is_expected(self) -> bool:
        return isinstance(self.verdict, bool) and self.verdict == (self.test.expect == "pass")


@dataclass(frozen=True, slots=True)
class PolicyTestOutcome:
    """The results in the order of the files, and a warning for each policy that has no test."""

    results: Sequence[PolicyTestResult]
    untested: Sequence[Diagnostic]

    @property
    def failures(self) -> Sequence[PolicyTestResult]:
        return [result for result in self.results if not result.is_expected]


def run_policy_tests(inv: Invocation, directory: Path) -> PolicyTestOutcome:
    """Run the tests of policies/*.yaml, and of policies/*_test.yaml. Sends nothing."""
    from mscode.engine.policy.evaluate import check_policies, run_tests
    from mscode.manifest.policies import load_policies
    from mscode.manifest.project.file import load_project

    load_project(directory, inv.typed_command)
    loaded = load_policies(directory)
    check_policies(loaded.policies)
    verdicts = run_tests(loaded.policies, loaded.tests)
    tested = {test.policy for test in loaded.tests}
    return PolicyTestOutcome(
        [PolicyTestResult(test, verdict) for test, verdict in zip(loaded.tests, verdicts, strict=True)],
        [
            Diagnostic(f"policy.{policy.name} has no test", policy.place(), severity="warning", code="policy-untested")
            for policy in loaded.policies
            if policy.name not in tested
        ],
    )
