"""The control plane under ``/__sandbox/``: clock, ledger of who was rung, bulk loading, faults, switches, the log.

It needs no token and is no part of the emulated API.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from mscode.sandbox import dialler, seeding
from mscode.sandbox.answers import Answers
from mscode.sandbox.api import Api
from mscode.sandbox.asgi import ClientGone, Receive, Scope, Send, error_json, local_path, read_body, respond
from mscode.sandbox.clock import Clock
from mscode.sandbox.errors import ApiError, invalid, not_found, storage_failed
from mscode.sandbox.faults import Faults
from mscode.sandbox.profile import BadProfile, Profile
from mscode.sandbox.store import Store, to_json
from mscode.sandbox.times import iso

Row = dict[str, Any]


class Control:
    """One method per address and verb; each takes the raw body and returns a JSON value."""

    def __init__(self, store: Store, clock: Clock, faults: Faults, api: Api) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._api = api
        self._actions: dict[tuple[str, str], Callable[[bytes], object]] = {
            ("GET", "/clock"): self.read_clock,
            ("POST", "/clock"): self.set_clock,
            ("GET", "/rings"): self.list_rings,
            ("GET", "/webhooks"): self.list_webhooks,
            ("POST", "/seed"): self.seed,
            ("POST", "/reset"): self.reset,
            ("GET", "/requests"): self.list_requests,
            ("DELETE", "/requests"): self.clear_requests,
            ("GET", "/faults"): self.list_faults,
            ("POST", "/faults"): self.add_faults,
            ("DELETE", "/faults"): self.clear_faults,
            ("GET", "/answers"): self.read_answers,
            ("POST", "/answers"): self.set_answers,
            ("DELETE", "/answers"): self.clear_answers,
            ("GET", "/profile"): self.read_profile,
            ("POST", "/profile"): self.set_profile,
            ("DELETE", "/profile"): self.clear_profile,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, content = await self._answer(scope["method"], local_path(scope), await read_body(receive))
        except ClientGone:
            return
        await respond(send, status, content, {}, self._clock.now())

    async def _answer(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        try:
            if (method, path) == ("POST", "/commit"):
                return 200, to_json({"committed": await self._api.commit_late()})
            if (method, path) not in self._actions:
                raise not_found("no such control")
            return 200, to_json(self._actions[method, path](body))
        except ApiError as error:
            return error.status, error_json(error.body())
        except sqlite3.Error as error:
            return 500, error_json(storage_failed(error).body())

    def read_clock(self, _body: bytes) -> Row:
        return {"now": iso(int(self._clock.now()))}

    def set_clock(self, body: bytes) -> Row:
        """Plays what is due before the clock leaves, so that a step back cannot undo it."""
        self.play()
        with self._store.transaction(write=True):
            self._clock.move(_lenient(body))
        return self.read_clock(b"")

    def list_rings(self, _body: bytes) -> list[Row]:
        """Every person dialled and every message sent, in order of time."""
        self.play()
        sql = "SELECT at, kind, owner, accountId, address, answered, reply FROM rings ORDER BY at, kind, owner, id"
        return [_ring(*row) for row in self._store.rows(sql)]

    def list_webhooks(self, _body: bytes) -> list[Row]:
        """What the real service would have posted, whether or not the sandbox does."""
        self.play()
        rows = self._store.rows("SELECT url, body, at FROM webhooks ORDER BY at, kind, owner, id")
        return [{"url": url, "body": json.loads(body), "at": iso(at)} for url, body, at in rows]

    def seed(self, body: bytes) -> Row:
        self.play()
        with self._store.transaction(write=True):
            return seeding.load(self._store, body, int(self._clock.now()))

    def reset(self, _body: bytes) -> Row:
        with self._store.transaction(write=True):
            self._store.empty()
        self._api.forget_past()
        return {}

    def list_requests(self, _body: bytes) -> list[Row]:
        return list(self._api.log)

    def clear_requests(self, _body: bytes) -> list[Row]:
        self._api.log.clear()
        return []

    def list_faults(self, _body: bytes) -> list[Row]:
        return self._faults.listed()

    def add_faults(self, body: bytes) -> list[Row]:
        self._faults.add(seeding.parsed(body))
        return self._faults.listed()

    def clear_faults(self, _body: bytes) -> list[Row]:
        self._faults.clear()
        return []

    def read_profile(self, _body: bytes) -> Row:
        return self._store.profile.settings()

    def set_profile(self, body: bytes) -> Row:
        """The switches that are named get these values, the others that of the literal reading."""
        value = seeding.parsed(body)
        if not isinstance(value, dict):
            raise invalid("a profile is an object of switch to value", "profile")
        try:
            self._store.switches.profile = Profile.of(value)
        except BadProfile as error:
            raise invalid(str(error), error.wrong[0].switch) from None
        return self._store.profile.settings()

    def clear_profile(self, _body: bytes) -> Row:
        self._store.switches.profile = Profile()
        return self._store.profile.settings()

    def read_answers(self, _body: bytes) -> Row:
        return self._store.answers.settings()

    def set_answers(self, body: bytes) -> Row:
        """How people behave from now on: what is named gets these values, the rest is as it is by default."""
        self.play()
        value = seeding.parsed(body)
        if not isinstance(value, dict):
            raise invalid("answers are an object of seed, answer, accept and people", "answers")
        try:
            self._store.answers = Answers.of(value)
        except ValueError as error:
            raise invalid(str(error), "answers") from None
        return self._store.answers.settings()

    def clear_answers(self, _body: bytes) -> Row:
        self.play()
        self._store.answers = Answers()
        return self._store.answers.settings()

    def play_what_is_due(self) -> None:
        """Bring everything up to now, where there is anything to do: it costs one look at the database otherwise."""
        if dialler.something_due(self._store, int(self._clock.now())):
            self.play()

    def play(self) -> None:
        """Bring everything up to now."""
        with self._store.transaction(write=True):
            dialler.run_to(self._store, int(self._clock.now()))


def _lenient(body: bytes) -> object:
    """JSON, or the bare text of a time or step."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _ring(at: int, kind: str, owner: int, account_id: int, address: str, answered: int, reply: str) -> Row:
    return {
        f"{kind}Id": str(owner),
        "kind": "rsvp" if kind == "rsvpCall" else kind,
        "campaignId": str(owner),
        "accountId": str(account_id),
        "email" if kind == "email" else "phone": address,
        "at": iso(at),
        "answered": answered,
        "reply": reply,
    }
