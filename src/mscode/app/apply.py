"""How an apply goes: plan, two questions, lock, plan again, carry out, tell how it ended.

The questions come first and the lock after them, so that a person who thinks about the answer blocks nobody. Under the lock
everything is read and planned again; a plan that is not the approved one is shown and asked about anew.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from mscode.app.approval import ApplyOptions, Approval, approve, has_questions
from mscode.app.audit import audit_apply
from mscode.app.ci import is_job, report_ending, report_outputs
from mscode.app.environment import open_client
from mscode.app.invocation import Invocation
from mscode.app.plan import exit_code_of
from mscode.app.reporting import Reporter
from mscode.app.state import handling, lock_state, signals_that_end
from mscode.app.workspace import Workspace
from mscode.errors import GuardError, Interrupted, MscodeError, UnknownOutcome, worst

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.engine.apply.run import Run
    from mscode.plan.change import Plan
    from mscode.plan.events import ApplySummary, Event
    from mscode.state.store import StateStore

PARTLY = 6
#: After a signal requests get so many seconds more, then count as unknown.
GRACE = 5.0
#: ... and each request to the state's backend so many, since the last write and the lock come after those.
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
    """The whole of apply and destroy. `load` gives the project; that it cannot be read is reported as everything else is."""
    ci = _CiReport(inv)
    reporter.begin()
    try:
        outcome = _apply(load(), options, reporter, ci)
    except MscodeError as error:
        reporter.failed(error)
        ci.failed(error)
        ci.write(error.exit_code)
        raise
    ci.write(outcome.exit_code)
    return outcome


def _apply(workspace: Workspace, options: ApplyOptions, reporter: Reporter, ci: _CiReport) -> ApplyOutcome:
    with open_client(workspace.environment, masker=workspace.masker(), parallelism=options.parallelism) as client:
        apply = _Apply(workspace, options, reporter, ci, client)
        try:
            return apply.go()
        except MscodeError as error:
            # the run has ended in its way, whatever fails after it: the state may not have been written
            error.exit_code = worst(error.exit_code, apply.exit_code)
            raise


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was asked about: the digest of the plan, and what its guards and policies had to say.

    The digest covers what would be done, and no verdict on it: a second account of a number that is called already, a
    campaign that somebody else started or a time that has come changes the one and not the other.
    """

    digest: str
    verdicts: frozenset[tuple[str, str, tuple[str, ...]]]

    @classmethod
    def of(cls, plan: Plan, key: str) -> _Shown:
        from mscode.plan.fingerprint import digest

        verdicts = frozenset(
            (check.name, check.status, check.addresses) for check in plan.checks if check.status != "pass"
        )
        return cls(digest(plan, key), verdicts)

    def covers(self, other: _Shown) -> bool:
        """Is the other the same plan, of which nothing more is said?"""
        return self.digest == other.digest and other.verdicts <= self.verdicts


class _Apply:
    """One apply of a project. `exit_code` is that of the run, 0 before it."""

    def __init__(
        self, workspace: Workspace, options: ApplyOptions, reporter: Reporter, ci: _CiReport, client: Client
    ) -> None:
        self.work, self.ask, self.reporter, self.ci, self.client = workspace, options, reporter, ci, client
        self.exit_code = 0

    def go(self) -> ApplyOutcome:
        approved: tuple[_Shown, Approval] | None = None
        if has_questions(self.work.inv, self.ask):
            store = self.work.read_state()
            plan = self._plan(store)
            answer = self._show_and_ask(plan)
            if isinstance(answer, ApplyOutcome):
                return answer
            approved = _Shown.of(plan, self.work.key(self.client, store)), answer
        operation = "destroy" if self.work.options.destroy else "apply"
        with lock_state(self.work.inv, self.work.environment, operation) as store:
            return self._under_lock(store, approved)

    def _under_lock(self, store: StateStore, approved: tuple[_Shown, Approval] | None) -> ApplyOutcome:
        """Plan again, judged anew by every guard and policy; what nobody has seen yet is shown and asked about."""
        from mscode.engine.session import refuse_wrong_clock

        settle_former_runs(self.work, self.client, store, self.reporter.note)
        plan = self._plan(store)
        if approved and approved[0].covers(_Shown.of(plan, self.work.key(self.client, store))):
            answer = approved[1]
        else:
            if approved:
                self.reporter.note("The live account or the state changed while you were asked; this is the plan now:")
            new_answer = self._show_and_ask(plan)
            if isinstance(new_answer, ApplyOutcome):
                return new_answer
            answer = new_answer
        refuse_wrong_clock(self.work.environment.account(self.client), plan)
        audit_apply(self.work, plan, launch=answer.launch, by="--allow-launch" if self.ask.allow_launch else "yes")
        return self._carry_out(store, plan, answer)

    def _plan(self, store: StateStore) -> Plan:
        plan = self.work.plan(self.client, store)
        self.ci.count(plan, self.work.key(self.client, store))
        return plan

    def _show_and_ask(self, plan: Plan) -> Approval | ApplyOutcome:
        """The answer that lets the plan go on; the end of the apply where a guard or a person does not."""
        self.ci.plan(self.work, plan)
        self.reporter.plan(self.work, plan)
        if plan.refused:
            return ApplyOutcome(exit_code_of(plan), plan)
        answer = approve(self.work.inv, self.ask, plan)
        if not answer.goes:
            self.reporter.note("Apply cancelled; nothing was sent.")
            return ApplyOutcome(1, plan)
        return answer

    def _carry_out(self, store: StateStore, plan: Plan, approval: Approval) -> ApplyOutcome:
        from mscode.engine.apply.executor import apply_plan

        _remember_suppressed(self.work, store)
        with self.reporter.following(self.work) as show:
            run = prepare_run(self.work, self.client, store, plan, self.ci.following(show))
            try:
                with _signals(run, self.client, store):
                    summary = apply_plan(
                        run,
                        parallelism=self.ask.parallelism,
                        fail_fast=self.ask.fail_fast,
                        launch=approval.launch,
                        held_because=approval.held_because,
                    )
            finally:
                self.exit_code = Interrupted.exit_code if run.interrupted else 0
        self.exit_code = exit_code(summary, on_purpose=self.ask.no_launch, is_held=plan.is_held)
        return ApplyOutcome(self.exit_code, plan, summary)


def settle_former_runs(
    workspace: Workspace,
    client: Client,
    store: StateStore,
    note: Callable[[str], object],
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """What former runs left open comes first: nothing is planned before it is settled what can be seen of it. `wait` takes
    seconds.
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
    workspace: Workspace, client: Client, store: StateStore, plan: Plan, emit: Callable[[Event], None]
) -> Run:
    """The run of a plan, which asks the project's guards and policies again, as its files have them then, right before
    people are reached.
    """
    from mscode.engine.apply.run import Run

    key = workspace.key(client, store)
    run = Run(client, store, workspace.environment.target(), plan, emit)
    run.guards = workspace.guards
    run.policies = lambda now: workspace.policy_checks(now, key)
    return run


def _remember_suppressed(workspace: Workspace, store: StateStore) -> None:
    """What the do-not-call list holds at this apply: the next plan tells whether somebody was taken off it."""
    from mscode.plan.guards.do_not_call import list_of
    from mscode.plan.guards.people import marks

    if workspace.options.destroy:
        return  # it is not judged there, so that nothing is forgotten there either
    do_not_call = list_of(workspace.desired.project.guards)
    if do_not_call or store.known.suppressed:
        store.suppress(marks(do_not_call or (), store.keyed_hash))


def exit_code(summary: ApplySummary, *, on_purpose: bool = False, is_held: bool = False) -> int:
    """How an apply ended. `on_purpose`: held launches are what was asked for. `is_held`: the plan shows a
    create of which only a person can say what became of it.
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


def _signals(run: Run, client: Client, store: StateStore) -> AbstractContextManager[None]:
    """Ctrl-C, SIGTERM or SIGHUP once: nothing new starts, what is under way ends. Ctrl-C again: it stays an intent, which the
    next plan settles.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        if run.interrupted and number == signal.SIGINT:
            store.abandon(LAST)
            os._exit(Interrupted.exit_code)
        run.interrupted = True
        run.stop.set()
        client.limit_remaining_time(GRACE)
        store.limit_remaining_time(LAST)

    return handling((signal.SIGINT, *signals_that_end()), stop)


class _CiReport:
    """What a CI's job leaves behind of an apply: its outputs, and the report of how it ended."""

    def __init__(self, inv: Invocation) -> None:
        self._inv = inv
        self._counts: dict[str, Any] = {}
        self._report: dict[str, Any] = {"began": False, "diagnostics": [], "checks": []}

    def count(self, plan: Plan, key: str) -> None:
        """Keep the numbers of the plan; the last one counts."""
        from mscode.plan.fingerprint import digest
        from mscode.views.plan.plan_json import totals_json

        if is_job(self._inv.variables):
            self._counts = {"totals": totals_json(plan), "digest": digest(plan, key)}

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        """Keep what refuses the plan."""
        mask = workspace.masker(show_people=False)
        self._report["checks"] = [
            {"name": check.name, "status": check.status, "message": mask(check.message)}
            for check in plan.checks
            if check.status == "fail"
        ]

    def following(self, show: Callable[[Event], None]) -> Callable[[Event], None]:
        """What takes the events of a run, and hands each on to `show`. From here on something may have been done, whatever is
        said of the end.
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
        from mscode.views.diagnostics import to_json

        self._report["diagnostics"] = [to_json(diagnostic) for diagnostic in error.diagnostics]

    def write(self, exit_code: int) -> None:
        report_outputs(self._inv, self._counts, exit_code)
        report_ending(self._inv, "apply", exit_code, **self._report)
