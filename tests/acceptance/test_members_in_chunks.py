"""Members of a large group go out in chunks, several at once; where the group may ring, one chunk after the other."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from mscode.engine.account.target import Target
from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World

PEOPLE = 47
CHUNK = 5


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.engine.account.target.Target", partial(Target, chunk=CHUNK))


def _crowd() -> dict[str, Any]:
    return {f"p{at}": {"firstName": "P", "phone": f"+3584055502{at:02}"} for at in range(PEOPLE)}


def _additions(world: World) -> int:
    """How many requests have added members to a group."""
    return sum(
        bool(re.fullmatch(r"POST .*/groups/[0-9]+/accounts", line)) for line in world.service.requests(writes=True)
    )


def _few() -> Manifest:
    manifest = drive()
    manifest["groups"]["donors"]["members"] = {"accounts": ["aino"]}
    manifest["rsvpCalls"]["invite"]["acceptsWanted"] = 1
    return manifest


def _many() -> Manifest:
    manifest = _few()
    manifest["accounts"] |= _crowd()
    manifest["groups"]["donors"]["members"]["accounts"] += list(_crowd())
    return manifest


@pytest.mark.parametrize("parallelism", ["1", "4", "50"])
def test_every_member_of_a_new_group_is_added(world: World, parallelism: str) -> None:
    manifest = _many()
    members = len(manifest["groups"]["donors"]["members"]["accounts"])
    world.write(manifest)
    world.service.forget_requests()
    ended = world.launch("--parallelism", parallelism)
    assert ended.code == 0, ended.said
    assert _additions(world) == -(-members // CHUNK)
    world.holds_the_law()


def test_every_member_of_a_group_that_may_ring_is_added(world: World) -> None:
    world.launched(_few())
    world.write(_many())
    world.service.forget_requests()
    ended = world.launch("--parallelism", "50")
    assert ended.code == 0, ended.said
    assert _additions(world) == -(-PEOPLE // CHUNK)
    world.holds_the_law()


def test_progress_says_how_far_people_and_the_run_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the work took long, every report of it is due, and is shown."""
    monkeypatch.setattr("mscode.engine.apply.pace.Pace.is_due", lambda pace, elapsed: True)
    monkeypatch.setattr("mscode.views.apply.apply_text.STILL_EVERY", 0.0)
    world.write(_many())
    said = world.launch("--parallelism", "4").said
    members = [int(count) for count in re.findall(r"groups\.donors: Still modifying.* ([0-9]+) of 48 members\]", said)]
    assert members == sorted(members)
    assert (members[0], members[-1]) == (CHUNK, 48)
    steps = re.findall(r"Still applying.* ([0-9]+) of ([0-9]+) steps\] .* a (?:second|minute), about .* left", said)
    done = [int(count) for count, _ in steps]
    assert done == sorted(done)
    assert done[-1] == int(steps[-1][1])
    assert not re.search(r"\+358[0-9]{6}", said)
