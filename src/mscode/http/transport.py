"""The ways a request travels: over the network, or to an ASGI app in this process (the embedded sandbox, a rehearsal's).

Both are `httpx.BaseTransport`, the seam at which tests put their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import httpcore
import httpx

from mscode.errors import ConfigError
from mscode.http.deadline import Cutoff, DeadlineBackend
from mscode.model.loopback import is_loopback

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

Transport = httpx.BaseTransport
#: Shorter than what common servers grant, so that a POST does not go out on a connection that is being closed.
KEEPALIVE = 3.0


def network(url: str, parallelism: int, cutoff: Cutoff) -> httpx.BaseTransport:
    """HTTP/1.1 to the host of `url`, `parallelism` connections at most, through the environment's proxy if it has one.

    Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, certificates from `SSL_CERT_FILE` or
    `SSL_CERT_DIR`; no netrc, no cookies. ConfigError for a proxy of another kind than http.
    """
    # Certificates take long to read, and plain http needs none.
    ssl_context = httpx.create_ssl_context() if urlsplit(url).scheme == "https" else None
    proxy, backend = proxy_for(url), DeadlineBackend(cutoff)
    return _Network(
        httpcore.ConnectionPool(
            ssl_context=ssl_context,
            proxy=proxy,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=KEEPALIVE,
            network_backend=backend,
        )
        for _ in range(parallelism)
    )


def proxy_for(url: str) -> httpcore.Proxy | None:
    """The environment's proxy for a URL; none for loopback hosts and those of `NO_PROXY`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies_environment()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_loopback(host) or proxy_bypass(host):
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "The proxy of the environment cannot be used",
            detail=f"It is of the kind {parts.scheme}; http is supported.",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = f"{parts.scheme}://{host}:{parts.port or 8080}"
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(address, auth=auth)


class _Network(httpx.BaseTransport):
    """Each connection is a pool of its own: one pool of n connections looks at each of them n times, twice for a request, which at
    50 connections takes longer than all else of the request. The connection that was used last is used next.
    """

    def __init__(self, connections: Iterable[httpcore.ConnectionPool]) -> None:
        self._connections = tuple(connections)
        self._free: LifoQueue[httpcore.ConnectionPool] = LifoQueue()
        for connection in self._connections:
            self._free.put(connection)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            connection = self._free.get(timeout=request.extensions.get("timeout", {}).get("pool"))
        except Empty:
            raise httpx.PoolTimeout("every connection is in use") from None
        try:
            with _as_httpx():
                incoming = connection.handle_request(outgoing)
        except BaseException:
            self._free.put(connection)
            raise
        stream = _ResponseStream(incoming, partial(self._free.put, connection))
        return httpx.Response(incoming.status, headers=incoming.headers, stream=stream)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class _ResponseStream(httpx.SyncByteStream):
    """`release` is called once, when the response is closed and its connection may be used again."""

    def __init__(self, response: httpcore.Response, release: Callable[[], object]) -> None:
        self._response, self._release = response, release
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            try:
                with _as_httpx():
                    self._response.close()
            finally:
                self._release()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's errors as httpx's, which have the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error


def embedded(app: Any) -> httpx.BaseTransport:
    """Requests to an ASGI app in this process, on an event loop in a thread of its own; any number of threads may send.

    `close` stops the loop. What the app raises is a 500, as a server would answer.
    """
    return _Embedded(app)


class _Embedded(httpx.BaseTransport):
    def __init__(self, app: Any) -> None:
        from anyio.from_thread import start_blocking_portal

        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._running: AbstractContextManager[BlockingPortal] = start_blocking_portal()
        self._portal = self._running.__enter__()
        self._open = True

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        future = self._portal.start_task_soon(self._handle, request, request.read())
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            return future.result(seconds)
        except FutureTimeout:
            future.cancel()
            raise httpx.ReadTimeout("the deadline has passed") from None
        except AssertionError:
            raise httpx.RemoteProtocolError("the answer was not completed") from None

    async def _handle(self, request: httpx.Request, content: bytes) -> httpx.Response:
        inner = httpx.Request(request.method, request.url, headers=request.headers.raw, content=content)
        response = await self._asgi.handle_async_request(inner)
        body = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers.raw, stream=httpx.ByteStream(body))

    def close(self) -> None:
        if self._open:
            self._open = False
            self._running.__exit__(None, None, None)


def direct(app: Any) -> httpx.BaseTransport:
    """Requests to an ASGI app in this process that waits for nothing: one after the other, each in the thread that sends it.

    Much quicker than `embedded`, since no thread hands over to another. What the app raises is raised. Requests are not logged:
    nothing leaves this process, and whoever reads the log must not take them for requests to the live account.
    """
    return _Direct(app)


def is_logged(transport: Transport | None) -> bool:
    """Are requests by this transport (None: over the network) logged?"""
    return not isinstance(transport, _Direct)


class _Direct(httpx.BaseTransport):
    def __init__(self, app: Any) -> None:
        self._app = app
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 0),
            "root_path": "",
        }
        content, sent = request.read(), list[dict[str, Any]]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        with self._lock:
            if b"multipart/" in request.headers.get("content-type", "").encode():
                import asyncio

                asyncio.run(self._app(scope, receive, send))  # what reads a form may hand a large part to a thread
            else:
                _run(self._app(scope, receive, send))
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], stream=httpx.ByteStream(body))


def _run(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run to its end what may give way (`asyncio.sleep(0)`) and never waits."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the app waits for something")
