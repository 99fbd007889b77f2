"""A plan in numbers, for the jobs that come after it: GitHub's outputs, GitLab's report of changes."""

from __future__ import annotations

import json

from mscode.views.plan.reading import Data, mapping, number, text

#: Exit code -> why a job failed, in a word.
REASONS = {
    1: "error",
    3: "plan-changed",
    4: "state-locked",
    5: "refused",
    6: "partly-applied",
    7: "outcome-unknown",
    64: "usage",
    130: "interrupted",
}


def outputs_of(data: Data, *, exit_code: int = 0, plan_path: str = "") -> dict[str, str]:
    """The outputs of a plan's JSON, by their names. What is not known (no plan could be made) is empty."""
    return counts_of(data) | {
        "digest": text(data, "digest"),
        "plan_path": plan_path,
        "failure_reason": REASONS.get(exit_code, ""),
    }


def counts_of(data: Data) -> dict[str, str]:
    """`changes` (`true` or `false`) and the numbers of the totals line."""
    totals = mapping(data, "totals")
    if not totals:
        return dict.fromkeys(("changes", "to_add", "to_change", "to_destroy", "to_launch"), "")
    names = {"to_add": "add", "to_change": "change", "to_destroy": "remove", "to_launch": "launch"}
    numbers = {name: str(number(totals, key) or 0) for name, key in names.items()}
    return {"changes": "true" if any(number(totals, key) for key in totals) else "false", **numbers}


def gitlab_report(data: Data) -> str:
    """GitLab's `artifacts:reports:terraform`: counts of what is created, updated and deleted."""
    totals = mapping(data, "totals")
    names = {"create": "add", "update": "change", "delete": "remove"}
    return json.dumps({name: number(totals, key) or 0 for name, key in names.items()}) + "\n"
