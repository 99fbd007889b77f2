"""A project over an embedded sandbox: manifests in, plan and apply out, with the live account at hand."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest

from mscode.api.client import Client
from mscode.app.apply import prepare_run, settle_former_runs
from mscode.app.approval import ApplyOptions, Approval
from mscode.app.environment import Environment, ringing_paths
from mscode.app.invocation import Invocation
from mscode.app.launch_records import launch_records
from mscode.app.state import lock_state, open_state
from mscode.app.workspace import load_environment, load_work
from mscode.engine.apply.executor import apply_plan
from mscode.engine.apply.run import Run
from mscode.engine.halt import Choice, halt_campaigns
from mscode.http.outcome import RequestLabel
from mscode.http.transport import embedded
from mscode.manifest.project.file import known_paths
from mscode.model.kind import registry
from mscode.plan.change import Change, Delete, Plan
from mscode.plan.events import ApplySummary, Event
from mscode.plan.inputs import Options
from mscode.sandbox.app import create_app
from mscode.state.store import StateStore

MORNING = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)  # a Tuesday
PROJECT = """
apiVersion: mscode/v1
project: review
timezone: UTC
defaultEnvironment: sandbox
environments:
  sandbox: {url: "sandbox:", settleSeconds: 0}
"""
Json = Any
PLAIN = Options()


class World:
    """One project and its live account. `before_put` is called with each PUT's path and body before it is sent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.inv = folder, Invocation(variables={})
        (folder / "mscode.yaml").write_text(PROJECT)
        self.app = create_app(":memory:", clock=MORNING)
        self.transport = _Tap(embedded(self.app))
        connection = ("http://sandbox.local/v1", self.app.state.token)
        self.client = Person(*connection, transport=self.transport)
        #: what mscode works with, which sends nothing that can ring without its last look
        self.mscode = Client(*connection, transport=self.transport, ringing=ringing_paths(known_paths()))
        self.control_client = httpx.Client(transport=self.transport.inner)
        self.events: list[Event] = []
        #: what was said of the intents of former runs, and how long was waited for them
        self.notes: list[str] = []
        self.waits: list[float] = []
        self.transport.after_speech = lambda: self.control("POST", "/clock", {"by": "2s"})  # it is ready then

    def close(self) -> None:
        self.client.close()
        self.mscode.close()
        self.app.state.store.close()

    # ---- mscode

    def write(self, manifest: str) -> None:
        (self.folder / "all.yaml").write_text("apiVersion: mscode/v1\n" + dedent(manifest))

    @property
    def environment(self) -> Environment:
        return load_environment(self.inv, self.folder)

    def plan(self, options: Options = PLAIN) -> Plan:
        work = load_work(self.inv, self.folder, options)
        return work.plan(self.mscode, work.read_state())

    def apply(
        self,
        options: Options = PLAIN,
        *,
        launch: bool = True,
        parallelism: int = 4,
        meanwhile: Callable[[], object] | None = None,
        on_run: Callable[[Run], object] | None = None,
    ) -> ApplySummary:
        """Plan and carry out; `meanwhile` happens between the two."""
        work = load_work(self.inv, self.folder, options)
        with self.state() as store:
            settle_former_runs(work, self.mscode, store, self.notes.append, self.waits.append)
            plan = work.plan(self.mscode, store)
            assert not plan.refused, [c for c in plan.checks if c.status == "fail"]
            if meanwhile:
                meanwhile()
            approval = Approval(True, launch)
            records = launch_records(
                work, store, plan, work.key(self.mscode, store), ApplyOptions(allow_launch=launch), approval
            )
            run = prepare_run(work, self.mscode, store, plan, records, self.events.append)
            if on_run:
                on_run(run)
            return apply_plan(run, parallelism=parallelism, launch=launch, held_because="" if launch else "no yes")

    def state(self) -> AbstractContextManager[StateStore]:
        """The state under its lock."""
        return lock_state(self.inv, self.environment, "apply")

    def crash(self, method: str, path: str, when: str = "after", *, options: Options = PLAIN, nth: int = 1) -> None:
        """Apply, and die before or after the nth request of this method to this path (a regular expression)."""
        seen = []

        def die(m: str, p: str, body: Json) -> None:
            if m == method and re.fullmatch(path, p):
                seen.append(p)
                if len(seen) == nth:
                    raise Crash

        setattr(self.transport, when, die)
        try:
            with pytest.raises(Crash):
                self.apply(options)
        finally:
            setattr(self.transport, when, None)

    def posts(self, path: str) -> int:
        """How often was something sent to be created there?"""
        return sum(method == "POST" and p == path for method, p, _ in self.transport.sent)

    def intents(self) -> list[str]:
        """Addresses of creates that have no known end."""
        return [str(address) for address in open_state(self.environment).known.intents]

    def lose_state(self) -> None:
        shutil.rmtree(self.environment.folder)

    def brake(self, *addresses: str) -> None:
        choice = Choice(addresses, projects=frozenset({"review"}))
        pulled = halt_campaigns(self.mscode, registry()["rsvpCalls"], self.environment.target(), choice)
        assert pulled.halted and not pulled.missing and all(one.error is None for one in pulled.halted)

    # ---- the account, as the web interface would change it

    def all(self, path: str) -> list[Json]:
        return self.client.list(path, what="test")

    def campaign(self) -> Json:
        (one,) = self.all("/rsvp_calls")
        return one

    def put(self, path: str, **changes: Json) -> None:
        raw = self.client.get(path, what="test")
        body = {k: v for k, v in raw.items() if k not in ("receivers", "stats", "createdAt", "updatedAt")}
        if not changes.get("startTime"):
            body.pop("startTime", None)
        self.client.put(path, {**body, **changes}, what="test")

    def person_sets(self, state: str, campaign_id: str | None = None) -> None:
        self.put(f"/rsvp_calls/{campaign_id or self.campaign()['rsvpCallId']}", state=state)

    # ---- the control plane

    def control(self, method: str, path: str, body: Json = None) -> Json:
        answer = self.control_client.request(method, f"http://sandbox.local/__sandbox{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def at(self, time: str) -> None:
        self.control("POST", "/clock", {"time": time})

    def rung(self) -> list[str]:
        return [row["phone"] for row in self.control("GET", "/rings")]

    def only_one_campaign_called(self) -> bool:
        """Did people's phones ring, for the one campaign there is, and nobody's more often than it allows? Whoever answers."""
        [campaign] = self.all("/rsvp_calls")
        allowed = 1 + int(campaign["maxRedials"])
        return bool(self.rung()) and max(Counter(self.rung()).values()) <= allowed

    def fault(self, **rule: Json) -> None:
        self.control("POST", "/faults", rule)


class Person(Client):
    """Somebody in the web interface, who may do everything."""

    def _harmless(self, label: RequestLabel, body: Json) -> RequestLabel:
        return label


class Crash(BaseException):
    """The process ends here: no handler of ours sees it."""


class _Tap(httpx.BaseTransport):
    """Lets a test look at, or act before, each request, or after it. `sends` says how often a request goes on its way."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.before: Callable[[str, str, Json], object] | None = None
        self.sent: list[tuple[str, str, Json]] = []
        self.after: Callable[[str, str, Json], object] | None = None
        self.sends: Callable[[str, str], int] = lambda method, path: 1
        self.after_speech: Callable[[], object] = lambda: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        body = json.loads(content) if content[:1] in (b"{", b"[") else None
        path = request.url.path.removeprefix("/v1")
        if self.before:
            self.before(request.method, path, body)
        self.sent.append((request.method, path, body))
        for _ in range(self.sends(request.method, path) - 1):
            self.inner.handle_request(request).read()
        answer = self.inner.handle_request(request)
        if request.method == "POST" and path == "/voice_files/text_to_speech":
            self.after_speech()
        if self.after:
            self.after(request.method, path, body)
        return answer

    def close(self) -> None:
        self.inner.close()


def change_of(plan: Plan, address: str) -> Change:
    (one,) = [c for c in plan.changes if str(c.address) == address and not (isinstance(c, Delete) and c.leftover)]
    return one
