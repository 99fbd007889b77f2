"""Webhooks that are posted: where to, with what, and what goes wrong on their way."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.sandbox import posting
from mscode.sandbox.errors import ApiError
from mscode.sandbox.faults import Faults
from mscode.sandbox.posting import Poster
from tests.asgi import answered

from .world import World

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def on_the_page(fault: str) -> dict[str, Any]:
    """The example of docs/sandbox.md for what can become of a webhook."""
    blocks = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return next(rule for rule in map(json.loads, blocks) if rule.get("webhook") == fault)


class Receiver:
    """A server on this machine: `bodies` are what came, `heads` the requests' heads. `answer` is what it says."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.heads: list[str] = []
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.pause = 0.0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.findall(r"Content-Length: (\d+)", head)[0])
        self.heads.append(head)
        self.bodies.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(self.pause)
        writer.write(self.answer)
        writer.close()


class Stage(World):
    """A sandbox whose webhooks wait to be posted, and a receiver at `url`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(webhooks=True, **options)
        self.told: list[str] = []
        self.poster = Poster(self.app.state.store, self.app.state.faults, self.told.append)
        self.receiver = Receiver()
        self.port = 0
        self.voice_file()
        self.runner.run(self._served(lambda: asyncio.sleep(0)))  # a free port is chosen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post_all(self, at: Callable[[], Awaitable[object]] | None = None) -> None:
        async def posting() -> None:
            await (at or self.poster.empty)()

        self.runner.run(self._served(posting))

    async def _served(self, work: Callable[[], Awaitable[object]]) -> None:
        server = await asyncio.start_server(self.receiver.take, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            await work()
        finally:
            server.close()

    def rung(self, people: int = 1, **changes: Any) -> list[Any]:
        """A campaign calls so many people once; the bodies of its webhooks as they were noted."""
        receivers = [{"accountId": account} for account in self.people(people)]
        urls = {"receiverWebhookUrl": f"{self.url}/receiver", "stateWebhookUrl": f"{self.url}/state"}
        times = {"startTime": "2026-12-01 08:00:00"}
        self.rsvp(receivers=receivers, maxRedials=0, **times | urls | changes)
        self.at("2026-12-01T10:00:00Z")
        return [note["body"] for note in self.control("GET", "/webhooks")]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def _in_any_order(bodies: list[Any]) -> list[str]:
    return sorted(map(json.dumps, bodies))


def test_all_that_was_noted_is_posted_once(stage: Stage) -> None:
    noted = stage.rung(3)
    stage.post_all()
    assert len(noted) == 5, "active, three people, complete"
    assert _in_any_order(stage.receiver.bodies) == _in_any_order(noted)
    stage.post_all()
    assert len(stage.receiver.bodies) == 5
    assert stage.told == []


def test_a_post_has_the_apis_quirks_and_no_signature(stage: Stage) -> None:
    stage.rung()
    stage.post_all()
    head = next(head for head in stage.receiver.heads if head.startswith("POST /receiver HTTP/1.1\r\n"))
    names = [line.partition(":")[0] for line in head.splitlines()[1:] if line]
    assert names == ["Host", "Content-Type", "Content-Length", "Connection"]
    assert "Content-Type: application/json" in head
    assert {re.sub(r"\d", "9", body["timestamp"]) for body in stage.receiver.bodies} == {"9999-99-99:99:99:99"}


def test_without_being_asked_nothing_waits(stage: Stage) -> None:
    quiet = World()
    quiet.voice_file()
    quiet.rsvp(startTime="2026-12-01 08:00:00", stateWebhookUrl="http://127.0.0.1:9/state")
    quiet.at("2026-12-01T08:30:00Z")
    assert len(quiet.control("GET", "/webhooks")) == 1
    assert quiet.app.state.store.rows("SELECT * FROM unposted") == []
    quiet.close()


def test_a_profile_asks_too(stage: Stage) -> None:
    asked = World(profile=type(stage.app.state.switches.profile)(webhooks="send"))
    asked.voice_file()
    asked.rsvp(startTime="2026-12-01 08:00:00", stateWebhookUrl="http://127.0.0.1:9/state")
    asked.at("2026-12-01T08:30:00Z")
    asked.control("GET", "/rings")
    assert len(asked.app.state.store.rows("SELECT * FROM unposted")) == 1
    asked.control("POST", "/reset")
    assert asked.app.state.store.rows("SELECT * FROM unposted") == []
    asked.close()


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://192.0.2.7/hook", "192.0.2.7"),
        ("https://203.0.113.9:8443/hook", "203.0.113.9"),
        ("http://[2001:db8::1]/hook", "[2001:db8::1]"),
        ("http://0.0.0.0:80/hook", "0.0.0.0"),
        ("http://nobody.invalid/hook", "nobody.invalid"),
        ("ftp://127.0.0.1/hook", "127.0.0.1"),
        ("http://127.0.0.1:99999/hook", "an address that cannot be read"),
        ("nonsense", "an address that cannot be read"),
    ],
)
def test_nothing_leaves_this_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch, url: str, named: str) -> None:
    monkeypatch.setattr(asyncio, "open_connection", None)
    stage.rung(3, receiverWebhookUrl=url, stateWebhookUrl=url)
    stage.post_all()
    assert stage.told == [f"Webhooks to {named} are not sent: the sandbox posts to this machine alone."]
    assert stage.receiver.bodies == []


@pytest.mark.parametrize(
    ("addresses", "goes"),
    [
        (["127.0.0.1"], True),
        (["::1"], True),
        (["127.8.9.1", "::1"], True),
        (["::ffff:127.0.0.1"], True),
        (["127.0.0.1", "192.0.2.7"], False),
        (["::ffff:192.0.2.7"], False),
        (["fe80::1%eth0"], False),
        ([], False),
    ],
)
def test_a_name_counts_by_what_it_resolves_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, addresses: list[str], goes: bool
) -> None:
    rows = [(0, 0, 0, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    found = stage.runner.run(stage.poster._receiver("hooks.example.com", 443))
    assert found.addresses == (addresses if goes else [])


def test_a_lookup_that_takes_long_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    hanging = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hanging.wait(10) and [])
    monkeypatch.setattr(posting, "_LOOKUP", 0.05)
    assert stage.runner.run(stage.poster._receiver("hooks.example.com", 443)).addresses == []
    hanging.set()


def test_a_redirect_is_not_followed_and_no_proxy_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.7:3128")
    stage.rung()
    stage.receiver.answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://192.0.2.7/\r\n\r\n"
    stage.post_all()
    assert len(stage.receiver.bodies) == 3


@pytest.mark.parametrize(
    "answer", [b"", b"220 mail.example.com ESMTP\r\n", b"\xff" * 200_000, b"HTTP/1.1 500 No\r\n\r\n"]
)
def test_whatever_a_receiver_answers_ends_the_post(stage: Stage, answer: bytes) -> None:
    stage.rung()
    stage.receiver.answer = answer
    stage.post_all()
    assert len(stage.receiver.bodies) == 3


def test_a_path_with_line_breaks_is_one_word_of_the_request(stage: Stage) -> None:
    stage.rung(receiverWebhookUrl=f"{stage.url}/a b\r\nX-Evil: 1/ä?q=ö b")
    stage.post_all()
    lines = [head.splitlines()[0] for head in stage.receiver.heads if "%C3%A4" in head]
    assert lines
    assert {len(line.split(" ")) for line in lines} == {3}
    assert not [head for head in stage.receiver.heads if "\nX-Evil" in head]


def test_nobody_there_is_told_once_and_costs_no_time(stage: Stage) -> None:
    stage.rung(40)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    stage.app.state.store.run("UPDATE webhooks SET url = ?", f"http://127.0.0.1:{port}/")
    stage.post_all()
    assert stage.told == [f"Nothing takes webhooks at 127.0.0.1:{port}; those to it are lost until it does."]
    assert stage.app.state.store.rows("SELECT * FROM unposted") == []


def test_a_receiver_that_starts_late_gets_what_comes_from_then_on(stage: Stage) -> None:
    noted = stage.rung(3)
    stage.runner.run(stage.poster.empty())
    assert len(stage.told) == 1, "nobody is there yet"
    stage.app.state.store.run("INSERT INTO unposted SELECT id FROM webhooks")
    stage.post_all()
    assert _in_any_order(stage.receiver.bodies) == _in_any_order(noted)


def test_a_receiver_that_says_nothing_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_SECONDS", 0.05)
    monkeypatch.setattr(posting, "_AT_ONCE", 4)
    stage.rung(40)
    stage.receiver.pause = 0.3
    stage.post_all()
    assert len(stage.told) == 1
    assert len(stage.receiver.bodies) < 42


def test_a_clock_that_is_set_does_not_wait_for_a_slow_receiver(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_ENOUGH", 0.2)
    monkeypatch.setattr(posting, "_KEPT", 2)
    stage.rung(6)
    stage.receiver.pause = 0.15
    stage.post_all()
    assert stage.told == [
        "Webhooks still wait, since they are taken slowly; the next `mscode sandbox clock` posts them."
    ]
    stage.receiver.pause = 0.0
    left = len(stage.app.state.store.rows("SELECT * FROM unposted"))
    assert left
    monkeypatch.setattr(posting, "_ENOUGH", 30)
    before = len(stage.receiver.bodies)
    stage.post_all()
    assert len(stage.receiver.bodies) == before + left


# ---- faults: the rules of the page -----------------------------------------------------------------------------------


def test_dropped(stage: Stage) -> None:
    stage.control("POST", "/faults", on_the_page("drop"))
    noted = stage.rung(3)
    stage.post_all()
    assert _in_any_order(stage.receiver.bodies) == _in_any_order(noted[3:])


def test_doubled(stage: Stage) -> None:
    stage.control("POST", "/faults", on_the_page("double"))
    noted = stage.rung(3)
    stage.post_all()
    people = [body for body in noted if "rsvpReply" in body]
    assert _in_any_order(stage.receiver.bodies) == _in_any_order([*noted, *people])


def test_late(stage: Stage) -> None:
    stage.control("POST", "/faults", on_the_page("late") | {"delay_ms": 100})
    noted = stage.rung(1)
    stage.post_all()
    assert stage.receiver.bodies[-1] == noted[0]
    assert len(stage.receiver.bodies) == 3


def test_reordered(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_AT_ONCE", 1)
    stage.poster._slots = asyncio.Semaphore(1)
    stage.control("POST", "/faults", on_the_page("reorder"))
    noted = stage.rung(2)
    stage.post_all()
    at = [noted.index(body) for body in stage.receiver.bodies]
    assert at.index(1) < at.index(0)
    assert at.index(3) < at.index(2)


def test_the_last_one_has_nobody_to_let_by(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_OVERTAKEN", 0.05)
    stage.control("POST", "/faults", {"webhook": "reorder", "skip": 2})
    noted = stage.rung(1)
    stage.post_all()
    assert _in_any_order(stage.receiver.bodies) == _in_any_order(noted)


def test_after_a_reset_nothing_late_is_sent(stage: Stage) -> None:
    stage.control("POST", "/faults", {"webhook": "late", "delay_ms": 100, "times": None})
    stage.rung(1)

    async def reset_meanwhile() -> None:
        posting = asyncio.create_task(stage.poster.empty())
        await asyncio.sleep(0.02)
        with stage.app.state.store.transaction(write=True):
            stage.app.state.store.empty()
        await posting

    stage.post_all(reset_meanwhile)
    assert stage.receiver.bodies == []


@pytest.mark.parametrize(
    "rule",
    [
        {"webhook": "lose"},
        {"webhook": "drop", "method": "POST"},
        {"webhook": "drop", "status": 500},
        {"webhook": "drop", "delay_ms": 3},
        {"webhook": "double", "wire": "reset"},
    ],
)
def test_a_rule_that_mixes_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        Faults().add(rule)


def test_a_rule_of_webhooks_strikes_no_request() -> None:
    faults = Faults()
    faults.add([{"webhook": "drop", "times": None}, {"path": "/groups", "status": 500}])
    taken = faults.take("POST", "/groups")
    assert taken is not None
    assert taken.status == 500
    assert faults.of_webhook("/state") is not None


# ---- the server ------------------------------------------------------------------------------------------------------


def test_while_it_posts_it_dials_by_the_clock_alone(stage: Stage, machine: Any) -> None:
    """Nobody asks for anything: a running clock is enough."""
    stage.rung(2)
    stage.app.state.store.run("DELETE FROM unposted")
    stage.rsvp(
        receivers=[{"phone": "+358405550777"}],
        maxRedials=0,
        startTime="2026-12-01 11:00:00",
        stateWebhookUrl=f"{stage.url}/state",
        receiverWebhookUrl=f"{stage.url}/receiver",
    )

    async def an_hour_later() -> None:
        serving = asyncio.create_task(stage.poster.serve(stage.app.state.play))
        await asyncio.sleep(0.15)
        assert stage.receiver.bodies == []
        machine.now += 3700
        for _ in range(100):
            await asyncio.sleep(0.05)
            if len(stage.receiver.bodies) == 3:
                break
        serving.cancel()

    stage.post_all(an_hour_later)
    assert {body["state"] for body in stage.receiver.bodies if "state" in body} == {"active", "complete"}
    assert len([body for body in stage.receiver.bodies if "rsvpReply" in body]) == 1


def test_a_receiver_that_never_answers_holds_up_neither_clock_nor_api(stage: Stage, machine: Any) -> None:
    stage.receiver.pause = 60
    stage.rung(3)
    stage.rsvp(receivers=[{"phone": "+358405550777"}], maxRedials=0, stateWebhookUrl=f"{stage.url}/state")
    headers = [(b"accept", b"application/json"), (b"content-type", b"application/json")]
    token = [(b"x-access-token", stage.token.encode())]

    async def asked_meanwhile() -> None:
        serving = asyncio.create_task(stage.poster.serve(stage.app.state.play))
        await asyncio.sleep(0.15)
        machine.now += 3600
        began = asyncio.get_running_loop().time()
        status, _, content = await answered(stage.app, "GET", "/v1/rsvp_calls", [*headers, *token], b"")
        assert asyncio.get_running_loop().time() - began < 1
        assert status == 200
        assert [one["state"] for one in json.loads(content)] == ["complete", "complete"]
        serving.cancel()

    stage.post_all(asked_meanwhile)
    assert len(stage.receiver.bodies) >= 5
