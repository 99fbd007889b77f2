"""Answers broken on their way, which ASGI has no words for: they go to uvicorn's socket directly.

refuse      the connection is accepted and reset before anything is read
reset       no answer, the connection is reset (RST)
close       no answer, the connection is closed
resetHead   reset in the middle of the headers
resetBody   reset in the middle of the body
truncate    Content-Length promises more than is sent before the connection is closed
endless     the body never ends; it is sent as fast as it is taken
drip        one byte each `interval`
"""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mscode.sandbox.errors import ConnectionDropped
from mscode.sandbox.faults import Faults

_MORE = 64  # bytes that a truncated body lacks
_FILLING = b" " * 65536
_LINGER_NOT = struct.pack("ii", 1, 0)


def breaking(app: ASGIApp) -> ASGIApp:
    """A dropped request ends in a broken connection, not in uvicorn's answer to an exception."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ConnectionDropped as drop:
            # uvicorn's receive is bound to the request, which knows its transport.
            await _play(drop, receive.__self__.transport)  # type: ignore[attr-defined]
            while (await receive())["type"] != "http.disconnect":
                await asyncio.sleep(0)

    return served


def refusing(faults: Faults) -> type[asyncio.Protocol]:
    """uvicorn's protocol, but for connections that a rule wants refused."""

    class Refusing(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if faults.refuses():
                _reset(transport)

    return Refusing


async def _play(drop: ConnectionDropped, transport: Any) -> None:
    head = _head(drop)
    if drop.shape in ("resetHead", "resetBody"):
        whole = len(head) // 2 if drop.shape == "resetHead" else len(head) + len(drop.body) // 2
        transport.write((head + drop.body)[:whole])
        await asyncio.sleep(0.02)  # what is sent together with a reset may be lost on its way
    elif drop.shape == "truncate":
        transport.write(head + drop.body)
    elif drop.shape == "endless":
        await _endless(head + drop.body, transport)
    elif drop.shape == "drip":
        await _drip(head + drop.body, drop.interval, transport)
    (transport.close if drop.shape in ("close", "truncate", "drip") else lambda: _reset(transport))()


def _head(drop: ConnectionDropped) -> bytes:
    headers = dict(drop.headers)
    if drop.shape != "endless":
        headers["content-length"] = str(len(drop.body) + (_MORE if drop.shape == "truncate" else 0))
    headers["connection"] = "close"
    phrase = HTTPStatus(drop.status).phrase if drop.status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {drop.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


async def _endless(start: bytes, transport: Any) -> None:
    transport.write(start)
    while not transport.is_closing():
        if transport.get_write_buffer_size() < len(_FILLING):
            transport.write(_FILLING)
        await asyncio.sleep(0.001)


async def _drip(content: bytes, interval: float, transport: Any) -> None:
    for byte in content:
        if transport.is_closing():
            return
        transport.write(bytes([byte]))
        await asyncio.sleep(interval)


def _reset(transport: Any) -> None:
    """Close so that the other side gets a reset, not an end."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
