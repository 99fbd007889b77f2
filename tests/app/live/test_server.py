"""What a server of `watch` takes from a client that does not take the answer."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from mscode.app.live.address import Address
from mscode.app.live.server import Limits, serving

_CHUNK, _CHUNKS = b" " * 65536, 2000


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 16_000 + b"\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 17_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (b"GET /?" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\r\n\r\n", b"400"),
    ],
)
def test_a_head_that_comes_at_once_is_measured_too_and_a_refusal_says_nothing(
    request_text: bytes, status: bytes
) -> None:
    with serving([(empty, Address("127.0.0.1", 0))]) as [url]:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
            connection.sendall(request_text)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (head.split()[1], body) == (status, b"")


def test_an_answer_that_is_not_taken_is_cut() -> None:
    ended = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(_CHUNKS):
            await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
        ended.set()

    limits = Limits(answer_seconds=0.3)
    with serving([(endless, Address("127.0.0.1", 0))], limits) as [url]:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert ended.wait(20), "the rest of the answer is thrown away once its client is gone"
