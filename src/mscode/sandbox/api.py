"""The API as an ASGI app: checks in the order path, headers, body, token, then the operation in one transaction."""

import asyncio
import json
import sqlite3
from collections import deque
from contextlib import suppress
from dataclasses import replace
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
from mscode.sandbox.forms import has_other_forms, received, shown
from mscode.sandbox.multipart import parse_multipart
from mscode.sandbox.operation import Body, Call, Operation, Reply, Upload
from mscode.sandbox.operations import router
from mscode.sandbox.pages import paged
from mscode.sandbox.past import Past
from mscode.sandbox.profile import Profile
from mscode.sandbox.rate import Rate
from mscode.sandbox.spoil import Answer, Late, Request, spoilt
from mscode.sandbox.store import Store, to_json
from mscode.sandbox.times import iso
from mscode.sandbox.validate import parse_json

_LOGGED = 20_000  # requests
_MULTIPART = "multipart/form-data"


class Api:
    """Serves the operations of the profile in force; ``log`` keeps the last requests for the control plane."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        gate: Gate,
        faults: Faults,
        latency: float,
    ) -> None:
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOGGED)
        self._store = store
        self._clock = clock
        self._gate = gate
        self._faults = faults
        self._rate = Rate()
        self._latency = latency
        self._late = Late()
        self._past = Past()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientGone):
            body = await read_body(receive)
            await asyncio.sleep(self._latency)
            await self._serve(Request(scope, scope["method"], local_path(scope), body), send)

    async def _serve(self, request: Request, send: Send) -> None:
        await self._late.tick(self._answer)
        try:
            self._rate.check(self._store.profile.rate)
        except ApiError as error:
            self._note(request, error.status)
            await respond(send, error.status, error_json(error.body()), error.headers, self._clock.now())
            return
        rule = self._faults.take(request.method, request.path)
        try:
            status, content, headers = await (self._faulty(rule, request) if rule else self._answer(request))
        except ConnectionDropped:
            self._note(request, 0)
            raise
        self._note(request, status)
        await respond(send, status, content, headers, self._clock.now(), headers.pop("content-type", JSON))

    async def _faulty(self, rule: Rule, request: Request) -> Answer:
        """What is answered under a rule; whether it is carried out at all, and when, is the rule's too."""
        if rule.when != "after":
            await asyncio.sleep(rule.delay)
        if rule.is_stale:
            true = await self._answer(request, self._past.seen_by(rule, self._clock.now()))
        elif rule.when == "after" or not rule.replaces_answer:
            true = await self._answer(request)
        else:
            true = (500, "", {})
        if rule.when == "late":
            self._late.put(request, rule.requests)
        if rule.when == "after":
            await asyncio.sleep(rule.delay)
        return spoilt(rule, true, self._clock.now())

    async def commit_late(self) -> int:
        """Carry out what was answered and not done; how many requests that were."""
        return await self._late.commit(self._answer)

    def forget_past(self) -> None:
        """After a reset: nothing that came before it is read or carried out any more."""
        self._late.clear()
        self._past.forget()

    def _note(self, request: Request, status: int) -> None:
        query = request.scope["query_string"]
        shown = "" if b"access_token" in query else query.decode("latin-1")
        at = iso(int(self._clock.now()))
        self.log.append({"at": at, "method": request.method, "path": request.path, "query": shown, "status": status})

    async def _answer(self, request: Request, then: Store | None = None) -> Answer:
        """``then`` is the store as it was, for a read of what is no longer so."""
        if request.method != "GET" and self._faults.look_back:
            self._past.keep(self._clock.now(), self._store)
        try:
            reply, location = await self._reply(request, then)
        except ApiError as error:
            return error.status, error_json(error.body()), error.headers
        except (
            sqlite3.Error
        ) as error:  # a full disk, a folder that may not be written: rolled back, and no bug of the emulator
            failed = ApiError(500, "storage", f"the sandbox's database cannot be used: {error}")
            return failed.status, error_json(failed.body()), failed.headers
        return reply.status, reply.content, {"location": location} if location else {}

    async def _reply(self, request: Request, then: Store | None) -> tuple[Reply, str | None]:
        """The reply, and the value of its header Location."""
        scope, method = request.scope, request.method
        operation, ids = router(self._store.profile).find(method, request.path)
        headers, query = headers_of(scope), query_of(scope)
        if not self._store.profile.lenient_headers:
            _check_media_types(operation, headers)
        value, uploads, posted = await _parsed(operation, headers.get("content-type", ""), request.body)
        host = f"{scope['scheme']}://{headers.get('host', 'sandbox.local')}"
        writes = method != "GET" or dialler.something_due(self._store, int(self._clock.now()))
        with self._store.transaction(write=writes):
            self._gate.check(operation, headers, query, posted if method == "POST" else None)
            # Read under the write lock: a time from before the wait could lie behind what another process has played.
            now = int(self._clock.now())
            if writes:
                dialler.run_to(self._store, now)
            body = received(self._store.profile, value)
            call = Call(then or self._store, now, host, ids, query, body, uploads)
            reply = operation.handler(call)
        root = scope.get("root_path", "")
        reply = _in_form(call, paged(call, operation, reply, host + root + request.path))
        return reply, _location(call.profile, reply, host, root)


def _in_form(call: Call, reply: Reply) -> Reply:
    if not reply.content or not has_other_forms(call.profile):
        return reply
    return replace(reply, content=to_json(shown(call.profile, json.loads(reply.content))))


def _location(profile: Profile, reply: Reply, host: str, root: str) -> str | None:
    """An absolute URL (docs/service-notes.md#requests), unless the switch ``location`` has another reading."""
    if reply.location is None or profile.location == "off":
        return None
    return (host if profile.location == "absolute" else "") + root + reply.location


def _check_media_types(operation: Operation, headers: dict[str, str]) -> None:
    """``application/json`` is the only value of either header, but for the upload's body (docs/service-notes.md#requests)."""
    if JSON not in [_media_type(part) for part in headers.get("accept", "").split(",")]:
        raise ApiError(406, "notAcceptable", "Accept is application/json")
    wanted = _MULTIPART if operation.body is Body.FILES else JSON
    if _media_type(headers.get("content-type", "")) != wanted:
        raise ApiError(415, "unsupportedMediaType", f"Content-Type is {wanted}")


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()


async def _parsed(operation: Operation, content_type: str, body: bytes) -> tuple[Any, tuple[Upload, ...], object]:
    """The body's value, its uploads, and the token that was posted in it (docs/service-notes.md#tokens)."""
    if operation.body is Body.NONE or (operation.body is Body.OPTIONAL_JSON and not body):
        return None, (), None
    if operation.body is Body.FILES:
        uploads, fields = await parse_multipart(content_type, body)
        return None, uploads, fields.get("access_token")
    value = parse_json(body)
    return value, (), value.pop("access_token", None) if isinstance(value, dict) else None
