"""Work for many items at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mscode.api.client import Client
from mscode.errors import ApiError
from tests.api.service import Service, client_of


def client(parallelism: int = 4) -> Client:
    return client_of(Service(httpx.Response(200, json={})), parallelism=parallelism)


def test_results_come_in_the_order_of_the_items() -> None:
    gates = [threading.Event() for _ in range(4)]

    def work(n: int) -> int:
        if n < 3:
            assert gates[n + 1].wait(5)
        gates[n].set()
        return n * 10

    assert client().map(work, range(4)) == [0, 10, 20, 30]


def test_nothing_to_do_does_nothing() -> None:
    assert client().map(lambda _: pytest.fail("called"), []) == []


def test_no_more_run_at_once_than_allowed() -> None:
    running = most = 0
    lock = threading.Lock()
    all_three = threading.Barrier(3)

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        all_three.wait(5)
        with lock:
            running -= 1

    client(3).map(work, range(9))
    assert most == 3


def test_the_first_error_keeps_the_rest_from_starting_and_is_raised() -> None:
    started: list[int] = []

    def work(n: int) -> None:
        started.append(n)
        raise ApiError(f"item {n}")

    with pytest.raises(ApiError, match="item 0"):
        client(1).map(work, range(1000))
    assert len(started) < 1000


def test_what_is_under_way_ends_before_the_error_is_raised() -> None:
    both_run, done = threading.Barrier(2), threading.Event()

    def work(n: int) -> None:
        both_run.wait(5)
        if n == 0:
            raise ApiError("no")
        done.set()

    with pytest.raises(ApiError):
        client(2).map(work, range(2))
    assert done.is_set()


def test_work_may_itself_map() -> None:
    one: Any = client(2)
    assert one.map(lambda n: sum(one.map(lambda m: n * m, range(3))), range(4)) == [0, 3, 6, 9]


def test_each_gives_results_as_they_end_and_waits_for_none() -> None:
    gate = threading.Event()

    def work(n: int) -> int:
        if n == 0:
            assert gate.wait(5)
        return n * 10

    ended = []
    for item, result in client(2).each(work, range(5)):
        ended.append((item, result))
        if len(ended) == 4:
            gate.set()
    assert ended == [(1, 10), (2, 20), (3, 30), (4, 40), (0, 0)]


def test_each_hands_out_few_of_a_long_list() -> None:
    handed_out: list[int] = []

    def items() -> Iterator[int]:
        for n in range(1000):
            handed_out.append(n)
            yield n

    ends = client(2).each(lambda n: n, items())
    next(ends)
    assert len(handed_out) <= 5


def test_each_starts_nothing_more_after_an_error() -> None:
    started: list[int] = []

    def work(n: int) -> None:
        started.append(n)
        raise ApiError(f"item {n}")

    with pytest.raises(ApiError, match="item"):
        list(client(2).each(work, range(1000)))
    assert len(started) <= 6


def test_each_of_nothing_is_nothing() -> None:
    assert list(client().each(lambda _: pytest.fail("called"), [])) == []
