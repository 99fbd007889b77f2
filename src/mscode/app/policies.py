"""The project's own rules (policies), which stand in a plan as checks `policy.<name>`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.errors import Diagnostic, MscodeError, UsageError
from mscode.model.nearest import nearest

if TYPE_CHECKING:
    from mscode.engine.policy.evaluate import PolicyResult
    from mscode.manifest.policies import Policy
    from mscode.plan.change import Check

PREFIX = "policy."


def overridden(names: Sequence[str]) -> frozenset[str]:
    """Guards, rules and policies to override; UsageError for a mistyped one: it would override nothing, and the refusal of the
    plan would not say so. Whether a policy exists is known when the project is read (`policies_of`).
    """
    if not names:
        return frozenset()
    from mscode.manifest.project.file import GUARDS
    from mscode.plan.checks.rule import rules

    known = (*GUARDS, *rules())
    for name in names:
        if name not in known and not name.startswith(PREFIX):
            similar = nearest(name, known)
            hint = (
                f'Did you mean "{similar[0]}"?'
                if similar
                else f"Known: {', '.join(GUARDS)}; `mscode checks` lists rules."
            )
            raise UsageError(f'--override: "{name}" is not a guard or a rule', hint=hint)
    return frozenset(names)


def policies_of(folder: Path, override: frozenset[str]) -> tuple[Policy, ...]:
    """The policies of a project; UsageError where `override` names a policy that it does not have."""
    policies: tuple[Policy, ...] = ()
    if _has_policies(folder):
        from mscode.manifest.policies import load_policies

        policies = load_policies(folder).policies
    names = {PREFIX + policy.name for policy in policies}
    for name in sorted(override):
        if name.startswith(PREFIX) and name not in names:
            existing = ", ".join(sorted(names)) or "none"
            raise UsageError(
                f'--override: there is no policy "{name.removeprefix(PREFIX)}"', hint=f"Known: {existing}."
            )
    return policies


def _has_policies(folder: Path) -> bool:
    """Is there anything called `policies`? Something that is no folder must become an error, and not "no rules"."""
    return (folder / "policies").exists() or (folder / "policies").is_symlink()


def judged(
    policies: Sequence[Policy], data: Callable[[], Mapping[str, Any]], override: frozenset[str]
) -> Sequence[Check]:
    """A check for each policy; `data` gives the plan's JSON, masked."""
    if not policies:
        return ()
    from mscode.engine.policy.evaluate import evaluate_policies
    from mscode.plan.change import Check

    def check(verdict: PolicyResult) -> Check:
        policy, name = verdict.policy, PREFIX + verdict.policy.name
        if verdict.holds:
            return Check(name, "pass")
        if name in override:
            return Check(name, "overridden", policy.message)
        flag = f"--override {name}"
        return Check(name, "warn" if policy.level == "warn" else "fail", policy.message, flag=flag)

    return [check(verdict) for verdict in evaluate_policies(policies, data())]


def policy_problems(folder: Path) -> list[Diagnostic]:
    """Every error in a project's policies that can be found without a plan."""
    if not _has_policies(folder):
        return []
    from mscode.engine.policy.evaluate import check_policies
    from mscode.manifest.policies import load_policies

    try:
        check_policies(load_policies(folder).policies)
    except MscodeError as error:
        return list(error.diagnostics)
    return []
