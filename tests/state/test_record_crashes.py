"""Records on a server and in a bucket, with a crash or a lost answer at every request: what was acknowledged is there, once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from mscode.errors import StateError
from mscode.state.records import http as http_module
from mscode.state.records.http import HttpRecords
from mscode.state.records.object import ObjectRecords
from mscode.state.records.storage import KEY, RecordStorage, number_of, people_of
from mscode.state.remote.object import Where

#: Year and number of the records that are written; with PART as the tests set it, each part has two of them.
RECORDS = [(2026, 1), (2026, 2), (2026, 3), (2027, 4), (2027, 5)]


class Crash(BaseException):
    """The process is gone: nothing may catch it."""


class Trouble:
    """Counts requests, and makes one of them, or all from it on, go wrong before or after it is carried out."""

    def __init__(self) -> None:
        self.at = 0
        self.until = 0
        self.after = False
        self.error: type[BaseException] = Crash
        self.requests = 0

    def expect(self, at: int, error: type[BaseException], *, after: bool, count: int = 1) -> None:
        self.requests, self.at, self.until, self.error, self.after = 0, at, at + count, error, after

    def never(self) -> None:
        self.requests, self.at, self.until = 0, 0, 0

    def around(self, send: Callable[[], Any]) -> Any:
        self.requests += 1
        is_meant = self.at <= self.requests < self.until
        if is_meant and not self.after:
            raise self.error("no answer")
        try:
            return send()
        finally:
            if is_meant:
                raise self.error("no answer")


class Server:
    """A state server in memory."""

    def __init__(self, trouble: Trouble) -> None:
        self.documents: dict[str, bytes] = {}
        self.sent = 0
        self._trouble = trouble

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]:
        return self._trouble.around(lambda: self._answer(method, url, content))  # type: ignore[no-any-return]

    def _answer(self, method: str, url: str, content: bytes | None) -> tuple[int, bytes]:
        if method == "GET":
            return (200, self.documents[url]) if url in self.documents else (404, b"")
        assert content is not None
        assert json.loads(content)["serial"] > json.loads(self.documents.get(url, b'{"serial": -1}'))["serial"]
        self.documents[url] = content
        self.sent += len(content)
        return 200, b""

    def limit_remaining_time(self, seconds: float) -> None: ...

    def close(self) -> None: ...


Opener = Callable[[], RecordStorage]


@dataclass
class Case:
    """`new()` gives what opens the records of a new place, as often as it is called."""

    trouble: Trouble
    new: Callable[[], Opener]


@pytest.fixture(params=["http", "object"])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    trouble = Trouble()
    return Case(
        trouble, on_server(trouble, monkeypatch) if request.param == "http" else in_bucket(trouble, monkeypatch)
    )


def on_server(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Opener]:
    monkeypatch.setattr(http_module, "PART", 150)

    def new() -> Opener:
        server = Server(trouble)
        return lambda: HttpRecords(server, "https://state.example.com/one-records", "POST", "")

    return new


def in_bucket(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Opener]:
    import obstore
    from obstore.exceptions import GenericError
    from obstore.store import MemoryStore

    def troubled(request_of: Callable[..., Any]) -> Callable[..., Any]:
        def send(*arguments: Any, **settings: Any) -> Any:
            try:
                return trouble.around(lambda: request_of(*arguments, **settings))
            except StateError as error:
                raise GenericError(str(error)) from None

        return send

    for name in ("get", "put", "delete", "list", "list_with_delimiter"):
        monkeypatch.setattr(obstore, name, troubled(getattr(obstore, name)))

    def new() -> Opener:
        store = MemoryStore()
        return lambda: ObjectRecords(Where("s3://states", "one.records"), lambda where, seconds: store, pause=0)

    return new


def line(n: int, attempt: int = 0) -> bytes:
    return json.dumps({"n": n, "attempt": attempt}, separators=(",", ":")).encode() + b"\n"


def write_all(storage: RecordStorage, attempt: int = 0) -> Iterator[int]:
    """Writes what of RECORDS is missing; each number that was acknowledged."""
    storage.open_for_write()
    if storage.read(KEY) is None:
        storage.replace({KEY: b"k" * 32})
    last = storage.last_line()
    for year, n in RECORDS:
        if n > (number_of(last[1]) if last else 0):
            storage.append(year, n, line(n, attempt), bytes([n, attempt]) * 10)
            yield n


def whole(storage: RecordStorage) -> dict[int, bytes]:
    """The lines by number; each has its people, and no people are there without a line."""
    listed = b"".join(storage.read(f"{year}.jsonl") or b"" for year in storage.years()).splitlines(keepends=True)
    assert [number_of(entry) for entry in listed] == list(range(1, len(listed) + 1))
    people = {place[1]: storage.read(name) for name in storage.names() if (place := people_of(name))}
    assert people == {
        number_of(entry): bytes([number_of(entry), json.loads(entry)["attempt"]]) * 10 for entry in listed
    }
    return {number_of(entry): entry for entry in listed}


def count_requests(case: Case) -> int:
    case.trouble.never()
    assert list(write_all(case.new()())) == [n for _, n in RECORDS]
    return case.trouble.requests


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_request_loses_nothing_that_was_acknowledged(case: Case, after: bool) -> None:
    for at in range(1, count_requests(case) + 1):
        opened, acknowledged = case.new(), list[int]()
        case.trouble.expect(at, Crash, after=after)
        try:
            for n in write_all(opened()):
                acknowledged.append(n)
            pytest.fail("no crash")
        except Crash:
            pass
        case.trouble.never()
        list(write_all(opened(), attempt=1))
        kept = whole(opened())
        assert set(kept) == {n for _, n in RECORDS}
        assert all(kept[n] == line(n) for n in acknowledged)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_had_no_answer_is_there_where_append_returned_and_else_not(case: Case, after: bool, count: int) -> None:
    """The same storage goes on: a launch whose record failed is not sent, so its record must not stay."""
    for at in range(1, count_requests(case) + 1):
        storage = (opened := case.new())()
        case.trouble.expect(at, StateError, after=after, count=count)
        acknowledged = dict[int, int]()
        for attempt in range(count + 2):
            with suppress(StateError):
                for n in write_all(storage, attempt):
                    acknowledged[n] = attempt
        case.trouble.never()
        assert whole(opened()) == {n: line(n, attempt) for n, attempt in acknowledged.items()}
        assert set(acknowledged) == {n for _, n in RECORDS}


def test_what_a_launch_sends_does_not_grow_with_the_history() -> None:
    server = Server(Trouble())
    storage = HttpRecords(server, "https://state.example.com/one-records", "POST", "")
    storage.open_for_write()
    sent = []
    for n in range(1, 81):
        storage.append(2026, n, line(n), bytes(25) * 1_000)
        sent.append(server.sent)
        server.sent = 0
    assert max(sent[40:]) <= max(sent[:40]) <= http_module.PART + 1_000
    assert storage.read("2026.jsonl") == b"".join(map(line, range(1, 81)))


def test_an_index_that_was_lost_is_noticed_before_anything_is_written() -> None:
    server = Server(Trouble())
    list(write_all(HttpRecords(server, "https://state.example.com/one-records", "POST", "")))
    del server.documents["https://state.example.com/one-records"]
    before = dict(server.documents)
    again = HttpRecords(server, "https://state.example.com/one-records", "POST", "")
    again.open_for_write()
    with pytest.raises(StateError, match=r"does not name .*/one-records-2026, which has records"):
        again.append(2026, 1, line(1), None)
    assert server.documents == before


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"version": 2, "serial": 1}',
        b'{"version": 1, "serial": 1, "parts": {"x": 1}}',
        b"\xff",
        b'{"parts": {"2026": 0}}',
    ],
)
def test_an_index_that_is_none_is_an_error(content: bytes) -> None:
    server = Server(Trouble())
    server.documents["https://state.example.com/one-records"] = content
    storage = HttpRecords(server, "https://state.example.com/one-records", "POST", "")
    for ask in (storage.names, storage.years, storage.last_line):
        with pytest.raises(StateError):
            ask()
