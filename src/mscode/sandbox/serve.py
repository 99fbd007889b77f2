"""The sandbox as an HTTP server. The only module that needs uvicorn."""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from mscode.sandbox.answers import Answers
from mscode.sandbox.app import create_app, prefixes
from mscode.sandbox.posting import Poster, shown_host
from mscode.sandbox.profile import Profile
from mscode.sandbox.wire import breaking, refusing

_BACKLOG = 2048
_KEEP_ALIVE = 75  # seconds: longer than any client of the sandbox pauses between two requests
_LAST_REQUESTS = 5  # seconds that running requests get at the end


def serve(
    host: str,
    port: int,
    db: str | Path,
    latency_ms: int,
    clock: datetime | None,
    answers: Answers,
    faults: Path | None,
    announce: Callable[[str, str], None],
    profile: Profile | None = None,
    window_zone: tzinfo = UTC,
    webhooks: bool = False,
    tell: Callable[[str], object] = lambda text: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return. Port 0 is any free one.

    ``announce(url, token)`` is called once connections are accepted. OSError where the port cannot be had. Where the profile
    or ``webhooks`` wants it, webhooks are posted, and whatever is due is played without a request; ``tell`` takes what is to be
    said of that.
    """
    with _listen(host, port) as listener:
        app = create_app(
            db,
            answers=answers,
            latency_ms=latency_ms,
            clock=clock,
            faults=faults,
            profile=profile,
            window_zone=window_zone,
            webhooks=webhooks,
        )
        poster = Poster(app.state.store, app.state.faults, tell)
        try:
            _run(app, listener, lambda url: announce(url, app.state.token or ""), poster)
        finally:
            app.state.store.close()


def _run(app: Starlette, listener: socket.socket, announce: Callable[[str], None], poster: Poster) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://{shown_host(host)}:{port}{prefixes(app.state.switches.profile)[0]}"
    config = uvicorn.Config(
        breaking(app),
        http=refusing(app.state.faults),
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )
    _Server(config, lambda: announce(url), lambda: poster.serve(app.state.play)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says when it is up, does something else beside it, and takes a signal as a wish to end, not as a failure."""

    def __init__(
        self, config: uvicorn.Config, up: Callable[[], None], beside: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        super().__init__(config)
        self._up, self._beside = up, beside
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._task = asyncio.create_task(self._beside())
        self._up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._task is not None:
            self._task.cancel()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    # asyncio switches Nagle's algorithm off only for sockets that say their protocol; accepted ones inherit it from here.
    # With it on, each answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
