"""What a plan says of campaigns that are over, and of groups that are filled later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, Manifest, drive
from tests.acceptance.conftest import World


def test_a_complete_campaign_is_silent_about_a_shared_text_that_was_edited(world: World) -> None:
    project = drive()
    world.launched(project)
    world.service.at(AFTER)
    project["voiceFiles"]["greeting"]["text"] = "Another text, for the next one"
    world.write(project)
    for _ in range(2):
        ended = world.plan()
        assert ended.code == 0
        assert "is complete" in ended.out
        assert "Warning" not in ended.said
        assert world.apply().code == 0
    world.holds_the_law()


def test_a_complete_campaign_that_is_to_play_another_text_warns(world: World) -> None:
    project = drive()
    project["voiceFiles"]["thanks"] = {"text": "Thank you", "voiceCode": "en"}
    world.launched(project)
    world.service.at(AFTER)
    project["rsvpCalls"]["invite"]["voiceFiles"] = {"start": "thanks"}
    world.write(project)
    assert "Changed: voiceFiles." in world.plan().err
    project["rsvpCalls"]["invite"]["voiceFiles"] = {"start": "greeting", "end": "thanks"}
    world.write(project)
    assert "Changed: voiceFiles." in world.plan().err


def test_what_was_halted_says_so_after_its_end(world: World) -> None:
    world.launched(drive())
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    world.service.at(AFTER)
    assert world.service.campaign()["state"] == "complete"
    ended = world.plan()
    assert "rsvpCalls.invite was halted by a person" in ended.out
    assert "--resume" not in ended.out
    assert "was missed" not in ended.said
    assert ended.code == 0


def test_one_that_a_person_halted_and_that_was_resumed_is_complete(world: World) -> None:
    world.launched(drive())
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    assert world.launch("--resume", "rsvpCalls.invite").code == 0
    world.service.at(AFTER)
    assert "rsvpCalls.invite is complete" in world.plan().out


def reminder(**changes: Any) -> Manifest:
    """A text message to whoever accepts."""
    project = drive()
    project["groups"]["coming"] = {
        "description": "Who comes",
        "members": {"replied": {"campaign": "invite", "reply": "accept"}},
    }
    project["smses"] = {
        "reminder": {
            "message": "See you soon",
            "sender": "Blood",
            "actionTime": "2026-12-11T10:00:00Z",
            "receivers": [{"group": "coming"}],
            **changes,
        }
    }
    return project


def test_a_group_that_is_filled_later_says_when_to_apply_again(world: World) -> None:
    world.write(reminder())
    for _ in range(2):
        ended = world.plan()
        assert (
            "groups.coming is filled by the replies to rsvpCalls.invite, which calls until 4 Dec 19:00\n"
            "    Apply again after 4 Dec 19:00 and before 11 Dec 12:00, when smses.reminder goes out"
        ) in ended.out
        assert world.launch().code == 0
    world.holds_the_law()
    world.service.at(AFTER)
    assert "Apply again after" not in world.plan().out


def test_a_message_that_reaches_nobody_yet_says_until_when_to_apply_again(world: World) -> None:
    world.write(reminder())
    said = world.plan().said
    assert "Right now none of its receivers has a phone number." in said
    assert "If a group fills later, apply again before 11 Dec 12:00." in said


def test_a_message_reaches_more_and_calls_nobody_more(world: World) -> None:
    project = reminder(receivers=[{"account": "aino"}])
    world.launched(project)
    project["smses"]["reminder"]["receivers"].append({"account": "eero"})
    world.write(project)
    out = world.plan().out
    assert "reaches more: new receivers" in out
    assert "calls more" not in out


def test_more_accepts_say_from_what_to_what(world: World) -> None:
    world.launched(drive(acceptsWanted=2))
    world.write(drive(acceptsWanted=3))
    assert "reaches more people: acceptsWanted goes from 2 to 3" in world.plan().out


def test_a_launch_that_is_not_approved_says_how_to_approve_it(world: World) -> None:
    world.write(drive())
    ended = world.apply()
    assert ended.code == 5
    assert "rsvpCalls.invite: Not launched: --auto-approve approves no launch." in ended.said
    assert "--allow-launch" in ended.said


def test_a_file_that_is_not_there_is_suggested(world: World) -> None:
    (world.folder / "texts").mkdir()
    (world.folder / "texts" / "hello-fi.txt").write_text("Hei")
    for name, hint in {
        "texts\\hello-fi.txt": "Write / instead of \\",
        "Texts/Hello-FI.txt": 'Did you mean "texts/hello-fi.txt"?',
        "texts/helo-fi.txt": 'Did you mean "texts/hello-fi.txt"?',
        "texts/nothing-like-it": "does not exist",
        "../secret.txt": "outside the project",
    }.items():
        project = drive()
        project["voiceFiles"]["greeting"]["text"] = {"file": name}
        world.write(project)
        ended = world.cli("validate", world.folder)
        assert ended.code == 1
        assert hint in ended.err, ended.err


@pytest.mark.parametrize("name", ["Campaign.YAML", "campaign.YML", "calls/Evening.Yaml"])
def test_a_manifest_is_one_however_its_ending_is_written(world: World, name: str) -> None:
    (world.folder / "calls").mkdir()
    world.launched(drive())
    (world.folder / "all.yaml").rename(world.folder / name)
    world.write({"apiVersion": "mscode/v1", "groups": {"other": {"description": "Another one"}}}, "other.yaml")
    assert world.changes() == {"groups.other": (["create"], [])}
    assert world.cli("validate", world.folder).code == 0


def test_results_say_halted(world: World) -> None:
    world.launched(drive())
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    assert "rsvpCalls.invite (id 1) is halted" in world.cli("results", "rsvpCalls.invite", "--dir", world.folder).out
