"""Many accounts behind one port of this machine, each an emulator of its own: `<url>/NAME/v1` is the API of the account NAME."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mscode.sandbox.app import create_app
from mscode.sandbox.wire import breaking
from tests.asgi import answered

Json = Any
_HEADERS = [(b"content-type", b"application/json"), (b"accept", b"application/json")]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that arrived: `at` is on the monotonic clock, which all processes of this machine share."""

    account: str
    method: str
    path: str
    token: str
    at: float


@dataclass(slots=True)
class Accounts:
    """`apps` are the emulators by the names of their accounts."""

    root: str
    apps: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    requests: list[Sent] = field(default_factory=list)
    #: seconds by which each answer is late
    latency: float = 0.0
    #: takes each request that changes something, before it is answered
    on_write: Callable[[Sent], object] = lambda sent: None

    def url(self, name: str) -> str:
        return f"{self.root}/{name}/v1"

    def token(self, name: str) -> str:
        return str(self.apps[name].state.token)

    def tokens(self) -> dict[str, str]:
        """Each account's token under the name of its variable."""
        return {variable(name): self.token(name) for name in self.apps}

    def control(self, name: str, method: str, path: str, body: Json = ...) -> Json:
        content = b"" if body is ... else json.dumps(body).encode()
        asking = answered(self.apps[name], method, f"/__sandbox{path}", _HEADERS, content)
        status, _, answer = asyncio.run_coroutine_threadsafe(asking, self.loop).result(30)
        assert status == 200, answer.decode()
        return json.loads(answer)

    def get(self, name: str, path: str) -> Json:
        return self._send(name, "GET", path, b"")

    def put(self, name: str, path: str, body: Json) -> Json:
        """What an operator's page sends."""
        return self._send(name, "PUT", path, json.dumps(body).encode())

    def _send(self, name: str, method: str, path: str, content: bytes) -> Json:
        token = self.token(name).encode()
        headers = [*_HEADERS, (b"x-access-token", token), (b"x-authentication-token", token)]
        asking = answered(self.apps[name], method, f"/v1{path}", headers, content)
        status, _, answer = asyncio.run_coroutine_threadsafe(asking, self.loop).result(30)
        assert status == 200, answer.decode()
        return json.loads(answer)

    def at(self, time: str) -> None:
        """Set every account's clock."""
        for name in self.apps:
            self.control(name, "POST", "/clock", {"time": time})

    def rings(self, name: str) -> list[Json]:
        return list(self.control(name, "GET", "/rings"))

    def states(self) -> dict[str, list[str]]:
        """The states of each account's campaigns."""
        return {name: [row["state"] for row in self.get(name, "/rsvp_calls")] for name in self.apps}

    def copy(self, name: str) -> None:
        """Make every account what this one is now; each keeps its token."""
        for other, app in self.apps.items():
            if other != name:
                self.apps[name].state.store.copy_into(app.state.store)

    def writes(self) -> list[Sent]:
        return [request for request in self.requests if request.method != "GET"]


def variable(name: str) -> str:
    """The variable of a project's token under `token: {env: "TOKEN_{name}"}`."""
    return f"TOKEN_{name.upper().replace('-', '_')}"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def accounts(names: Sequence[str], clock: str = "") -> Iterator[Accounts]:
    """A server with these accounts until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    apps = {name: create_app(":memory:", require_token=f"secret-of-{name}-0123456789") for name in names}
    served, ready = (
        Accounts(f"http://127.0.0.1:{listener.getsockname()[1]}", apps, asyncio.new_event_loop()),
        threading.Event(),
    )
    config = uvicorn.Config(
        breaking(_dispatching(served)),
        log_level="error",
        access_log=False,
        date_header=False,
        lifespan="off",
        ws="none",
    )
    server = _Server(config)

    async def serving() -> None:
        ready.set()
        await server.serve([listener])

    thread = threading.Thread(target=lambda: served.loop.run_until_complete(serving()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        if clock:
            served.at(clock)
        yield served
    finally:
        server.should_exit = True
        thread.join(10)
        for app in apps.values():
            app.state.store.close()


def _dispatching(served: Accounts) -> ASGIApp:
    """The account that a path begins with answers."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        arrived = time.monotonic()
        _, name, rest = scope["path"].split("/", 2)
        headers = dict(scope["headers"])
        token = headers.get(b"x-access-token", b"").decode()
        path = f"/{rest}"
        sent = Sent(name, scope["method"], path.removeprefix("/v1"), token, arrived)
        served.requests.append(sent)
        if sent.method != "GET":
            served.on_write(sent)
        if served.latency:
            await asyncio.sleep(served.latency)
        app = served.apps[name]
        await app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
        if scope["method"] == "POST" and path.endswith("/voice_files"):  # no test waits for its conversion
            await answered(app, "POST", "/__sandbox/clock", _HEADERS, b'{"advance": "+3s"}')

    return answer
