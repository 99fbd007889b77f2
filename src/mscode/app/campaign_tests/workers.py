"""Runs tests in parallel: processes that take one test after the other. One that dies takes a single test with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from mscode.app.campaign_tests.course import run_test
from mscode.app.campaign_tests.jobs import Job
from mscode.app.state import signals_that_end
from mscode.errors import Diagnostic
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import mask_numbers
from mscode.views.campaign_tests.results import TestResult

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

#: Seconds that a process has to end before it is killed.
_PATIENCE = 2.0


def run_jobs(jobs: Sequence[Job], processes: int) -> Iterator[TestResult]:
    """The results in the order of the jobs, each as soon as it and all before it are there. `processes`: at most so many; with one
    everything runs in this process. Whatever ends the iteration ends the processes.
    """
    if min(processes, len(jobs)) < 2:
        yield from map(run_test, jobs)
        return
    results: dict[int, TestResult] = {}
    upcoming = 0
    workers = _Workers(jobs)
    try:
        for at, result in workers.results(min(processes, len(jobs))):
            results[at] = result
            while upcoming in results:
                yield results.pop(upcoming)
                upcoming += 1
    finally:
        workers.end()


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(slots=True)
class _Worker:
    """A process, the way to it, and the position of the job that it has (None: none)."""

    process: BaseProcess
    connection: Connection
    job: int | None = None


class _Workers:
    def __init__(self, jobs: Sequence[Job]) -> None:
        # A fork has everything loaded already. Elsewhere than on Linux the system's own libraries do not survive one.
        self._forks = sys.platform == "linux"
        self._jobs = jobs
        self._waiting = deque(range(len(jobs)))
        self._workers: list[_Worker] = []

    def results(self, number: int) -> Iterator[tuple[int, TestResult]]:
        """Position and result of every job, as they come, from so many processes."""
        for _ in range(number):
            self._workers.append(self._begin())
        for worker in self._workers:
            self._hand_on(worker)
        while busy := [worker for worker in self._workers if worker.job is not None]:
            ready = set(wait([worker.connection for worker in busy]))
            for worker in busy:
                if worker.connection in ready and worker.job is not None:
                    yield worker.job, self._take(worker)
                    self._hand_on(worker)

    def _begin(self) -> _Worker:
        here, there = multiprocessing.Pipe()
        inherited = [here, *(worker.connection for worker in self._workers)] if self._forks else []
        kind = (
            multiprocessing.get_context("fork").Process if self._forks else multiprocessing.get_context("spawn").Process
        )
        process = kind(target=_work, args=(there, inherited), daemon=True)
        with _no_signals():
            process.start()
        there.close()
        return _Worker(process, here)

    def _hand_on(self, worker: _Worker) -> None:
        worker.job = self._waiting.popleft() if self._waiting else None
        if worker.job is not None:
            with suppress(OSError):  # the process has died: its end of the pipe says so next
                worker.connection.send(self._jobs[worker.job])

    def _take(self, worker: _Worker) -> TestResult:
        """The result of the job that a worker has; in the place of a worker that died comes another."""
        job = self._jobs[worker.job or 0]
        try:
            result: TestResult = worker.connection.recv()
            return result
        except (EOFError, OSError):
            worker.process.join(_PATIENCE)
            code = worker.process.exitcode or 0
            reason = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._replace(worker)
            summary = f"The process that ran this test has ended ({reason})"
            return TestResult(
                mask_numbers(job.test.name),
                job.test.place,
                job.environment,
                errors=[Diagnostic(summary, job.test.place)],
            )

    def _replace(self, worker: _Worker) -> None:
        worker.connection.close()
        fresh = self._begin()
        worker.process, worker.connection = fresh.process, fresh.connection

    def end(self) -> None:
        """End every process, whatever it does: a test has nothing that would be left behind. SIGTERM it might answer at length."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(_PATIENCE)


@contextmanager
def _no_signals() -> Iterator[None]:
    """Let signals wait within the block: what a handler raises while a process forks is lost."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *signals_that_end()})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, inherited: Sequence[Connection]) -> None:
    """Runs tests until nobody hands one over any more."""
    # Ends of pipes that are the parent's: while they are open here, nobody sees that it has gone.
    for other in inherited:
        other.close()
    # Ctrl-C goes to the whole group of processes: the parent decides what comes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in signals_that_end():
        signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):  # they were waiting while this process was begun
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, *signals_that_end()})
    # SIGTERM to the whole group of processes meets a command of mscode in its course, which raises it. Python would print where.
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            connection.send(run_test(connection.recv()))
