"""Answers that say "done" where nothing was done: a PUT and a DELETE are believed when the account shows them."""

from __future__ import annotations

from typing import Any

import pytest

from mscode.engine.create.settle import AGREEING
from tests.engine.review_world import World

LIE = {"status": 200, "when": "before", "body": {"error": {"code": "broken"}}}
GROUP = "groups: {donors: {description: First}}\n"
BOTH, ONE = "groups: {donors: {}, kept: {}}\n", "groups: {kept: {}}\n"
SPEECH = "voiceFiles: {greeting: {text: Hello, voiceCode: en, description: First}}\n"


def goes(world: World) -> str:
    """The path of the group that ONE lacks: the two of BOTH are made at the same time, in either order."""
    (path,) = [f"/groups/{row['groupId']}" for row in world.all("/groups") if row["name"] == "donors"]
    return path


def is_settled(world: World) -> bool:
    return not world.plan().shown


def described(world: World, path: str = "/groups") -> list[Any]:
    return [row["description"] for row in world.all(path)]


@pytest.mark.parametrize(("manifest", "path"), [(GROUP, "/groups"), (SPEECH, "/voice_files")], ids=["group", "voice"])
def test_an_update_that_was_not_done_fails_and_the_next_apply_does_it(world: World, manifest: str, path: str) -> None:
    world.write(manifest)
    assert world.apply().complete
    world.write(manifest.replace("First", "Second"))
    world.fault(method="PUT", path=f"{path}/1", **LIE)
    ended = world.apply()
    assert ended.failed and not ended.complete
    assert described(world, path) == ["First"]
    assert world.apply().changed == 1
    assert described(world, path) == ["Second"] and is_settled(world)


def test_another_form_of_the_same_text_is_the_services_own(world: World) -> None:
    world.write(GROUP)
    assert world.apply().complete
    world.write("groups: {donors: {description: ' First '}}\n")
    world.fault(method="PUT", path="/groups/1", **LIE)
    assert world.apply().complete
    assert is_settled(world)


def test_an_update_that_is_read_late_is_done(world: World) -> None:
    world.write(GROUP)
    assert world.apply().complete
    world.write(GROUP.replace("First", "Second"))
    world.fault(method="GET", path="/groups/1", skip=1, times=AGREEING, stale={"writes": 1})
    assert world.apply().complete
    assert described(world) == ["Second"]


def test_a_create_that_leaves_a_field_out_is_not_taken_for_the_services_form(world: World) -> None:
    world.write(GROUP)
    blank = {"groupId": "1", "name": "donors", "description": ""}
    world.fault(method="GET", path="/groups/1", status=200, body=blank, times=AGREEING + 1)
    assert world.apply().failed
    assert world.apply().complete
    assert described(world) == ["First"] and is_settled(world)


@pytest.mark.parametrize("lie", [LIE, {"status": 204, "when": "before"}], ids=["200 with an error", "204"])
def test_a_delete_that_was_not_done_keeps_the_entry(world: World, lie: dict[str, Any]) -> None:
    world.write(BOTH)
    assert world.apply().complete
    world.write(ONE)
    world.fault(method="DELETE", path=goes(world), **lie)
    assert world.apply().failed
    assert len(world.all("/groups")) == 2
    assert world.apply().destroyed == 1
    assert len(world.all("/groups")) == 1 and is_settled(world)


def test_a_delete_that_is_read_late_is_done(world: World) -> None:
    world.write(BOTH)
    assert world.apply().complete
    world.write(ONE)
    world.fault(method="GET", path=goes(world), skip=1, times=AGREEING, stale={"writes": 1})
    assert world.apply().destroyed == 1
    assert is_settled(world)
