"""The client: `Reader`, which is able to send nothing but GET, and `Client`, which also changes things.

Both take a `what` with each call, the object as a person knows it ("voiceFiles.greeting"), and return parsed JSON.
Every failure is an `ApiError` of `mscode.errors` that names it, with method, path, status and the service's message,
never the token. Paths are relative to the environment's URL ("/groups/17"); `ids.item` builds those of single objects.
"""

from __future__ import annotations

import builtins
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeVar

from mscode.api.ids import created_id
from mscode.api.whole import rows_of, sign_of_more
from mscode.errors import ApiError, MscodeError
from mscode.http.error_text import ErrorText
from mscode.http.outcome import (
    Outcome,
    RequestLabel,
    classify,
    classify_repeatable,
    error_of,
    read_error,
)
from mscode.http.response import Failure, Got, Response, TakenRows
from mscode.http.sender import BODY_LIMIT
from mscode.http.session import Body, Retry, Session, json_body
from mscode.http.token import check_token
from mscode.http.transport import Transport
from mscode.model import service_forms
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.privacy import Masker
from mscode.model.service_facts import ServiceFacts
from mscode.model.service_json import is_id
from mscode.model.service_numbers import with_plus

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Created:
    """What a create made: its id, and the answer's body (None where it was empty)."""

    id: str
    body: Any


class Reader:
    """Reads the API. Threads may share it.

    `budget` is what one request may take with its repeats, `deadline` what one sending may take with its whole body,
    both in seconds; `body_limit` is in bytes, decompressed. `masker` masks people's data in the service's messages.
    `on_retry` is called with each repeat. `is_urgent`: each request is sent at least once, also in a long pause that the service
    asked for in another answer. `transport` replaces the network (`transport.embedded`, tests).
    """

    methods: ClassVar[tuple[str, ...]] = ("GET",)
    #: Seconds that requests under way get after Ctrl-C in the midst of `map`: nobody waits for what only reads.
    _interrupted_seconds: ClassVar[float] = 0.0

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        transport: Transport | None = None,
        parallelism: int = 10,
        budget: float = 60.0,
        deadline: float = 30.0,
        body_limit: int = BODY_LIMIT,
        masker: Callable[[str], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        on_retry: Callable[[Retry], object] | None = None,
        is_urgent: bool = False,
    ) -> None:
        self.parallelism = parallelism
        self._zone: tzinfo = UTC
        self.error_text = ErrorText(token, masker or Masker())
        self._session = Session(
            base_url,
            check_token(token, "the settings"),
            methods=self.methods,
            transport=transport,
            parallelism=parallelism,
            budget=budget,
            deadline=deadline,
            body_limit=body_limit,
            clock=clock,
            sleep=sleep,
            on_retry=on_retry,
            is_urgent=is_urgent,
        )

    def adapt_to(self, service: ServiceFacts) -> None:
        """Read answers and write bodies in the forms of this service from now on: date-times in its zone, `operations` parsed,
        numbers without their plus sign. What is handed out and taken has the page's forms, and UTC.
        """
        self._zone = service.zone
        self._session.translate = None if service.reads_literally else partial(self._literal, service)

    def _literal(self, service: ServiceFacts, data: Any) -> Any:
        if service.parses_operations:
            data = service_forms.with_operations_as_text(data)
        if service.leaves_plus_out:
            data = with_plus(data)
        if service.zone is UTC:
            return data
        return service_forms.in_utc(data, service.zone, self.now() or datetime.now(UTC))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def limited(self, budget: float, *, says_repeats: bool = True) -> AbstractContextManager[None]:
        """Within the block a request and its repeats get so many seconds at most: for what is worth no waiting. `says_repeats`:
        each repeat is named on stderr."""
        return self._session.limited(budget, says_repeats=says_repeats)

    @property
    def requests(self) -> int:
        """How many requests went out so far, repeats among them."""
        return self._session.requests

    @property
    def under_way(self) -> int:
        """How many requests have no answer yet."""
        return self._session.under_way

    @property
    def answered_at(self) -> float | None:
        """When the last answer came, in seconds of the clock; None before the first."""
        return self._session.answered_at

    def now(self) -> datetime | None:
        """The service's clock: its last `Date` and the time since. The machine's clock where answers have no `Date`;
        None before the first answer."""
        return self._session.now()

    def skew(self) -> timedelta | None:
        """How far the service's clock is ahead of this machine's; None when it is not known."""
        return self._session.skew()

    def derive(self, label: str) -> str:
        """A key (hex) for `label` that only a holder of the token can make, and from which the token cannot be derived."""
        return self._session.derive(label)

    def limit_remaining_time(self, seconds: float) -> None:
        """After a signal: nothing is repeated, and what is under way ends within `seconds`."""
        self._session.limit_remaining_time(seconds)

    def get(self, path: str, *, what: str) -> Any:
        """The parsed JSON at a path. ApiError for everything else."""
        label = RequestLabel("GET", path, what)
        return self._data(label, self._asked(label))

    def find(self, path: str, *, what: str) -> dict[str, Any] | None:
        """One object, or None when the service says 404 in its own form (JSON or empty).

        A 404 that is some page comes from a proxy or a wrong URL, and says nothing of the object: ApiError.
        """
        label = RequestLabel("GET", path, what)
        got = self._asked(label)
        if isinstance(got, Response) and got.status == 404 and got.readable:
            return None
        data = self._data(label, got)
        if not isinstance(data, dict):
            raise ApiError(f"{label}: the answer is no JSON object", status=200)
        return data

    def allow_for_lists(self, seconds: float) -> None:
        """One list may take so long to arrive (an hour at most), where that is more than another answer may take."""
        self._session.list_deadline = max(self._session.list_deadline, min(seconds, 3600.0))

    def expect(self, rows: int) -> None:
        """A list may have so many rows: the limit of an answer's size, 256 MiB, grows with them."""
        self._session.expect(rows)

    def list(self, path: str, *, what: str) -> builtins.list[dict[str, Any]]:
        """All rows of a list: a bare array, or an object with exactly one array in it (docs/service-notes.md#lists).

        A part of a list is never taken for the list: ApiError where anything says that there may be more (api.whole).
        """
        return self.rows(path, _as_it_is, what=what)

    def rows(self, path: str, take: Callable[[dict[str, Any]], Item], *, what: str) -> builtins.list[Item]:
        """What `take` makes of each row of a list while it arrives: of a long one, the rows as they came are never all in memory.

        As `list` otherwise. What `take` raises (MscodeError) is raised once the list is known to be whole.
        """
        errors: list[MscodeError] = []

        def taken(row: dict[str, Any]) -> Item | None:
            try:
                return None if errors else take(row)
            except MscodeError as error:
                errors.append(error)
                return None

        def begin() -> Callable[[dict[str, Any]], Item | None]:
            errors.clear()  # of a try that broke off
            return taken

        label = RequestLabel("GET", path, what)
        got = self._session.list_rows(label, begin)
        data = self._data(label, got)
        beside: Mapping[str, Any] = {}
        if not isinstance(data, TakenRows):
            rows, beside = rows_of(data)
            data = TakenRows(builtins.list(map(begin(), rows or ())), are_objects=rows is not None)
        if not data.are_objects:
            raise ApiError(f"{label}: the answer is no list of objects", status=200)
        count_of_rows = len(data.items)
        sign = sign_of_more(got.status, got.headers, beside, count_of_rows) if isinstance(got, Response) else ""
        if sign:
            quoted = sign if sign.startswith("the ") else f'"{self.error_text.clean(sign)}" beside the rows'
            raise ApiError(
                f"{label}: the list is not complete, or may not be: {quoted}",
                status=got.status if isinstance(got, Response) else 0,
                detail=f"It came with {count(count_of_rows, 'row')}, and the API's page does not say how "
                "to ask for more. Nothing is decided on a part of a list.",
                hint="Ask the operator of the service for whole lists (a bare array).",
            )
        if errors:
            raise errors[0]
        return data.items

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> builtins.list[Result]:
        """`work` for each item, `parallelism` at once; results in the order of the items.

        After the first error nothing new starts; what is under way ends, then the error is raised. Ctrl-C waits for nothing
        that only reads.
        """
        tasks = list(items)
        if not tasks:
            return []
        pool = ThreadPoolExecutor(min(self.parallelism, len(tasks)))
        try:
            futures = [pool.submit(work, item) for item in tasks]
            wait(futures, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            # Without this the threads would wait for a service that does not answer, and ask it once more.
            self.limit_remaining_time(self._interrupted_seconds)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        for future in futures:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                raise error
        return [future.result() for future in futures]

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """Each item with what `work` gave, in the order in which they end; `parallelism` at once, so that none waits for others.

        Of a long list few are handed out beforehand. After the first error nothing new starts; what is under way ends, then the
        error is raised.
        """
        remaining, ended = iter(items), SimpleQueue[tuple[Item, Future[Result]]]()
        with ThreadPoolExecutor(self.parallelism) as pool:

            def hand_out(item: Item) -> None:
                pool.submit(work, item).add_done_callback(lambda future: ended.put((item, future)))

            try:
                under_way = 0
                for item in islice(remaining, 2 * self.parallelism):  # whoever ends finds the next one there
                    hand_out(item)
                    under_way += 1
                while under_way:
                    item, future = ended.get()
                    result = future.result()
                    under_way -= 1
                    for next_item in islice(remaining, 1):
                        hand_out(next_item)
                        under_way += 1
                    yield item, result
            finally:
                pool.shutdown(cancel_futures=True)

    def _asked(self, label: RequestLabel) -> Got:
        return self._session.repeat(label)[0]

    def _data(self, label: RequestLabel, got: Got) -> Any:
        if isinstance(got, Failure) or not got.ok or got.empty or not got.readable:
            raise read_error(label, got, self.error_text)
        return got.data


@dataclass(frozen=True, slots=True)
class Cleared:
    """A body that may be sent at this very moment, though phones may ring by it.

    The last check before a launch (`engine.ringing`) makes it, and nothing else does (tests/engine/test_ringing.py).
    """

    body: Any


class Client(Reader):
    """Reads and changes the API. What is sent once is judged by the closed table in `outcome`.

    What can ring, or lift a halt, goes out by `ring` alone: a PUT or POST that sets a campaign's `state` to anything but
    `halt`, and every POST to one of the `ringing` paths (with {id} for an id), is refused by all other methods.
    """

    methods: ClassVar[tuple[str, ...]] = ("GET", "PUT", "DELETE", "POST")
    _interrupted_seconds: ClassVar[float] = 5.0  # what has been written is better known than unknown

    def __init__(self, *args: Any, ringing: Iterable[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        patterns = [re.escape(path).replace(re.escape("{id}"), "[^/]+") for path in ringing]
        self._ringing = re.compile("|".join(patterns) or r"(?!)")

    def put(self, path: str, body: Any, *, what: str) -> Any:
        """Update; the object as it came back, None where the answer is empty. Raises as `post` does."""
        label = self._harmless(_on_one_object("PUT", path, what), body)
        got, unclear = self._session.repeat(label, self._json(body, label))
        return self._repeated(label, got, unclear)

    def put_after(self, path: str, look: Callable[[], Any], *, what: str) -> Any:
        """Update with the body that `look` reads, which is called right before each sending, also a repeated one.

        None where there is nothing left to send, else as `put`; what `look` raises ends it.
        """
        label = _on_one_object("PUT", path, what)

        def body() -> Body | None:
            data = look()
            return None if data is None else self._json(data, self._harmless(label, data))

        got, unclear = self._session.repeat(label, look=body)
        return self._repeated(label, got, unclear)

    def ring(self, method: str, path: str, look: Callable[[], Cleared], *, what: str, id_field: str = "") -> Created:
        """Send what can ring or lift a halt: `look` is the last check before it, and nothing waits between the two.

        Where the service asks for a pause, this waits, checks again, and sends then. Nothing else is repeated, and nothing is
        sent once the run was stopped. Raises what `look` raises, else as `post`. `id_field`: the answer names what was made.
        """
        label = RequestLabel(method, path, what) if method == "POST" else _on_one_object(method, path, what)
        got, _ = self._session.repeat(label, look=lambda: self._json(look().body, label), limit_alone=True)
        if id_field:
            return self._created(label, got, id_field)
        return Created("", self._applied(label, got, classify(got)).data)

    def delete(self, path: str, *, what: str) -> bool:
        """Delete one object: True when it was done, False when the service says 404 (the caller checks by a list)."""
        return self.delete_and_tell(path, what=what) == "done"

    def delete_and_tell(self, path: str, *, what: str) -> Literal["done", "missing", "unclear"]:
        """`delete` with the reason of a 404: `missing`: somebody else has deleted it; `unclear`: an earlier try of ours, which got
        no answer, may have.
        """
        label = _on_one_object("DELETE", path, what)
        got, unclear = self._session.repeat(label)
        if isinstance(got, Response) and got.status == 404 and got.readable:
            return "unclear" if unclear else "missing"
        self._repeated(label, got, unclear)
        return "done"

    def post(self, path: str, body: Any, *, what: str) -> Any:
        """Send once; the parsed answer, None of an empty one. Rejected (RateLimited: 429), NotSent, UnknownOutcome."""
        label = self._harmless(RequestLabel("POST", path, what), body)
        got = self._session.once(label, self._json(body, label))
        return self._applied(label, got, classify(got)).data

    def create(self, path: str, body: Any, *, what: str, id_field: str) -> Created:
        """`post` for something that gets an id: an answer without a plausible one is an UnknownOutcome."""
        label = self._harmless(RequestLabel("POST", path, what), body)
        return self._created(label, self._session.once(label, self._json(body, label)), id_field)

    def create_upload(
        self, path: str, filename: str, content: bytes, *, what: str, id_field: str = "voiceFileId"
    ) -> Created:
        """Send a file once, as multipart part `files`: an answer without a plausible id is an UnknownOutcome."""
        label = self._harmless(RequestLabel("POST", path, what), None)
        return self._created(label, self._session.once(label, Body(content, filename)), id_field)

    def _json(self, data: Any, label: RequestLabel) -> Body:
        """A body as the service reads it. MscodeError (`ambiguous-time`) for a time that it may read in two ways."""
        if self._zone is UTC:
            return json_body(data, label)
        try:
            return json_body(service_forms.in_zone(data, self._zone), label)
        except service_forms.AmbiguousTimeError as error:
            hint = "Write a time that comes once on that day."
            raise MscodeError(f"{label} was not sent: {error}", hint=hint, code="ambiguous-time") from None

    def _harmless(self, label: RequestLabel, body: Any) -> RequestLabel:
        """The label of a request that cannot ring; MscodeError for one that can, which `ring` alone may send."""
        state = body.get("state", "halt") if isinstance(body, dict) else "halt"
        if state != "halt" or (label.method == "POST" and self._ringing.fullmatch(label.path)):
            raise MscodeError(f"{label}: it could ring, and nobody has looked right before it", code="not-cleared")
        return label

    def _repeated(self, label: RequestLabel, got: Got | None, unclear: bool) -> Any:
        if got is None:
            return None
        return self._applied(label, got, classify_repeatable(got, unclear_before=unclear)).data

    def _created(self, label: RequestLabel, got: Got, id_field: str) -> Created:
        id = ""
        if isinstance(got, Response) and got.ok and got.readable:
            id = created_id(got.data, id_field, got.headers.get("location", ""))
        answer = self._applied(label, got, classify(got, has_id=bool(id)))
        return Created(id, answer.data)

    def _applied(self, label: RequestLabel, got: Got, outcome: Outcome) -> Response:
        if isinstance(got, Failure) or outcome != "applied":
            raise error_of(label, got, outcome, self.error_text)
        return got


def _as_it_is(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _on_one_object(method: str, path: str, what: str) -> RequestLabel:
    """A change goes to one object: `DELETE /accounts`, which is all of them, is in no client (docs/service-notes.md#deleting)."""
    label = RequestLabel(method, path, what)
    if not is_id(path.rpartition("/")[2]) or path.count("/") < 2:
        raise MscodeError(f"{label}: this is not the path of one object", code="bad-path")
    return label
