"""One apply, watched request by request and sync by sync, in which somebody does something at one of these points.

A *point* is right before a request of mscode, or right before a sync or a rename of a file of its state. At one of them an
*act* (acts.py) is carried out, or the request fails first and the act comes right after its answer. Then the run goes on to
its end, mscode is run again, the service's clock is moved past the last campaign, and what must hold is checked:

* whoever is halted is rung by nothing any more, and a later apply does not resume it;
* nobody is rung whom no plan showed; nobody is rung by more objects, or more often, than without the interference;
* what a person wrote into an object after the last look but for one round trip is still there when the run has ended;
* after a signal no request goes out any more that makes something or lets something ring;
* the lock is given back, no traceback, a documented exit code.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mscode.cli.app import run
from mscode.sandbox.store import Store
from tests.acceptance.campaigns import AFTER, MONDAY
from tests.acceptance.service import long_run_profile
from tests.interference.scenes import Scene, write_manifest, write_project
from tests.model.disk import Disk
from tests.model.drive import typed
from tests.model.stage import RUNNING, UPDATABLE, Machine, Sent, Stage, Thing

CODES = {0, 1, 3, 4, 5, 6, 7, 130}
Key = tuple[str, str]
Json = Any


class BrokenPromiseError(AssertionError):
    """Something that must hold does not."""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(slots=True)
class Done:
    """What the act did, and what follows from it; filled in by the act itself.

    `stopped` are ids of campaigns that must ring nobody from now on; `theirs` are objects that a person set going or made;
    `joined` says that a later plan may show the new people, so that it gets no launch yes either.
    `written` maps an object to fields that must be there when the run has ended; `never` are numbers that nothing of ours
    may ring from now on; `resumable` says that a later apply may offer to go on, so that it gets no launch yes.
    """

    stopped: set[Key] = field(default_factory=set)
    theirs: set[Key] = field(default_factory=set)
    written: dict[str, dict[str, Json]] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)
    signalled: bool = False
    resumable: bool = False
    joined: bool = False
    nothing: bool = False
    told: list[str] = field(default_factory=list)


Act = Callable[["World"], None]


class World:
    """The stage, one project on it, and the run that is interfered with."""

    _bases: ClassVar[dict[str, tuple[Path, Store, float]]] = {}
    _points: ClassVar[dict[str, list[str]]] = {}
    _untouched: ClassVar[dict[str, Counter[tuple[str, str]]]] = {}
    _expected: ClassVar[dict[str, Counter[tuple[str, str]]]] = {}

    def __init__(self, folder: Path, stage: Stage, disk: Disk) -> None:
        self.folder, self.stage, self.disk = folder, stage, disk
        self.stop: threading.Event | None = None  # of the run that is under way
        self.project = folder / "project"
        self.done = Done()
        self.began_quiet = True  # was nothing set going before the run?
        self.resumes = False  # does the run ask to resume what is halted?
        self.busy = False  # while the person acts, what mscode sends (halt) is no point
        self.label = ""
        self.to_come: list[str] = []  # the points of the undisturbed run from this one on
        self.labels: list[str] = []
        self.since: list[Sent] = []  # what mscode sent after the act
        self._at, self._act, self._fault = 0, None, None  # type: ignore[var-annotated]
        self._struck = False
        self._lock = threading.RLock()
        stage.before, stage.after = self._before, self._after
        disk.passing = self._passing

    # ---- the account and the project ---------------------------------------------------------------------------------

    def reset(self, time: str) -> None:
        self.stage.control("POST", "/reset")
        self.stage.control("POST", "/profile", long_run_profile())
        self.stage.control("DELETE", "/faults")
        self.stage.control("POST", "/clock", {"time": time})

    def clock(self, time: str) -> None:
        self.stage.control("POST", "/clock", {"time": time})

    def prepare(self, scene: Scene) -> None:
        """The project and the account right before the run that is interfered with."""
        kept, store, now = self._base(scene)
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.copytree(kept, self.project)
        self.disk.trust(self.state)
        self.reset(MONDAY)
        store.copy_into(self.stage._store)
        Machine.now = now
        self.clock(scene.at)
        write_manifest(self.project, scene.wanted(), scene.rows)
        self.done, self.resumes = Done(), "--resume" in scene.options
        self.began_quiet = not any(one.state in RUNNING for one in self.things().values())

    @property
    def state(self) -> Path:
        return self.project / ".mscode" / "test"

    def _base(self, scene: Scene) -> tuple[Path, Store, float]:
        key = scene.name
        if key not in self._bases:
            self.reset(MONDAY)
            shutil.rmtree(self.project, ignore_errors=True)
            self.project.mkdir(parents=True)
            write_project(self.project, "http://127.0.0.1:9/v1")
            write_manifest(self.project, scene.base())
            if scene.before is not None:
                ended = self.cli("apply", str(self.project), "--auto-approve", "--parallelism", "1", *scene.before)
                assert ended.code == 0, ended.said
            if scene.halted == "brake":
                assert self.cli("halt", "--all", "--dir", str(self.project)).code == 0
            if scene.halted == "web":
                self.put_campaign(self.campaigns()[0], state="halt")
            kept = self.folder / f"base-{scene.name}-{len(self._bases)}"
            shutil.copytree(self.project, kept)
            self._bases[key] = (kept, self.stage._store.copy(), Machine.now)
        return self._bases[key]

    # ---- what a person sees and does in the web interface ----------------------------------------------------------------

    def campaigns(self) -> list[dict[str, Json]]:
        return list(self.stage.person("GET", "/rsvp_calls") or [])

    def put_campaign(self, campaign: dict[str, Json], **changes: Json) -> None:
        """Every updatable field as it is, with the changes."""
        body = {name: campaign[name] for name in UPDATABLE if name in campaign}
        body["state"] = "active" if body["state"] == "waitingToActive" else body["state"]
        answer = self.stage.person("PUT", f"/rsvp_calls/{campaign['rsvpCallId']}", body | changes)
        assert answer is not None, "the service refuses what the person writes"

    def things(self) -> dict[Key, Thing]:
        return self.stage.things()

    # ---- command lines ---------------------------------------------------------------------------------------------------

    def cli(self, *line: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), typed(""):
            code = run(list(line))
        return Ended(code, out.getvalue(), err.getvalue())

    def go(self, scene: Scene, *options: str) -> Ended:
        command = "destroy" if scene.destroys else "apply"
        return self.cli(command, str(self.project), "--auto-approve", "--parallelism", "1", *options)

    # ---- points ------------------------------------------------------------------------------------------------------

    def points(self, scene: Scene) -> list[str]:
        """What each point of the undisturbed run is called, in their order."""
        key = scene.name
        if key not in self._points:
            self.prepare(scene)
            ended = self._watch(scene, 0, None, None)
            assert ended.code == 0, ended.said
            self._points[key] = list(self.labels)
            self.clock(AFTER)
            self._expected[key] = self._rung()
            self.prepare(scene)
            self.clock(AFTER)
            self._untouched[key] = self._rung()
        return self._points[key]

    def _rung(self) -> Counter[tuple[str, str]]:
        return Counter((kind, who) for kind, _, who in self.stage.rings())

    def expected(self, scene: Scene) -> Counter[tuple[str, str]]:
        """How often each number is rung by each kind where nobody interferes."""
        self.points(scene)
        return self._expected[scene.name]

    def _watch(self, scene: Scene, at: int, act: Act | None, fault: dict[str, Json] | None) -> Ended:
        self.labels, self.since, self._struck, self.stop = [], [], False, None
        self._at, self._act, self._fault = at, act, fault
        try:
            return self.go(scene, *scene.options)
        finally:
            self._at = 0

    def _passing(self, label: str) -> None:
        if label.startswith("before"):
            self._point(label)

    def _before(self, sent: Sent) -> None:
        if self.busy:  # by `mscode halt`, whose threads must not wait for the one that holds the lock
            return
        with self._lock:
            if self._struck:
                self.since.append(sent)
            self._point(f"before {sent.method} {sent.path}", sent)

    def _point(self, label: str, sent: Sent | None = None) -> None:
        if self.busy:
            return
        self.labels.append(label)
        if len(self.labels) != self._at or self._act is None:
            return
        self.label = label
        if self._fault is not None and sent is not None:
            self.stage.control("POST", "/faults", {"method": sent.method, "path": sent.path, **self._fault})
            return  # the act follows the answer
        self._perform()

    def _after(self, sent: Sent) -> None:
        if self.busy:
            return
        with self._lock:
            if self._fault is not None and len(self.labels) == self._at and not self._struck:
                self._perform()

    def _perform(self) -> None:
        assert self._act is not None
        self.busy = True
        Machine.now += 1  # two writes of one second would have the same updatedAt, and could not be told apart
        try:
            self._act(self)
        finally:
            self.busy, self._struck = False, True

    # ---- one cell ------------------------------------------------------------------------------------------------------

    def interfere(self, scene: Scene, at: int, act: Act, fault: dict[str, Json] | None = None) -> None:
        """Raises BrokenPromiseError where one of the promises does not hold."""
        points, expected = self.points(scene), self.expected(scene)
        self.to_come = points[at if fault else at - 1 :]
        self.prepare(scene)
        before = self._rung()
        ended = self._watch(scene, at, act, fault)
        told = f"{scene.name}, point {at} of {len(points)} ({self.label}), {self.done.told}\n{ended.said}"
        _promise(self._struck, "the point was reached", told)
        self.stage.control("DELETE", "/faults")
        if self.done.nothing:
            return
        self._check_run(ended, told)
        if ended.code:  # what it was to stop may have gone on till the next run
            before |= self._untouched[scene.name]
        rung_then = list(self.stage.rings())
        options = () if self.done.resumable or self.done.joined else ("--allow-launch",)
        again = self.go(scene, *options)
        told += f"\n--- and again: {again.code}\n{again.said}"
        _promise(again.code in CODES and _is_clean(again), "no traceback, and a documented exit code", told)
        _promise(again.code != 4, "the lock is given back", told)
        self.clock(AFTER)
        self._check_rings(expected, before, len(rung_then), told)

    def _check_run(self, ended: Ended, told: str) -> None:
        _promise(ended.code in CODES and _is_clean(ended), "no traceback, and a documented exit code", told)
        for path, fields in self.done.written.items():
            now = self.stage.person("GET", path)
            lost = {n: (v, (now or {}).get(n)) for n, v in fields.items() if (now or {}).get(n) != v}
            _promise(now is None or not lost, f"what a person wrote is not overwritten: {lost}", told)
        if self.done.signalled:
            sent = [f"{s.method} {s.path}" for s in self.since if _makes_or_rings(s)]
            _promise(not sent, f"a stopped run makes nothing and lets nothing ring: {sent}", told)
            # A signal that finds nothing left to do but to close the state stops nothing.
            _promise(ended.code == 130 or "complete! Resources" in ended.out, "a stopped run ends with 130", told)

    def _check_rings(
        self, expected: Counter[tuple[str, str]], before: Counter[tuple[str, str]], rung_then: int, told: str
    ) -> None:
        rings = self.stage.rings()
        late = [(key, who) for *key, who in rings[rung_then:]]
        stopped = [(key, who) for key, who in late if tuple(key) in self.done.stopped]
        _promise(not stopped, f"what was halted or deleted rings nobody any more: {stopped}", told)
        ours = [(kind, who) for kind, owner, who in rings if (kind, owner) not in self.done.theirs]
        strange = {who for _, who in ours} & self.done.never
        _promise(not strange, f"nobody is rung whom no plan showed: {strange}", told)
        for key, times in Counter(ours).items():
            allowed = max(expected[key], before[key])
            _promise(times <= allowed, f"{key} is rung {times} times, without interference {allowed}", told)


def _makes_or_rings(sent: Sent) -> bool:
    if sent.method == "POST":
        return True
    return sent.method == "PUT" and isinstance(sent.body, dict) and sent.body.get("state") == "active"


def _promise(kept: bool, promise: str, detail: str) -> None:
    if not kept:
        raise BrokenPromiseError(f"{promise}\n{detail}")


def _is_clean(ended: Ended) -> bool:
    return "Traceback" not in ended.said and "internal error" not in ended.said
