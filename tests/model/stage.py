"""The service in this process, one request after the other, and what is seen of it without asking it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from mscode.sandbox import clock
from mscode.sandbox.app import create_app
from mscode.sandbox.errors import ConnectionDropped
from mscode.sandbox.store import MEMORY
from tests.asgi import Answer, answered, driven

Json = Any
URL = "http://127.0.0.1:9/v1"
#: Path of a kind that reaches people -> its name in the emulator's tables.
SENDING = {"/calls": "call", "/smses": "sms", "/emails": "email", "/click_to_calls": "clickToCall"}
CAMPAIGNS = "/rsvp_calls"
RUNNING = ("active", "waitingToActive")
#: What a PUT of a campaign carries, as the web interface sends it.
UPDATABLE = (
    *("state", "startTime", "endTime", "activeFrom", "activeTo", "activeWeekdays", "voiceFiles", "actionButtons"),
    *("acceptsWanted", "maxRedials", "receiverWebhookUrl", "stateWebhookUrl", "meta"),
)
_TELLING = {"call": "operations", "sms": "message", "email": "subject"}


class Killed(BaseException):
    """The process ends here, without another instruction of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a campaign calls, and how often: the less of each, the fewer calls there are. Times of day are texts, dates epochs."""

    start: int
    end: int
    hours: tuple[str, str]
    weekdays: frozenset[int]
    accepts: int
    redials: int

    @classmethod
    def of(cls, body: dict[str, Any]) -> Limits:
        days = frozenset(day for day, active in enumerate(body.get("weekdays") or ()) if active in (1, "1"))
        times = (str(body.get(name) or "") for name in ("activeFrom", "activeTo"))
        start, end, accepts, redials = (
            int(body.get(name) or 0) for name in ("start", "end", "acceptsWanted", "maxRedials")
        )
        return cls(start, end, tuple(times), days, accepts, redials)  # type: ignore[arg-type]

    def is_within(self, other: Limits, now: int) -> bool:
        """Does it call at no moment, and no more often, than the other one does from `now` on?"""
        return (
            max(self.start, now) >= max(other.start, now)
            and self.end <= other.end
            and self.hours[0] >= other.hours[0]
            and self.hours[1] <= other.hours[1]
            and self.weekdays <= other.weekdays
            and self.accepts <= other.accepts
            and self.redials <= other.redials
        )


@dataclass(frozen=True, slots=True)
class Thing:
    """A live object that reaches people. `soul` stays the same under whatever name and id a manifest's object goes."""

    kind: str
    id: str
    soul: str
    state: str
    limits: Limits


@dataclass(slots=True)
class Sent:
    """One request of mscode, with what reaches people before and after it."""

    method: str
    path: str
    body: Json
    before: dict[tuple[str, str], Thing]
    after: dict[tuple[str, str], Thing] = field(default_factory=dict)


class Machine:
    """The machine's time: it stands still unless it is moved."""

    now = 1_900_000_000.0


class Stage(httpx.BaseTransport):
    """The emulator, as a transport. `before` and `after` are told of each request of mscode, and may raise."""

    def __init__(self) -> None:
        clock.machine_time = lambda: Machine.now
        self.app = create_app(MEMORY)
        self.token: str = self.app.state.token
        self._store = self.app.state.store
        self.before: Callable[[Sent], None] = lambda sent: None
        self.after: Callable[[Sent], None] = lambda sent: None

    def close(self) -> None:
        """A client closes its transport; this one lives on."""

    # ---- requests of mscode ------------------------------------------------------------------------------------------

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        path = request.url.path.removeprefix("/v1")
        sent = Sent(request.method, path, _parsed(content), self.things())
        self.before(sent)
        if "/voice_files" in path:
            Machine.now += 2
        try:
            status, headers, body = self._ask(request, content)
        except ConnectionDropped:
            raise httpx.ReadError("reset") from None
        finally:
            sent.after = self.things() if request.method != "GET" else sent.before
            self.after(sent)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    def _ask(self, request: httpx.Request, content: bytes) -> Answer:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        target = str(request.url.raw_path, "ascii")
        return driven(answered(self.app, request.method, target, headers, content))

    # ---- the world beside mscode -------------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: Json = ...) -> Json:
        """The control plane; no rule strikes it."""
        content = b"" if body is ... else json.dumps(body).encode()
        request = httpx.Request(method, f"http://127.0.0.1:9/__sandbox{path}", content=content)
        status, _, answer = self._ask(request, content)
        assert status == 200, answer
        return json.loads(answer)

    def person(self, method: str, path: str, body: Json = ...) -> Json:
        """What somebody does in the web interface; None where the service refuses it."""
        content = b"" if body is ... else json.dumps(body).encode()
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "x-access-token": self.token,
            "x-authentication-token": self.token,
        }
        request = httpx.Request(method, URL + path, headers=headers, content=content)
        status, _, answer = self._ask(request, content)
        return json.loads(answer) if 200 <= status < 300 and answer else None

    # ---- what is there, read from the emulator's own tables -----------------------------------------------------------

    def things(self) -> dict[tuple[str, str], Thing]:
        """Every live object that reaches people."""
        rows = self._store.rows(
            "SELECT kind, id, body FROM documents WHERE kind IN ('call', 'sms', 'email', 'clickToCall', 'rsvpCall')"
        )
        return {(kind, str(number)): _thing(kind, str(number), json.loads(body)) for kind, number, body in rows}

    def rings(self) -> list[tuple[str, str, str]]:
        """Kind, id and number (or e-mail address) of each ring, up to now."""
        self.control("GET", "/rings")
        rows = self._store.rows("SELECT kind, owner, address FROM rings ORDER BY id")
        return [(kind, str(owner), address) for kind, owner, address in rows]

    def accounts(self) -> list[dict[str, str]]:
        rows = self._store.rows("SELECT id, phone, email, city, firstName FROM accounts")
        return [dict(zip(("id", "phone", "email", "city", "firstName"), map(str, row), strict=True)) for row in rows]

    def members(self, group_id: str) -> list[str]:
        """Account ids of a group."""
        return [
            str(row[0]) for row in self._store.rows("SELECT accountId FROM members WHERE groupId = ?", int(group_id))
        ]

    def named(self, kind: str) -> list[tuple[str, str]]:
        """Id and name of each group or voice file."""
        return [(str(number), str(body.get("name", ""))) for number, body in self._store.all(kind)]

    @property
    def now(self) -> str:
        return str(self.control("GET", "/clock")["now"])


def _thing(kind: str, number: str, body: dict[str, Any]) -> Thing:
    meta = body.get("meta")
    told = str(meta.get("soul", "")) if isinstance(meta, dict) else str(body.get(_TELLING.get(kind, ""), ""))
    if kind == "call":
        told = told.removeprefix('[{"say":"').removeprefix('[{"say": "')
    return Thing(kind, number, told.split(" ")[0], str(body.get("state", "")), Limits.of(body))


def _parsed(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        return None
