"""`watch --listen`, `--until` and `--timeout`, through the command line."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from mscode.app import watch
from tests.acceptance.campaigns import AFTER, NAMES, PHONES, drive
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_listener_url import LISTENS, listen_at

#: In the midst of its first calls.
CALLING = "2026-12-01T08:00:30Z"
SCHEMA = json.loads((Path(__file__).parents[2] / "schema" / "watch.schema.json").read_text("utf-8"))


class Listening:
    """A project with a campaign that posts to a listener on this machine, and a port for it."""

    def __init__(self, world: World, **changes: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.world, self.address = world, f"127.0.0.1:{self.port}"
        self.base = f"http://{self.address}/mscode"
        listen_at(world, self.base)
        world.launched(drive(**LISTENS, **changes))

    @property
    def receiver(self) -> str:
        return str(self.world.service.campaign()["receiverWebhookUrl"])

    @property
    def state(self) -> str:
        return str(self.world.service.campaign()["stateWebhookUrl"])

    def watch(self, act: Callable[[], object], *options: str) -> Ended:
        """What `watch` says while somebody acts as soon as it listens."""
        self.world.service.forget_requests()
        problems: list[Exception] = []

        def acting() -> None:
            try:
                self._wait_for_the_listener()
                act()
            except Exception as problem:
                problems.append(problem)

        actor = threading.Thread(target=acting)
        actor.start()
        listen = ("--listen", str(self.port)) if "--listen" not in options else ()
        ended = self.world.cli("watch", "--dir", self.world.folder, *listen, *options)
        actor.join(20)
        assert not problems, problems
        writes = [one for one in self.world.service.requests(writes=True) if not one.startswith(("PUT", "DELETE"))]
        assert writes == []
        return ended

    def _wait_for_the_listener(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("nothing listens")

    def post(self, url: str, body: object = None, **more: Any) -> int:
        # Certificates, which plain HTTP has no use for, take longer to load than a webhook to post.
        with httpx.Client(trust_env=False, timeout=20, verify=False) as client:
            return client.post(url, **({"json": body or {}} | more)).status_code


@pytest.fixture
def listening(world: World) -> Listening:
    return Listening(world)


def test_a_webhook_makes_the_reading_earlier(listening: Listening) -> None:
    started = time.monotonic()

    def act() -> None:
        listening.world.service.halt_as_a_person()
        assert listening.post(listening.state, {"rsvpCallId": "1", "state": "complete", "acceptsReceived": 999}) == 200

    ended = listening.watch(act)
    assert ended.code == 0, ended.said
    assert time.monotonic() - started < 25, "polling alone would have taken 30 seconds"
    assert ended.out.splitlines()[-1].endswith("rsvpCalls.invite: halt")
    assert f"Listening on http://{listening.address} for the webhooks of 1 campaign" in ended.err
    assert "999" not in ended.said


def test_json_tells_events_with_the_apis_figures(world: World) -> None:
    listening = Listening(world, receivers=[{"account": name} for name in NAMES[:4]])

    def act() -> None:
        service = listening.world.service
        service.at(CALLING)
        forged = {"rsvpCallId": "1", "accountId": "1", "rsvpReply": "accept", "phoneNumber": "+358409999999"}
        assert listening.post(listening.receiver, forged | {"dialedCalls": 99_999}) == 200
        _wait_until(lambda: "GET /rsvp_calls/1" in service.requests())
        service.at(AFTER)
        assert listening.post(listening.state, {"state": "active"}) == 200

    ended = listening.watch(act, "--json")
    assert ended.code == 0, ended.said
    for event in ended.events:
        jsonschema.validate(event, SCHEMA)
    assert {event["type"] for event in ended.events} == {"state", "reply"}
    states = [(event["previousState"], event["state"]) for event in ended.events if event["type"] == "state"]
    assert states[0] == (None, "waitingToActive")
    assert states[-1][1] == "complete"
    _are_the_apis(ended.events, listening.world)
    assert "999" not in ended.out
    assert not any(phone in ended.said for phone in PHONES)
    assert re.fullmatch(r"\+35840•+\d{3,4}", next(e["phone"] for e in ended.events if e["type"] == "reply"))


def _are_the_apis(events: list[dict[str, Any]], world: World) -> None:
    """Replies are those that the service shows, each once, and the last figures are its own."""
    receivers = world.service.get("/rsvp_calls/1/receivers")
    true = {one["accountId"]: one["rsvpReply"].replace("noReply", "noAnswer") for one in receivers}
    told = {event["accountId"]: event["reply"] for event in events if event["type"] == "reply"}
    assert told
    assert told.items() <= true.items()
    stats = world.service.campaign()["stats"]
    assert events[-1]["accepted"] == stats["acceptsReceived"]


def _wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_many_webhooks_make_one_reading_in_two_seconds(listening: Listening) -> None:
    seconds = 3.0

    def act() -> None:
        began, number = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            number += 1
            assert listening.post(listening.receiver, {"n": number}) == 200
        listening.world.service.halt_as_a_person()
        listening.world.service.control("DELETE", "/requests")
        counts.append(number)
        lengths.append(time.monotonic() - began)

    counts: list[int] = []
    lengths: list[float] = []
    requests: list[str] = []
    original = listening.world.service.control

    def noting(method: str, path: str, *more: Any) -> Any:
        if (method, path) == ("DELETE", "/requests"):
            requests.extend(listening.world.service.requests())
        return original(method, path, *more)

    listening.world.service.control = noting  # type: ignore[method-assign]
    try:
        ended = listening.watch(lambda: (requests.clear(), act()), "--timeout", "20s", "--interval", "4")
    finally:
        listening.world.service.control = original  # type: ignore[method-assign]
    assert ended.code == 0, ended.said
    assert counts[0] > 20
    assert 1 <= requests.count("GET /rsvp_calls/1") <= 2 + lengths[0] / 2


def test_the_door_over_http(listening: Listening) -> None:
    def act() -> None:
        url = listening.receiver
        with httpx.Client(trust_env=False, timeout=20) as client:
            assert client.get(url).status_code == 405
            assert client.get(f"http://{listening.address}/").status_code == 405
            assert client.post(f"http://{listening.address}/metrics").status_code == 404
            assert client.post(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 404
            assert client.post(url.replace("/mscode", "")).status_code == 200, "a proxy may take the path away"
            assert client.post(url, content=b"x" * 65_536).status_code == 200
            assert client.post(url, content=b"x" * 65_537).status_code == 413
            assert client.post(url, content=iter([b"x" * 65_536, b"x"])).status_code == 413
            assert client.post(url, content=b"\xff{").status_code == 200
            answer = client.post(url, content=b"<script>")
            assert (answer.content, answer.headers.get("server")) == (b"", None)
        listening.world.service.halt_as_a_person()
        listening.post(url, {"n": 1})

    assert listening.watch(act).code == 0


def test_slow_clients_hold_up_nobody(listening: Listening) -> None:
    """More connections than there may be, each of which sends a byte of a head, and no more."""

    def act() -> None:
        slow = []
        try:
            for number in range(300):
                client = socket.create_connection(("127.0.0.1", listening.port), timeout=5)
                slow.append(client)
                client.sendall(b"POST /receiver/" if number % 2 else b"P")
            started = time.monotonic()
            listening.world.service.halt_as_a_person()
            assert listening.post(listening.receiver, {"n": 1}) == 200
            assert time.monotonic() - started < 8, "a slow one is cut after ten seconds"
        finally:
            for client in slow:
                client.close()

    assert listening.watch(act).code == 0


def test_it_needs_no_state(listening: Listening) -> None:
    import shutil

    shutil.rmtree(listening.world.folder / ".mscode")

    def act() -> None:
        listening.world.service.halt_as_a_person()
        assert listening.post(listening.receiver) == 200

    assert listening.watch(act).code == 0


def test_no_secret_stands_in_an_output(listening: Listening) -> None:
    secret = listening.receiver.rpartition("/")[2]
    ended = listening.watch(lambda: listening.post(listening.receiver), "--json", "--timeout", "3s")
    assert ended.code == 1
    assert secret not in ended.said
    assert (
        "3 seconds have passed; 0 of 1 campaign is complete.\nrsvpCalls.invite is not complete: waitingToActive."
        in ended.err
    )


def test_a_service_that_is_down_for_a_while_ends_nothing(listening: Listening) -> None:
    def act() -> None:
        service = listening.world.service
        read = service.requests().count("GET /rsvp_calls/1")
        service.fault(path="/rsvp_calls/1", status=503, times=1)
        service.fault(path="/rsvp_calls/1", status=400, times=1)
        listening.post(listening.receiver, {"n": 1})
        _wait_until(lambda: service.requests().count("GET /rsvp_calls/1") >= read + 2)
        service.no_more_faults()
        service.halt_as_a_person()
        listening.post(listening.receiver, {"n": 2})

    ended = listening.watch(act)
    assert ended.code == 0, ended.said
    assert ended.err.count("The account cannot be read: ") == 1
    assert "trying again" not in ended.err, "it is said once"
    assert ".. It is tried again." not in ended.err
    assert "The account can be read again." in ended.err


def test_without_an_address_of_its_own_it_cannot_listen(launched: World) -> None:
    ended = launched.cli("watch", "--dir", launched.folder, "--listen", "0")
    assert ended.code == 1
    assert 'Environment "test" does not say where its listener is reached' in ended.err
    assert "listen: {url:" in ended.err


def test_a_campaign_that_posts_elsewhere_is_named(world: World) -> None:
    listen_at(world, "http://127.0.0.1:9/x")
    world.launched(drive())
    ended = world.cli("watch", "--dir", world.folder, "--listen", "0", "--timeout", "1s")
    assert ended.code == 1
    assert "No live campaign posts there" in ended.err


def test_a_port_that_is_taken_is_an_error(listening: Listening) -> None:
    with socket.create_server(("127.0.0.1", listening.port)):
        ended = listening.world.cli("watch", "--dir", listening.world.folder, "--listen", str(listening.port))
    assert ended.code == 1
    assert f"mscode cannot listen on {listening.address}" in ended.err


@pytest.mark.parametrize("text", ["", "x", "70000", "host:", ":80", "a b:80", "-1", "[::1]", "80:80:80"])
def test_an_address_that_is_none_is_a_mistake_of_usage(launched: World, text: str) -> None:
    assert launched.cli("watch", "--dir", launched.folder, f"--listen={text}").code == 64


def test_ctrl_c_ends_listening_with_130(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.app.live.follow import Follower

    def interrupt(self: Follower, seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Follower, "_wait", interrupt)
    assert listening.world.cli("watch", "--dir", listening.world.folder, "--listen", str(listening.port)).code == 130
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", listening.port)) != 0, "nothing listens any more"
    ended = listening.world.cli("watch", "--dir", listening.world.folder, "--listen", str(listening.port), "--json")
    assert (ended.code, "Interrupted." in ended.err) == (130, True)
    assert {json.loads(line)["type"] for line in ended.out.splitlines()} == {"state"}


# ---- --until and --timeout -------------------------------------------------------------------------------------------


@pytest.fixture
def until(launched: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`watch --until complete`; between two looks one act after another takes place."""

    @contextmanager
    def acting(acts: list[Callable[[], object]]) -> Iterator[None]:
        monkeypatch.setattr(watch, "wait", lambda seconds: acts.pop(0)())
        yield

    def run(*acts: Callable[[], object]) -> Ended:
        with acting(list(acts)):
            return launched.cli("watch", "--dir", launched.folder, "--until", "complete")

    return run


def test_complete_with_its_accepts_is_0(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.launched(drive(acceptsWanted=1))
    monkeypatch.setattr(watch, "wait", lambda seconds: world.service.at(AFTER))
    ended = world.cli("watch", "rsvpCalls.invite", "--dir", world.folder, "--until", "complete")
    assert ended.code == 0, ended.said


def test_complete_without_them_is_1(launched: World, until: Callable[..., Ended]) -> None:
    ended = until(lambda: launched.service.at(AFTER))
    assert ended.code == 1
    assert re.search(r"rsvpCalls\.invite is complete with \d of 4 accepts\.", ended.err)


def test_halted_is_1_at_once(launched: World, until: Callable[..., Ended]) -> None:
    ended = until(launched.service.halt_as_a_person)
    assert ended.code == 1
    assert "rsvpCalls.invite is halted." in ended.err


def test_deleted_is_1(launched: World, until: Callable[..., Ended]) -> None:
    ended = until(lambda: launched.service.send("DELETE", "/rsvp_calls/1"))
    assert ended.code == 1
    assert "rsvpCalls.invite was deleted." in ended.err


def test_missed_is_1(launched: World, until: Callable[..., Ended]) -> None:
    def end_at_once() -> None:
        service = launched.service
        service.put_campaign(service.campaign(), endTime="2026-12-01 08:00:01", activeFrom="14:00:00")
        service.at(AFTER)

    ended = until(end_at_once)
    assert ended.code == 1
    assert "rsvpCalls.invite was missed: it ended without a single call." in ended.err


def test_nothing_to_follow_is_1(world: World) -> None:
    ended = world.cli("watch", "--dir", world.folder, "--until", "complete")
    assert ended.code == 1
    assert "There is no live campaign that could become complete." in ended.err


@pytest.mark.parametrize("options", [("--until", "complete"), ()])
def test_a_time_that_has_passed_is_1(launched: World, options: tuple[str, ...]) -> None:
    line = ("watch", "--dir", str(launched.folder), "--timeout", "1s", "--interval", "0.3", *options)
    ended = launched.look(*line)
    assert ended.code == 1
    assert (
        "1 second has passed; 0 of 1 campaign is complete.\nrsvpCalls.invite is not complete: waitingToActive."
        in ended.err
    )


def test_another_word_for_until_is_a_mistake_of_usage(launched: World) -> None:
    assert launched.cli("watch", "--dir", launched.folder, "--until", "done").code == 64
