"""Judges a plan by the project's own rules (CEL over the plan's JSON), in a process that can be stopped.

Caps: the expression's length (manifest.policies), its depth (32) and its steps (10,000 passes of all, exists, map, …), both
the library's, the plan's size, memory and time here. An expression that breaks one is an error, and the plan stops: what
could not be judged is never taken as allowed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mscode.errors import ConfigError, Diagnostic, ManifestError
from mscode.manifest.policies import Policy, PolicyTest
from mscode.model.extras import how_to_install
from mscode.model.light_dataclass import dataclass

#: Seconds for all policies of a plan, or all tests.
SECONDS = 10.0
MAX_PLAN = 32 * 1024 * 1024
LIBRARY = "cel_expr_python"
_WORKER = Path(__file__).with_name("worker.py")
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")
#: Variables that a bare interpreter needs to start and to find its libraries; the worker gets no other.
_NEEDED = ("PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What a policy says of a plan."""

    policy: Policy
    holds: bool


def check_policies(policies: Sequence[Policy]) -> None:
    """ManifestError with each expression that is no CEL; ConfigError without the library."""
    if policies:
        _run(policies, [], [])


def evaluate_policies(policies: Sequence[Policy], plan: Any) -> list[PolicyResult]:
    """Each policy's verdict on one plan (its masked JSON); ManifestError where one cannot be judged."""
    if not policies:
        return []
    holds = _run(policies, [plan], [(index, 0) for index in range(len(policies))])
    return [PolicyResult(policy, verdict) for policy, verdict in zip(policies, holds, strict=True)]


def run_tests(policies: Sequence[Policy], tests: Sequence[PolicyTest]) -> list[bool | Diagnostic]:
    """For each test whether the policy holds, or why that cannot be judged."""
    if not policies:
        return []
    policy_indexes = {policy.name: index for index, policy in enumerate(policies)}
    cases = [(policy_indexes[test.policy], index) for index, test in enumerate(tests)]
    return _outcomes(policies, [test.plan for test in tests], cases)


Case = tuple[int, int]


def _run(policies: Sequence[Policy], plans: Sequence[Any], cases: Sequence[Case]) -> list[bool]:
    outcomes = _outcomes(policies, plans, cases)
    if diagnostics := [outcome for outcome in outcomes if isinstance(outcome, Diagnostic)]:
        raise ManifestError(diagnostics)
    return [outcome for outcome in outcomes if isinstance(outcome, bool)]


def _outcomes(policies: Sequence[Policy], plans: Sequence[Any], cases: Sequence[Case]) -> list[bool | Diagnostic]:
    lines, stopped = _answers([policy.expression for policy in policies], plans, cases)
    errors = [d for policy, text in zip(policies, lines, strict=False) if text for d in _no_cel(policy, str(text))]
    if errors:
        raise ManifestError(errors)
    verdicts = lines[len(policies) :]
    outcomes = [_outcome(policies[case[0]], line) for case, line in zip(cases, verdicts, strict=False)]
    if len(lines) < len(policies) + len(cases):
        culprit = policies[cases[len(verdicts)][0]] if len(lines) >= len(policies) else policies[len(lines)]
        raise ManifestError([_unjudged(culprit, stopped)])
    return outcomes


def _answers(expressions: Sequence[str], plans: Sequence[Any], cases: Sequence[Case]) -> tuple[list[Any], str]:
    """What the worker said until it ended, and why it was stopped ("" where it was not)."""
    if find_spec(LIBRARY) is None:
        hint = how_to_install("policy")
        raise ConfigError("Policies need the library cel-expr-python", hint=hint, code="extra")
    work = json.dumps({"expressions": expressions, "plans": plans, "cases": cases})
    if len(work) > MAX_PLAN:
        raise ConfigError("The plan's JSON is larger than 32 MiB, too large for policies", code="policy")
    stopped = ""
    try:
        process = subprocess.run(
            [sys.executable, str(_WORKER)],
            input=work.encode(),
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={name: os.environ[name] for name in _NEEDED if name in os.environ},
        )
        output, stopped = process.stdout, f"it ended with code {process.returncode}" if process.returncode else ""
    except subprocess.TimeoutExpired as error:
        output, stopped = error.output or b"", f"it took more than {SECONDS:g} seconds"
    complete = output[: output.rfind(b"\n") + 1]
    return [json.loads(line) for line in complete.splitlines()], stopped


def _no_cel(policy: Policy, text: str) -> list[Diagnostic]:
    """The library's errors, each at its place in the file."""
    errors = [(int(line), int(column), message) for line, column, message in _ERROR.findall(text)]
    return [
        Diagnostic(
            f"policy.{policy.name}: {message[:1].upper()}{message[1:]}",
            policy.place(line, column),
            hint="Expressions are CEL over `plan`, the plan's JSON.",
            code="policy-expression",
        )
        for line, column, message in errors
    ] or [_unjudged(policy, text.splitlines()[0])]


def _outcome(policy: Policy, line: Any) -> bool | Diagnostic:
    if "holds" in line:
        return bool(line["holds"])
    reason = f"it gives {line['type']}, not true or false" if "type" in line else str(line["error"])
    return _unjudged(policy, reason)


def _unjudged(policy: Policy, reason: str) -> Diagnostic:
    return Diagnostic(
        f"policy.{policy.name} cannot be told of this plan: {reason}",
        policy.place(),
        "What cannot be judged is not taken as allowed.",
        "A member that may be missing is asked for with has(), like has(r.change.after.maxRedials).",
        code="policy-expression",
    )
