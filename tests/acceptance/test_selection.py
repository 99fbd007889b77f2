"""`--only` and `--exclude`, `plan --unmanaged`, and groups that follow the replies of a campaign."""

from __future__ import annotations

import pytest

from tests.acceptance.campaigns import AFTER, MONDAY, drive, quiet
from tests.acceptance.conftest import World


def test_only_brings_what_the_selected_uses_and_names_it(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["others"] = {"description": "Nobody asked for them"}
    world.write(manifest)
    ended = world.plan("--only", "groups.donors")
    assert ended.code == 0, ended.said
    assert "Taken along, as what was selected uses it: filters.helsinki." in ended.out
    assert "Plan: 2 to add, 0 to change, 0 to destroy." in ended.out
    assert "Left out by --only and --exclude: 8 objects." in ended.out
    assert world.apply("--only", "groups.donors").code == 0
    assert sorted(world.state_entries()) == ["filters.helsinki", "groups.donors"]


def test_exclude_leaves_the_campaigns_for_later(world: World) -> None:
    world.write(drive())
    assert "rsvpCalls.invite" not in world.changes("--exclude", "rsvpCalls.*")
    assert world.apply("--exclude", "rsvpCalls.*").code == 0
    assert world.service.get("/rsvp_calls") == []
    assert set(world.changes()) == {"rsvpCalls.invite"}


def test_globs_match_files_too(world: World) -> None:
    manifest = quiet()
    voices = {"apiVersion": "mscode/v1", "voiceFiles": manifest.pop("voiceFiles")}
    world.write(manifest)
    (world.folder / "voices").mkdir()
    world.write(voices, "voices/all.yaml")
    assert set(world.changes("--only", "voices/*")) == {"voiceFiles.greeting"}
    assert "voiceFiles.greeting" not in world.changes("--exclude", "voices/????yaml", "--exclude", "voices/all.yaml")


def test_brackets_are_not_special(world: World) -> None:
    world.write(quiet())
    ended = world.plan("--only", "groups.[d]onors")
    assert ended.code == 1
    assert "is no address and no file of this project" in ended.err


@pytest.mark.parametrize("option", ["--only", "--exclude"])
def test_a_mistyped_name_is_an_error_not_an_empty_choice(world: World, option: str) -> None:
    world.write(drive())
    ended = world.plan(option, "rsvpCalls.invit")
    assert ended.code == 1
    assert '"rsvpCalls.invit" is no address' in ended.err


def test_a_selection_never_deletes_what_it_did_not_select(world: World) -> None:
    manifest = quiet()
    world.launched(manifest)
    del manifest["voiceFiles"]
    manifest["groups"]["donors"]["description"] = "Changed"
    world.write(manifest)
    assert world.changes("--only", "groups.*") == {"groups.donors": (["update"], [])}
    assert set(world.changes("--exclude", "groups.*")) == {"voiceFiles.greeting"}
    assert set(world.changes("--only", "voiceFiles.greeting")) == {"voiceFiles.greeting"}


def test_a_renamed_object_that_is_left_out_is_not_removed(world: World) -> None:
    manifest = quiet()
    world.launched(manifest)
    manifest["groups"]["givers"] = {**manifest["groups"].pop("donors"), "name": "donors", "renamedFrom": "donors"}
    world.write(manifest)
    assert world.changes("--only", "voiceFiles.*") == {}
    assert "groups.donors" not in world.plan("--only", "voiceFiles.*").out


def test_destroy_of_a_selection_leaves_the_rest(world: World) -> None:
    world.launched(quiet())
    ended = world.destroy("--only", "voiceFiles.*")
    assert ended.code == 0, ended.said
    assert "Destroy complete! Resources: 1 destroyed." in ended.out
    assert "groups.donors" in world.state_entries()


def test_unmanaged_lists_what_is_live_in_every_section(world: World) -> None:
    world.write(quiet())
    world.service.send("POST", "/groups", {"name": "Somebody else's", "description": ""})
    world.service.send("POST", "/smses", {"message": "Hi", "sender": "x", "actionTime": "2026-12-01 08:00:00"})
    counted = world.plan()
    assert "Not managed: 1 group, 1 text message." in counted.out
    listed = world.plan("--unmanaged")
    assert 'groups id 1 "Somebody else\'s"' in listed.out
    assert "smses id 1" in listed.out
    objects = world.plan("--unmanaged", "--json").json["unmanaged_objects"]
    assert {"type": "groups", "id": "1", "name": "Somebody else's"} in objects


def test_those_who_accepted_get_the_reminder(world: World) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["groups"]["coming"] = {"members": {"replied": {"campaign": "invite", "reply": "accept"}}}
    manifest["groups"]["silent"] = {"members": {"replied": {"campaign": "invite", "reply": "none"}}}
    world.launched(manifest)
    world.service.at(AFTER)
    replies = {row["accountId"]: row["rsvpReply"] for row in world.service.get("/rsvp_calls/1/receivers")}
    accepted = {who for who, reply in replies.items() if reply == "accept"}
    assert accepted
    assert world.apply().code == 0
    names = {group["name"]: group["groupId"] for group in world.service.get("/groups")}
    members = {row["accountId"] for row in world.service.get(f"/groups/{names['coming']}/accounts")}
    assert members == accepted
    silent = {row["accountId"] for row in world.service.get(f"/groups/{names['silent']}/accounts")}
    assert silent == {who for who, reply in replies.items() if reply not in ("accept", "decline")}
    world.holds_the_law()


def test_replies_that_fill_the_group_of_a_waiting_message_are_a_launch(world: World) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["groups"]["coming"] = {"members": {"replied": {"campaign": "invite", "reply": "accept"}}}
    reminder = {"message": "See you", "actionTime": "2026-12-08T08:00:00Z", "receivers": [{"group": "coming"}]}
    manifest["smses"] = {"reminder": reminder}
    world.launched(manifest)
    world.service.at(AFTER)
    changes = world.changes()
    assert changes["groups.coming"] == (["update"], ["dials"])
    assert world.apply().code == 5
    assert world.launch().code == 0
    world.holds_the_law()


def test_replied_must_name_a_campaign(world: World) -> None:
    manifest = drive()
    manifest["groups"]["coming"] = {"members": {"replied": {"campaign": "invit", "reply": "maybe"}}}
    world.write(manifest)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1
    assert "members.replied.reply: must be" in ended.err
    manifest["groups"]["coming"]["members"]["replied"]["reply"] = "accept"
    world.write(manifest)
    ended = world.cli("validate", world.folder)
    assert "rsvpCalls.invit does not exist" in ended.err
    assert 'Did you mean "invite"?' in ended.err
    assert world.service.requests() == []


def test_a_campaign_that_calls_the_group_it_fills_is_a_circle(world: World) -> None:
    manifest = drive()
    manifest["groups"]["donors"]["members"]["replied"] = {"campaign": "invite", "reply": "accept"}
    world.service.at(MONDAY)
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 1
    assert "groups.donors -> rsvpCalls.invite -> groups.donors" in ended.err
