"""One request, sent once: what the clients of the service, the forge and the state's server have in common.

Here are the transport with its TLS and proxy, one deadline over all of a request, the bound on an answer's
size, and whether a request without an answer was sent at all. Tokens, repeats and the meaning of an answer are each
client's own. Tests put their own transport in (`httpx.MockTransport`, the embedded sandbox).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from mscode import __version__
from mscode.http.arriving_rows import ArrivingRows
from mscode.http.deadline import DEADLINE, Cutoff
from mscode.http.request_log import log_request
from mscode.http.response import (
    BadBodyError,
    Failure,
    Got,
    Response,
    TooLargeError,
    body_parts,
    other_media_type,
    plain_reason,
    read_body,
)
from mscode.http.transport import Transport, is_logged, network

BODY_LIMIT = 256 * 1024 * 1024
#: Given the headers of a list, takes its rows while they arrive.
TakesRows = Callable[[Mapping[str, str]], ArrivingRows]
_LONG_LIST = "Where the list is long, give it more time: `listSeconds` of the environment in mscode.yaml."
_LARGE_LIST = (
    "A list may have 256 MiB and 2,500,000 rows, and more for each person of the project's files. Ask the operator of the service "
    "why its list is as it is."
)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


class Sender:
    """Sends to one server; safe for many threads. No redirect is followed: it is an answer like another.

    `connections` are kept open at most; `body_limit` is in bytes, decompressed, and may be raised. `cutoff` ends whatever is under
    way.
    """

    def __init__(
        self,
        server: str,
        *,
        connections: int,
        body_limit: int = BODY_LIMIT,
        cutoff: Cutoff | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.cutoff = cutoff or Cutoff()
        self.body_limit = body_limit
        self._transport = transport or network(server, connections, self.cutoff)
        self.is_logged = is_logged(transport)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline: float,
        attempt: int = 1,
        takes_rows: TakesRows | None = None,
        **payload: Any,
    ) -> Got:
        """The answer with its whole body, or why there is none. `deadline`: seconds for all of it; `attempt`: which try of the
        request it is, for the log; `takes_rows`: where it succeeds, the answer is a list; `payload`: `content`, `files` and
        `params` of an httpx request.
        """
        began = time.monotonic()
        got = self._sent(method, url, headers=headers, deadline=deadline, takes_rows=takes_rows, **payload)
        if self.is_logged:
            log_request(method, url, got, time.monotonic() - began, attempt)
        return got

    def _sent(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline: float,
        takes_rows: TakesRows | None,
        **payload: Any,
    ) -> Got:
        seconds = dict.fromkeys(("connect", "read", "write", "pool"), min(deadline, self.cutoff.left()))
        request = httpx.Request(
            method,
            url,
            headers={"Accept-Encoding": "gzip", "User-Agent": f"mscode/{__version__}", **headers},
            extensions={"timeout": seconds},
            **payload,
        )
        ends = DEADLINE.set(time.monotonic() + deadline)
        try:
            return self._answer(request, takes_rows)
        except _NOT_SENT as error:
            return Failure(plain_reason(error), sent=False, error=error)
        except httpx.TimeoutException as error:
            hint = _LONG_LIST if takes_rows else ""
            return Failure(f"no answer within {deadline:.3g} s", sent=True, error=error, hint=hint)
        except BadBodyError as error:
            hint = _LARGE_LIST if takes_rows and isinstance(error, TooLargeError) else ""
            return Failure(str(error), sent=True, passing=False, error=error, hint=hint)
        except httpx.HTTPError as error:
            return Failure(f"the connection broke: {plain_reason(error)}", sent=True, error=error)
        finally:
            DEADLINE.reset(ends)

    def _answer(self, request: httpx.Request, takes_rows: TakesRows | None) -> Response:
        response = self._transport.handle_request(request)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            assert isinstance(response.stream, httpx.SyncByteStream)
            encoding = headers.get("content-encoding", "")
            if takes_rows and 200 <= response.status_code < 300 and not other_media_type(headers):
                arriving = takes_rows(headers)
                for part in body_parts(response.stream, encoding, self.body_limit, self._check_time):
                    began = time.monotonic()
                    arriving.feed(part)
                    # The deadline is the service's: what this machine needs to decode does not count.
                    DEADLINE.set(DEADLINE.get() + time.monotonic() - began)
                arriving.end()
                self._check_time()
                return Response(response.status_code, headers, arriving.content, rows=arriving.rows)
            content = read_body(response.stream, encoding, self.body_limit, self._check_time)
            self._check_time()
            return Response(response.status_code, headers, content)
        finally:
            response.close()

    def _check_time(self) -> None:
        if not self.cutoff.left():
            raise httpx.ReadTimeout("the deadline has passed")
