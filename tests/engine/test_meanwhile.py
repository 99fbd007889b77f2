"""What people and circumstances do while an apply runs: the step fails and names it, nothing is overwritten or lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from mscode.errors import StateError
from mscode.state.local import journal
from tests.engine.review_world import World
from tests.engine.test_review import TOMORROW, campaign

GROUP = "groups: {donors: {description: First}}"
TWO = "groups: {donors: {description: Second}, added: {description: New}}"
INVITE = "rsvpCalls.invite"


def before(world: World, method: str, path: str, act: Callable[[], object], nth: int = 1) -> None:
    """`act` happens right before the nth such request."""
    seen = []

    def hook(m: str, p: str, body: Any) -> None:
        if (m, p) == (method, path):
            seen.append(p)
            if len(seen) == nth:
                world.transport.before = None
                act()

    world.transport.before = hook


def failures(ended: Any) -> dict[str, str]:
    return {str(address): why for address, why in ended.failed}


def described(world: World) -> dict[str, str]:
    return {row["name"]: row["description"] for row in world.all("/groups")}


# ---- people ----------------------------------------------------------------------------------------------------------


def test_what_a_person_edits_meanwhile_is_named_and_not_overwritten(world: World) -> None:
    world.write(GROUP)
    assert world.apply().complete
    world.write(TWO)
    theirs = {"name": "donors", "description": "Theirs"}
    before(world, "GET", "/groups/1", lambda: world.client.put("/groups/1", theirs, what="a person"))
    ended = world.apply(parallelism=1)
    assert "was changed since the plan was made" in failures(ended)["groups.donors"]
    assert described(world) == {"donors": "Theirs", "added": "New"}


def test_what_a_person_deletes_meanwhile_is_not_made_by_the_way_but_by_the_next_plan(world: World) -> None:
    world.write(GROUP)
    assert world.apply().complete
    world.write(TWO)
    before(world, "GET", "/groups/1", lambda: world.client.delete("/groups/1", what="a person"))
    assert "groups.donors" in failures(world.apply(parallelism=1))
    assert described(world) == {"added": "New"}
    assert world.apply().added == 1
    assert described(world) == {"donors": "Second", "added": "New"} and not world.plan().shown


def test_a_person_who_halts_a_campaign_while_it_is_edited_keeps_it_halted(world: World) -> None:
    world.write(campaign(TOMORROW))
    assert world.apply().launched == 1
    world.write(campaign(TOMORROW, accepts=2))
    before(world, "GET", "/rsvp_calls/1", lambda: world.brake(INVITE), nth=4)
    assert "was changed by somebody while mscode edited it" in failures(world.apply())[INVITE]
    assert world.campaign()["state"] == "halt"


def test_the_brake_between_the_two_writes_of_an_edit_is_not_overwritten(world: World) -> None:
    world.write(campaign(TOMORROW))
    assert world.apply().launched == 1
    world.write(campaign(TOMORROW, accepts=2))
    before(world, "GET", "/rsvp_calls/1", lambda: world.brake(INVITE), nth=3)
    assert "was changed by somebody while mscode edited it" in failures(world.apply())[INVITE]
    assert world.campaign()["state"] == "halt"
    assert world.campaign()["acceptsWanted"] != 2
    world.at("2026-12-20T12:00:00Z")
    assert world.rung() == []


def test_a_person_who_deletes_a_campaign_before_its_launch_keeps_it_away(world: World) -> None:
    world.write(campaign(TOMORROW))
    before(world, "PUT", "/rsvp_calls/1", lambda: world.client.delete("/rsvp_calls/1", what="a person"))
    assert INVITE in failures(world.apply())
    assert world.all("/rsvp_calls") == [] and world.rung() == []


# ---- a token that is revoked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unharmed", [0, 3, 9, 14, 20, 26, 30])
def test_a_token_that_is_revoked_half_way_loses_nothing(world: World, unharmed: int) -> None:
    world.write(campaign(TOMORROW))
    plan = len(world.transport.sent)
    world.plan()
    reads = len(world.transport.sent) - plan
    refusal = {"status": 401, "body": {"error": {"message": "no"}}}
    world.fault(path=".*", skip=reads + unharmed, times=None, **refusal)
    ended = world.apply(parallelism=1)
    assert ended.complete or all("401" in why for why in failures(ended).values())
    world.control("DELETE", "/faults")
    assert world.apply().complete and not world.plan().shown
    assert len(world.all("/rsvp_calls")) == 1
    world.at("2026-12-20T12:00:00Z")
    assert world.only_one_campaign_called()


# ---- a disk that is full ---------------------------------------------------------------------------------------------


def end_of(world: World) -> str:
    """Why an apply was not complete, or could not even begin."""
    try:
        ended = world.apply(parallelism=1)
    except StateError as error:
        return str(error)
    assert not ended.complete
    return " ".join(failures(ended).values())


@pytest.mark.parametrize("left", [0, 1, 3, 6, 9])
def test_a_disk_that_fills_up_half_way_sends_no_create_without_its_intent(
    world: World, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    world.write(campaign(TOMORROW))
    write, written = journal.write_all, list[int]()

    def full(descriptor: int, content: bytes) -> None:
        written.append(descriptor)
        if len(written) > left:
            os.write(descriptor, content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        write(descriptor, content)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_all", full)
        told = end_of(world)
    assert "No space left" in told
    assert sum(method == "POST" for method, _, _ in world.transport.sent) <= left
    assert world.apply().complete and not world.plan().shown
    assert [len(world.all(path)) for path in ("/accounts", "/groups", "/rsvp_calls")] == [
        3,
        1,
        1,
    ]  # the guest is made with the campaign
    world.at("2026-12-20T12:00:00Z")
    assert world.only_one_campaign_called()
