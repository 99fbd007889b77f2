"""The page of followed campaigns as a site: the page, its script, its events, metrics and health; nothing else, and nothing that
changes anything.

What is served was put together when the account was read, so a request costs no reading. It is to stand in public: GET and HEAD
alone, no cookie, nothing of a request in an answer. On loopback it answers only under a name of this machine, since a page of
somebody else could otherwise read it under its own name (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mscode.app.live.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.loopback import is_loopback
from mscode.views.live.metrics import CONTENT_TYPE, metrics_text
from mscode.views.live.page import live_html, policy

if TYPE_CHECKING:
    from mscode.views.live.campaign_view import LivePage

#: Streams of events at once; seconds between two signs of life on one, and after which it ends, to be opened again.
MOST_STREAMS, HEARTBEAT, LONGEST_STREAM = 64, 15.0, 3600.0
#: Signs of life are looked for this often, so that the end of the program ends every stream at once.
_TICK = 0.25


@dataclass(frozen=True, slots=True)
class _Content:
    """What is served of one reading; `number` counts them."""

    number: int = 0
    page: bytes = b""
    metrics: bytes = b""


class Site:
    """The site's content, replaced by `show` from the thread that reads the account, and served by `app`.

    `healthy_seconds`: after so many without a reading that succeeded, it is not healthy any more. `streams` counts those of events
    that are open. `clock` gives seconds. Before the first reading there is no page, and it is not healthy.
    """

    def __init__(self, healthy_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._content = _Content()
        self._healthy_seconds, self._clock = healthy_seconds, clock
        self._read_at: float | None = None
        self._is_closing = False
        self.streams = 0

    def show(self, page: LivePage, *, is_current: bool) -> None:
        """Serve this page from now on. `is_current`: it is of a reading that has just succeeded."""
        html = live_html(page, is_served=True, is_current=is_current).encode()
        metrics = metrics_text(page, is_current=is_current).encode()
        self._content = _Content(self._content.number + 1, html, metrics)
        if is_current:
            self._read_at = self._clock()

    def close(self) -> None:
        """End every stream of events."""
        self._is_closing = True

    def app(self, address: Address) -> ASGIApp:
        """The site as an application at this address."""
        routes = [
            Route("/", self._page),
            Route("/live.js", self._script),
            Route("/events", self._events),
            Route("/metrics", self._metrics),
            Route("/healthz", self._health),
        ]
        site = Starlette(routes=routes, exception_handlers={HTTPException: _plain_error})
        site.router.redirect_slashes = False
        return _guarded(site, {"localhost", address.host} if address.is_local else None)

    async def _page(self, request: Request) -> Response:
        if not self._content.number:
            return _nothing_yet()
        return Response(self._content.page, media_type="text/html; charset=utf-8")

    async def _script(self, request: Request) -> Response:
        return Response(_SCRIPT, media_type="text/javascript; charset=utf-8")

    async def _metrics(self, request: Request) -> Response:
        if not self._content.number:
            return _nothing_yet()
        return Response(self._content.metrics, headers={"Content-Type": CONTENT_TYPE})

    async def _health(self, request: Request) -> Response:
        if self._read_at is not None and self._clock() - self._read_at <= self._healthy_seconds:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the account was not read for too long\n", status_code=503)

    async def _events(self, request: Request) -> Response:
        if self.streams >= MOST_STREAMS or self._is_closing:
            return PlainTextResponse("too many streams\n", status_code=503, headers={"Retry-After": "30"})
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return _Stream(self)

    async def events(self) -> AsyncIterator[str]:
        """The number of each reading, beginning with the current one: its page is to be fetched."""
        begun = said_at = self._clock()
        said = 0
        yield "retry: 3000\n\n"
        while not self._is_closing and self._clock() - begun < LONGEST_STREAM:
            number = self._content.number
            if number != said:
                yield f"id: {number}\nevent: page\ndata: {number}\n\n"
            elif self._clock() - said_at >= HEARTBEAT:
                yield ": still here\n\n"
            else:
                await asyncio.sleep(_TICK)
                continue
            said, said_at = number, self._clock()


class _Stream(StreamingResponse):
    """The events of a site to one client, who counts from the first byte to the last."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.events(), media_type="text/event-stream")
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._site.streams += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._site.streams -= 1


def _nothing_yet() -> Response:
    return PlainTextResponse("the account is being read\n", status_code=503, headers={"Retry-After": "2"})


_SCRIPT = (files("mscode.views.html") / "live.js").read_bytes()


async def _plain_error(request: Request, error: Exception) -> Response:
    """An error without anything of the request."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse({404: "not found\n"}.get(status, "error\n"), status_code=status)


# ---- what holds of every answer --------------------------------------------------------------------------------------

_HEADERS = {
    "content-security-policy": f"{policy()}; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "x-accel-buffering": "no",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]


def _guarded(app: ASGIApp, names: set[str] | None) -> ASGIApp:
    """The app for GET and HEAD alone, with the headers of every answer; with `names`, under these hosts' names and loopback
    addresses alone."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_RAW_HEADERS]
            await send(message)

        refused = _refusal(scope, names)
        with suppress(asyncio.CancelledError):  # the program ends
            await (refused or app)(scope, receive, send_with_headers)

    return guarded


def _refusal(scope: Scope, names: set[str] | None) -> Response | None:
    """The answer to a request that is not served, None for one that is."""
    if scope["method"] not in ("GET", "HEAD"):
        headers = {"Allow": "GET, HEAD", "Connection": "close"}
        return PlainTextResponse("GET alone\n", status_code=405, headers=headers)
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if names is not None and not (len(hosts) == 1 and _is_ours(hosts[0], names)):
        return PlainTextResponse("not a name of this server\n", status_code=421, headers={"Connection": "close"})
    return None


_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::\d{1,5})?")


def _is_ours(host: bytes, names: set[str]) -> bool:
    """Is the Host header a name of this machine, with any port?"""
    match = _HOST.fullmatch(host.decode("latin-1").lower())
    name = (match["v6"] or match["name"]) if match else ""
    return name in names or is_loopback(name)
