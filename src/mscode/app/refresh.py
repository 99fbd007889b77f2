"""`plan --refresh-only` and `apply --refresh-only`: live values are taken into the state, and nothing live is changed.

The order is that of an apply: show, ask, lock, read again, and go on only if that is what was approved.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.approval import why_nobody_is_asked
from mscode.app.audit import audit
from mscode.app.drift import DriftWorkspace, without_manifests
from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.reporting import Reporter
from mscode.app.state import lock_state, open_state
from mscode.app.workspace import digest_key, load_environment, plan_data
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.plan.change import Plan
    from mscode.plan.drift.accept import Refreshed
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_shapes import PlanJson

_QUESTION = """
Would you like to update the state to reflect these detected changes?
  mscode will write these changes to the state without modifying anything live.
  There is no undo. Only 'yes' will be accepted to confirm."""


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """What would be taken into the state (`accepted`); `key` is the secret of the plan's digest."""

    workspace: DriftWorkspace
    plan: Plan
    accepted: Refreshed
    key: str

    def data(self) -> PlanJson:
        """The plan as JSON data."""
        return plan_data(self.plan, self.key, show_people=self.workspace.inv.show_people, mask=self.workspace.masker)


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """What was taken into the state; nothing, and exit code 1, where a person did not want it."""

    exit_code: int
    accepted: Refreshed


def plan_refresh(inv: Invocation, directory: Path) -> RefreshPlan:
    """Read what would be taken into the state. Sends nothing but GET."""
    workspace = without_manifests(inv, load_environment(inv, directory))
    store = open_state(workspace.environment, inv.out.info)
    with open_reader(workspace.environment, masker=workspace.masker) as reader:
        plan = workspace.detect(reader, store)
        return RefreshPlan(
            workspace, plan, _accepted(plan, store), digest_key(workspace.environment, store.key, reader)
        )


def apply_refresh(inv: Invocation, directory: Path, reporter: Reporter, *, auto_approve: bool) -> RefreshOutcome:
    """Show, ask, and write it into the state, under its lock."""
    workspace = without_manifests(inv, load_environment(inv, directory))
    reporter.begin()
    return _apply(workspace, reporter, auto_approve=auto_approve)


def _apply(workspace: DriftWorkspace, reporter: Reporter, *, auto_approve: bool) -> RefreshOutcome:
    with open_reader(workspace.environment, masker=workspace.masker) as reader:
        approved: Refreshed | None = None
        if not auto_approve:
            store = open_state(workspace.environment, workspace.inv.out.info)
            plan = workspace.detect(reader, store)
            approved = _accepted(plan, store)
            reporter.refresh(workspace, plan)
            if approved and not _is_approved(workspace.inv, reporter):
                return RefreshOutcome(1, {})
        with lock_state(workspace.inv, workspace.environment, "apply --refresh-only") as store:
            plan = workspace.detect(reader, store)
            accepted = _accepted(plan, store)
            if accepted != approved:
                reporter.refresh(workspace, plan)
                if accepted and not auto_approve and not _is_approved(workspace.inv, reporter):
                    return RefreshOutcome(1, {})
            _write(workspace, store, accepted)
    reporter.refreshed(accepted)
    return RefreshOutcome(0, accepted)


def _is_approved(inv: Invocation, reporter: Reporter) -> bool:
    answer = inv.ask(_QUESTION)
    if answer is None:
        raise MscodeError(
            f"Cannot ask for approval: {why_nobody_is_asked(inv)}",
            detail="Nothing was written.",
            hint="Use --auto-approve where no terminal is.",
            code="no-terminal",
        )
    if answer != "yes":
        reporter.note("Apply cancelled; nothing was written.")
    return answer == "yes"


def _accepted(plan: Plan, store: StateStore) -> Refreshed:
    from mscode.plan.drift.accept import refreshed

    return refreshed(plan.drift, store.keyed_hash)


def _write(workspace: DriftWorkspace, store: StateStore, accepted: Refreshed) -> None:
    """Into the audit log first: it is a person's decision that these are no drift any more."""
    if not accepted:
        return
    addresses = {
        "accepted": [str(address) for address, entry in accepted.items() if entry is not None],
        "left": [str(address) for address, entry in accepted.items() if entry is None],
    }
    audit(workspace.environment, "refresh-only", **addresses)
    for address, entry in accepted.items():
        if entry is None:
            store.drop(address)
            continue
        # Reading under the lock has recorded what has rung since: an accepted value takes none of that back.
        current = store.entry(address)
        if current is not None and current.id == entry.id:
            launched, dialled = entry.launched or current.launched, max(entry.dialled, current.dialled)
            store.put(replace(entry, launched=launched, dialled=dialled))
        else:
            store.put(entry)
