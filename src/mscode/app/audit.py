"""What goes to the audit log; of an apply: overridden guards, a raised limit of deletes, confirmed launches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.workspace import Workspace

if TYPE_CHECKING:
    from mscode.plan.change import Plan


def audit_apply(workspace: Workspace, plan: Plan, *, launch: bool, by: str) -> None:
    """Record the decisions of an apply, before anything is sent. `by` is how the launches were confirmed: `yes` or
    `--allow-launch`.
    """
    overridden = [check.name for check in plan.checks if check.status == "overridden"]
    if overridden:
        audit(workspace.environment, "override", guards=sorted(set(overridden)))
    if workspace.options.allow_deletes is not None and plan.totals.destroys:
        audit(
            workspace.environment,
            "allow-deletes",
            allowed=workspace.options.allow_deletes,
            deletes=plan.totals.destroys,
        )
    if launch and plan.launches:
        launches = {
            str(change.address): {
                "people": change.launch.reach.people,
                "maxCalls": change.launch.reach.max_calls,
                "why": change.launch.reason,
            }
            for change in plan.launches
            if change.launch is not None
        }
        audit(workspace.environment, "launch", answered=by, launches=launches)


def audit(environment: Environment, action: str, **facts: object) -> None:
    """Append a person's decision to the project's audit log; `facts` are JSON values without personal data."""
    from mscode.state.audit import write_audit

    write_audit(environment.project_dir, environment.name, action, environment.variables, **facts)
