"""mscode driven against the stage, and what must hold whatever is done to it.

* No object that reaches people is made, and no campaign set going, without a run that was given the launch's yes and whose plan
  showed it; none more often than that. Only an edit that takes away as well as it brings in sets a campaign going twice: by
  what it takes away, with less than the campaign had and than it is to have; and by the rest, with the launch's yes.
* Of one campaign at most one live object is running.
* Nobody is rung whom no approved plan, and no person at the web interface, meant to reach; nobody more often than the
  approved launches and the dialler's own redials allow.
* Before a request goes out that makes what reaches people, its intent is on the disk; before a launch, that it was launched.
* Each ring has its record, on the disk before the request that let it happen, with commit and approver: the last one of its
  object that names the person. No record stands for two launches. Rings of what a person has started are counted apart.
* The state can be read, and its serial only grows.
* Every command ends with a documented exit code, without a traceback.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from mscode.cli.app import run
from mscode.state.local.backend import LocalState
from mscode.state.records.local import LocalRecords, records_folder
from mscode.state.records.verify import verify
from mscode.state.store import StateStore
from tests.acceptance.campaigns import MONDAY
from tests.acceptance.service import long_run_profile
from tests.faults.project import COMMIT
from tests.model.disk import Disk, put_back
from tests.model.stage import CAMPAIGNS, RUNNING, SENDING, Json, Killed, Sent, Stage, Thing
from tests.model.wish import SENT, Wish
from tests.recorded import Records

CODES = {0, 1, 2, 3, 4, 5, 6, 7}
SECTIONS = dict(zip(("call", "sms", "email", "clickToCall", "rsvpCall"), SENT, strict=True))
_MOST_REDIALS = 2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended; `code` is None of a process that was killed."""

    code: int | None
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Clone:
    """One copy of the project with a state of its own. `serials` are the last ones seen, by lineage."""

    folder: Path
    serials: dict[str, int] = field(default_factory=dict)
    copies: list[dict[str, bytes]] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.folder / ".mscode" / "test"


@dataclass
class Approved:
    """What the plans with a yes allow, by soul."""

    creates: Counter[str] = field(default_factory=Counter)
    launches: Counter[str] = field(default_factory=Counter)
    people: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Drive:
    """The project, its clones, the service, and the rules of the game. `seen` counts how command lines ended, in all of them."""

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self, folder: Path, stage: Stage, disk: Disk) -> None:
        self.stage, self.disk, self.folder = stage, disk, folder
        stage.control("POST", "/reset")
        stage.control("POST", "/profile", long_run_profile())
        stage.control("DELETE", "/faults")
        stage.control("POST", "/clock", {"time": MONDAY})
        self.wish = Wish(self._now())
        self.clones = [self._clone("one"), self._clone("two")]
        self.here = self.clones[0]
        self.approved = Approved()
        self.addresses: defaultdict[str, set[str]] = defaultdict(set)
        self.souls: dict[tuple[str, str], str] = {}
        self.by_hand: set[tuple[str, str]] = set()
        self.told: list[str] = []
        #: False once a state was lost, an old one restored, another clone used, or somebody made what a manifest wants
        self.is_clear = True
        self.records = Records()
        #: ids of the records of campaigns that were set going, and those that were there before the run
        self._used: set[str] = set()
        self._earlier: set[str] = set()
        self._yes = self._writes = False
        self._running: dict[tuple[str, str], Thing] = {}
        self._activated: defaultdict[tuple[str, str], list[Thing]] = defaultdict(list)
        self._broken: list[str] = []
        self._kill_at = self._passed = 0
        self._files: dict[str, bytes] | None = None
        self._lock = threading.RLock()
        stage.before, stage.after = self._before, self._after
        disk.passing = self._point

    def _clone(self, name: str) -> Clone:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        project = {
            "apiVersion": "mscode/v1",
            "project": "drive",
            "timezone": "Europe/Helsinki",
            "defaultEnvironment": "test",
            "environments": {
                "test": {"url": "http://127.0.0.1:9/v1", "token": {"env": "MODEL_TOKEN"}, "settleSeconds": 0}
            },
            "guards": {
                "maxDeletes": 100,
                "maxMemberRemovals": 1000,
                "acceptsWanted": {"level": "warn", "reason": "a model"},
            },
        }
        (folder / "mscode.yaml").write_text(json.dumps(project))
        (folder / ".git").mkdir()
        (folder / ".git" / "HEAD").write_text(f"{COMMIT}\n")
        return Clone(folder)

    def _now(self) -> datetime:
        return datetime.fromisoformat(self.stage.now)

    # ---- the command line --------------------------------------------------------------------------------------------

    def cli(self, *line: str, stdin: str = "") -> Ended:
        """Run it here; raises AssertionError where anything that must hold does not."""
        out, err = io.StringIO(), io.StringIO()
        self._running = {key: one for key, one in self.stage.things().items() if one.state in RUNNING}
        self._activated.clear()
        self._earlier = set(self.records.known)
        self._writes = line[0] in ("apply", "halt", "destroy")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), typed(stdin):
            try:
                code: int | None = run(list(line))
            except Killed:
                code = None
        if self._files is not None:  # what it said while it died does not count
            code = None
        ended = Ended(code, out.getvalue(), err.getvalue())
        self.seen[f"{line[0]} {'killed' if code is None else code}"] += 1
        self.told.append(f"$ mscode {' '.join(line)}   [{code}]")
        self._after_run()
        clean = "Traceback" not in ended.said and "internal error" not in ended.said
        self.promise(clean or code is None, f"no traceback\n{ended.said}")
        self.promise(code is None or code in CODES, f"a documented exit code, not {code}\n{ended.said}")
        self.promise(not self._broken, "\n".join(self._broken))
        return ended

    def plan(self, *options: str) -> Ended:
        self.wish.write(self.here.folder)
        return self.cli("plan", str(self.here.folder), *options)

    def imports(self, address: str, live_id: str) -> None:
        """As an error's hint says; where the state knows another id under this address, that is forgotten first."""
        self.told.append(f"import {address} {live_id}")
        if self.cli("import", address, live_id, str(self.here.folder)).code:
            self.cli("forget", address, str(self.here.folder))
            self.cli("import", address, live_id, str(self.here.folder))

    def apply(self, *options: str, kill_at: int = 0) -> Ended:
        """In JSON, since the plan that was carried out tells which launches had the yes."""
        self.wish.write(self.here.folder)
        for address, soul in self.wish.souls.items():
            self.addresses[soul].add(address)
        self._yes = "--allow-launch" in options
        self._kill_at, self._passed = kill_at, 0
        if self._yes:
            self._approve_people()
        try:
            return self.cli("apply", str(self.here.folder), "--auto-approve", "--parallelism", "1", "--json", *options)
        finally:
            self._yes, self._kill_at = False, 0

    def _approve_people(self) -> None:
        accounts = self.stage.accounts()
        groups = {name: group_id for group_id, name in self.stage.named("group")}

        def members(name: str) -> list[str]:
            shown = self.wish.sections["groups"].get(name, {}).get("name", name)
            return self.stage.members(groups[shown]) if shown in groups else []

        for section, name in self.wish.live():
            soul = self.wish.souls[f"{section}.{name}"]
            self.approved.people[soul] |= self.wish.reach(section, name, accounts, members)

    def _after_run(self) -> None:
        if self._files is not None:
            put_back(self.here.state, self._files)
            self.disk.trust(self.here.state)
            self._files = None
        self.records.read(self.here.state)
        self.stage.before, self.stage.after = self._before, self._after

    # ---- what is watched while mscode works --------------------------------------------------------------------------

    def _point(self, label: str) -> None:
        """A point at which the process may end."""
        if self._files is not None:
            raise Killed
        if self._kill_at:
            self._passed += 1
            if self._passed == self._kill_at:
                self._files = self.disk.durable(self.here.state)
                self.told.append(f"  (killed {label})")
                raise Killed

    def _before(self, sent: Sent) -> None:
        with self._lock:
            self._point(f"before {sent.method} {sent.path}")
            self._claim(sent.method == "GET" or self._writes, f"{sent.method} {sent.path} of a command that only reads")
            if sent.method == "POST" and sent.path in (*SENDING, CAMPAIGNS):
                self._check_intent(sent)
            if sent.method == "POST" and sent.path in SENDING:
                self._check_recorded(_soul_of(sent), f"POST {sent.path}")
            if sent.method == "PUT" and self._sets_going(sent):
                self._check_launch(sent)

    def _after(self, sent: Sent) -> None:
        with self._lock:
            for key, one in sent.after.items():
                self._see(key, one, sent)
            for key, one in sent.after.items():
                was = sent.before.get(key)
                if was is not None and was.state not in RUNNING and one.state in RUNNING:
                    self._see_activated(key, one)
            self._point(f"after {sent.method} {sent.path}")

    def _see(self, key: tuple[str, str], one: Thing, sent: Sent) -> None:
        if key in self.souls or key in self.by_hand:
            return
        self.souls[key] = one.soul
        if one.kind == "rsvpCall":
            return
        self._claim(self._yes or sent.method == "GET", f"{one} was made without the launch's yes")

    def _see_activated(self, key: tuple[str, str], one: Thing) -> None:
        self._activated[key].append(one)
        before = self._running.get(key)
        if before is None or not one.limits.is_within(before.limits, int(self._now().timestamp())):
            record = self._check_recorded(one.soul, f"{one} was set going", key[1])
            self._claim(
                record not in self._used, f"{one} was set going, and its record stands for another launch: {record}"
            )
            self._used.add(record)
        self._claim(self._may_be_set_going(key), f"{one} was set going twice in one run")
        self._claim(self._yes or key in self._running, f"{one} was set going without the launch's yes")

    def _may_be_set_going(self, key: tuple[str, str]) -> bool:
        """Once in a run; a second time after what an edit takes away was done by itself."""
        first, *more = self._activated[key]
        before, now = self._running.get(key), int(self._now().timestamp())
        if not more:
            return True
        return (
            len(more) == 1
            and before is not None
            and first.limits != before.limits
            and first.limits.is_within(before.limits, now)
            and first.limits.is_within(more[0].limits, now)
        )

    def _sets_going(self, sent: Sent) -> bool:
        if not sent.path.startswith(f"{CAMPAIGNS}/") or not isinstance(sent.body, dict):
            return False
        key = ("rsvpCall", sent.path.split("/")[2])
        return sent.body.get("state") == "active" and key not in self._running

    def _check_intent(self, sent: Sent) -> None:
        state = self._durable_state()
        soul = _soul_of(sent)
        begun = {str(address) for address in (state.intents if state else {})}
        self._claim(
            bool(begun & self.addresses[soul]), f"POST {sent.path} of {soul} without a durable intent, only {begun}"
        )

    def _check_launch(self, sent: Sent) -> None:
        state = self._durable_state()
        live_id = sent.path.split("/")[2]
        launched = [e for e in (state.entries.values() if state else ()) if e.id == live_id and e.launched]
        self._claim(bool(launched), f"PUT {sent.path} sets it going, and the disk does not know of a launch")

    def _check_recorded(self, soul: str, what: str, live_id: str = "") -> str:
        """A record of this run is on the disk; its live id is "" of what the launch itself makes. Gives its id."""
        records = [
            record
            for record in self.records.read(self._durable_folder())
            if record.id not in self._earlier and record.addresses & self.addresses[soul] and record.live_id == live_id
        ]
        self._claim(bool(records), f"{what}, and the disk has no record of it")
        for record in records:
            self._claim(record.commit == COMMIT and bool(record.approver), f"{record} names no commit or nobody")
        return records[-1].id if records else ""

    def _durable_folder(self) -> Path:
        aside = self.folder / "durable" / "test"
        put_back(aside, self.disk.durable(self.here.state))
        self.disk.trust(aside)
        return aside

    def _durable_state(self) -> Any:
        return LocalState(self._durable_folder()).read()

    def _claim(self, holds: bool, what: str) -> None:
        """Told when the run is over: what is raised in the middle of it would be one more disturbance."""
        if not holds:
            self._broken.append(what)

    # ---- what must hold after each step ------------------------------------------------------------------------------

    def count_approved(self, ended: Ended) -> None:
        """What the plan of a run with a yes shows as a launch."""
        for line in ended.out.splitlines():
            event = json.loads(line)
            if event["type"] != "planned_change" or "dials" not in event["change"]["effects"]:
                continue
            soul = self.wish.souls.get(event["change"]["resource"]["addr"], "")
            self.approved.launches[soul] += 1
            self.approved.creates[soul] += "create" in event["change"]["actions"]

    def check(self) -> None:
        """All of it."""
        for key, one in self.stage.things().items():
            if key not in self.by_hand:
                self.souls.setdefault(key, one.soul)
        self._check_made()
        self._check_running()
        self._check_rings()
        self._check_states()

    def _check_made(self) -> None:
        made = Counter(soul for (kind, _), soul in self.souls.items() if kind != "rsvpCall")
        for soul, times in made.items():
            allowed = self.approved.creates[soul]
            self.promise(times <= allowed, f"{soul} was made {times} times, approved {allowed} times")
            recorded = self.records.of_creates(self.addresses[soul])
            self.promise(times <= recorded, f"{soul} was made {times} times, recorded {recorded} times")

    def _check_running(self) -> None:
        running = Counter(
            one.soul for one in self.stage.things().values() if one.kind == "rsvpCall" and one.state in RUNNING
        )
        for soul, times in running.items():
            self.promise(times <= 1, f"{soul} runs {times} times at once")

    def _check_rings(self) -> None:
        rung = Counter(
            (self.souls.get((kind, owner), ""), (kind, owner), who) for kind, owner, who in self.stage.rings()
        )
        objects: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for (soul, key, who), times in rung.items():
            objects[soul].add(key)
            most = 1 + _MOST_REDIALS if key[0] in ("rsvpCall", "clickToCall") else 1
            self.promise(times <= most, f"{who} was rung {times} times by {key} of {soul}")
            self.promise(
                key in self.by_hand or who in self.approved.people[soul],
                f"{who} was rung by {key} of {soul}, and never approved",
            )
            self.promise(
                key in self.by_hand or bool(self.records.of(self.addresses[soul], who)),
                f"{who} was rung by {key} of {soul}, and no record names them",
            )
        for soul, keys in objects.items():
            mine = keys - self.by_hand
            self.promise(
                len(mine) <= self.approved.launches[soul],
                f"{soul} rang through {mine}, approved {self.approved.launches[soul]} times",
            )

    def _check_states(self) -> None:
        for clone in self.clones:
            document = LocalState(clone.state).read()
            if document is None:
                continue
            before = clone.serials.get(document.lineage, 0)
            self.promise(document.serial >= before, f"the serial fell from {before} to {document.serial}")
            clone.serials[document.lineage] = document.serial
            problems = verify(
                LocalRecords(records_folder(clone.state)), StateStore(LocalState(clone.state), document).records()
            )
            self.promise(not problems, f"the records are whole: {problems}")

    def check_twins(self) -> None:
        """After an apply that ended with 0: nothing is there twice, as long as every run knew what the ones before it did."""
        if not self.is_clear:
            return
        campaigns = [
            one.soul
            for key, one in self.stage.things().items()
            if one.state in ("halt", *RUNNING) and key not in self.by_hand
        ]
        found = Counter(
            [
                *campaigns,
                *(name for _, name in self.stage.named("group")),
                *(one["phone"] for one in self.stage.accounts()),
            ]
        )
        twins = {name: times for name, times in found.items() if times > 1 and name}
        self.promise(not twins, f"there is no twin: {twins}")

    def held(self) -> list[str]:
        """Addresses whose create has no known outcome, by the state."""
        document = LocalState(self.here.state).read()
        begun = sorted(str(address) for address in (document.intents if document else {}))
        return [address for address in begun if address.split(".")[0] in SENT]

    def promise(self, kept: bool, what: str) -> None:
        assert kept, f"{what}\n\n" + "\n".join(self.told)

    # ---- the state goes its own ways ---------------------------------------------------------------------------------

    def copy_state(self) -> None:
        files = {str(p.relative_to(self.here.state)): p.read_bytes() for p in self.here.state.glob("*") if p.is_file()}
        if "state.json" in files:
            self.here.copies.append(files)

    def restore_state(self, which: int) -> None:
        """Only the snapshot and its journal, as a person would: the records stay."""
        self.is_clear = False
        if self.here.copies:
            records = records_folder(self.here.state)
            newer = {str(p.relative_to(self.here.state)): p.read_bytes() for p in records.rglob("*") if p.is_file()}
            put_back(self.here.state, {**self.here.copies[which % len(self.here.copies)], **newer})
            self.disk.trust(self.here.state)
            self.here.serials.clear()

    def lose_state(self) -> None:
        self.is_clear = False
        shutil.rmtree(self.here.state, ignore_errors=True)
        self.here.serials.clear()


def _soul_of(sent: Sent) -> str:
    body: Json = sent.body or {}
    if isinstance(body.get("meta"), dict):
        return str(body["meta"].get("soul", ""))
    told = body.get("message") or body.get("subject") or body.get("operations") or ""
    return str(told).removeprefix('[{"say":"').removeprefix('[{"say": "').split(" ")[0]


@contextlib.contextmanager
def typed(text: str) -> Iterator[None]:
    import sys

    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
