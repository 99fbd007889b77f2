"""What leaves the manifests goes by what it has done; protection and `destroy`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, drive, quiet
from tests.acceptance.conftest import World


def test_a_campaign_that_reached_nobody_is_deleted(world: World) -> None:
    world.launched(drive())
    world.write(quiet())
    assert world.changes() == {"rsvpCalls.invite": (["delete"], [])}
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.get("/rsvp_calls") == []
    world.holds_the_law()


def test_a_campaign_that_is_calling_is_halted_and_forgotten(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    rung = len(world.service.rings())
    world.write(quiet())
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["halts"])}
    assert "# rsvpCalls.invite will be halted" in world.plan().out
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "halt"
    assert "rsvpCalls.invite" not in world.state_entries()
    world.holds_the_law()
    world.service.at(AFTER)
    assert len(world.service.rings()) == rung


def test_a_campaign_that_has_called_is_forgotten_and_keeps_its_results(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    world.write(quiet())
    assert world.changes() == {"rsvpCalls.invite": (["forget"], [])}
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "1 forgotten" in ended.out
    assert world.service.campaign()["state"] == "complete"
    world.holds_the_law()


def test_on_removal_delete_takes_the_campaign_and_saves_its_results(world: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["invite"]["lifecycle"] = {"onRemoval": "delete"}
    world.launched(manifest)
    world.service.at(AFTER)
    world.write(quiet())
    assert world.changes() == {"rsvpCalls.invite": (["delete"], [])}
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.get("/rsvp_calls") == []
    assert list((world.folder / ".mscode" / "results").iterdir())
    world.holds_the_law()


@pytest.mark.parametrize("section", ["groups", "voiceFiles", "accounts"])
def test_what_mscode_made_is_deleted_with_its_manifest(world: World, section: str) -> None:
    spare = {
        "groups": {"description": "Spare"},
        "voiceFiles": {"text": "Spare", "voiceCode": "en"},
        "accounts": {"phone": "+358405550190"},
    }
    world.launched(quiet() | {section: quiet()[section] | {"spare": spare[section]}})
    world.write(quiet())
    assert world.changes() == {f"{section}.spare": (["delete"], [])}
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "0 added, 0 changed, 1 destroyed" in ended.out
    world.holds_the_law()


def test_a_filter_that_the_service_does_not_delete_is_left_behind(world: World) -> None:
    manifest = quiet()
    manifest["filters"]["spare"] = {"conditions": [{"field": "city", "operator": "==", "value": "Oulu"}]}
    world.launched(manifest)
    world.write(quiet())
    ended = world.apply()
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_what_was_adopted_is_forgotten_and_not_deleted(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "theirs", "description": ""})
    manifest = quiet()
    manifest["groups"]["theirs"] = {"import": "1"}
    world.launched(manifest)
    world.write(quiet())
    assert world.changes() == {"groups.theirs": (["forget"], [])}
    assert world.apply().code == 0
    assert "theirs" in {group["name"] for group in world.service.get("/groups")}
    world.holds_the_law()


# Protection


def _protected() -> dict[str, Any]:
    manifest = quiet()
    manifest["groups"]["spare"] = {"lifecycle": {"preventDestroy": True}}
    return manifest


def test_what_is_protected_is_not_deleted_even_when_its_block_has_gone(world: World) -> None:
    world.launched(_protected())
    world.write(quiet())
    world.service.forget_requests()
    ended = world.apply()
    assert ended.code == 5, ended.said
    assert "groups.spare" in ended.said
    assert world.plan().code == 5
    assert world.destroy().code == 5
    assert world.service.requests(writes=True) == []


def test_what_is_protected_is_not_replaced(world: World) -> None:
    manifest = quiet()
    manifest["voiceFiles"]["greeting"]["lifecycle"] = {"preventDestroy": True}
    world.launched(manifest)
    manifest["voiceFiles"]["greeting"]["text"] = "Something else"
    world.write(manifest)
    assert world.apply().code == 5


def test_an_apply_without_the_protection_lifts_it(world: World) -> None:
    world.launched(_protected())
    unprotected = quiet()
    unprotected["groups"]["spare"] = {}
    world.write(unprotected)
    assert world.apply().code == 0
    world.write(quiet())
    assert world.apply().code == 0
    assert [group["name"] for group in world.service.get("/groups")] == ["donors"]


def test_what_is_protected_can_be_forgotten(world: World) -> None:
    world.launched(_protected())
    assert world.cli("forget", "groups.spare", world.folder).code == 0
    world.write(quiet())
    world.holds_the_law()
    assert len(world.service.get("/groups")) == 2


def test_a_saved_plan_keeps_the_limit_of_deletes_that_it_was_made_with(world: World) -> None:
    world.write_project(guards={"maxDeletes": 0})
    world.write({"apiVersion": "mscode/v1", "groups": {"one": {}, "two": {}}})
    world.apply()
    world.write({"apiVersion": "mscode/v1", "groups": {"one": {}}})
    saved = world.folder / "plan.json"
    assert world.plan("--out", str(saved)).code == 5
    assert world.plan("--allow-deletes", "1", "--out", str(saved)).code == 0
    ended = world.cli("apply", saved)
    assert ended.code == 0, ended.said
    assert [group["name"] for group in world.service.get("/groups")] == ["one"]


# Destroy


def test_destroy_deletes_everything_that_was_made(world: World) -> None:
    world.launched(drive())
    ended = world.destroy("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    assert "Destroy complete! Resources:" in ended.out
    for path in ("/rsvp_calls", "/groups", "/voice_files", "/accounts"):
        assert world.service.get(path) == []
    assert world.state_entries() == {}
    assert world.service.rings() == []


def test_destroy_deletes_a_campaign_that_has_called_and_saves_its_results(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    ended = world.destroy("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    assert world.service.get("/rsvp_calls") == []
    assert list((world.folder / ".mscode" / "results").iterdir())


def test_destroy_stops_a_campaign_that_is_calling(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    rung = len(world.service.rings())
    ended = world.destroy("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    world.service.at(AFTER)
    assert len(world.service.rings()) <= rung


def test_destroy_leaves_what_was_adopted_and_what_is_not_managed(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "theirs", "description": ""})
    world.service.send("POST", "/groups", {"name": "adopted", "description": ""})
    manifest = quiet()
    manifest["groups"]["adopted"] = {"import": "2"}
    world.launched(manifest)
    ended = world.destroy("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    assert {group["name"] for group in world.service.get("/groups")} == {"theirs", "adopted"}


def test_destroy_asks_first(world: World) -> None:
    world.launched(quiet())
    world.service.forget_requests()
    ended = world.cli("destroy", world.folder, "--no-input", "--allow-deletes", "50")
    assert ended.code == 1, ended.said
    assert world.service.requests(writes=True) == []


def test_after_a_destroy_everything_can_be_made_again(world: World) -> None:
    world.launched(drive())
    assert world.destroy("--allow-deletes", "50").code == 0
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
