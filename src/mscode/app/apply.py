"""The course of an apply: plan, ask two questions, lock, plan again, carry out, report how it ended.

The questions come before the lock, so that a person who thinks about the answer blocks nobody. Under the lock everything is
read and planned again; a plan that is not the approved one is shown, and asked about anew.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from mscode.app.approval import ApplyOptions, Approval, approve, has_questions
from mscode.app.audit import audit_apply
from mscode.app.ci import is_job, report_ending, report_outputs
from mscode.app.environment import open_client
from mscode.app.invocation import Invocation
from mscode.app.launch_records import launch_records
from mscode.app.launch_results import record_before_apply
from mscode.app.plan import exit_code_of
from mscode.app.records import erase_outdated
from mscode.app.reporting import Reporter
from mscode.app.state import ended_like_interrupted, handling, lock_state, signals_that_end
from mscode.app.stopping import GRACE, stopping_text
from mscode.app.workspace import Workspace
from mscode.errors import GuardError, Interrupted, MscodeError, UnknownOutcome, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.engine.apply.run import Run
    from mscode.engine.launch_record import LaunchRecords
    from mscode.plan.change import Check, Plan
    from mscode.plan.events import ApplySummary, Event
    from mscode.state.store import StateStore

PARTLY = 6
#: Seconds for each request to the state's backend after a signal: the last write and the lock's release come after the others.
LAST = 2.5


@dataclass(frozen=True, slots=True)
class ApplyOutcome:
    """How an apply ended: the last plan it made, and what became of it. `summary` is None where nothing was carried out,
    since a guard refused the plan or nobody approved it.
    """

    exit_code: int
    plan: Plan
    summary: ApplySummary | None = None


def run_apply(
    load: Callable[[], Workspace], inv: Invocation, options: ApplyOptions, reporter: Reporter
) -> ApplyOutcome:
    """Run `mscode apply` or `mscode destroy` from reading the project (`load`) to the report for a CI.

    An MscodeError, also of `load`, is put into the CI's report and raised.
    """
    ci = _CiReport(inv)
    reporter.begin()
    try:
        with ended_like_interrupted():
            outcome = _run(load, options, reporter, ci)
    except KeyboardInterrupt:  # the run itself has handlers of its own
        effect = "what was done is recorded" if ci.has_begun else "nobody was called or written to"
        hint = "Run the command again to go on."
        interrupt = Interrupted(f"Interrupted: {effect}", hint=hint, code="interrupted")
        ci.failed(interrupt)
        ci.write(interrupt.exit_code)
        raise interrupt from None
    except MscodeError as error:
        ci.failed(error)
        ci.write(error.exit_code)
        raise
    ci.write(outcome.exit_code)
    return outcome


def _run(load: Callable[[], Workspace], options: ApplyOptions, reporter: Reporter, ci: _CiReport) -> ApplyOutcome:
    workspace = load()
    masker, parallelism = workspace.masker(), options.parallelism
    with open_client(workspace.environment, masker=masker, parallelism=parallelism) as client:
        apply = _Apply(workspace, options, reporter, ci, client)
        try:
            return apply.go()
        except MscodeError as error:
            # The run has ended with a code of its own, whatever fails after it: the state may not have been written.
            error.exit_code = worst(error.exit_code, apply.exit_code)
            raise


@dataclass(frozen=True, slots=True)
class _ShownPlan:
    """What a person was asked about: the digest of the plan, and the verdicts of its guards and policies.

    The digest covers what would be done and no verdict on it. A second account of a number that is called already, a campaign
    that somebody else has started, or a time that has come changes a verdict and leaves the digest as it is.
    """

    digest: str
    verdicts: frozenset[tuple[str, str, tuple[str, ...]]]

    @classmethod
    def of(cls, plan: Plan, key: str) -> _ShownPlan:
        from mscode.plan.fingerprint import digest

        verdicts = frozenset(
            (check.name, check.status, (*check.addresses, *([check.message] if check.is_finding else ())))
            for check in plan.checks
            if check.status != "pass"
        )
        return cls(digest(plan, key), verdicts)

    def covers(self, current: _ShownPlan) -> bool:
        """Is the current plan the same, without any new verdict on it?"""
        return self.digest == current.digest and current.verdicts <= self.verdicts


class _Apply:
    """One apply of a project. `exit_code` is that of the run, 0 before there is one."""

    def __init__(
        self, workspace: Workspace, options: ApplyOptions, reporter: Reporter, ci: _CiReport, client: Client
    ) -> None:
        self.workspace, self.options, self.reporter, self.ci, self.client = workspace, options, reporter, ci, client
        self.exit_code = 0
        #: what `minChance` says of each plan, by its digest
        self._chances: dict[str, Sequence[Check]] = {}

    def go(self) -> ApplyOutcome:
        """Plan, ask and carry out. MscodeError where something cannot be read, or a run is refused as a whole."""
        approved: tuple[_ShownPlan, Approval] | None = None
        if has_questions(self.workspace.inv, self.options):
            store = self.workspace.read_state()
            plan = self._plan(store)
            approval = self._show_and_ask(plan)
            if isinstance(approval, ApplyOutcome):
                return approval
            approved = _ShownPlan.of(plan, self.workspace.key(self.client, store)), approval
        operation = "destroy" if self.workspace.options.destroy else "apply"
        with lock_state(self.workspace.inv, self.workspace.environment, operation) as store:
            return self._under_lock(store, approved)

    def _under_lock(self, store: StateStore, approved: tuple[_ShownPlan, Approval] | None) -> ApplyOutcome:
        """Plan again, with every guard and policy evaluated anew, and ask about a plan that nobody has approved yet."""
        from mscode.engine.session import refuse_wrong_clock

        self.workspace.opened(store)
        settle_former_runs(self.workspace, self.client, store, self.reporter.note)
        plan = self._plan(store)
        erase_outdated(self.workspace.environment, store, plan.now, self.reporter.note)
        if approved and approved[0].covers(_ShownPlan.of(plan, self.workspace.key(self.client, store))):
            approval = approved[1]
        else:
            if approved:
                self.reporter.note("The live account or the state changed while you were asked; this is the plan now:")
            new_approval = self._show_and_ask(plan)
            if isinstance(new_approval, ApplyOutcome):
                return new_approval
            approval = new_approval
        refuse_wrong_clock(self.workspace.environment.account(self.client), plan)
        key = self.workspace.key(self.client, store)
        records = launch_records(self.workspace, store, plan, key, self.options, approval)
        by = "--allow-launch" if self.options.allow_launch else "yes"
        audit_apply(self.workspace, plan, records.store, launch=approval.launch, by=by)
        return self._carry_out(store, plan, approval, records)

    def _plan(self, store: StateStore) -> Plan:
        plan, key = self.workspace.plan(self.client, store), self.workspace.key(self.client, store)
        plan = self._judged(plan, key)
        self.ci.count(plan, key)
        return plan

    def _judged(self, plan: Plan, key: str) -> Plan:
        """With the verdict of `minChance`, which is that of before where the plan has not moved."""
        from mscode.app.rehearsal.forecasts import min_chance_of
        from mscode.plan.fingerprint import digest

        if not plan.launches:
            return plan
        moved = digest(plan, key)
        if moved not in self._chances:
            self._chances[moved] = min_chance_of(plan, moved, self.workspace.environment)
        return replace(plan, checks=(*plan.checks, *self._chances[moved]))

    def _show_and_ask(self, plan: Plan) -> Approval | ApplyOutcome:
        """The approval to go on; the outcome of the whole apply where a guard or a person refuses."""
        self.ci.plan(self.workspace, plan)
        self.reporter.plan(self.workspace, plan)
        if plan.refused:
            return ApplyOutcome(exit_code_of(plan), plan)
        approval = approve(self.workspace.inv, self.options, plan)
        if not approval.goes:
            self.reporter.note("Apply cancelled; nothing was sent.")
            return ApplyOutcome(1, plan)
        return approval

    def _carry_out(self, store: StateStore, plan: Plan, approval: Approval, records: LaunchRecords) -> ApplyOutcome:
        self.workspace.begins(store)
        account = self.workspace.environment.account(self.client)
        record_before_apply(self.workspace, account, store.known, plan, records.store)
        record_do_not_call(self.workspace, store)
        with self.reporter.following(self.workspace) as show:
            run = prepare_run(self.workspace, self.client, store, plan, records, self.ci.following(show))
            try:
                run.command = self.workspace.command
                with _signals(run, self.client, store, self.reporter.note):
                    summary = carry_out(run, self.options, approval)
            finally:
                self.exit_code = Interrupted.exit_code if run.interrupted else 0
        self.exit_code = exit_code(summary, on_purpose=self.options.no_launch, is_held=plan.is_held)
        return ApplyOutcome(self.exit_code, plan, summary)


def record_do_not_call(workspace: Workspace, store: StateStore) -> None:
    """Record the numbers of the do-not-call list, so that the next plan tells whether one was taken off it. A destroy does not
    evaluate that guard, so it drops nothing from the record either.
    """
    from mscode.plan.guards.do_not_call import list_of
    from mscode.plan.guards.people import marks

    do_not_call = list_of(workspace.desired.project.guards)
    if not workspace.options.destroy and (do_not_call or store.known.suppressed):
        store.suppress(marks(do_not_call or (), store.keyed_hash))


def carry_out(run: Run, options: ApplyOptions, approval: Approval) -> ApplySummary:
    """Carry out the plan of a run, as it was approved."""
    from mscode.engine.apply.executor import apply_plan

    return apply_plan(
        run,
        parallelism=options.parallelism,
        fail_fast=options.fail_fast,
        launch=approval.launch,
        held_because=approval.held_because,
    )


def settle_former_runs(
    workspace: Workspace,
    client: Client,
    store: StateStore,
    note: Callable[[str], object],
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Settle what can be settled of the creates that earlier runs left without an answer, before anything is planned. `wait`
    takes seconds.
    """
    from mscode.engine.session import PlanRequest, recover_pending_creates

    if not store.known.intents:
        return
    target = workspace.environment.target()
    note(f"Looking for what became of requests without an answer ({target.settle_seconds:g} s) ...")
    recover_pending_creates(
        client,
        target,
        store,
        PlanRequest(workspace.desired, store.known, store.keyed_hash, workspace.options),
        wait=wait,
        tell=lambda address, text: note(f"{address}: {text}"),
    )


def prepare_run(
    workspace: Workspace,
    client: Client,
    store: StateStore,
    plan: Plan,
    records: LaunchRecords,
    emit: Callable[[Event], None],
) -> Run:
    """The run of a plan, whose launches are put into `records`. Right before people are reached it evaluates the project's guards
    and policies again, as the project's files have them at that moment.
    """
    from mscode.engine.apply.run import Run

    key = workspace.key(client, store)
    run = Run(client, store, workspace.environment.target(), plan, records, emit)
    run.guards = workspace.guards
    run.checks = workspace.checks
    run.policies = lambda current: workspace.policy_checks(current, key)
    return run


def exit_code(summary: ApplySummary, *, on_purpose: bool = False, is_held: bool = False) -> int:
    """The exit code of an apply. `on_purpose`: the launches were held as requested, which is no failure. `is_held`: the plan
    shows a create that only a person can resolve.
    """
    codes = [UnknownOutcome.exit_code if is_held else 0]
    if summary.interrupted:
        codes.append(Interrupted.exit_code)
    if summary.unknown:
        codes.append(UnknownOutcome.exit_code)
    if summary.failed or summary.skipped:
        codes.append(PARTLY if summary.done or summary.partly else 1)
        codes.append(GuardError.exit_code if summary.refused else 0)
    if summary.held and not on_purpose:
        codes.append(GuardError.exit_code)
    return worst(*codes)


def _signals(
    run: Run, client: Client, store: StateStore, note: Callable[[str], object]
) -> AbstractContextManager[None]:
    """Ctrl-C, SIGTERM or SIGHUP once: nothing new starts, what is under way ends. A second Ctrl-C leaves it as an intent in the
    state, which the next plan settles. `note` tells the person at once.
    """

    def say(text: str) -> None:
        # Python refuses to write while the same stream is being written to, or where it was closed.
        with suppress(RuntimeError, ValueError):
            note(text)

    def stop(number: int, frame: FrameType | None) -> None:
        if run.interrupted and number == signal.SIGINT:
            say("What is under way is left unknown; `mscode plan` shows what became of it.")
            store.abandon(LAST)
            os._exit(Interrupted.exit_code)
        is_first, run.interrupted = not run.interrupted, True
        run.stop.set()
        if is_first:
            run.stopping = stopping_text(client.under_way)
            say(run.stopping)
        client.limit_remaining_time(GRACE)
        store.limit_remaining_time(LAST)

    return handling((signal.SIGINT, *signals_that_end()), stop)


class _CiReport:
    """Collects what a CI job needs to know of an apply (its outputs, how it ended), and writes it at the end."""

    def __init__(self, inv: Invocation) -> None:
        self._inv = inv
        self._counts: dict[str, Any] = {}
        self._report: dict[str, Any] = {"began": False, "diagnostics": [], "checks": []}

    @property
    def has_begun(self) -> bool:
        """Has the run begun, so that something may have been done?"""
        return bool(self._report["began"])

    def count(self, plan: Plan, key: str) -> None:
        """Keep the totals of a plan; those of the last plan are written."""
        from mscode.plan.fingerprint import digest
        from mscode.views.plan.plan_json import totals_json

        if is_job(self._inv.variables):
            self._counts = {"totals": totals_json(plan), "digest": digest(plan, key)}

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        """Keep the checks that refuse a plan."""
        mask = workspace.masker(show_people=False)
        self._report["checks"] = [
            {"name": check.name, "status": check.status, "message": mask(check.message)}
            | {"summary": mask(check.summary), "lines": list(map(mask, check.lines))}
            | ({"source": None} if check.is_finding else {})
            for check in plan.checks
            if check.status == "fail"
        ]

    def following(self, show: Callable[[Event], None]) -> Callable[[Event], None]:
        """A function that takes the events of a run and hands each on to `show`. From here on the report says that the run had
        begun: something may have been done, however the run ends.
        """
        from mscode.views.ci.ending import Ending

        self._report |= {"began": True, "outcome": {}}
        ending = Ending()

        def emit(event: Event) -> None:
            ending.take(event)
            self._report["outcome"] = ending.outcome
            show(event)

        return emit

    def failed(self, error: MscodeError) -> None:
        """Keep the diagnostics of the error that ended the apply."""
        from mscode.views.diagnostics import to_json

        self._report["diagnostics"] = [to_json(diagnostic) for diagnostic in error.diagnostics]

    def write(self, exit_code: int) -> None:
        """Write it where the variables of the CI say."""
        report_outputs(self._inv, self._counts, exit_code)
        report_ending(self._inv, "apply", exit_code, **self._report)
