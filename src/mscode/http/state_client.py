"""Requests to the server that keeps the state.

Basic authentication, one total deadline, no redirects followed, repeats while a failure may be transient. Every request
that is sent here may be repeated: it is a read, or it replaces the whole document under a lock.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx

from mscode.errors import StateError
from mscode.http.deadline import Cutoff
from mscode.http.outcome import PASSING
from mscode.http.request_log import RetryLog
from mscode.http.response import Failure, Response, host_and_port, plain_reason
from mscode.http.retry import backoff
from mscode.http.sender import Sender
from mscode.http.transport import Transport
from mscode.model.plurals import count

TRIES = 5


def credentials(variables: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password for the state's server: MSCODE_STATE_*, else Terraform's names; None for none."""
    for prefix in ("MSCODE_STATE", "TF_HTTP"):
        user, password = variables.get(f"{prefix}_USERNAME", ""), variables.get(f"{prefix}_PASSWORD", "")
        if user or password:
            return user, password
    return None


class StateClient:
    """Sends; safe for many threads. StateError where there is no answer, which names the server and never a secret. `noun` is what
    the server keeps, in messages: `state`, or `records`; `connections` are kept open at most.
    """

    def __init__(
        self,
        auth: tuple[str, str] | None = None,
        *,
        noun: str = "state",
        connections: int = 2,
        deadline: float = 30.0,
        transport: Transport | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._auth, self._noun, self._deadline, self._transport = auth, noun, deadline, transport
        self._connections, self._cutoff = connections, Cutoff()
        self._senders: dict[str, Sender] = {}
        self._has_answered = False
        self._opening = threading.Lock()
        self._stopping = threading.Event()
        self._retry_log = RetryLog()
        self._sleep = sleep or self._stopping.wait

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]:
        """Status and body. A redirect is an answer like another: it is not followed."""
        headers, tries = {"Accept": "application/json"}, 0
        if self._auth:
            pair = base64.b64encode(":".join(self._auth).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if content is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        while True:
            deadline = self._deadline  # a signal makes it shorter
            tries += 1
            got = self._sender(url).send(
                method, url, headers=headers, deadline=deadline, attempt=tries, content=content
            )
            self._has_answered = self._has_answered or isinstance(got, Response)
            is_last = tries == TRIES or self._stopping.is_set()
            if isinstance(got, Response) and (is_last or got.status not in PASSING):
                return got.status, got.content
            if isinstance(got, Failure) and is_last:
                raise self._no_answer(method, url, got, deadline, tries)
            reason, wait = got.reason if isinstance(got, Failure) else f"answered {got.status}", backoff(tries - 1)
            self._retry_log.say(f"The server of the {self._noun}, {host_and_port(url)}", reason, wait, tries + 1)
            self._sleep(wait)

    def _no_answer(self, method: str, url: str, failure: Failure, deadline: float, tries: int) -> StateError:
        if failure.sent or self._has_answered:
            return _unanswered(self._noun, method, url, failure, deadline, tries)
        # The state is read before anything is sent: without any answer so far nothing can have been changed.
        consequence = "Nothing was changed. Check `state:`" if self._noun == "state" else "Check `state: {records}`"
        return StateError(
            f"Could not connect to the server of the {self._noun}, {host_and_port(url)} ({_reason(failure, deadline)}; "
            f"tried {count(tries, 'time')}). {consequence} of the environment, or your VPN.",
            code="backend",
        )

    def _sender(self, url: str) -> Sender:
        """The pool of connections to a server: document and lock may be on two."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._opening:
            if origin not in self._senders:
                self._senders[origin] = Sender(
                    url, connections=self._connections, cutoff=self._cutoff, transport=self._transport
                )
            return self._senders[origin]

    def limit_remaining_time(self, seconds: float) -> None:
        """What is under way ends within `seconds`, and so does each request after it; nothing is repeated.

        Called by a signal's handler, so it waits for no lock.
        """
        before, self._cutoff, self._senders = self._cutoff, Cutoff(), {}
        self._deadline = min(self._deadline, seconds)
        before.shorten(seconds)
        self._stopping.set()

    def close(self) -> None:
        """Close every connection."""
        for sender in self._senders.values():
            sender.close()


def _unanswered(noun: str, method: str, url: str, failure: Failure, deadline: float, tries: int) -> StateError:
    reason = _reason(failure, deadline)
    return StateError(
        f"The server of the {noun}, {host_and_port(url)}, gave no answer to {method}",
        detail=f"{reason[0].upper()}{reason[1:]}. Tried {count(tries, 'time')}.",
        hint="Nothing is sent to the service without a state that can be written. Try again once it answers.",
        code="backend",
    )


def _reason(failure: Failure, deadline: float) -> str:
    if isinstance(failure.error, httpx.TimeoutException):
        return f"no answer within {deadline:.3g} s"
    return plain_reason(failure.error) if failure.error else failure.reason
