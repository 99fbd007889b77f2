"""What an apply says of itself in the records of its launches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.records import open_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mscode.app.approval import ApplyOptions, Approval
    from mscode.app.workspace import Workspace
    from mscode.engine.launch_record import LaunchRecords, Provenance
    from mscode.plan.change import Check, Plan
    from mscode.state.records.shape import Override
    from mscode.state.store import StateStore


def launch_records(
    workspace: Workspace, state: StateStore, plan: Plan, key: str, options: ApplyOptions, approval: Approval
) -> LaunchRecords:
    """The records of one plan's launches, which was approved like that. `key` is the secret key of its digests."""
    from mscode.engine.launch_record import LaunchRecords, Writer, rehearsed
    from mscode.state.lock_info import run_page, who

    records = open_records(workspace.environment, state)
    if workspace.environment.in_memory is not None:
        return LaunchRecords(records, rehearsed())
    has_launches = approval.launch and bool(plan.launches)
    provenance = _provenance(workspace, plan, key, options) if has_launches else None
    writer = Writer(who(), run_page(workspace.environment.variables), frozenset(workspace.desired.secrets))
    return LaunchRecords(records, provenance, writer)


def _provenance(workspace: Workspace, plan: Plan, key: str, options: ApplyOptions) -> Provenance:
    """Of a plan whose launches were approved too."""
    from mscode.app import plan_inputs
    from mscode.app.run_context import context_of_apply
    from mscode.engine.launch_record import Provenance
    from mscode.plan.fingerprint import digest, keyed

    environment, root = workspace.environment, workspace.environment.project_dir
    files = plan_inputs.files_of(root, environment.project, workspace.desired)
    return Provenance(
        context=context_of_apply(workspace, options, launch=True),
        manifests_digest=keyed(key, "manifests", plan_inputs.hashes(root, files, key)),
        plan_digest=digest(plan, key),
        tzdata_version=plan_inputs.tz_version(),
        overrides=_overrides(workspace, plan.checks),
    )


def _overrides(workspace: Workspace, checks: Sequence[Check]) -> tuple[Override, ...]:
    """Guards and findings that would have refused the plan, with why they did not, without anybody's data."""
    from mscode.state.records.shape import Override

    mask = workspace.masker(show_people=False)
    return tuple(
        Override(
            sort="finding" if check.is_finding else "guard",
            name=check.name,
            reason=mask(check.reason),
            summary=mask(check.summary),
        )
        for check in checks
        if check.status == "overridden" or (check.status == "allowed" and check.denies)
    )
