"""Stand-ins for the service: scripted answers, a clock that only moves when somebody sleeps, raw sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from mscode.api.client import Client

TOKEN = "canary-Tok3n/with=signs&more"
URL = "https://api.example.com/v1"

Answer = httpx.Response | Exception


class Time:
    """A monotonic clock that sleeping moves, and nothing else."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Service:
    """Gives the answers it was told, in their order (the last one again and again), and keeps the requests."""

    def __init__(self, *answers: Answer | Callable[[httpx.Request], httpx.Response]) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.path.removeprefix("/v1")) for request in self.requests]


def client_of(service: Callable[[httpx.Request], httpx.Response], time: Time | None = None, **settings: Any) -> Client:
    time = time or Time()
    return Client(URL, TOKEN, transport=httpx.MockTransport(service), clock=time, sleep=time.sleep, **settings)


def page(status: int = 200, text: str = "<html><title>Hello</title></html>") -> httpx.Response:
    return httpx.Response(status, html=text)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """The URL of a server that answers each connection with `talk`, byte by byte as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """Headers and body of one request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
