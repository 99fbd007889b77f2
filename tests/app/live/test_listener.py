"""The listener as a door: what it answers to whom, what counts as one webhook, and what leads to a reading."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mscode.app.live import listener as module
from mscode.app.live.follow import Hint, Key
from mscode.app.live.listener import MAX_BODY, SAME, Listener
from tests.app.live.conftest import BASE, KEYS, SECRETS, campaign
from tests.app.live.test_webhooks import fuzzed
from tests.asgi import answered

ONE, TWO = KEYS
STATE, RECEIVER = f"/state/{SECRETS[0]}", f"/receiver/{SECRETS[0]}"


class Door:
    """A listener, a clock for it, and the hints that it gave."""

    def __init__(self, campaigns: dict[Key, Any], base: str = BASE) -> None:
        self.now = 1000.0
        self.hints: list[tuple[Key, Hint]] = []
        self.app = Listener(base, lambda key, hint: self.hints.append((key, hint)), clock=lambda: self.now)
        self.app.learn(campaigns)
        self.runner = asyncio.Runner()

    def ask(self, path: str, body: bytes = b"{}", method: str = "POST", **headers: str) -> int:
        """The status; answers are empty, whatever was asked."""
        sent = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = [(name.encode(), value.encode()) for name, value in sent.items()]
        status, answer, content = self.runner.run(answered(self.app, method, path, raw, body))
        assert content == b""
        names = {name for name, _ in answer}
        assert names == {b"content-length", b"connection"} | ({b"allow"} if status == 405 else set())
        return status

    def streamed(self, path: str, chunks: Iterable[bytes | None]) -> int:
        """A body in parts, without a length; None: the client goes away."""
        parts, sent = iter(chunks), list[Any]()

        async def receive() -> dict[str, Any]:
            part = next(parts, b"")
            if part is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(part)}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
        self.runner.run(self.app(scope, receive, send))
        return int(sent[0]["status"])


@pytest.fixture
def door(campaigns: dict[Key, Any]) -> Door:
    return Door(campaigns)


@pytest.mark.parametrize("path", [STATE, RECEIVER, f"/mscode{STATE}"])
@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b"\xff", b"x" * MAX_BODY, b"[" * MAX_BODY])
def test_on_a_known_path_everything_is_taken(door: Door, path: str, body: bytes) -> None:
    assert door.ask(path, body) == 200
    assert [key for key, _ in door.hints] == [ONE]


def test_what_it_says_goes_on_as_a_hint(door: Door) -> None:
    door.ask(f"/receiver/{SECRETS[1]}", json.dumps({"accountId": "7", "rsvpReply": "accept"}).encode())
    assert door.hints == [(TWO, Hint("receiver", "7", "accept"))]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "POSTS", "post"])
@pytest.mark.parametrize("path", [STATE, "/"])
def test_post_alone_and_nothing_is_said_of_the_path(door: Door, method: str, path: str) -> None:
    assert door.ask(path, method=method) == 405
    assert door.hints == []


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "/mscode", "/state", "/state/", f"{STATE}/", f"{STATE}0", STATE[:-1], STATE.upper(), f"/x{STATE}",
        f"/{STATE}", f"/mscode/{STATE}", f"/mscode/mscode{STATE}", f"/state/{'0' * 32}", f"/other/{SECRETS[0]}",
        f"/{SECRETS[0]}", f"{STATE}%00", f"/state/..{STATE}", "/metrics", "/healthz", f"/state/{'é' * 32}",
        f"{BASE}{STATE}", f"/mscodex{STATE}", STATE.replace("/state", "/statereceiver"),
    ],
)  # fmt: skip
def test_any_other_path_is_unknown(door: Door, path: str) -> None:
    assert door.ask(path) == 404
    assert door.hints == []


def test_a_body_that_is_too_large_is_not_read(door: Door) -> None:
    read: list[int] = []

    def parts() -> Iterable[bytes]:
        for _ in range(1000):
            read.append(1)
            yield b"x" * 16_384

    assert door.ask(STATE, b"", content_length=str(MAX_BODY + 1)) == 413
    assert door.ask(STATE, b"", content_length="9" * 19) == 413
    assert door.streamed(STATE, parts()) == 413
    assert len(read) <= 5 + 65, "as much as a client has under way"
    assert door.streamed(STATE, [b"x" * 16_384] * 4) == 200
    assert len(door.hints) == 1


def test_a_client_that_leaves_in_the_middle_hints_at_nothing(door: Door) -> None:
    assert door.streamed(STATE, [b"{", None]) == 400
    assert door.hints == []


def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BODY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_LINGERING", 0.01)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": STATE, "headers": [], "query_string": b""}
    door.runner.run(door.app(scope, receive, send))
    assert sent[0]["status"] == 408
    assert door.hints == []


# ---- twice the same --------------------------------------------------------------------------------------------------


def test_an_equal_body_counts_once_in_ten_minutes(door: Door) -> None:
    assert [door.ask(STATE, b"a") for _ in range(3)] == [200] * 3
    assert len(door.hints) == 1
    door.now += SAME - 1
    assert door.ask(STATE, b"a") == 200
    assert len(door.hints) == 1
    door.now += 1
    assert door.ask(STATE, b"a") == 200
    assert len(door.hints) == 2


def test_a_byte_makes_another_one_and_so_does_another_campaign(door: Door) -> None:
    for path, body in ((STATE, b"a"), (STATE, b"a "), (f"/state/{SECRETS[1]}", b"a")):
        door.ask(path, body)
    assert [key for key, _ in door.hints] == [ONE, ONE, TWO]


def test_what_is_remembered_has_an_end(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 50)
    for number in range(500):
        door.ask(STATE, str(number).encode())
    assert len(door.app._recent._seen) <= 51


# ---- secrets ---------------------------------------------------------------------------------------------------------


def test_every_secret_is_compared_in_constant_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    compare: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def counting(known: bytes, given: bytes) -> bool:
        compared.append(known)
        return compare(known, given)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    door.ask(STATE)
    door.ask(f"/state/{'0' * 32}")
    assert len(compared) == 2 * 4, "whether or not one is equal"


def test_paths_come_and_go_with_what_is_live(door: Door) -> None:
    assert door.app.campaigns == 2
    door.app.learn({TWO: campaign(receiverWebhookUrl=f"{BASE}/receiver/{SECRETS[1]}")})
    assert door.ask(STATE) == 404
    assert door.ask(f"/state/{SECRETS[1]}") == 404
    assert door.ask(f"/receiver/{SECRETS[1]}") == 200
    door.app.learn({})
    assert door.ask(f"/receiver/{SECRETS[1]}") == 404


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"https://other.example.com/mscode{STATE}",
        f"{BASE}{STATE}?a=b",
        f"{BASE}/x{STATE}",
        f"http://hooks.example.com/mscode{STATE}",
    ],
)
def test_what_lies_elsewhere_is_none_of_its_paths(url: str) -> None:
    door = Door({ONE: campaign(stateWebhookUrl=url)})
    assert door.app.campaigns == 0
    assert door.ask(STATE) == 404


def test_two_campaigns_with_one_path_are_both_read() -> None:
    url = f"{BASE}{STATE}"
    door = Door({ONE: campaign(stateWebhookUrl=url), TWO: campaign(stateWebhookUrl=url)})
    assert door.ask(STATE) == 200
    assert [key for key, _ in door.hints] == [ONE, TWO]


# ---- fuzzing ---------------------------------------------------------------------------------------------------------


def _fuzz(door: Door, count: int, seed: int) -> None:
    chance = random.Random(seed)
    paths = (STATE, RECEIVER, "/", f"/state/{'0' * 32}", f"/mscode{STATE}")
    statuses = set()
    for _ in range(count):
        statuses.add(door.ask(chance.choice(paths), fuzzed(chance)))
        door.now += chance.random()
    assert statuses == {200, 404}
    assert {key for key, _ in door.hints} == {ONE}


def test_fuzzed_requests(door: Door) -> None:
    _fuzz(door, 1_000, 7)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_fuzzed_requests(door: Door, seed: int) -> None:
    _fuzz(door, 10_000, seed)
