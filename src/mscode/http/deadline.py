"""One total deadline over everything a request does on its socket.

httpx and httpcore know time-outs per operation only: a server that sends one byte a second never meets them, neither in
its headers nor in its body. Here every read and write is bounded by what is left of the request's own time, and waits
in short slices, so that `Cutoff.shorten` (Ctrl-C) also reaches those that are already waiting.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpcore

SLICE = 0.25
#: Bytes that are written at once, and that wait at most for what is written next.
_PIECE, _MOST_HELD = 65536, 16384
#: The end of the request that this thread is sending, on the monotonic clock.
DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class Cutoff:
    """The instant (monotonic) at which all requests of a session end, whatever their own deadline."""

    def __init__(self) -> None:
        self.at = float("inf")

    def shorten(self, seconds: float) -> None:
        """From now on nothing runs longer than `seconds`."""
        self.at = min(self.at, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds until this thread's request must have ended; 0 once that has passed."""
        return max(0.0, min(DEADLINE.get(), self.at) - time.monotonic())


class DeadlineBackend(httpcore.NetworkBackend):
    """Plain sockets whose every operation is bounded by a `Cutoff` and the request's deadline."""

    def __init__(self, cutoff: Cutoff) -> None:
        self._inner = httpcore.SyncBackend()
        self._cutoff = cutoff

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection within what is left of the deadline; `timeout` is not used, here and below."""
        seconds = _left(self._cutoff, httpcore.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, seconds, local_address, socket_options)
        return _DeadlineStream(stream, self._cutoff)


class _DeadlineStream(httpcore.NetworkStream):
    """The head of a request and a short body after it go out together, with the read that follows: a packet and a system call less
    for each request that writes.
    """

    def __init__(self, inner: httpcore.NetworkStream, cutoff: Cutoff) -> None:
        self._inner = inner
        self._cutoff = cutoff
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with suppress(httpcore.WriteError):  # as httpcore takes it: a server may answer before it has read everything
            self._send_held()
        while True:
            try:
                return self._inner.read(max_bytes, min(SLICE, _left(self._cutoff, httpcore.ReadTimeout)))
            except httpcore.ReadTimeout:
                if not self._cutoff.left():
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held += buffer
        if len(self._held) > _MOST_HELD:
            self._send_held()

    def _send_held(self) -> None:
        held, self._held = self._held, b""
        # In pieces: the inner stream grants its time-out anew to each part of the buffer that the other side takes.
        for start in range(0, len(held), _PIECE):
            self._inner.write(held[start : start + _PIECE], _left(self._cutoff, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _left(self._cutoff, httpcore.ConnectTimeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._cutoff)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(cutoff: Cutoff, expired: type[Exception]) -> float:
    """Seconds that are left, more than 0; else raises `expired`, httpcore's time-out of the operation."""
    seconds = cutoff.left()
    if seconds <= 0:
        raise expired("the deadline has passed")
    return seconds
