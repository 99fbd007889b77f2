"""What a server of `watch` takes from a client that does not take the answer."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from mscode.app.live.address import Address
from mscode.app.live.server import Limits, serving

_CHUNK, _CHUNKS = b" " * 65536, 2000


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
