"""Requests to the service: which may be sent, with which headers; the shared pause, and repeats of those that allow it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeGuard, overload

from mscode.errors import MscodeError
from mscode.http.arriving_rows import ArrivingRows
from mscode.http.outcome import RequestLabel, is_transient
from mscode.http.request_log import RetryLog
from mscode.http.response import Failure, Got, Response, host_and_port
from mscode.http.retry import RateLimit, backoff, http_date, retry_after
from mscode.http.sender import Sender, TakesRows
from mscode.http.transport import Transport, proxy_for
from mscode.model.light_dataclass import dataclass

#: A connection that cannot be made is tried this often: a program that just starts deserves it, a wrong host no more.
CONNECT_TRIES = 3
#: A pause of so many seconds is waited for even by what is urgent.
SHORT_PAUSE = 5.0
#: Bytes by which a list may be larger for each of its rows: an account with every field written, several times over.
ROW_LIMIT = 4096
#: So many rows a list may have at least. Of accounts as the service lists them, fewer come to the 256 MiB that it may have.
MOST_ROWS = 2_500_000
_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class Retry:
    """A request is about to be repeated: why, and after how many seconds."""

    ask: RequestLabel
    reason: str
    wait: float


@dataclass(frozen=True, slots=True)
class Body:
    """What goes out: JSON, or one file as multipart part `files` (docs/service-notes.md#voice-files)."""

    content: bytes = b""
    filename: str = ""


#: Reads what the body depends on right before it is sent, and gives the body; None where there is nothing left to send.
Look = Callable[[], Body | None]
#: In the place of an answer: the run was stopped before this was sent.
STOPPED = Failure("it is not sent, since the run was stopped", sent=False, passing=False, stopped=True)


class Session:
    """The plumbing under `Reader` and `Client`; `methods` are those it is able to send. Safe for many threads."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        methods: Iterable[str],
        transport: Transport | None,
        parallelism: int,
        budget: float,
        deadline: float,
        body_limit: int,
        clock: Callable[[], float],
        sleep: Callable[[float], object] | None,
        on_retry: Callable[[Retry], object] | None,
        is_urgent: bool = False,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._methods = frozenset(methods)
        self._budget, self._deadline = budget, deadline
        #: seconds that one sending may take whose answer is a list
        self.list_deadline = deadline
        self._body_limit = body_limit
        self._expected_rows = 0
        self._clock, self._on_retry, self._is_urgent = clock, on_retry, is_urgent
        #: what is made of the JSON of an answer before anybody reads it
        self.translate: Callable[[Any], Any] | None = None
        self._retry_log, self._says_repeats = RetryLog(), True
        self._stopping = threading.Event()
        self._sleep = sleep or self._stopping.wait
        self._pause = RateLimit(clock)
        self._lock = threading.Lock()
        #: the last answer's `Date` (None before any had one), this machine's clock and the monotonic clock at that moment
        self._last_date: tuple[datetime | None, datetime, float] | None = None
        self.requests = 0
        #: when the last answer came, by the clock; None before the first
        self.answered_at: float | None = None
        #: requests that have no answer yet
        self.under_way = 0
        self._has_written = False
        self._sender = Sender(self._base_url, connections=parallelism, body_limit=body_limit, transport=transport)

    def close(self) -> None:
        """Close every connection."""
        self._sender.close()

    def derive(self, label: str) -> str:
        """HMAC-SHA256 (hex) of a label under the token."""
        return hmac.new(self._token.encode(), label.encode(), hashlib.sha256).hexdigest()

    def limit_remaining_time(self, seconds: float) -> None:
        """Nothing is repeated any more, and what is under way ends within `seconds`."""
        self._sender.cutoff.shorten(seconds)
        self._stopping.set()

    def once(self, label: RequestLabel, body: Body | None = None) -> Got:
        """Send exactly once, and not at all once the run was stopped: what is sent by this makes something new.

        It waits for a pause that the service asked for; one over budget is a 429.
        """
        pause = self._pause_before(0)
        if pause > self._budget:
            return _still_limited(pause)
        self._wait(pause)
        return STOPPED if self._stopping.is_set() else self._send(label, body, self._deadline)

    @contextmanager
    def limited(self, budget: float, *, says_repeats: bool = True) -> Iterator[None]:
        """Within the block a request and its repeats get so many seconds at most: for what is worth no waiting."""
        previous = self._budget, self.list_deadline, self._says_repeats
        self._budget, self.list_deadline = min(budget, self._budget), min(budget, self.list_deadline)
        self._says_repeats = says_repeats
        try:
            yield
        finally:
            self._budget, self.list_deadline, self._says_repeats = previous

    def expect(self, rows: int) -> None:
        """A list may have so many rows: the limits of a body grow with them, and never shrink."""
        self._expected_rows = max(self._expected_rows, rows)
        self._sender.body_limit = self._body_limit + self._expected_rows * ROW_LIMIT

    def list_rows(self, label: RequestLabel, begin: Callable[[], Callable[[dict[str, Any]], Any]]) -> Got:
        """A list, each of its rows taken while it arrives (`Response.rows`). `begin` is called for each try, and gives what takes
        the rows.
        """
        return self.repeat(label, takes_rows=partial(self._taking, begin))[0]

    def _taking(self, begin: Callable[[], Callable[[dict[str, Any]], Any]], headers: Mapping[str, str]) -> ArrivingRows:
        take, most = begin(), MOST_ROWS + 2 * self._expected_rows
        if (translate := self.translate) is None:
            return ArrivingRows(take, most)
        self._notice_date(headers)  # times are translated by the service's clock
        return ArrivingRows(lambda row: take(translate(row)), most)

    @overload
    def repeat(
        self,
        label: RequestLabel,
        body: Body | None = None,
        *,
        look: Callable[[], Body] | None = None,
        limit_alone: bool = False,
        takes_rows: TakesRows | None = None,
    ) -> tuple[Got, bool]: ...

    @overload
    def repeat(
        self, label: RequestLabel, body: Body | None = None, *, look: Look, limit_alone: bool = False
    ) -> tuple[Got | None, bool]: ...

    def repeat(
        self,
        label: RequestLabel,
        body: Body | None = None,
        *,
        look: Look | None = None,
        limit_alone: bool = False,
        takes_rows: TakesRows | None = None,
    ) -> tuple[Got | None, bool]:
        """Send until it ends well, or the budget is used up; True where an earlier try may have been applied.

        `look` is called before each sending, after every wait, and gives its body: nothing waits between the two. Where it
        gives None there is nothing left to send, and so is the answer. What it raises ends the sending. `limit_alone`:
        nothing but a 429, which says that nothing was done, is followed by another try; and none once the run was stopped.
        `takes_rows`: the answer is a list, which may take longer than other answers.
        """
        deadline = self.list_deadline if takes_rows else self._deadline
        # A list that takes long may break off shortly before its end, and is worth a second try then.
        budget = self._budget if deadline <= self._deadline else max(self._budget, 2 * deadline)
        start, waited, unclear, tries = self._clock(), 0.0, False, 0
        got: Got | None = None
        while True:
            used = max(self._clock() - start, waited)
            pause, ends = self._pause_before(tries), self._pause.ends
            if pause > budget - used:
                return _still_limited(pause), unclear
            waited += self._wait(pause)
            if got is not None and self._stopping.is_set():
                return got, unclear
            if look is not None:
                began = self._clock()
                body = look()
                start += self._clock() - began  # its own requests have budgets of their own
                if body is None or (limit_alone and self._stopping.is_set()):
                    return (None if body is None else STOPPED), unclear
                if self._pause.ends != ends and self._pause_before(tries):
                    continue  # the service has asked for a pause meanwhile: what was seen will be old by then
            remaining = budget - max(self._clock() - start, waited)
            tries += 1
            got = self._send(label, body, min(deadline, remaining), tries, takes_rows)
            wait = self._wait_before_next(got, tries, limit_alone=limit_alone)
            if wait is None or max(self._clock() - start, waited) + wait >= budget:
                return got, unclear
            unclear = unclear or _may_be_applied(got)
            self._report_retry(label, got, wait, tries)
            if _is_limited(got):
                self._pause.hold(wait)
            else:
                waited += self._wait(wait)

    def _pause_before(self, tries: int) -> float:
        """Seconds that are left of the shared pause. What is urgent is sent once, however long a pause another answer asked for."""
        pause = self._pause.left()
        return 0.0 if self._is_urgent and not tries and pause > SHORT_PAUSE else pause

    def _wait_before_next(self, got: Got, tries: int, *, limit_alone: bool) -> float | None:
        """Seconds until the next try; None when there is to be none."""
        if limit_alone and not (_is_limited(got) and got.readable):
            return None
        connecting = isinstance(got, Failure) and not got.sent
        if not is_transient(got) or self._stopping.is_set() or (connecting and tries >= CONNECT_TRIES):
            return None
        wait = backoff(tries - 1)
        return max(wait, retry_after(got) or 0.0) if isinstance(got, Response) else wait

    def _wait(self, seconds: float) -> float:
        if seconds > 0:
            self._sleep(seconds)
        return seconds

    def _report_retry(self, label: RequestLabel, got: Got, wait: float, tries: int) -> None:
        reason = got.reason if isinstance(got, Failure) else f"answered {got.status}"
        if self._sender.is_logged and self._says_repeats:
            self._retry_log.say(str(label), reason, wait, tries + 1)
        if self._on_retry:
            self._on_retry(Retry(label, reason, wait))

    def _send(
        self,
        label: RequestLabel,
        body: Body | None,
        deadline: float,
        tries: int = 1,
        takes_rows: TakesRows | None = None,
    ) -> Got:
        if label.method not in self._methods:
            raise MscodeError(f"{label}: this client sends nothing but {', '.join(sorted(self._methods))}")
        if not _PATH.fullmatch(label.path):
            raise MscodeError(f"{label.what}: {label.path!r} is no path of the API", code="bad-path")
        headers = self._headers(label.method, is_upload=bool(body and body.filename))
        payload: dict[str, Any] = {}
        if body is not None:
            payload = (
                {"files": {"files": (body.filename, body.content)}} if body.filename else {"content": body.content}
            )
        url = self._base_url + label.path
        with self._lock:
            self.requests += 1
            self.under_way += 1
        try:
            got = self._sender.send(
                label.method,
                url,
                headers=headers,
                deadline=deadline,
                attempt=tries,
                takes_rows=takes_rows,
                **payload,
            )
        finally:
            with self._lock:
                self.under_way -= 1
        if label.method != "GET" and (isinstance(got, Response) or got.sent):
            self._has_written = True
        if isinstance(got, Response):
            self._notice(got)
            return replace(got, translate=self.translate) if self.translate else got
        proxy = proxy_for(self._base_url)
        through = f", through the proxy {host_and_port(bytes(proxy.url).decode())}" if proxy else ""
        where = host_and_port(self._base_url) + through
        return replace(got, where=where, tries=tries, unchanged=not self._has_written)

    def _headers(self, method: str, *, is_upload: bool) -> dict[str, str]:
        """A PUT and a DELETE carry the token under both of its names (docs/service-notes.md#tokens)."""
        headers = {"Accept": "application/json"}
        if self._token:  # a login has none yet
            headers["X-Access-Token"] = self._token
        if not is_upload:
            headers["Content-Type"] = "application/json"
        if method in ("PUT", "DELETE"):
            headers["X-Authentication-Token"] = self._token
        return headers

    def _notice(self, response: Response) -> None:
        """Keep the service's clock, and the pause that a 429 asks for."""
        self.answered_at = self._clock()
        self._notice_date(response.headers)
        if response.status == 429:
            self._pause.hold(max(retry_after(response) or 0.0, backoff(0)))

    def _notice_date(self, headers: Mapping[str, str]) -> None:
        date = http_date(headers.get("date", ""))
        if date or not self._last_date:
            self._last_date = (date, datetime.now(UTC), self._clock())

    def now(self) -> datetime | None:
        """The service's clock, as `Reader.now` has it."""
        if not self._last_date:
            return None
        date, _, at = self._last_date
        return datetime.now(UTC) if date is None else date + timedelta(seconds=self._clock() - at)

    def skew(self) -> timedelta | None:
        """How far the service's clock is ahead of this machine's; None when it is not known."""
        if not self._last_date or self._last_date[0] is None:
            return None
        return self._last_date[0] - self._last_date[1]


def json_body(data: Any, label: RequestLabel) -> Body:
    """Parsed JSON as bytes; MscodeError for what JSON cannot hold."""
    try:
        return Body(json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except (TypeError, ValueError, RecursionError):
        pass
    raise MscodeError(f"{label}: the body cannot be written as JSON", code="bad-body")


def _is_limited(got: Got) -> TypeGuard[Response]:
    return isinstance(got, Response) and got.status == 429


def _may_be_applied(got: Got) -> bool:
    return got.sent if isinstance(got, Failure) else got.status != 429


def _still_limited(seconds: float) -> Response:
    """A 429 that was not sent by the service: its pause is longer than the budget."""
    return Response(429, {"retry-after": str(round(seconds + 0.5))})
