"""Requests to the server that keeps the state.

Basic authentication, one total deadline, no redirects followed, repeats while a failure may be transient. Every request
that is sent here may be repeated: it is a read, or it replaces the whole document under a lock.
"""

from __future__ import annotations

import base64
import hashlib
import math
import threading
import time
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
#: Seconds of a request where the server has been silent for as long as it may be: one that answers again does so at once.
_LAST_CHANCE = 1.0


def credentials(variables: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password for the state's server: MSCODE_STATE_*, else Terraform's names; None for none."""
    for prefix in ("MSCODE_STATE", "TF_HTTP"):
        user, password = variables.get(f"{prefix}_USERNAME", ""), variables.get(f"{prefix}_PASSWORD", "")
        if user or password:
            return user, password
    return None


class StateClient:
    """Sends; safe for many threads. StateError where there is no answer, which names the server and never a secret. `noun` is what
    the server keeps, in messages: `state`, or `records`; `connections` are kept open at most. `patience`: so many seconds without
    any answer are waited for, by all requests together; after that each is tried once, for a second. None: no such limit.
    """

    def __init__(
        self,
        auth: tuple[str, str] | None = None,
        *,
        noun: str = "state",
        connections: int = 2,
        deadline: float = 30.0,
        patience: float | None = None,
        transport: Transport | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._auth, self._noun, self._deadline, self._transport = auth, noun, deadline, transport
        self._connections, self._cutoff = connections, Cutoff()
        self._senders: dict[str, Sender] = {}
        self._has_answered = False
        self._silence = _Silence(patience, clock)
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
            deadline = min(self._deadline, self._silence.left())  # a signal makes it shorter, too
            tries += 1
            began = self._silence.clock()
            got = self._sender(url).send(
                method, url, headers=headers, deadline=deadline, attempt=tries, content=content
            )
            self._has_answered = self._has_answered or isinstance(got, Response)
            self._silence.note(began, is_answer=isinstance(got, Response))
            is_last = tries == TRIES or self._stopping.is_set() or self._silence.is_over
            if isinstance(got, Response) and (is_last or got.status not in PASSING):
                return got.status, got.content
            if isinstance(got, Failure) and is_last:
                raise self._no_answer(method, url, got, deadline, tries)
            reason, wait = got.reason if isinstance(got, Failure) else f"answered {got.status}", backoff(tries - 1)
            self._retry_log.say(f"The server of the {self._noun}, {host_and_port(url)}", reason, wait, tries + 1)
            self._sleep(wait)

    def _no_answer(self, method: str, url: str, failure: Failure, deadline: float, tries: int) -> StateError:
        if failure.sent or self._has_answered:
            return _unanswered(self._noun, method, url, failure, deadline, self._tried(tries))
        # The state is read before anything is sent: without any answer so far nothing can have been changed.
        consequence = "Nothing was changed. Check `state:`" if self._noun == "state" else "Check `state: {records}`"
        return StateError(
            f"Could not connect to the server of the {self._noun}, {host_and_port(url)} ({_reason(failure, deadline)}; "
            f"tried {self._tried(tries)}). {consequence} of the environment, or your VPN.",
            code="backend",
        )

    def _tried(self, tries: int) -> str:
        """`2 times`, and for how long where that is why it ended."""
        return f"{count(tries, 'time')}{f', {self._silence.patience:.0f} s in all' if self._silence.is_over else ''}"

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


class _Silence:
    """How long a server has given no answer while requests waited for one; safe for many threads. `patience` is the most (None: it
    is not limited).
    """

    def __init__(self, patience: float | None, clock: Callable[[], float]) -> None:
        self.patience, self.clock = math.inf if patience is None else patience, clock
        self._seconds, self._noted_until = 0.0, -math.inf
        self._noting = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Is it too long to wait any more? Less than a last try is left of it then: a time-out may end a little early."""
        return self.patience - self._seconds < _LAST_CHANCE

    def left(self) -> float:
        """The seconds that the next request may take."""
        return max(self.patience - self._seconds, _LAST_CHANCE)

    def note(self, began: float, *, is_answer: bool) -> None:
        """A request that began then has ended; what several wait for at once counts once."""
        with self._noting:
            now = self.clock()
            self._seconds = 0.0 if is_answer else self._seconds + now - max(began, self._noted_until)
            self._noted_until = now


def _unanswered(noun: str, method: str, url: str, failure: Failure, deadline: float, tried: str) -> StateError:
    reason = _reason(failure, deadline)
    return StateError(
        f"The server of the {noun}, {host_and_port(url)}, gave no answer to {method}",
        detail=f"{reason[0].upper()}{reason[1:]}. Tried {tried}.",
        hint="Nothing is sent to the service without a state that can be written. Try again once it answers."
        if noun == "state"
        else "Nothing rings without its record. Try again once the server answers.",
        code="backend",
    )


def _reason(failure: Failure, deadline: float) -> str:
    if isinstance(failure.error, httpx.TimeoutException):
        return f"no answer within {deadline:.3g} s"
    return plain_reason(failure.error) if failure.error else failure.reason
