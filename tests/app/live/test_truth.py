"""Whatever happens to webhooks on their way, what is shown in the end is what the API says.

Lives of two campaigns in an emulator in memory, whose webhooks are dropped, doubled, delayed, reordered and forged, read by a
follower. Both run by a clock of the test's own.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from mscode.api.client import Reader
from mscode.app.campaigns import LiveAccount, Reading
from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.app.live.events import EventLog
from mscode.app.live.follow import SPACING, AccountSource, Follower, Key, View
from mscode.app.live.listener import Listener
from mscode.app.workspace import load_environment
from mscode.engine.account.status import ReceiversRead
from mscode.errors import ApiError
from mscode.model.world import Known
from mscode.sandbox.app import create_app
from mscode.sandbox.profile import Profile
from mscode.views.status.live_events import LiveEvent, live_event_json
from tests.app.live.conftest import BASE, SECRETS
from tests.asgi import answered, driven
from tests.sandbox.world import weekdays

INTERVAL = 30.0
#: 2026-12-01T08:00:00Z, a Tuesday.
MORNING = 1_796_112_000.0
PROFILES: Sequence[Mapping[str, Any]] = (
    {},
    {"webhook_time": "space", "webhook_dialed": "total", "state_meta": True},
    {"receiver_rows": "account"},
    {"expand_groups": True},
)


class InMemory(httpx.BaseTransport):
    """To an emulator in this process; counts the paths that are read, by the clock."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        life, path = self._life, request.url.path
        life.read.append((life.now, path))
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        status, answer, content = life.ask("GET", request.url.raw_path.decode(), headers, b"")
        return httpx.Response(status, headers=answer, stream=httpx.ByteStream(content))


@dataclass
class Life:
    """One emulator, its campaigns' webhooks on their way, and who follows."""

    environment: Environment
    seed: int
    now: float = MORNING
    read: list[tuple[float, str]] = field(default_factory=list)
    events: list[LiveEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.runner, self.lock = asyncio.Runner(), threading.Lock()
        profile = Profile.of({"pace": 60, "redial_minutes": 1, **PROFILES[self.seed % len(PROFILES)]})
        self.app = create_app(":memory:", seed=self.seed, machine=lambda: self.now, profile=profile)
        self.reader = Reader("http://sandbox.local/v1", self.app.state.token, transport=InMemory(self))
        self.account = LiveAccount(self.reader, self.environment, Known(), ReceiversRead())
        self.noted = 0
        self.under_way: list[tuple[float, str, bytes]] = []
        self._make_campaigns()
        source = Unreliable(AccountSource(self.account, []), self.chance)
        self.follower = Follower(source, INTERVAL, goes_on=True, clock=lambda: self.now)
        self.listener = Listener(BASE, self.follower.hint, clock=lambda: self.now)
        log = EventLog(self.account)
        self.follower.subscribe(lambda before, after, hints: self.listener.learn(after.campaigns))
        self.follower.subscribe(lambda *reading: self.events.extend(log.events(*reading)))

    def close(self) -> None:
        self.reader.close()
        self.app.state.store.close()
        self.runner.close()

    # The emulator

    def ask(self, method: str, target: str, headers: Any, content: bytes) -> Any:
        with self.lock:  # readings use several threads
            return driven(answered(self.app, method, target, headers, content))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        words = {
            "accept": "application/json",
            "content-type": "application/json",
            "x-access-token": self.app.state.token,
        }
        raw = [(name.encode(), value.encode()) for name, value in words.items()]
        status, _, content = self.ask(method, path, raw, b"" if body is None else json.dumps(body).encode())
        assert status < 300, content
        return json.loads(content) if content else None

    def _make_campaigns(self) -> None:
        people = [{"phone": f"+35840555{number:04d}"} for number in range(8)]
        self.send("POST", "/__sandbox/seed", {"accounts": people, "groups": [{"name": "Crew", "accounts": [5, 6, 7]}]})
        speech = {"name": "Hello", "text": "Hello", "voiceCode": "en"}
        self.send("POST", "/v1/voice_files/text_to_speech", speech)
        self.now += 5
        single = [{"accountId": str(at)} for at in range(1, 6)]
        for secret, receivers in zip(SECRETS, (single[:3], [{"groupId": "1"}, *single[3:]]), strict=True):
            body = {
                "startTime": "2026-12-01 08:01:00",
                "endTime": "2026-12-01 08:20:00",
                "activeFrom": "00:00:00",
                "activeTo": "23:00:00",
                "activeWeekdays": weekdays(),
                "voiceFiles": [{"type": "start", "voiceFileId": "1"}],
                "actionButtons": [{"button": "5", "action": "accept"}, {"button": "9", "action": "decline"}],
                "receivers": receivers,
                "acceptsWanted": self.chance.randint(1, 4),
                "receiverWebhookUrl": f"{BASE}/receiver/{secret}",
                "stateWebhookUrl": f"{BASE}/state/{secret}",
            }
            self.send("POST", "/v1/rsvp_calls", body)

    def _somebody_acts(self) -> None:
        """An operator halts a campaign, or lets it go on, or deletes it."""
        campaigns = self.send("GET", "/v1/rsvp_calls")
        if not campaigns:
            return
        one = self.send("GET", f"/v1/rsvp_calls/{self.chance.choice(campaigns)['rsvpCallId']}")
        if one["state"] == "complete":
            return
        if self.chance.random() < 0.1:
            self.send("DELETE", f"/v1/rsvp_calls/{one['rsvpCallId']}")
            return
        one["state"] = "halt" if one["state"] != "halt" else "active"
        names = {name for name in one if name not in ("receivers", "stats", "startTime")}
        self.send("PUT", f"/v1/rsvp_calls/{one['rsvpCallId']}", {name: one[name] for name in names})

    # The way of the webhooks

    def _collect(self) -> None:
        """What was noted since gets its fate."""
        notes = self.send("GET", "/__sandbox/webhooks")
        for note in sorted(notes, key=lambda note: self.chance.random())[: len(notes) * (len(notes) > self.noted)]:
            fate = self.chance.random()
            path, body = note["url"].removeprefix(BASE), json.dumps(note["body"]).encode()
            for _ in range(0 if fate < 0.3 else 2 if fate < 0.5 else 1):
                late = self.chance.choice((0, 0, 1, 90))
                self.under_way.append((self.now + self.chance.random() * late, path, body))
        self.noted = len(notes)
        if self.chance.random() < 0.5:
            self._forge()

    def _forge(self) -> None:
        """Somebody who knows a path says what is not so; somebody else guesses at paths."""
        said = {
            "rsvpCallId": self.chance.choice(("1", "2", "999")),
            "state": self.chance.choice(("complete", "halt", "active")),
            "dialedCalls": 99_999,
            "acceptsReceived": 99_999,
            "accountId": str(self.chance.randint(1, 9)),
            "rsvpReply": self.chance.choice(("accept", "decline", "noReply", "never")),
            "phoneNumber": "+358409999999",
            "timestamp": "2031-01-01:00:00:00",
            "n": self.chance.random(),
        }
        secret = self.chance.choice((*SECRETS, "0" * 32))
        self.under_way.append(
            (self.now, f"/{self.chance.choice(('state', 'receiver'))}/{secret}", json.dumps(said).encode())
        )

    def _deliver(self) -> None:
        due = [one for one in self.under_way if one[0] <= self.now]
        self.under_way = [one for one in self.under_way if one[0] > self.now]
        for _, path, body in due:
            status = self.runner.run(answered(self.listener, "POST", path, [], body))[0]
            assert status in (200, 404)

    # Its course

    def run(self) -> None:
        for _ in range(self.chance.randint(20, 60)):
            self.now += self.chance.choice((0.1, 0.5, 1, 3, 10, 40)) * self.chance.random()
            if self.chance.random() < 0.08:
                self._somebody_acts()
            self._collect()
            self._deliver()
            self.follower.step()

    def ends(self) -> None:
        """Nothing happens any more but one of two: a webhook of each campaign arrives, whatever it says, or time passes."""
        self.follower._source.calm = True  # type: ignore[attr-defined]
        self.now += SPACING
        if self.follower.view.number and not self.follower.view.error and self.chance.random() < 0.5:
            self._is_quiet_from_now_on()
            for secret in SECRETS:
                self.runner.run(answered(self.listener, "POST", f"/receiver/{secret}", [], self.chance.randbytes(9)))
            self.follower.step()
            self.now += SPACING
            self.follower.step()
        else:
            self._is_quiet_from_now_on()
            self.now += INTERVAL + SPACING
            self.follower.step()

    def _is_quiet_from_now_on(self) -> None:
        """Campaigns that still run are halted."""
        for one in self.send("GET", "/v1/rsvp_calls"):
            if one["state"] in ("active", "waitingToActive"):
                whole = self.send("GET", f"/v1/rsvp_calls/{one['rsvpCallId']}")
                names = {name for name in whole if name not in ("receivers", "stats", "startTime", "state")}
                body = {name: whole[name] for name in names} | {"state": "halt"}
                self.send("PUT", f"/v1/rsvp_calls/{one['rsvpCallId']}", body)


class Unreliable:
    """A source whose readings fail now and then, until it is calm."""

    def __init__(self, source: AccountSource, chance: random.Random) -> None:
        self._source, self._chance, self.calm = source, chance, False

    def now(self) -> Any:
        return self._source.now()

    def read_all(self) -> Reading:
        self._fail()
        return self._source.read_all()

    def read_some(self, keys: Sequence[Key], before: View) -> Reading:
        self._fail()
        return self._source.read_some(keys, before)

    def _fail(self) -> None:
        if not self.calm and self._chance.random() < 0.1 and self._source._has_read:
            raise ApiError("The service does not answer")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("project")
    project = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "environments": {"sandbox": {"url": "sandbox:", "listen": {"url": BASE}}},
        "defaultEnvironment": "sandbox",
    }
    (folder / "mscode.yaml").write_text(json.dumps(project))
    return replace(load_environment(Invocation(variables={}), folder), has_project=False)


def _holds(environment: Environment, seed: int) -> None:
    life = Life(environment, seed)
    try:
        life.run()
        life.ends()
        _shows_what_the_api_says(life)
        _is_read_at_intervals(life)
        _tells_of_real_replies(life)
    finally:
        life.close()


def _shows_what_the_api_says(life: Life) -> None:
    shown = {
        row.id: (row.standing.state, row.standing.dialled, row.standing.answered, row.standing.accepted)
        for row in life.follower.view.rows
    }
    true = {}
    for one in life.send("GET", "/v1/rsvp_calls"):
        page = life.send("GET", f"/v1/rsvp_calls/{one['rsvpCallId']}")
        stats = page["stats"]
        dials = next(
            value for name, value in stats.items() if name.lower().endswith("dialedcalls") or "dialled" in name.lower()
        )
        true[page["rsvpCallId"]] = (page["state"], dials, stats["answeredCalls"], stats["acceptsReceived"])
    assert shown == true, life.seed


def _is_read_at_intervals(life: Life) -> None:
    """Each path of a campaign at most once in two seconds."""
    latest: dict[str, float] = {}
    for at, path in life.read:
        if path.startswith("/v1/rsvp_calls/"):
            assert at - latest.get(path, -SPACING) >= SPACING - 1e-6, (life.seed, path)
            latest[path] = at


def _tells_of_real_replies(life: Life) -> None:
    """Each is told once and is the API's; nothing that was forged, and nobody's number, stands in an event."""
    rung = {(ring["campaignId"], ring["accountId"], ring["reply"]) for ring in life.send("GET", "/__sandbox/rings")}
    replies = [(event.row.id, event.person.account_id, event.person.reply) for event in life.events if event.person]
    assert len(replies) == len(set(replies)), life.seed
    assert {one for one in replies if one[2] != "noAnswer"} <= rung, life.seed
    text = "".join(json.dumps(live_event_json(event, life.account.now())) for event in life.events)
    assert re.search(r"\+35840\d", text) is None
    assert "99999" not in text
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("seed", range(50))
def test_in_the_end_what_is_shown_is_what_the_api_says(environment: Environment, seed: int) -> None:
    _holds(environment, seed)


@pytest.mark.torture
@pytest.mark.parametrize("start", range(1000, 11_000, 500))
def test_in_the_end_of_ten_thousand_lives(environment: Environment, start: int) -> None:
    for seed in range(start, start + 500):
        _holds(environment, seed)
