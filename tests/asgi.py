"""One request to an ASGI app without a socket."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any
from urllib.parse import unquote

Header = tuple[bytes, bytes]
Answer = tuple[int, list[Header], bytes]


async def answered(app: Any, method: str, target: str, headers: Iterable[Header], content: bytes) -> Answer:
    """Status, headers and body of the app's answer to a request."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(headers),
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], list(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def driven(answering: Coroutine[Any, Any, Answer]) -> Answer:
    """Run such a coroutine to its end in this thread; the emulator's never waits for anything but a turn."""
    try:
        while True:
            answering.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
