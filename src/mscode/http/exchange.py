"""Requests to a server that is not the API: the one that keeps the state.

Basic authentication, one total deadline, no redirects followed, repeats while a trouble may pass. Every request that is
sent here may be repeated: it is a read, or it says the whole of what shall be, under a lock.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx

from mscode import __version__
from mscode.errors import StateError
from mscode.http.deadline import DEADLINE, Cutoff
from mscode.http.response import BadBodyError, host_and_port, plain_reason, read_body
from mscode.http.retry import backoff
from mscode.http.transport import network

BODY_LIMIT = 256 * 1024 * 1024
TRIES = 5
_PASSING = (429, 502, 503, 504)


def credentials(variables: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password for the state's server: MSCODE_STATE_*, else Terraform's names; None for none."""
    for prefix in ("MSCODE_STATE", "TF_HTTP"):
        user, password = variables.get(f"{prefix}_USERNAME", ""), variables.get(f"{prefix}_PASSWORD", "")
        if user or password:
            return user, password
    return None


class Exchange:
    """Sends; safe for many threads. StateError where there is no answer, which names the server and never a secret."""

    def __init__(
        self,
        auth: tuple[str, str] | None = None,
        *,
        deadline: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._auth, self._deadline, self._given = auth, deadline, transport
        self._cutoff = Cutoff()
        self._transports: dict[str, httpx.BaseTransport] = {}
        self._opening = threading.Lock()
        self._hurried = threading.Event()
        self._sleep = sleep or self._hurried.wait

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]:
        """Status and body. A redirect is an answer like another: it is not followed."""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(backoff(attempt - 1))
            got = self._once(method, url, content)
            is_last = attempt == TRIES - 1 or self._hurried.is_set()
            if isinstance(got, tuple) and (is_last or got[0] not in _PASSING):
                return got
            if is_last:
                break
        raise StateError(
            f"The server of the state, {host_and_port(url)}, gave no answer to {method}",
            detail=f"{got} Tried {attempt + 1} time{'s' if attempt else ''}.",
            hint="Nothing is sent to the service without a state that can be written. Try again once it answers.",
            code="backend",
        )

    def _once(self, method: str, url: str, content: bytes | None) -> tuple[int, bytes] | str:
        """One sending; the reason in words where there is no answer."""
        ends = DEADLINE.set(time.monotonic() + self._deadline)
        cutoff = self._cutoff
        try:
            response = self._transport(url, cutoff).handle_request(self._request(method, url, content))
            try:
                assert isinstance(response.stream, httpx.SyncByteStream)
                encoding = response.headers.get("content-encoding", "")
                return response.status_code, read_body(response.stream, encoding, BODY_LIMIT, lambda: _check(cutoff))
            finally:
                response.close()
        except httpx.TimeoutException:
            return f"No answer within {self._deadline:.3g} s."
        except (httpx.HTTPError, BadBodyError) as error:
            text = plain_reason(error)
            return f"{text[0].upper()}{text[1:]}."
        finally:
            DEADLINE.reset(ends)

    def _transport(self, url: str, cutoff: Cutoff) -> httpx.BaseTransport:
        """One pool of connections for each server: document and lock may be on two."""
        if self._given:
            return self._given
        parts = urlsplit(url)
        with self._opening:
            origin = f"{parts.scheme}://{parts.netloc}"
            if origin not in self._transports:
                self._transports[origin] = network(url, 2, cutoff)
            return self._transports[origin]

    def _request(self, method: str, url: str, content: bytes | None) -> httpx.Request:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"mscode/{__version__}"}
        if self._auth:
            pair = base64.b64encode(":".join(self._auth).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if content is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        left = min(self._deadline, self._cutoff.left())
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), left)
        return httpx.Request(method, url, headers=headers, content=content or b"", extensions={"timeout": timeout})

    def hurry(self, seconds: float) -> None:
        """What is under way ends within `seconds`, and so does each request after it; nothing is repeated.

        Called by a signal's handler, so it waits for no lock.
        """
        before, self._cutoff, self._transports = self._cutoff, Cutoff(), {}
        self._deadline = min(self._deadline, seconds)
        before.shorten(seconds)
        self._hurried.set()

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()


def _check(cutoff: Cutoff) -> None:
    if not cutoff.left():
        raise httpx.ReadTimeout("the deadline has passed")
