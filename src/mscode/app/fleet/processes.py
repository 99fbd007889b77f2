"""Runs a piece of work for each project in a process of its own, several side by side.

The processes are forked from a server that has loaded mscode once. The server is started without the tokens of the fleet in its
environment, so that no process of a project ever had them: not even in what the system keeps of a process's first environment
(`/proc/PID/environ`). Each process then gets the variables of its own project, with its token as MSCODE_TOKEN.

What a project's process prints goes to a file of its own. A signal to this process is passed on to each of them, which ends in
the way its command ends; one that needs longer than `Limits.grace` is killed. Ctrl-C of a terminal reaches this process alone. A
process whose parent has gone stops by itself: nobody would read its result, and it must not go on beside a second run.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import mscode
from mscode.app.invocation import Invocation
from mscode.app.logs import logging_to
from mscode.app.private_file import MODE
from mscode.app.state import handling, signals_that_end
from mscode.errors import Diagnostic, EndedBySignal, Interrupted, MscodeError, PartlyDone
from mscode.model.light_dataclass import dataclass
from mscode.views.console import Out

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from mscode.manifest.fleet.file import FleetLimits

#: Variables of the CI in which a command leaves its result. Many processes would write them at once: the command of the fleet does.
_RESULTS = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "MSCODE_REPORT")
TOKEN, KEY = "MSCODE_TOKEN", "MSCODE_FLEET_KEY"
_PRELOADED = "mscode.app.fleet.preload"
#: The folder that the package mscode lies in.
_PACKAGES = str(Path(mscode.__file__).resolve().parents[1])

#: What is done for a project, in its process: a function of a module, which gets the process's invocation and `Job.arguments`,
#: prints for a person as a command does, and returns an exit code and what the parent is to know (it is pickled).
Work = Callable[..., tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take: `seconds` until it is asked to stop, then `grace` until it is killed; `memory` in bytes."""

    seconds: float = 1800.0
    memory: int = 2 * 1024**3
    grace: float = 30.0


def limits_of(limits: FleetLimits) -> Limits:
    """What fleet.yaml lets a process take."""
    return Limits(limits.seconds, limits.megabytes * 1024**2)


@dataclass(frozen=True, slots=True)
class Job:
    """One project's share: `path` names it, `variables` are all of its process's environment (`environment_of`), `log` takes what
    it prints. `options` are members of its `Invocation`.
    """

    path: str
    work: Work
    variables: Mapping[str, str] = field(repr=False)
    log: Path
    arguments: tuple[Any, ...] = field(default=(), repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a project's process ended: what its work returned, or `result` None and why.

    `began` is False where it was never started, since the run was interrupted before its turn.
    """

    path: str
    exit_code: int
    result: Any = field(default=None, repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    began: bool = True


def environment_of(
    token: str, variables: Mapping[str, str], fleet_tokens: Collection[str], results: Sequence[str] = _RESULTS
) -> dict[str, str]:
    """The variables of one project's process: all of this one's but the tokens of the fleet, its own as MSCODE_TOKEN.

    `fleet_tokens` are the names of the variables that hold tokens of any project of the fleet. `token` "" sets none: then the
    project's own mscode.yaml says where its token is.
    """
    dropped = {*fleet_tokens, TOKEN, KEY, *results}
    return {
        **{name: value for name, value in variables.items() if name not in dropped},
        **({TOKEN: token} if token else {}),
    }


def run_side_by_side(
    jobs: Sequence[Job], parallel: int, limits: Limits = Limits(), *, secret_variables: Collection[str] = ()
) -> Iterator[Ended]:
    """Each job's end as it comes, at most `parallel` at once, in the order of the jobs.

    `secret_variables` are kept from the server that forks the processes, and so from all of them. Ctrl-C, SIGTERM and SIGHUP ask
    every process to stop and begin no other; those that had not begun are told as interrupted (130). Whatever ends the iteration
    ends the processes.
    """
    _start_server(secret_variables)
    pool = _Pool(jobs, limits)
    with handling((signal.SIGINT, *signals_that_end()), pool.stop):
        try:
            yield from pool.ends(max(1, parallel))
        finally:
            pool.kill()


def _start_server(secret_variables: Collection[str]) -> None:
    """Start the fork server where there is none yet, with an environment without secrets: its children inherit it. It loads the
    mscode of this process, wherever that lies.
    """
    multiprocessing.set_forkserver_preload([_PRELOADED])
    before = dict(os.environ)
    for name in {*secret_variables, TOKEN, KEY}:
        os.environ.pop(name, None)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_PACKAGES, before.get("PYTHONPATH", "")]))
    try:
        with _no_signals():
            forkserver.ensure_running()
    finally:
        os.environ.update({name: before[name] for name in {*secret_variables, TOKEN, KEY} if name in before})
        if "PYTHONPATH" in before:
            os.environ["PYTHONPATH"] = before["PYTHONPATH"]
        else:
            del os.environ["PYTHONPATH"]


@contextmanager
def _no_signals() -> Iterator[None]:
    """Let signals wait within the block: an exception of a handler would leave the environment, or a process, half made."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *signals_that_end()})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(slots=True)
class _Running:
    """A process under way. `ends_by` is when it is asked to stop (monotonic), and after that when it is killed."""

    job: Job
    process: BaseProcess
    connection: Connection
    since: float
    ends_by: float
    is_late: bool = False
    is_stopping: bool = False


class _Pool:
    """The jobs that wait and the processes that work."""

    def __init__(self, jobs: Sequence[Job], limits: Limits) -> None:
        self._waiting = deque(jobs)
        self._limits = limits
        self._running: list[_Running] = []
        self._interrupted = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """A signal: nothing new begins, and what is under way is asked to stop. A second one asks again."""
        self._interrupted = True
        for running in self._running:
            self._ask_to_stop(running, number)

    def ends(self, parallel: int) -> Iterator[Ended]:
        """Every job's end, as it comes."""
        while self._running or self._waiting:
            while self._waiting and len(self._running) < parallel and not self._interrupted:
                self._begin(self._waiting.popleft())
            if self._interrupted:
                yield from (_never_begun(job) for job in self._taken())
            if not self._running:
                continue
            until = min(running.ends_by for running in self._running)
            ready = set(wait([running.connection for running in self._running], max(0.0, until - time.monotonic())))
            for running in [each for each in self._running if each.connection in ready]:
                self._running.remove(running)
                yield self._end_of(running)
            self._hurry()

    def _taken(self) -> list[Job]:
        jobs = list(self._waiting)
        self._waiting.clear()
        return jobs

    def _begin(self, job: Job) -> None:
        here, there = multiprocessing.Pipe()
        now = time.monotonic()
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=_work, args=(there, job, self._limits), daemon=True)
        with _no_signals():  # `stop` asks only those that are in `_running`
            process.start()
            self._running.append(_Running(job, process, here, now, now + self._limits.seconds))
        there.close()

    def _hurry(self) -> None:
        """Ask those to stop whose time is up, and kill those that were asked and have not."""
        now = time.monotonic()
        for running in self._running:
            if now < running.ends_by:
                continue
            if running.is_stopping:
                running.process.kill()
                running.ends_by = now + self._limits.grace  # its end comes through the connection
            else:
                running.is_late = True
                self._ask_to_stop(running, signal.SIGTERM)

    def _ask_to_stop(self, running: _Running, number: int) -> None:
        running.is_stopping = True
        running.ends_by = time.monotonic() + self._limits.grace
        with suppress(ProcessLookupError):
            os.kill(running.process.pid or 0, number)

    def _end_of(self, running: _Running) -> Ended:
        seconds = time.monotonic() - running.since
        try:
            exit_code, result, diagnostics = running.connection.recv()
            ended = Ended(running.job.path, exit_code, result, tuple(diagnostics), seconds)
        except (EOFError, OSError):
            ended = self._broken_off(running, seconds)
        running.connection.close()
        running.process.join(self._limits.grace)
        return self._stopped_late(ended) if running.is_late and not self._interrupted else ended

    def _stopped_late(self, ended: Ended) -> Ended:
        """The end of a process whose time was up: done in part, or an error. Nobody has interrupted the run."""
        note = Diagnostic(
            f"It was stopped after {self._limits.seconds:,.0f} s, the time that a project may take",
            hint="Give it more with limits.seconds in fleet.yaml.",
            code="time-limit",
        )
        code = ended.exit_code
        if code == Interrupted.exit_code:
            code = PartlyDone.exit_code if ended.result is not None else MscodeError.exit_code
        diagnostics = [each for each in ended.diagnostics if each.code != _INTERRUPTED.code]
        return replace(ended, exit_code=code, diagnostics=(note, *diagnostics))

    def _broken_off(self, running: _Running, seconds: float) -> Ended:
        """The process ended without a result: it was killed, or had no memory to say so."""
        running.process.join(self._limits.grace)
        code = running.process.exitcode or 0
        if self._interrupted:
            return Ended(running.job.path, Interrupted.exit_code, None, (_INTERRUPTED,), seconds)
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        summary = f"The process of this project has ended by itself ({reason})"
        hint = (
            "It may have had too little memory (limits.megabytes in fleet.yaml). What it was doing may be done or not."
        )
        return Ended(running.job.path, 1, None, (Diagnostic(summary, hint=hint, code="process"),), seconds)

    def kill(self) -> None:
        """End every process, whatever it does."""
        for running in self._running:
            running.process.kill()
        for running in self._running:
            running.connection.close()
            running.process.join(self._limits.grace)
        self._running.clear()


_INTERRUPTED = Diagnostic("Interrupted", hint="Run the command again to go on.", code="interrupted")


def _never_begun(job: Job) -> Ended:
    diagnostic = Diagnostic("Interrupted before it began; nothing was done", code="interrupted")
    return Ended(job.path, Interrupted.exit_code, None, (diagnostic,), began=False)


# ---- in the process of a project -------------------------------------------------------------------------------------


def _work(connection: Connection, job: Job, limits: Limits) -> None:
    """Do a job's work and send how it ended."""
    os.setpgid(0, 0)  # Ctrl-C goes to the whole group of the terminal; the parent passes it on
    ending = (signal.SIGINT, *signals_that_end())
    for number in ending:
        signal.signal(number, _ended)
    os.environ.clear()
    os.environ.update(job.variables)
    done = threading.Event()
    threading.Thread(target=_end_with_parent, args=(connection, done, limits.grace), daemon=True).start()
    out = Out(no_color=True)
    try:
        exit_code, result, diagnostics = _outcome(job, limits, out, ending)
    except KeyboardInterrupt:  # when the work had ended, and that was being said
        exit_code, result, diagnostics = Interrupted.exit_code, None, [_INTERRUPTED]
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # it has ended: all that is left is to say how
    done.set()
    with suppress(OSError):  # the parent has gone
        connection.send((exit_code, result, [_without_secrets(diagnostic, out) for diagnostic in diagnostics]))


def _outcome(job: Job, limits: Limits, out: Out, ending: Sequence[int]) -> tuple[int, Any, Sequence[Diagnostic]]:
    """What the work returns, or why it did not. The signals of `ending` have been blocked since the fork server was begun; one
    that came meanwhile is taken here, where it is an end like any other."""
    from mscode.app.unexpected import unexpected
    from mscode.views.diagnostics import show_diagnostics

    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
        _print_to(job.log)
        _limit_memory(limits.memory)
        inv = Invocation(**{"no_input": True, "no_color": True, **job.options}, out=out)
        with logging_to(inv):
            exit_code, result = job.work(inv, *job.arguments)
        return exit_code, result, ()
    except MscodeError as error:
        failure = error
    except KeyboardInterrupt:
        failure = Interrupted([_INTERRUPTED])
    except MemoryError:
        hint = "Give it more with limits.megabytes in fleet.yaml."
        failure = MscodeError("It needs more memory than a project may take", hint=hint, code="memory-limit")
    except Exception as error:
        failure = unexpected(error)
    show_diagnostics(out, failure.diagnostics)
    return failure.exit_code, None, failure.diagnostics


def _ended(number: int, frame: FrameType | None) -> None:
    """One signal ends the work, and another must not disturb its end: a process that is begun while Ctrl-C is pressed gets the
    terminal's signal and the parent's. The parent kills what does not end.
    """
    for ending in (signal.SIGINT, *signals_that_end()):
        signal.signal(ending, signal.SIG_IGN)
    raise EndedBySignal


def _print_to(log: Path) -> None:
    """Let everything that this process prints, and what it starts, go to a file that its owner alone may read."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW, MODE)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)


def _limit_memory(size: int) -> None:
    """Bound what the process allocates. RLIMIT_DATA counts what is written to, and not, as RLIMIT_AS, what is only reserved."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    with suppress(ValueError, OSError):  # a system that knows no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _end_with_parent(connection: Connection, done: threading.Event, grace: float) -> None:
    """Ask this process to stop once the parent has gone. The parent sends nothing: all that can be read is its end."""
    with suppress(OSError):
        connection.poll(None)
    if not done.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace)
        os.kill(os.getpid(), signal.SIGKILL)


def _without_secrets(diagnostic: Diagnostic, out: Out) -> Diagnostic:
    return replace(
        diagnostic,
        summary=out.without_secrets(diagnostic.summary),
        detail=out.without_secrets(diagnostic.detail),
        hint=out.without_secrets(diagnostic.hint),
    )
