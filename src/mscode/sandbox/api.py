"""The API as an ASGI app: checks in the order path, headers, body, token, then the operation in one transaction."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

from mscode.sandbox import dialler
from mscode.sandbox.asgi import (
    JSON,
    ClientGone,
    Receive,
    Scope,
    Send,
    error_json,
    headers_of,
    local_path,
    query_of,
    read_body,
    respond,
)
from mscode.sandbox.auth import Gate
from mscode.sandbox.clock import Clock
from mscode.sandbox.errors import ApiError, ConnectionDropped
from mscode.sandbox.faults import Faults, Rule
from mscode.sandbox.multipart import parse_multipart
from mscode.sandbox.operation import Body, Call, Operation, Reply, Router, Upload
from mscode.sandbox.store import Store
from mscode.sandbox.times import iso
from mscode.sandbox.validate import parse_json

Answer = tuple[int, str, dict[str, str]]  # status, content, headers
_LOGGED = 20_000  # requests
_MULTIPART = "multipart/form-data"


class Api:
    """Serves one prefix or several; ``log`` keeps the last requests for the control plane."""

    def __init__(
        self, store: Store, clock: Clock, router: Router, gate: Gate, faults: Faults, seed: int, latency: float
    ) -> None:
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOGGED)
        self._store = store
        self._clock = clock
        self._router = router
        self._gate = gate
        self._faults = faults
        self._seed = seed
        self._latency = latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientGone):
            body = await read_body(receive)
            await asyncio.sleep(self._latency)
            await self._serve(scope, body, send)

    async def _serve(self, scope: Scope, body: bytes, send: Send) -> None:
        method, path = scope["method"], local_path(scope)
        rule = self._faults.take(method, path)
        await asyncio.sleep(rule.delay if rule else 0)
        answer: Answer | None = None
        if rule is None or rule.when == "after" or not rule.replaces_answer:
            answer = await self._answer(scope, method, path, body)
        if rule and rule.replaces_answer:
            answer = _struck(rule)
        self._note(method, path, scope["query_string"], answer[0] if answer else 0)
        if answer is None:
            raise ConnectionDropped("a fault rule drops this connection")
        status, content, headers = answer
        await respond(send, status, content, headers, self._clock.now(), headers.pop("content-type", JSON))

    def _note(self, method: str, path: str, query: bytes, status: int) -> None:
        shown = "" if b"access_token" in query else query.decode("latin-1")
        self.log.append(
            {"at": iso(int(self._clock.now())), "method": method, "path": path, "query": shown, "status": status}
        )

    async def _answer(self, scope: Scope, method: str, path: str, body: bytes) -> Answer:
        try:
            reply, base = await self._reply(scope, method, path, body)
        except ApiError as error:
            return error.status, error_json(error.body()), error.headers
        return reply.status, reply.content, {"location": base + reply.location} if reply.location else {}

    async def _reply(self, scope: Scope, method: str, path: str, body: bytes) -> tuple[Reply, str]:
        operation, ids = self._router.find(method, path)
        headers, query = headers_of(scope), query_of(scope)
        _check_media_types(operation, headers)
        value, uploads, posted = await _parsed(operation, headers.get("content-type", ""), body)
        host = f"{scope['scheme']}://{headers.get('host', 'sandbox.local')}"
        writes = method != "GET" or dialler.something_due(self._store, int(self._clock.now()))
        with self._store.transaction(write=writes):
            self._gate.check(operation, headers, query, posted if method == "POST" else None)
            # Read under the write lock: a time from before the wait could lie behind what another process has played.
            now = int(self._clock.now())
            if writes:
                dialler.run_to(self._store, now, self._seed)
            reply = operation.handler(Call(self._store, now, self._seed, host, ids, query, value, uploads))
        return reply, host + scope.get("root_path", "")


def _struck(rule: Rule) -> Answer | None:
    """What a fault puts in the answer's place; None is a connection that breaks."""
    if rule.drop:
        return None
    return rule.status or 500, rule.body, {name.lower(): value for name, value in rule.headers.items()}


def _check_media_types(operation: Operation, headers: dict[str, str]) -> None:
    """``application/json`` is the only value of either header, but for the upload's body (§1.3, Q02)."""
    if JSON not in [_media_type(part) for part in headers.get("accept", "").split(",")]:
        raise ApiError(406, "notAcceptable", "Accept is application/json")
    wanted = _MULTIPART if operation.body is Body.FILES else JSON
    if _media_type(headers.get("content-type", "")) != wanted:
        raise ApiError(415, "unsupportedMediaType", f"Content-Type is {wanted}")


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()


async def _parsed(operation: Operation, content_type: str, body: bytes) -> tuple[Any, tuple[Upload, ...], object]:
    """The body's value, its uploads, and the token that was posted in it (Q04)."""
    if operation.body is Body.NONE or (operation.body is Body.OPTIONAL_JSON and not body):
        return None, (), None
    if operation.body is Body.FILES:
        uploads, fields = await parse_multipart(content_type, body)
        return None, uploads, fields.get("access_token")
    value = parse_json(body)
    return value, (), value.pop("access_token", None) if isinstance(value, dict) else None
