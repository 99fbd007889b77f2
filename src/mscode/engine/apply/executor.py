"""Carrying a plan out: steps in a pool of threads, each reported as done, failed, skipped, held or unknown.

Terms, after kapp's: a step is *blocked* while what it needs is not done, *ready* to be sent, *under way*, *waiting* (sent
and done, but not usable yet: a voice file that is being made) or *settled*. Waiting takes no thread: one list call per kind
and half second asks for all of them; while other steps go on, less often for a long list. A step begins when there is a
slot for it (engine/apply/slots).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from functools import partial
from queue import Empty, SimpleQueue

from mscode.engine.account.read import read_list
from mscode.engine.apply.pace import Pace
from mscode.engine.apply.run import Run
from mscode.engine.apply.schedule import Schedule, Status
from mscode.engine.apply.slots import Slots
from mscode.engine.apply.steps import Step, steps_of
from mscode.errors import Diagnostic, GuardError, MscodeError, PartlyDone, UnknownOutcome
from mscode.http.outcome import Stopped
from mscode.model.address import Address
from mscode.model.kind import Kind, Readiness, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.world import CampaignStatus, Entry, Live
from mscode.plan.change import ApplyRows, Change, Create, Delete, NoOp, Replace, destroys
from mscode.plan.events import (
    STOPPED,
    ApplySummary,
    Completed,
    Failed,
    Finished,
    Held,
    Progress,
    RunProgress,
    Skipped,
    Started,
    Stopping,
)

POLL_SECONDS = 0.5
#: While other steps go on, so many rows are read at most to ask for what waits: a list of thousands is asked for less often.
ROWS_A_SECOND = 1_000
#: Seconds between two reports that a step still goes on.
STILL_SECONDS = 10.0
#: A run of fewer steps says nothing of itself as a whole: its steps do.
MANY_STEPS = 20
_Ended = tuple["Step", "Future[Live | None]"]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list that was asked for beside the steps, for what waited when it was begun: what it gave, or its error."""

    kind: Kind
    readiness: Readiness
    indexes: list[int]
    objects: dict[str, Live] | MscodeError


def apply_plan(
    run: Run, *, parallelism: int = 10, fail_fast: bool = False, launch: bool = True, held_because: str = ""
) -> ApplySummary:
    """Carry out the plan of a run. `launch`: the launches are confirmed; else they are held, for the reason `held_because`.

    Emits an event for each thing that happens, the last one `Finished`. What was done is in the state whatever happens.
    """
    for change in run.plan.changes:
        if change.live is not None and not isinstance(change, Delete | Replace):
            run.ids[change.address] = change.live.id
    # A managed object without a difference takes no step.
    changes = [c for c in run.plan.changes if c.is_shown or _state_differs(run, c) or _is_waited_for(c)]
    schedule = Schedule(steps_of(run, changes))
    ended: SimpleQueue[_Ended | Future[_Listed] | None] = SimpleQueue()
    slots = Slots(parallelism, on_free=partial(ended.put, None))
    run.reads.waiting, run.reads.sending = slots.waiting, slots.taken
    if run.plan.builder is not None:
        live_objects = run.plan.builder.inputs.live.objects
        run.reads.rows |= {section: len(objects) for section, objects in live_objects.items()}
    # One thread more than steps: it asks what the waiting ones have become.
    with ThreadPoolExecutor(max_workers=slots.most_begun + 1, thread_name_prefix="mscode") as pool:
        executor = _Executor(run, schedule, pool, slots, ended, fail_fast, launch, held_because)
        try:
            for current in schedule.rounds():
                schedule.enter(current)
                executor.work()
        except BaseException:
            run.stop.set()  # leaving the pool waits for what it holds; nothing of that may begin any more
            raise
    summary = _summary(run, schedule)
    run.emit(Finished(summary))
    return summary


@dataclass(slots=True)
class _Executor:
    """Takes steps from the board, hands them to the pool, and reports how each ended."""

    run: Run
    board: Schedule
    pool: ThreadPoolExecutor
    slots: Slots
    #: None: nothing has ended, and another step may begin in the place of one that waits for what is being read
    ended: SimpleQueue[_Ended | Future[_Listed] | None]
    fail_fast: bool
    launch: bool
    held_because: str
    under_way: int = 0
    running: dict[int, Step] = field(default_factory=dict)
    #: step -> the seconds after which it is next said to go on
    next_reports: dict[int, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    pace: Pace = field(default_factory=Pace)
    #: when the steps that go on are next looked at
    next_look: float = 0.0
    #: when the waiting ones were last asked for, how many rows that took, and how many of their lists are under way
    polled: float = 0.0
    polled_rows: int = 0
    polls: int = 0
    #: reported as skipped already
    skipped: set[Address] = field(default_factory=set)

    def work(self) -> None:
        """Until nothing of the round can begin, is under way or waits."""
        while self.board.queue or self.under_way or self.board.waiting or self.polls:
            self._start_ready()
            self._collect()
            self._report_run()

    def _start_ready(self) -> None:
        """Begin as many steps as there are slots for. When the run is asked to stop, that is said before the first is skipped."""
        if self.run.stopping:
            text, self.run.stopping = self.run.stopping, ""
            self.run.emit(Stopping(text))
        while self.board.queue and self._start(self.board.queue[0]):
            self.board.queue.popleft()

    def _start(self, step: Step) -> bool:
        """Begin a step, or end one that must not begin; False where it has to wait for a slot."""
        blocker = STOPPED if self.run.stop.is_set() else self.board.blocker(step)
        if blocker:
            self._skip(step, blocker)
        elif step.launches and not self.launch:
            self.board.end_step(step, "held", self.held_because)
            self.run.emit(Held(step.change.address, self.held_because))
        elif self.slots.begin(launches=step.launches):
            self.under_way += 1
            self.running[step.index] = step
            self.pool.submit(self._do, step).add_done_callback(lambda future: self.ended.put((step, future)))
        else:
            return False
        return True

    def _skip(self, step: Step, why: str) -> None:
        """An object of several steps is reported once."""
        self.board.end_step(step, "skipped", why)
        if step.change.address not in self.skipped:
            self.skipped.add(step.change.address)
            self.run.emit(Skipped(step.change.address, step.action, why))

    def _do(self, step: Step) -> Live | None:
        """In a thread of the pool."""
        with self.slots.held(launches=step.launches):
            if self.run.stop.is_set():
                raise _Stopped
            self.board.began[step.index] = time.monotonic()
            if _is_told(step):
                self.run.emit(Started(step.change.address, step.action))
            try:
                live = step.work(self.run)
                if step.launches and step.change.launch is not None:
                    self.run.store.reach(step.change.launch.reach.people)
            except MscodeError as error:
                if self.fail_fast:  # here, not where the outcome is collected: the next step would be quicker
                    self.run.stop.set()
                self._end_launch(step, None, error)
                raise
            self._end_launch(step, live, None)
            return live

    def _end_launch(self, step: Step, live: Live | None, error: MscodeError | None) -> None:
        if step.launches:
            self.run.launches.end(self.run, step.change, live, error)

    def _collect(self) -> None:
        """What ended meanwhile; and from time to time what the waiting ones have become."""
        if not self.under_way and not self.board.waiting and not self.polls:
            return
        self._report_running()
        if self.under_way and time.monotonic() >= self.polled + max(POLL_SECONDS, self.polled_rows / ROWS_A_SECOND):
            self._ask_for_readiness()
        try:
            next_ended = self._next_ended()
        except Empty:
            self._ask_for_readiness()
            return
        self._start_ready()  # before anything is said of the one that has ended
        if isinstance(next_ended, Future):
            self._judge_listed(next_ended.result())
        elif next_ended is not None:
            self._settle(*next_ended)

    def _settle(self, step: Step, future: Future[Live | None]) -> None:
        """What has become of a step that has ended."""
        self.under_way -= 1
        self.running.pop(step.index, None)
        try:
            live = future.result()
        except _Stopped:
            self._skip(step, STOPPED)
        except MscodeError as error:
            # A step that was ended between two requests has not failed: what it sent is recorded.
            is_stopped = isinstance(error, Stopped) or error.diagnostics[0].code == "stopped"
            if self.run.interrupted and is_stopped:
                self._skip(step, f"{STOPPED} in the middle of it")
            else:
                self._failed(step, error)
        else:
            if live is not None and step.action not in ("delete", "forget") and _is_pending(live):
                if not self.board.waiting:
                    self.polled = time.monotonic()
                self.board.waiting[step.index] = live
            else:
                self._completed(step, live)

    def _next_ended(self) -> _Ended | Future[_Listed] | None:
        """The next step that has ended, or list that was asked for; None where a step waits for what is being read; Empty where
        none of these comes for a while.
        """
        if not self.under_way and not self.polls and not self.run.stop.is_set():
            # Not on the queue: in a rehearsal, time passes at once for whoever waits on this.
            self.run.stop.wait(max(0.0, self.polled + POLL_SECONDS - time.monotonic()))
            raise Empty
        return self.ended.get(timeout=POLL_SECONDS)

    def _report_running(self) -> None:
        """Say of each step that takes long that it still goes on: a person who sees nothing for a minute stops the run."""
        now = time.monotonic()
        if now < self.next_look:  # thousands of steps may wait, and this is asked each time that one has ended
            return
        self.next_look = now + min(POLL_SECONDS, STILL_SECONDS)
        waiting = {index: self.board.steps[index] for index in self.board.waiting}
        for index, step in {**self.running, **waiting}.items():
            elapsed = self.board.elapsed(step)
            if elapsed >= self.next_reports.get(index, STILL_SECONDS) and _is_told(step):
                self.next_reports[index] = elapsed + STILL_SECONDS
                self.run.emit(Progress(step.change.address, step.action, elapsed=elapsed))

    def _report_run(self) -> None:
        """Say how far a run of many steps is, and so when it will have ended."""
        elapsed = time.monotonic() - self.began
        if len(self.board.steps) >= MANY_STEPS and self.pace.is_due(elapsed):
            self.run.emit(RunProgress(len(self.board.status), len(self.board.steps), elapsed))

    def _failed(self, step: Step, error: MscodeError) -> None:
        self.board.partly = self.board.partly or isinstance(error, PartlyDone)
        self.board.refused = self.board.refused or isinstance(error, GuardError)
        status: Status = "unknown" if isinstance(error, UnknownOutcome) else "failed"
        self.board.end_step(step, status, "; ".join(d.summary for d in error.diagnostics))
        self.run.emit(Failed(step.change.address, step.action, error.diagnostics, self.board.elapsed(step)))
        if self.fail_fast:
            self.run.stop.set()

    def _completed(self, step: Step, live: Live | None) -> None:
        live_id = live.id if live else ""
        if live is not None and step.action not in ("delete", "forget"):
            self.run.ids[step.change.address] = live_id
        self.board.end_step(step, "done")
        if _is_told(step):
            self.run.emit(Completed(step.change.address, step.action, live_id, self.board.elapsed(step)))

    # ---- waiting -----------------------------------------------------------------------------------------------------

    def _ask_for_readiness(self) -> None:
        """One list call per kind for all that wait, beside the steps that are under way: they go on meanwhile."""
        if self.polls:
            return
        self.polled = time.monotonic()
        by_section: dict[str, list[int]] = {}
        for index in self.board.waiting:
            by_section.setdefault(self.board.steps[index].change.address.section, []).append(index)
        for section, indexes in sorted(by_section.items()):
            kind = registry()[section]
            if kind.readiness is None:
                continue
            self.polls += 1
            if self.under_way:
                self.pool.submit(self._list_beside, kind, kind.readiness, indexes).add_done_callback(self.ended.put)
            else:
                self._judge_listed(self._listed(kind, kind.readiness, indexes))

    def _list_beside(self, kind: Kind, readiness: Readiness, indexes: list[int]) -> _Listed:
        """In a thread of the pool, in a slot as a step has one."""
        with self.slots.taken():
            return self._listed(kind, readiness, indexes)

    def _listed(self, kind: Kind, readiness: Readiness, indexes: list[int]) -> _Listed:
        try:
            return _Listed(kind, readiness, indexes, read_list(self.run.account, kind))
        except MscodeError as error:
            return _Listed(kind, readiness, indexes, error)

    def _judge_listed(self, listed: _Listed) -> None:
        self.polls -= 1
        self.polled = time.monotonic()
        self.polled_rows = 0 if isinstance(listed.objects, MscodeError) else len(listed.objects)
        for index in listed.indexes:
            step, live = self.board.steps[index], self.board.waiting[index]
            if isinstance(listed.objects, MscodeError):
                del self.board.waiting[index]
                self._failed(step, listed.objects)
                continue
            fresh = listed.objects.get(live.id)
            status = str(fresh.raw.get(listed.readiness.field)) if fresh else ""
            self._judge(step, live, listed.readiness, status)

    def _judge(self, step: Step, live: Live, readiness: Readiness, status: str) -> None:
        late = self.board.elapsed(step) > self.run.target.ready_seconds
        if status == readiness.ready:
            del self.board.waiting[step.index]
            self._completed(step, live)
        elif self.run.interrupted and status != readiness.failed and not late:
            del self.board.waiting[step.index]
            self._completed(step, live)  # it is there; the next apply waits until it is usable
        elif status == readiness.failed or late or self.run.stop.is_set():
            del self.board.waiting[step.index]
            self._failed(step, _not_ready(step, status, failed=status == readiness.failed))


def _is_pending(live: Live) -> bool:
    """Is it not usable yet (a voice file that is being made)?"""
    readiness = live.kind.readiness
    return readiness is not None and live.raw.get(readiness.field) != readiness.ready


class _Stopped(Exception):
    """The step was handed to the pool and not begun when the run was stopped."""


def _not_ready(step: Step, status: str, *, failed: bool) -> MscodeError:
    summary = f"{step.change.address} is {status or 'not listed'}"
    detail = "The service could not make it." if failed else "It was still not usable when mscode stopped waiting."
    hint = "Check the text or the recording; the next apply makes it again." if failed else "Apply again later."
    return MscodeError([Diagnostic(summary, detail=detail, hint=hint, code="not-ready")])


def _is_told(step: Step) -> bool:
    """Steps of the state alone, and of a replacement that keeps the old one, happen without a line."""
    change = step.change
    quiet_record = step.action in ("import", "move") and not change.is_import and not change.is_move
    keeps = step.action == "delete" and isinstance(change, Replace) and change.keeps_old
    return not quiet_record and not keeps


# ---- what is worth a step --------------------------------------------------------------------------------------------


def _is_waited_for(change: Change) -> bool:
    """Made by an earlier run and not usable yet: what uses it must wait in this one too."""
    return change.desired is not None and change.live is not None and _is_pending(change.live)


def _state_differs(run: Run, change: Change) -> bool:
    """Is there something that only the state should learn (lifecycle, fields applied for the first time)?"""
    entry = run.entry(change.address)
    if change.desired is None or (entry is None and not isinstance(change, ApplyRows)):
        return False
    if entry is None:
        return True
    lifecycle = change.desired.lifecycle
    return not isinstance(change, Create) and (
        entry.prevent_destroy != lifecycle.prevent_destroy
        or entry.on_removal != lifecycle.on_removal
        or set(entry.applied) != set(change.desired.fields)
        or (change.live is not None and _was_started_elsewhere(entry, change.live.status))
    )


def _was_started_elsewhere(entry: Entry, status: CampaignStatus) -> bool:
    """A campaign rings, or has rung, that the state does not know as launched: it must not be made again once deleted,
    and its next halt is a person's.
    """
    unknown = not entry.launched and (status.running or status.dials > 0)
    return unknown or (status.running and entry.applied.get("state") == "halt")


# ---- the end ---------------------------------------------------------------------------------------------------------


def _summary(run: Run, schedule: Schedule) -> ApplySummary:
    done = list(schedule.done())
    counts = {"imported": 0, "moved": 0, "added": 0, "changed": 0, "destroyed": 0, "forgotten": 0, "launched": 0}
    whole = {id(step.change) for step in done if not step.takes_away}
    for step in done:
        if step.takes_away:  # of what was done as a whole the other step counts
            counts["changed"] += id(step.change) not in whole
            continue
        for name in _counted(step):
            counts[name] += 1
    return ApplySummary(
        **counts,
        held=schedule.count("held"),
        done=sum(_is_told(step) for step in done),
        partly=schedule.partly,
        refused=schedule.refused,
        failed=schedule.reasons("failed"),
        skipped=schedule.reasons("skipped"),
        unknown=schedule.reasons("unknown"),
        destroy=run.plan.destroy,
        interrupted=run.interrupted,
        mid_edit=tuple(sorted(run.mid_edit)),
        launches=tuple(
            (step.change.address, step.change.launch.reach.people)
            for step in done
            if step.launches and step.change.launch is not None
        ),
        unclear_launches=tuple(
            step.change.address
            for step in schedule.steps
            if step.launches and schedule.status.get(step.index) == "unknown"
        ),
        command=run.command,
    )


def _counted(step: Step) -> Iterator[str]:
    """What a finished step counts as in the totals."""
    change, action = step.change, step.action
    if change.is_import and action in ("import", "update"):
        yield "imported"
    if change.is_move and action in ("move", "update"):
        yield "moved"
    if action in ("create", "replace"):
        yield "added"
    if action == "replace" and isinstance(change, Replace) and not change.create_first:
        yield "destroyed"
    if action == "delete" and destroys(change):
        yield "destroyed"
    if action == "halt" or (action == "update" and not change.halts):
        yield "changed"
    if action == "forget":
        yield "forgotten"
    if step.launches:
        yield "launched"
        if action == "launch" and isinstance(change, NoOp):
            yield "changed"
