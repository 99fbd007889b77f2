"""Carrying a plan out: steps in a pool of threads, each told apart as done, failed, skipped, held or unknown.

Terms, after kapp's: a step is *blocked* while what it needs is not done, *ready* to be sent, *under way*, *waiting* (sent
and done, but not usable yet: a voice file that is being made) or *settled*. Waiting takes no thread: one list call per kind
and second asks for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from mscode.address import Address
from mscode.engine.read import read_list
from mscode.engine.run import Run
from mscode.engine.steps import Outcome, Phase, Step, is_pending, steps_of
from mscode.errors import Diagnostic, MscodeError, UnknownOutcome
from mscode.plan.change import Action, Change
from mscode.plan.events import ApplySummary, Completed, Failed, Finished, Held, Progress, Reason, Skipped, Started
from mscode.world import Entry

POLL_SECONDS = 0.5
_BLOCKS = {"failed": "failed", "skipped": "was skipped", "unknown": "has an unknown outcome"}
SETTLED = ("done", "failed", "skipped", "held", "unknown")


@dataclass(slots=True)
class _Progress:
    """Where every step stands."""

    steps: list[Step]
    status: dict[int, str] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    began: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, Outcome] = field(default_factory=dict)

    def is_settled(self, index: int) -> bool:
        return self.status.get(index) in SETTLED

    def ready(self, phase: Phase, rank: int) -> Iterator[Step]:
        for step in self.steps:
            if (
                (step.phase, step.rank) == (phase, rank)
                and step.index not in self.status
                and all(self.is_settled(i) for i in step.needs)
            ):
                yield step

    def blocker(self, step: Step) -> str:
        """Why a ready step must not run: what it needs was not done. What is held blocks only launches of its own."""
        for index in sorted(step.needs):
            status, other = self.status[index], self.steps[index]
            if status in ("failed", "skipped", "unknown"):
                return f"{other.change.address} {_BLOCKS[status]}"
        return self._kept_user(step) if step.phase is Phase.REMOVE and step.action == "delete" else ""

    def _kept_user(self, step: Step) -> str:
        """What should have gone first and did not may still use what would go now."""
        for other in self.steps:
            is_removal = other.action in ("delete", "halt") and (other.phase is Phase.NARROW or other.rank > step.rank)
            if is_removal and self.status.get(other.index) in ("failed", "unknown"):
                return f"{other.change.address}, which may use it, could not be removed"
        return ""


def apply_plan(
    run: Run, *, parallelism: int = 10, fail_fast: bool = False, launch: bool = True, held_because: str = ""
) -> ApplySummary:
    """Carry out the plan of a run. `launch`: the launches have their yes; else they are held, and told why.

    Emits an event for each thing that happens, the last one `Finished`. What was done is in the state whatever happens.
    """
    for change in run.plan.changes:
        if (
            change.live is not None
            and change.action is not Action.DELETE
            and not change.action.replaces
            and not change.delete_ids
        ):
            run.ids[change.address] = change.live.id
    progress = _Progress(steps_of(run, _worth_doing(run)))
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="mscode") as pool:
        try:
            for phase, rank in _rounds(progress.steps):
                _run_round(
                    run, pool, progress, phase, rank, fail_fast=fail_fast, launch=launch, held_because=held_because
                )
        except BaseException:
            run.stop.set()  # leaving the pool waits for what it holds; nothing of that may begin any more
            raise
    summary = _summary(run, progress)
    run.emit(Finished(summary))
    return summary


def _rounds(steps: list[Step]) -> list[tuple[Phase, int]]:
    """Phases one after the other, and inside a phase (REMOVE has several) the users before what they use."""
    return sorted({(step.phase, step.rank) for step in steps}, key=lambda pair: (pair[0], -pair[1]))


def _worth_doing(run: Run) -> list[Change]:
    """Changes that do or record something: a managed object without a difference is left alone."""
    return [c for c in run.plan.changes if c.is_shown or _state_differs(run, c) or _is_waited_for(run, c)]


def _is_waited_for(run: Run, change: Change) -> bool:
    """Made by an earlier run and not usable yet: what uses it must wait in this one too."""
    return change.desired is not None and change.live is not None and is_pending(run, change, change.live)


def _state_differs(run: Run, change: Change) -> bool:
    """Is there something that only the state should learn (lifecycle, fields applied for the first time)?"""
    entry = run.entry(change.address)
    if entry is None or change.desired is None or change.live is None:
        return False
    lifecycle = change.desired.lifecycle
    return (
        entry.prevent_destroy != lifecycle.prevent_destroy
        or entry.on_removal != lifecycle.on_removal
        or set(entry.applied) != set(change.desired.fields)
        or _was_started_elsewhere(entry, change)
    )


def _was_started_elsewhere(entry: Entry, change: Change) -> bool:
    """A campaign rings, or has rung, that the state does not know as launched: it must not be made again once deleted,
    and its next halt is a person's.
    """
    life = change.life
    if life is None:
        return False
    unknown = not entry.launched and (life.running or life.dials > 0)
    return unknown or (life.running and entry.applied.get("state") == "halt")


def _run_round(
    run: Run,
    pool: ThreadPoolExecutor,
    progress: _Progress,
    phase: Phase,
    rank: int,
    *,
    fail_fast: bool,
    launch: bool,
    held_because: str,
) -> None:
    under_way: dict[Future[Outcome], Step] = {}
    while True:
        for step in list(progress.ready(phase, rank)):
            _start(run, pool, progress, step, under_way, fail_fast=fail_fast, launch=launch, held_because=held_because)
        if not under_way and not progress.waiting and not any(True for _ in progress.ready(phase, rank)):
            break
        _collect(run, progress, under_way, fail_fast=fail_fast)


def _start(
    run: Run,
    pool: ThreadPoolExecutor,
    progress: _Progress,
    step: Step,
    under_way: dict[Future[Outcome], Step],
    *,
    fail_fast: bool,
    launch: bool,
    held_because: str,
) -> None:
    blocker = "the run was stopped" if run.stop.is_set() else progress.blocker(step)
    if blocker:
        _settle(progress, step, "skipped", blocker)
        run.emit(Skipped(step.change.address, step.action, blocker))
    elif step.launches and not launch:
        _settle(progress, step, "held", held_because)
        run.emit(Held(step.change.address, held_because))
    else:
        progress.status[step.index] = "under way"
        under_way[pool.submit(_do, run, progress, step, fail_fast)] = step


def _do(run: Run, progress: _Progress, step: Step, fail_fast: bool) -> Outcome:
    if run.stop.is_set():
        raise _Stopped
    progress.began[step.index] = time.monotonic()
    if _is_told(step):
        run.emit(Started(step.change.address, step.action))
    try:
        return step.work(run)
    except MscodeError:
        if fail_fast:  # here, not where the outcome is collected: the next step in the pool would be quicker
            run.stop.set()
        raise


class _Stopped(Exception):
    """The step was handed to the pool and not begun when the run was stopped."""


def _is_told(step: Step) -> bool:
    """Steps of the state alone, and of a replacement that keeps the old one, happen without a line."""
    change = step.change
    quiet_record = step.action in ("import", "move") and not change.is_import and not change.is_move
    keeps = step.action == "delete" and change.action.replaces and change.keeps_old
    return not quiet_record and not keeps


def _collect(run: Run, progress: _Progress, under_way: dict[Future[Outcome], Step], *, fail_fast: bool) -> None:
    done, _ = (
        wait(under_way, timeout=POLL_SECONDS if progress.waiting else 1.0, return_when=FIRST_COMPLETED)
        if under_way
        else ((), ())
    )
    for future in done:
        _finish(run, progress, under_way.pop(future), future, fail_fast=fail_fast)
    if progress.waiting and not done:
        if not under_way:
            time.sleep(POLL_SECONDS)
        _ask_for_readiness(run, progress, fail_fast=fail_fast)


def _finish(run: Run, progress: _Progress, step: Step, future: Future[Outcome], *, fail_fast: bool) -> None:
    try:
        outcome = future.result()
    except _Stopped:
        _settle(progress, step, "skipped", "the run was stopped")
        run.emit(Skipped(step.change.address, step.action, "the run was stopped"))
    except MscodeError as error:
        _failed(run, progress, step, error, fail_fast=fail_fast)
    else:
        if outcome.waits:
            progress.waiting[step.index] = outcome
        else:
            _completed(run, progress, step, outcome)


def _failed(run: Run, progress: _Progress, step: Step, error: MscodeError, *, fail_fast: bool) -> None:
    status = "unknown" if isinstance(error, UnknownOutcome) else "failed"
    _settle(progress, step, status, "; ".join(d.summary for d in error.diagnostics))
    run.emit(Failed(step.change.address, step.action, error.diagnostics, _elapsed(progress, step)))
    if fail_fast:
        run.stop.set()


def _completed(run: Run, progress: _Progress, step: Step, outcome: Outcome) -> None:
    _settle(progress, step, "done", "")
    if outcome.live is not None and step.action not in ("delete", "forget"):
        run.ids[step.change.address] = outcome.live.id
    if _is_told(step):
        run.emit(
            Completed(
                step.change.address, step.action, outcome.live.id if outcome.live else "", _elapsed(progress, step)
            )
        )


def _settle(progress: _Progress, step: Step, status: str, why: str) -> None:
    progress.status[step.index] = status
    progress.why[step.index] = why


def _elapsed(progress: _Progress, step: Step) -> float:
    return time.monotonic() - progress.began.get(step.index, time.monotonic())


# ---- waiting ---------------------------------------------------------------------------------------------------------


def _ask_for_readiness(run: Run, progress: _Progress, *, fail_fast: bool) -> None:
    """One list call per kind for all that wait."""
    sections = {progress.steps[index].change.address.section for index in progress.waiting}
    for section in sorted(sections):
        kind = run.kinds[section]
        assert kind.readiness is not None
        waiting = [(i, o) for i, o in progress.waiting.items() if progress.steps[i].change.address.section == section]
        try:
            listed = read_list(run.client, kind, run.target)
        except MscodeError as error:
            for index, _ in waiting:
                del progress.waiting[index]
                _failed(run, progress, progress.steps[index], error, fail_fast=fail_fast)
            continue
        for index, outcome in waiting:
            assert outcome.live is not None
            live = listed.get(outcome.live.id)
            _judge(
                run,
                progress,
                progress.steps[index],
                outcome,
                str(live.raw.get(kind.readiness.field)) if live else "",
                fail_fast=fail_fast,
            )


def _judge(run: Run, progress: _Progress, step: Step, outcome: Outcome, status: str, *, fail_fast: bool) -> None:
    readiness = run.kinds[step.change.address.section].readiness
    assert readiness is not None
    if status == readiness.ready:
        del progress.waiting[step.index]
        _completed(run, progress, step, outcome)
        return
    late = _elapsed(progress, step) > run.target.ready_seconds
    if status == readiness.failed or late or run.stop.is_set():
        del progress.waiting[step.index]
        _failed(run, progress, step, _not_ready(step, status, late=late), fail_fast=fail_fast)
        return
    run.emit(Progress(step.change.address, step.action, elapsed=_elapsed(progress, step)))


def _not_ready(step: Step, status: str, *, late: bool) -> MscodeError:
    what = f"{step.change.address} is {status or 'not listed'}"
    detail = (
        "The service could not make it."
        if status == "failed"
        else "It was still not usable when mscode stopped waiting."
    )
    hint = (
        "Check the text or the recording; the next apply makes it again."
        if status == "failed"
        else "Apply again later."
    )
    return MscodeError(
        [Diagnostic(what, detail=detail if not late else f"{detail} Waited long enough.", hint=hint, code="not-ready")]
    )


# ---- the end ---------------------------------------------------------------------------------------------------------


def _summary(run: Run, progress: _Progress) -> ApplySummary:
    done = [s for s in progress.steps if progress.status[s.index] == "done"]
    counts = {"imported": 0, "moved": 0, "added": 0, "changed": 0, "destroyed": 0, "forgotten": 0, "launched": 0}
    for step in done:
        for name in _counted(step, done):
            counts[name] += 1
    return ApplySummary(
        **counts,
        held=sum(status == "held" for status in progress.status.values()),
        done=len([s for s in done if _is_told(s)]),
        failed=_reasons(progress, "failed"),
        skipped=_reasons(progress, "skipped"),
        unknown=_reasons(progress, "unknown"),
        destroy=run.plan.destroy,
        interrupted=run.interrupted,
    )


def _counted(step: Step, done: list[Step]) -> Iterator[str]:
    """What a finished step counts as in the totals (contract §4)."""
    change, action = step.change, step.action
    if change.is_import and action in ("import", "update"):
        yield "imported"
    if change.is_move and action in ("move", "update"):
        yield "moved"
    if action in ("create", "replace"):
        yield "added"
    if action == "delete" and not (change.action.replaces and change.keeps_old):
        yield "destroyed"
    if action == "halt" or (action == "update" and not change.halts):
        yield "changed"
    if action == "forget":
        yield "forgotten"
    if step.launches:
        yield "launched"
        if action == "launch" and change.action is Action.NOOP:
            yield "changed"


def _reasons(progress: _Progress, status: str) -> tuple[Reason, ...]:
    found: dict[Address, str] = {}
    for step in progress.steps:
        if progress.status[step.index] == status:
            found.setdefault(step.change.address, progress.why[step.index])
    return tuple(found.items())
