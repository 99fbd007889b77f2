"""Small HTTP servers beside a command, in a thread of their own, with limits for clients that mean no good.

uvicorn limits the size of a request's head and the time between two requests. Beside that, connections are counted here, and one is
closed whose client sends its request too slowly, or does not take the answer.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mscode.app.live.address import Address
from mscode.errors import ConfigError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Seconds that requests under way get at the end, and that the thread gets to start or end.
_LAST_REQUESTS, _THREAD_SECONDS = 1, 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the clients of one server may cost: connections at once, bytes of the head of a request, seconds in which a request has
    to come whole, seconds in which an answer has to be taken, and seconds between two requests."""

    connections: int = 256
    head_bytes: int = 16 * 1024
    request_seconds: float = 10.0
    answer_seconds: float = 20.0
    idle_seconds: int = 5


@contextmanager
def serving(servers: Sequence[tuple[ASGIApp, Address]], limits: Limits = Limits()) -> Iterator[list[str]]:
    """Serve each app at its address until the block ends; gives the URLs. ConfigError where an address cannot be had.

    Whatever is still answered a second after the block is cut, so streams must end by themselves.
    """
    sockets = []
    try:
        for _, address in servers:
            sockets.append(_bound(address, limits))
        urls = [
            f"http://{Address(address.host, listener.getsockname()[1])}"
            for (_, address), listener in zip(servers, sockets, strict=True)
        ]
        running = [uvicorn.Server(_config(_with_short_heads(app, limits), limits)) for app, _ in servers]
        thread = threading.Thread(target=_run, args=(running, sockets), name="mscode-server", daemon=True)
        thread.start()
        try:
            yield urls
        finally:
            for server in running:
                server.should_exit = True
            thread.join(_THREAD_SECONDS)
    finally:
        for listener in sockets:
            listener.close()


def _run(servers: Sequence[uvicorn.Server], sockets: Sequence[socket.socket]) -> None:
    async def all_of_them() -> None:
        pairs = zip(servers, sockets, strict=True)
        await asyncio.gather(*(server.serve([listener]) for server, listener in pairs))

    asyncio.run(all_of_them())


def _bound(address: Address, limits: Limits) -> socket.socket:
    try:
        family, *_, name = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(name[:2], family=family, backlog=limits.connections)
    except (OSError, UnicodeError) as error:
        hint = "Choose another port (0: any free one), or a host of this machine."
        # UnicodeError: a part of the name is empty or too long, so that it cannot even be looked up.
        detail = f"{error.strerror or error}." if isinstance(error, OSError) else "This is no name of a host."
        raise ConfigError(f"mscode cannot listen on {address}", detail=detail, hint=hint, code="listen") from None
    # asyncio switches Nagle's algorithm off only for sockets that say their protocol; accepted ones inherit it from here.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _config(app: ASGIApp, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_limited(limits),
        loop="asyncio",
        lifespan="off",
        ws="none",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )


def _with_short_heads(app: ASGIApp, limits: Limits) -> ASGIApp:
    """The app behind the limit for heads: uvicorn refuses a larger one only where it comes in several parts."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])  # `: ` and the end of the line
        if size + len(scope["raw_path"]) + len(scope["query_string"]) <= limits.head_bytes:
            await app(scope, receive, send)
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 431, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return limited


class _Limited(H11Protocol):
    """uvicorn's protocol for connections of one server, oldest first in `open`. Of more than there may be, the oldest is closed on
    which nothing is answered."""

    limits: Limits
    open: dict[_Limited, None]

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._request: asyncio.TimerHandle | None = None
        self._answer: asyncio.TimerHandle | None = None

    @property
    def is_answering(self) -> bool:
        """Is there a request whose head has come, and which is not answered yet?"""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.open) >= self.limits.connections:
            oldest = next((connection for connection in self.open if not connection.is_answering), self)
            oldest.transport.abort()
        self.open[self] = None
        self._expect_request(self.limits.request_seconds)

    def send_400_response(self, msg: str) -> None:
        super().send_400_response("")  # as empty as every other refusal

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.pop(self, None)
        _cancel(self._request)
        _cancel(self._answer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.is_answering and not self.cycle.more_body:
            _cancel(self._request)  # the request is whole; its answer may take its time

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and not self.is_answering:
            self._expect_request(self.limits.idle_seconds + self.limits.request_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer = self.loop.call_later(self.limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        _cancel(self._answer)
        super().resume_writing()

    def _expect_request(self, seconds: float) -> None:
        _cancel(self._request)
        self._request = self.loop.call_later(seconds, self.transport.abort)


def _limited(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol for the connections of one server."""
    return type("Limited", (_Limited,), {"limits": limits, "open": {}})


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
