"""A server of records that accepts connections and never answers: how long it is waited for, and what is said of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import httpx
import pytest

from mscode.errors import StateError
from mscode.http.state_client import StateClient

URL = "https://records.example.com/one-records"


@dataclass
class Silent(httpx.BaseTransport):
    """Each request takes as long as it may, or ends a little `early`, on a clock of its own, and gets no answer but where it
    `answers`.
    """

    now: float = 0.0
    early: float = 0.0
    answers: bool = False
    requests: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.answers:
            return httpx.Response(200, content=b"{}")
        self.now += request.extensions["timeout"]["read"] - self.early
        raise httpx.ReadTimeout("silent", request=request)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def client(self, noun: str = "records", patience: float | None = 60.0) -> StateClient:
        return StateClient(noun=noun, patience=patience, transport=self, sleep=self.sleep, clock=lambda: self.now)


@pytest.mark.parametrize("early", [0.0, 0.01])
def test_a_run_waits_for_it_so_long_in_all_and_says_so(early: float) -> None:
    server = Silent(early=early)
    client = server.client()
    with pytest.raises(StateError) as caught:
        client.send("GET", URL)
    assert server.now == pytest.approx(60, abs=5)
    [diagnostic] = caught.value.diagnostics
    assert "Tried 2 times, 60 s in all." in diagnostic.detail
    before = server.now, server.requests
    for _ in range(10):
        with pytest.raises(StateError):
            client.send("PUT", URL, b"{}")
    assert (round(server.now - before[0]), server.requests - before[1]) == (10, 10), "each is tried once, for a second"


def test_it_is_waited_for_again_once_it_has_answered() -> None:
    server = Silent()
    client = server.client()
    with pytest.raises(StateError):
        client.send("GET", URL)
    server.answers = True
    assert client.send("GET", URL) == (200, b"{}")
    server.answers, before = False, server.now
    with pytest.raises(StateError):
        client.send("GET", URL)
    assert server.now - before == pytest.approx(60, abs=5)


def test_the_server_of_the_state_is_tried_five_times() -> None:
    server = Silent()
    with pytest.raises(StateError):
        server.client("state", None).send("GET", URL)
    assert server.requests == 5


def test_what_several_wait_for_at_once_counts_once() -> None:
    from mscode.http.state_client import _Silence

    ticks = itertools.count(10)
    silence = _Silence(15.0, lambda: float(next(ticks)))
    for _ in range(5):  # at 10, 11, 12, 13, 14
        silence.note(0.0, is_answer=False)
    assert not silence.is_over
    silence.note(0.0, is_answer=False)
    assert silence.is_over
