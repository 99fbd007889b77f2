"""The emulator behind real HTTP, in a thread of this process, and a person who uses its API beside mscode."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mscode.http.deadline import Cutoff
from mscode.http.transport import network
from mscode.sandbox.app import create_app
from mscode.sandbox.errors import ConnectionDropped
from mscode.sandbox.store import Store
from mscode.sandbox.wire import breaking, refusing
from tests.asgi import Header, answered

Json = Any
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


#: Method, target, headers and body of a request to the answer's status, headers and body.
Ask = Callable[[str, str, Iterable[Header], bytes], tuple[int, list[Header], bytes]]


@dataclass
class Meanwhile:
    """An act that is due before a request."""

    request: re.Pattern[str]
    act: Callable[[], object]
    nth: int

    def is_due(self, request: str) -> bool:
        self.nth -= bool(self.request.fullmatch(request))
        return self.nth == 0 and bool(self.request.fullmatch(request))


def long_run_profile() -> dict[str, Json]:
    """The switches of the sandbox under which scripts/torture.py runs these tests; none otherwise."""
    return dict(json.loads(os.environ.get("TORTURE_PROFILE") or "{}"))


class Service:
    """`url` is the API's base, `token` opens it. Times are the emulator's own, whatever the machine's clock says.

    What a test itself asks of it goes to the app on the server's loop, where the requests of mscode are answered too, and
    spares the sockets: they are what mscode is tested over.
    """

    def __init__(self, url: str, token: str, store: Store, ask: Ask) -> None:
        self.url, self.token, self._store, self.ask = url, token, store, ask
        self.meanwhile: list[Meanwhile] = []
        self.has_faults = False

    # The API, as a person or another program uses it

    def send(self, method: str, path: str, body: Json = ...) -> Json:
        headers = {**HEADERS, "X-Access-Token": self.token, "X-Authentication-Token": self.token}
        status, _, content = self.ask(method, f"/v1{path}", _raw(headers), _content(body))
        assert status < 300, f"{method} {path}: {status} {content.decode()}"
        return json.loads(content) if content else None

    def get(self, path: str) -> Json:
        return self.send("GET", path)

    def campaign(self, which: int = 0) -> Json:
        return self.get("/rsvp_calls")[which]

    def put_campaign(self, campaign: Json, **changes: Json) -> Json:
        """What an operator's page sends: every updatable field, with the changes."""
        names = (
            *("state", "startTime", "endTime", "activeFrom", "activeTo", "activeWeekdays", "voiceFiles"),
            *("actionButtons", "acceptsWanted", "maxRedials", "receiverWebhookUrl", "stateWebhookUrl", "meta"),
        )
        body = {name: campaign[name] for name in names} | {"state": campaign["state"]} | changes
        if body["state"] == "waitingToActive":
            body["state"] = "active"
        return self.send("PUT", f"/rsvp_calls/{campaign['rsvpCallId']}", body)

    def halt_as_a_person(self) -> Json:
        campaign = self.campaign()
        self.put_campaign(campaign, state="halt")
        return self.campaign()

    # What somebody else does while mscode works

    def before(self, request: str, act: Callable[[], object], nth: int = 1) -> None:
        """`act` happens once, right before the nth request `METHOD /path` (a regular expression) that is sent to the API."""
        self.meanwhile.append(Meanwhile(re.compile(request), act, nth))

    # The control plane

    def control(self, method: str, path: str, body: Json = ...) -> Json:
        status, _, content = self.ask(method, f"/__sandbox{path}", _raw(HEADERS), _content(body))
        assert status == 200, content.decode()
        return json.loads(content)

    def at(self, time: str) -> None:
        self.control("POST", "/clock", {"time": time})

    def advance(self, step: str) -> None:
        self.control("POST", "/clock", {"advance": step})

    def rings(self) -> list[Json]:
        return list(self.control("GET", "/rings"))

    def requests(self, *, writes: bool = False) -> list[str]:
        """What was sent to the API since the log was last cleared, as `METHOD /path`."""
        log = self.control("GET", "/requests")
        return [f"{one['method']} {one['path']}" for one in log if not (writes and one["method"] == "GET")]

    def forget_requests(self) -> None:
        self.control("DELETE", "/requests")

    def fault(self, **rule: Json) -> None:
        self.has_faults = True
        self.control("POST", "/faults", rule)

    def no_more_faults(self) -> None:
        self.has_faults = False
        self.control("DELETE", "/faults")

    def reads(self, **switches: Json) -> None:
        """The service reads the API's page so from now on."""
        self.control("POST", "/profile", switches)

    def start_over(self, time: str) -> None:
        self.meanwhile.clear()
        self.control("POST", "/reset")
        self.control("DELETE", "/profile")
        self.no_more_faults()
        self.at(time)
        self.forget_requests()

    def copy(self) -> tuple[Store, str]:
        """The whole account, and what time it is there."""
        return self._store.copy(), self.control("GET", "/clock")["now"]

    def put_back(self, copy: tuple[Store, str]) -> None:
        """The account as it was when it was copied, at that time."""
        store, now = copy
        self.start_over(now)
        store.copy_into(self._store)
        self.at(now)


def _content(body: Json) -> bytes:
    return b"" if body is ... else json.dumps(body).encode()


def _raw(headers: Mapping[str, str]) -> list[Header]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Direct(httpx.BaseTransport):
    """Takes mscode's requests to the service's loop without a socket. What is to break on its way takes the socket, and so does
    every request of a long run, and of an mscode in a process of its own.
    """

    def __init__(self, service: Service, url: str, connections: int, cutoff: Cutoff) -> None:
        self._service, self._cutoff = service, cutoff
        self._network = network(url, connections, cutoff)

    def close(self) -> None:
        self._network.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_local = str(request.url).startswith(f"{self._service.url}/")
        if not is_local or self._service.has_faults or long_run_profile() or self._cutoff.left() <= 0:
            return self._network.handle_request(request)
        target, headers = request.url.raw_path.decode(), [(name.lower(), value) for name, value in request.headers.raw]
        status, response_headers, content = self._service.ask(request.method, target, headers, request.read())
        return httpx.Response(status, headers=response_headers, stream=httpx.ByteStream(content))


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def running(db: Path, beside: Callable[[Any], ASGIApp] = lambda app: app) -> Iterator[Service]:
    """A service on a free port of this machine, until the block ends. `beside` puts something before the emulator's app, to
    answer what the emulator does not know.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ready = threading.Event()
    made: dict[str, Any] = {}

    def serve() -> None:
        app = create_app(db)
        made["app"] = _with_others(_speaking_at_once(beside(app)), made)
        config = uvicorn.Config(
            breaking(made["app"]),
            http=refusing(app.state.faults),
            log_level="error",
            access_log=False,
            date_header=False,
            lifespan="off",
            ws="none",
        )
        made["server"], made["token"], made["store"] = _Server(config), app.state.token, app.state.store

        async def answering() -> None:
            made["loop"] = asyncio.get_running_loop()
            ready.set()
            await made["server"].serve([listener])

        asyncio.run(answering())
        app.state.store.close()

    def ask(method: str, target: str, headers: Iterable[Header], content: bytes) -> tuple[int, list[Header], bytes]:
        answering = answered(made["app"], method, target, headers, content)
        return asyncio.run_coroutine_threadsafe(answering, made["loop"]).result(30)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    service = Service(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", made["token"], made["store"], ask)
    made["meanwhile"] = service.meanwhile
    try:
        yield service
    finally:
        made["server"].should_exit = True
        thread.join(10)


def _with_others(app: ASGIApp, made: dict[str, Any]) -> ASGIApp:
    """Lets somebody else act right before a request is answered; what they send themselves is no such request."""

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        waiting: list[Meanwhile] = made.get("meanwhile", [])
        if scope["type"] == "http" and path.startswith("/v1/"):
            due = [one for one in list(waiting) if one.is_due(f"{scope['method']} {path.removeprefix('/v1')}")]
            for one in due:
                waiting.remove(one)
                await asyncio.to_thread(one.act)
        await app(scope, receive, send)

    return shared


def _speaking_at_once(app: ASGIApp) -> ASGIApp:
    """Moves the clock on after each voice file that is made, so that no test waits for its conversion."""

    async def quick(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ConnectionDropped:
            await _later(app)
            raise
        if scope["type"] == "http" and scope["method"] == "POST" and "/voice_files" in scope["path"]:
            await _later(app)

    return quick


async def _later(app: ASGIApp) -> None:
    status, _, content = await answered(app, "POST", "/__sandbox/clock", (), b'{"advance": "+3s"}')
    assert status == 200, content
