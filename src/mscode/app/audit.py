"""What goes to the audit log, and to the chain of the records; of an apply: overridden guards, a raised limit of deletes,
confirmed launches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.records import open_records
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mscode.app.workspace import Workspace
    from mscode.plan.change import Plan
    from mscode.state.records.store import RecordStore
    from mscode.state.store import StateStore


def audit_apply(workspace: Workspace, plan: Plan, records: RecordStore, *, launch: bool, by: str) -> None:
    """Record the decisions of an apply, before anything is sent. `by` is how the launches were confirmed: `yes` or
    `--allow-launch`.

    Those that are not in a launch's own record go to the chain as well. What halts, narrows and removes does not wait for the
    chain: where it cannot be written that is told here, and each launch then fails for itself.
    """
    problem = ""
    for action, facts in _decisions(workspace, plan).items():
        audit(workspace.environment, action, **facts)
        try:
            _add(records, workspace.environment, action, facts)
        except MscodeError as error:
            problem = error.diagnostics[0].summary
    if problem:
        workspace.inv.out.info(f"The records cannot be written, so nothing is launched: {problem}", "yellow")
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


def take_over_halts(environment: Environment, state: StateStore, tell: Callable[[str], object]) -> None:
    """Put what `mscode halt` has left on this machine into the chain; for the holder of the state's lock.

    `tell` takes a line for the person where that fails: the next command tries it again.
    """
    from mscode.state.records.halts import has_notes, take_over

    if environment.in_memory is not None:
        return
    try:
        if has_notes(environment.folder):
            # The state is not written for it: a plan that was saved after the halt would be stale.
            take_over(environment.folder, open_records(environment, state, is_linked=False))
    except MscodeError as error:
        tell(f"What was halted is not in the records yet: {error.diagnostics[0].summary}")


def _decisions(workspace: Workspace, plan: Plan) -> dict[str, dict[str, object]]:
    """By the name of its line, what was decided against a default."""
    decisions: dict[str, dict[str, object]] = {}
    overridden = sorted({check.name for check in plan.checks if check.status == "overridden"})
    if overridden:
        decisions["override"] = {"guards": overridden}
    if workspace.options.allow_deletes is not None and plan.totals.destroys:
        decisions["allow-deletes"] = {"allowed": workspace.options.allow_deletes, "deletes": plan.totals.destroys}
    return decisions


def audit(environment: Environment, action: str, **facts: object) -> None:
    """Append a person's decision to the project's audit log; `facts` are JSON values without personal data."""
    from mscode.state.audit import audit_line, write_audit

    write_audit(environment.project_dir, audit_line(environment.name, action, environment.variables, **facts))


def audit_and_record(environment: Environment, records: RecordStore, action: str, **facts: object) -> None:
    """The same, and in the chain of the records; StateError where either cannot be written."""
    audit(environment, action, **facts)
    _add(records, environment, action, facts)


def _add(records: RecordStore, environment: Environment, action: str, facts: dict[str, object]) -> None:
    from mscode.state.audit import audit_line, decision_of

    records.write_decision(decision_of(audit_line(environment.name, action, environment.variables, **facts)))
