"""`mscode policy test`: each policy over the plans of its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option
from mscode.errors import Diagnostic
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.app.policy_tests import PolicyTestOutcome, PolicyTestResult


@make_command("test", examples=["mscode policy test", "mscode policy test --json drives/spring"])
@directory_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> int:
    """Run the tests of the project's policies, in policies/*.yaml. Exits with 1 where one fails. Sends nothing.

    A test gives a plan, in the file itself or as one of `mscode plan --json`, and says whether the policy should pass or fail it.
    """
    from mscode.app.policy_tests import run_policy_tests

    outcome = run_policy_tests(inv, directory)
    failed = len(outcome.failures)
    if as_json:
        inv.out.json(json.dumps(report(outcome), indent=2))
    show_diagnostics(inv.out, [*map(_failure, outcome.failures), *outcome.untested])
    if failed or outcome.untested:
        inv.out.info("")
    if outcome.results or outcome.untested:
        inv.out.info(f"{len(outcome.results) - failed} passed, {failed} failed.", "red" if failed else "green")
    else:
        inv.out.info("There is no policy in policies/.", "yellow")
    return 1 if failed else 0


def _failure(result: PolicyTestResult) -> Diagnostic:
    test, verdict = result.test, result.verdict
    actual = verdict.summary if isinstance(verdict, Diagnostic) else "it passes" if verdict else "it fails"
    summary = f'policy.{test.policy}, test "{test.name}": expected {test.expect}, but {actual}'
    return Diagnostic(summary, test.place, code="policy-test")


def report(outcome: PolicyTestOutcome) -> dict[str, Any]:
    """What `--json` prints: counts, and each test with what was expected and what came of it."""
    rows = [
        {
            "policy": result.test.policy,
            "name": result.test.name,
            "expected": result.test.expect,
            "actual": "error" if isinstance(result.verdict, Diagnostic) else "pass" if result.verdict else "fail",
            "ok": result.is_expected,
            "source": {
                "file": result.test.place.file,
                "line": result.test.place.line,
                "column": result.test.place.column,
            },
        }
        for result in outcome.results
    ]
    failed = len(outcome.failures)
    return {"format_version": "1.0", "passed": len(rows) - failed, "failed": failed, "tests": rows}
