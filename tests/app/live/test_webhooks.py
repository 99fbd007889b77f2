"""What webhooks say, in every spelling; and bodies that say nothing."""

from __future__ import annotations

import json
import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.app.live.follow import Hint
from mscode.app.live.webhooks import read_hint

AT = datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", ["2017-01-01:00:00:00", "2017-01-01 00:00:00", "2017-01-01T00:00:00Z"])
@pytest.mark.parametrize("dials", ["dialedCalls", "totalDialedCalls"])
def test_a_state(timestamp: str, dials: str) -> None:
    body = {"rsvpCallId": "303", "state": "active", dials: 10, "answeredCalls": 8, "timestamp": timestamp, "meta": {}}
    assert read_hint(json.dumps(body).encode()) == Hint("state", at=AT)


def test_a_time_in_the_zone_of_the_service() -> None:
    zone = ZoneInfo("Europe/Helsinki")
    for timestamp in ("2017-01-01:02:00:00", "2017-01-01 02:00:00", "2017-01-01T00:00:00Z"):
        assert read_hint(json.dumps({"state": "active", "timestamp": timestamp}).encode(), zone) == Hint("state", at=AT)


@pytest.mark.parametrize("names", [("rsvpCallId", "rsvpReply"), ("clickToCallId", "reply"), ("rsvpCallId", "reply")])
@pytest.mark.parametrize(("word", "reply"), [("accept", "accept"), ("noReply", "noAnswer"), ("noAnswer", "noAnswer")])
@pytest.mark.parametrize("account", ["808", 808])
def test_a_reply(names: tuple[str, str], word: str, reply: str, account: object) -> None:
    body = {names[0]: "303", "phoneNumber": "xxxx12342", "accountId": account, names[1]: word, "meta": {"a": 1}}
    hint = read_hint(json.dumps({**body, "timestamp": "2017-01-01:00:00:00"}).encode())
    assert hint == Hint("receiver", "808", reply, AT)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"accept"', b"12", b"{", b"\xff\xfe{}", b"{}", b"[" * 60_000, b'{"a":' * 10_000,
        b'{"accountId": NaN}', b'{"accountId": Infinity, "timestamp": 5}', b'{"accountId": "../../x"}',
        b'{"accountId": 1e400}', b'{"accountId": ' + b"9" * 5_000 + b"}", b'{"timestamp": "2017-99-99:00:00:00"}',
        b'{"rsvpReply": ["accept"], "accountId": {"a": 1}, "state": null, "timestamp": []}',
    ],
)  # fmt: skip
def test_a_body_that_says_nothing_is_no_error(body: bytes) -> None:
    hint = read_hint(body)
    assert (hint.account_id, hint.reply, hint.at) == ("", "", None)


def test_what_is_kept_of_a_body_is_short() -> None:
    body = {"accountId": "7" * 70, "reply": "a" * 60_000, "timestamp": "2017-01-01:00:00:00"}
    assert read_hint(json.dumps(body).encode()) == Hint("receiver", "", "", AT)


def _value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(9 if depth < 4 else 6)
    if kind == 6:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind > 6:
        return {_text(chance): _value(chance, depth + 1) for _ in range(chance.randrange(4))}
    numbers = (chance.randrange(-(10**18), 10**18), chance.random() * 10 ** chance.randrange(300))
    return (None, True, *numbers, _text(chance), "2017-01-01:00:00:00")[kind]


def _text(chance: random.Random) -> str:
    words = (
        "accountId",
        "rsvpReply",
        "reply",
        "state",
        "timestamp",
        "accept",
        "ACCOUNTID",
        "noReply",
        "\ud800",
        "\0",
        "ä",
    )
    return chance.choice(words) if chance.random() < 0.8 else "".join(chr(chance.randrange(0x3000)) for _ in range(8))


def fuzzed(chance: random.Random) -> bytes:
    """A body: JSON that is nearly right, JSON that was cut or changed, or bytes."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(200))
    names = ("accountId", "rsvpReply", "reply", "state", "timestamp", "phoneNumber", "meta", "rsvpCallId")
    body = bytearray(json.dumps({name: _value(chance) for name in names if chance.random() < 0.7}).encode())
    for _ in range(chance.choice((0, 0, 1, 5))):
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body[: chance.randrange(len(body) + 1)] if chance.random() < 0.2 else body)


def _fuzz(count: int, seed: int) -> None:
    chance = random.Random(seed)
    tracemalloc.start()
    try:
        for _ in range(count):
            hint = read_hint(fuzzed(chance))
            assert len(hint.account_id) <= 64 and len(hint.reply) <= 64
        assert tracemalloc.get_traced_memory()[0] < 2**20
    finally:
        tracemalloc.stop()


def test_fuzzed_bodies_are_no_error() -> None:
    _fuzz(1_000, 1)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_fuzzed_bodies_are_no_error(seed: int) -> None:
    _fuzz(10_000, seed)
