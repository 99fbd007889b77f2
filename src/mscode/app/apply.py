"""How an apply goes: plan, two questions, lock, plan again, carry out, tell how it ended.

The questions come first and the lock after them, so that a person who thinks about the answer blocks nobody. Under the lock
everything is read and planned again; a plan that is not the approved one is shown and asked about anew.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from mscode.app.audit import audit_apply
from mscode.app.ci import is_job, report_ending, report_outputs
from mscode.app.environment import open_client
from mscode.app.invocation import Invocation
from mscode.app.state import handling, signals_that_end, writing
from mscode.app.workspace import Work, show_plan
from mscode.errors import GuardError, Interrupted, MscodeError, UnknownOutcome, worst

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.plan.change import Plan
    from mscode.plan.events import ApplySummary, Event
    from mscode.state.store import StateStore

PARTLY = 6
#: After a signal requests get so many seconds more, then count as unknown.
GRACE = 5.0
#: ... and each request to the state's backend so many, since the last write and the lock come after those.
LAST = 2.5


@dataclass(frozen=True, slots=True)
class Ask:
    """How the questions are answered, and how the work goes."""

    auto_approve: bool = False
    allow_launch: bool = False
    no_launch: bool = False
    parallelism: int = 10
    fail_fast: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person (or a flag) said of one plan."""

    goes: bool
    launch: bool
    held_because: str = ""


def run_apply(load: Callable[[], Work], inv: Invocation, ask: Ask) -> int:
    """The whole of apply and destroy; gives the exit code."""
    teller = _Teller(inv, ask)
    teller.begin()
    try:
        code = _apply(load(), ask, teller)
    except MscodeError as error:
        error.exit_code = worst(error.exit_code, teller.code)
        teller.errors(error)
        report_outputs(inv, teller.counts, error.exit_code)
        teller.report(error.exit_code)
        raise
    report_outputs(inv, teller.counts, code)
    teller.report(code)
    return code


def _apply(work: Work, ask: Ask, teller: _Teller) -> int:
    with open_client(work.environment, masker=work.masker(), parallelism=ask.parallelism) as client:
        shown, answer = None, None
        if _has_questions(work.inv, ask):
            before = work.read_state()
            plan = work.plan(client, before)
            teller.count(plan, work.key(client, before))
            teller.plan(work, plan)
            if plan.refused:
                return refused(plan)
            answer = _answer(work.inv, ask, plan)
            if not answer.goes:
                return _not_approved(teller)
            shown = _Shown.of(plan, work.key(client, before))
        operation = "destroy" if work.options.destroy else "apply"
        with writing(work.inv, work.environment, operation) as store:
            return _under_lock(work, ask, teller, client, store, shown, answer)


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

        told = frozenset((one.name, one.status, one.addresses) for one in plan.checks if one.status != "pass")
        return cls(digest(plan, key), told)

    def covers(self, other: _Shown) -> bool:
        """Is the other the same plan, of which nothing more is said?"""
        return self.digest == other.digest and other.verdicts <= self.verdicts


def _under_lock(
    work: Work,
    ask: Ask,
    teller: _Teller,
    client: Client,
    store: StateStore,
    shown: _Shown | None,
    answer: Answer | None,
) -> int:
    """Plan again, judged anew by every guard and policy; what nobody has seen yet is shown and asked about."""
    from mscode.engine.session import refuse_wrong_clock

    _settle_former(work, teller, client, store)
    plan = work.plan(client, store)
    teller.count(plan, work.key(client, store))
    if answer is None or shown is None or not shown.covers(_Shown.of(plan, work.key(client, store))):
        if answer is not None:
            teller.talk("The live account or the state changed while you were asked; this is the plan now:")
        teller.plan(work, plan)
        if plan.refused:
            return refused(plan)
        answer = _answer(work.inv, ask, plan)
        if not answer.goes:
            return _not_approved(teller)
    refuse_wrong_clock(client, work.environment.target(), plan)
    audit_apply(work, plan, launch=answer.launch, by="--allow-launch" if ask.allow_launch else "yes")
    return _carry_out(work, ask, teller, client, store, plan, answer)


def _settle_former(work: Work, teller: _Teller, client: Client, store: StateStore) -> None:
    """What former runs left open comes first: nothing is planned before it is settled what can be seen of it."""
    from mscode.engine.session import settle_former

    if not store.known.intents:
        return
    target = work.environment.target()
    teller.talk(f"Looking for what became of requests without an answer ({target.settle_seconds:g} s) ...")
    settle_former(
        client,
        work.environment.kinds(),
        target,
        work.desired,
        store,
        work.options,
        wait=time.sleep,
        tell=lambda address, text: teller.talk(f"{address}: {text}"),
    )


def refused(plan: Plan) -> int:
    """The exit code of a plan that a guard refuses."""
    return worst(GuardError.exit_code, UnknownOutcome.exit_code if plan.is_held else 0)


def _not_approved(teller: _Teller) -> int:
    teller.talk("Apply cancelled; nothing was sent.")
    return 1


# ---- questions -------------------------------------------------------------------------------------------------------


def _has_questions(inv: Invocation, ask: Ask) -> bool:
    """Will anybody be asked? Otherwise the lock comes first and everything is read once."""
    return not ask.auto_approve or (inv.can_ask and not ask.allow_launch and not ask.no_launch)


def _answer(inv: Invocation, ask: Ask, plan: Plan) -> Answer:
    if not plan.shown:
        return Answer(True, False)
    if not ask.auto_approve and not _first_yes(inv, plan):
        return Answer(False, False)
    return _launch_answer(inv, ask, plan)


def _first_yes(inv: Invocation, plan: Plan) -> bool:
    everything = "Do you really want to destroy everything that is managed?"
    what = everything if plan.destroy else "Do you want to perform these actions?"
    text = f"\n{what}\n  mscode will perform the actions described above. Only 'yes' will be accepted."
    answer = inv.ask(text)
    if answer is None:
        raise MscodeError(
            "There is nobody to ask whether to go on",
            detail="Nothing was sent.",
            hint="Use --auto-approve where no terminal is (and --allow-launch where launches are meant).",
            code="no-terminal",
        )
    return answer == "yes"


def _launch_answer(inv: Invocation, ask: Ask, plan: Plan) -> Answer:
    if not plan.launches or ask.allow_launch:
        return Answer(True, True)
    if ask.no_launch:
        return Answer(True, False, "--no-launch")
    if ask.auto_approve and not inv.can_ask:
        return Answer(True, False, "no yes to the launch; use --allow-launch")
    from mscode.views.plan.plan_text import launch_line

    line = next(iter(launch_line(plan)), "")
    written = any(c.launch is not None and c.launch.reach.unit != "call" for c in plan.changes)
    what = "People will be called or written to." if written else "People will be called."
    question = f"Do you want to launch? {what} Only 'yes' will be accepted; anything else holds the launch."
    said = inv.ask(f"\n{line}\n\n{question}") == "yes"
    return Answer(True, said, "" if said else "no yes to the launch")


# ---- carrying out ----------------------------------------------------------------------------------------------------


def _carry_out(
    work: Work, ask: Ask, teller: _Teller, client: Client, store: StateStore, plan: Plan, answer: Answer
) -> int:
    from mscode.engine.apply.executor import apply_plan
    from mscode.engine.apply.run import Run

    _remember_suppressed(work, store)
    with teller.following(work) as tell:
        run = Run(client, store, work.environment.target(), work.environment.kinds(), plan, tell)
        run.guards, key = work.guards, work.key(client, store)
        run.policies = lambda now: work.policy_checks(now, key)
        try:
            with _signals(run, client, store):
                summary = apply_plan(
                    run,
                    parallelism=ask.parallelism,
                    fail_fast=ask.fail_fast,
                    launch=answer.launch,
                    held_because=answer.held_because,
                )
        finally:
            teller.code = Interrupted.exit_code if run.interrupted else 0
    teller.code = exit_code(summary, on_purpose=ask.no_launch, is_held=plan.is_held)
    return teller.code


def _remember_suppressed(work: Work, store: StateStore) -> None:
    """What the do-not-call list holds at this apply: the next plan tells whether somebody was taken off it."""
    from mscode.plan.guards.people import marks

    if work.options.destroy:
        return  # it is not judged there, so that nothing is forgotten there either
    named = getattr(work.desired.project.guards.get("doNotCall"), "value", None)
    if named or store.known.suppressed:
        store.suppress(marks(named or (), store.seal))


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


def _signals(run: Any, client: Client, store: StateStore) -> AbstractContextManager[None]:
    """Ctrl-C, SIGTERM or SIGHUP once: nothing new starts, what is under way ends. Ctrl-C again: it stays an intent, which the
    next plan settles.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        if run.interrupted and number == signal.SIGINT:
            store.abandon(LAST)
            os._exit(Interrupted.exit_code)
        run.interrupted = True
        run.stop.set()
        client.hurry(GRACE)
        store.hurry(LAST)

    return handling((signal.SIGINT, *signals_that_end()), stop)


# ---- telling ---------------------------------------------------------------------------------------------------------


class _Teller:
    """Shows what happens: text for people, or one JSON object a line."""

    def __init__(self, inv: Invocation, ask: Ask) -> None:
        self._inv, self._json = inv, ask.as_json
        self.counts: dict[str, Any] = {}
        #: how the run ended, whatever else fails after it: its state may not be written, and then that is told as well
        self.code = 0
        self._report: dict[str, Any] = {"began": False, "diagnostics": [], "checks": []}

    def count(self, plan: Plan, key: str) -> None:
        """Keep the numbers of the plan for the CI's outputs; the last one counts."""
        from mscode.plan.fingerprint import digest
        from mscode.views.plan.plan_json import totals_json

        self.counts = {"totals": totals_json(plan), "digest": digest(plan, key)} if is_job(self._inv.variables) else {}

    def begin(self) -> None:
        if self._json:
            from mscode.views.apply.apply_json import version_line

            self._inv.out.document(version_line())

    def plan(self, work: Work, plan: Plan) -> None:
        self._report["checks"] = [
            {"name": one.name, "status": one.status, "message": work.masker(show_people=False)(one.message)}
            for one in plan.checks
            if one.status == "fail"
        ]
        if not self._json:
            show_plan(work, plan)
            return
        from mscode.views.apply.apply_json import diagnostic_line, plan_lines

        for warning in plan.warnings:
            self._inv.out.document(diagnostic_line(warning))
        for line in plan_lines(plan):
            self._inv.out.document(line)

    @contextmanager
    def following(self, work: Work) -> Iterator[Callable[[Event], None]]:
        """What takes the events of a run. From here on something may have been done, whatever is said of the end."""
        self._report |= {"began": True, "outcome": {}}
        if self._json:
            yield self._followed(self._event_line)
            return
        from mscode.views.apply.progress import Follower

        with Follower(self._inv.out, work.masker()) as follower:
            yield self._followed(follower)

    def _followed(self, tell: Callable[[Event], None]) -> Callable[[Event], None]:
        from mscode.views.ci.ending import Ending

        ending = Ending()

        def told(event: Event) -> None:
            ending.take(event)
            self._report["outcome"] = ending.outcome
            tell(event)

        return told

    def _event_line(self, event: Event) -> None:
        from mscode.views.apply.apply_json import event_lines

        for line in event_lines(event):
            self._inv.out.document(line)

    def talk(self, text: str) -> None:
        self._inv.out.talk(text)

    def errors(self, error: MscodeError) -> None:
        from mscode.views.diagnostics import to_json

        self._report["diagnostics"] = [to_json(found) for found in error.diagnostics]
        if self._json:
            from mscode.views.apply.apply_json import diagnostic_line

            for found in error.diagnostics:
                self._inv.out.document(diagnostic_line(found))

    def report(self, exit_code: int) -> None:
        """How it ended, for a CI that says so in a pull request."""
        report_ending(self._inv, "apply", exit_code, **self._report)
