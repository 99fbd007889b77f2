"""`mscode policy test`: each policy over the plans of its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument, json_option
from mscode.errors import Diagnostic
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.manifest.policies import Policies, PolicyTest


@make_command("test", examples=["mscode policy test", "mscode policy test --json campaigns/"])
@directory_argument
@json_option
def command(invocation: Invocation, directory: Path, as_json: bool) -> int:
    """Run the tests of policies/*.yaml, and of policies/*_test.yaml. Exit code 1 where one fails.

    A test gives a plan (JSON that stands there, or a file such as `mscode plan --json` writes) and what the policy should
    say of it: pass or fail. Nothing is sent.
    """
    from mscode.engine.policy.evaluate import check_policies, run_tests
    from mscode.manifest.policies import load_policies
    from mscode.manifest.project.file import load_project

    load_project(directory, invocation.typed_command)
    found = load_policies(directory)
    check_policies(found.policies)
    outcomes = run_tests(found.policies, found.tests)
    wrong = [_wrong(test, one) for test, one in zip(found.tests, outcomes, strict=True) if not _is_right(test, one)]
    if as_json:
        invocation.out.document(json.dumps(report(found, outcomes), indent=2))
    show_diagnostics(invocation.out, [*wrong, *_untested(found)])
    if wrong or _untested(found):
        invocation.out.talk("")
    passed = len(found.tests) - len(wrong)
    invocation.out.talk(f"{passed} passed, {len(wrong)} failed.", "red" if wrong else "green")
    return 1 if wrong else 0


def _is_right(test: PolicyTest, outcome: bool | Diagnostic) -> bool:
    return isinstance(outcome, bool) and outcome == (test.expect == "pass")


def _wrong(test: PolicyTest, outcome: bool | Diagnostic) -> Diagnostic:
    said = outcome.summary if isinstance(outcome, Diagnostic) else "it passes" if outcome else "it fails"
    summary = f'policy.{test.policy}, test "{test.name}": expected {test.expect}, but {said}'
    return Diagnostic(summary, test.place, code="policy-test")


def _untested(found: Policies) -> list[Diagnostic]:
    tested = {test.policy for test in found.tests}
    return [
        Diagnostic(f"policy.{one.name} has no test", one.place(), severity="warning", code="policy-untested")
        for one in found.policies
        if one.name not in tested
    ]


def report(found: Policies, outcomes: list[bool | Diagnostic]) -> dict[str, Any]:
    """What `--json` prints: counts, and each test with what was expected and what came of it."""
    rows = [
        {
            "policy": test.policy,
            "name": test.name,
            "expected": test.expect,
            "actual": "error" if isinstance(one, Diagnostic) else "pass" if one else "fail",
            "ok": _is_right(test, one),
            "source": {"file": test.place.file, "line": test.place.line, "column": test.place.column},
        }
        for test, one in zip(found.tests, outcomes, strict=True)
    ]
    failed = sum(not row["ok"] for row in rows)
    return {"format_version": "1.0", "passed": len(rows) - failed, "failed": failed, "tests": rows}
