"""Editing what lives: campaigns, the voice files they play and the groups they call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, PHONES, WORKDAYS, drive, quiet
from tests.acceptance.conftest import World

#: Everybody has been rung once, and those who did not answer wait for their redial.
CALLING = "2026-12-01T08:05:00Z"
LASTING = {"acceptsWanted": 4, "maxRedials": 2}
NARROWER = {
    "earlier closing": {"activeTo": "14:00"},
    "later opening": {"activeFrom": "09:00"},
    "fewer weekdays": {"activeWeekdays": WORKDAYS[:3]},
    "earlier end": {"endTime": "2026-12-03T17:00:00Z"},
    "fewer redials": {"maxRedials": 1},
    "fewer wanted": {"acceptsWanted": 3},
    "other words": {"meta": {"season": "spring"}, "stateWebhookUrl": "https://hooks.example.com/state"},
}
WIDER = {
    "later closing": {"activeTo": "16:00"},
    "earlier opening": {"activeFrom": "07:00"},
    "more weekdays": {"activeWeekdays": [*WORKDAYS, "saturday"], "endTime": "2026-12-06T17:00:00Z"},
    "later end": {"endTime": "2026-12-07T17:00:00Z"},
    "more redials": {"maxRedials": 4},
}


@pytest.mark.parametrize("time", [None, CALLING], ids=["waiting", "calling"])
@pytest.mark.parametrize("edit", NARROWER.values(), ids=NARROWER)
def test_an_edit_that_does_not_widen_needs_no_launch(world: World, edit: dict[str, Any], time: str | None) -> None:
    world.launched(drive(**LASTING))
    if time:
        world.service.at(time)
    before = world.service.campaign()
    assert before["state"] == ("active" if time else "waitingToActive")
    world.write(drive(**(LASTING | edit)))
    assert world.changes() == {"rsvpCalls.invite": (["update"], [])}
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == before["state"]
    world.holds_the_law()


def test_an_active_campaign_is_halted_edited_and_put_back(world: World) -> None:
    world.launched(drive(**LASTING))
    world.service.at(CALLING)
    world.write(drive(**LASTING, stateWebhookUrl="https://hooks.example.com/state"))
    assert world.apply().code == 0
    states = [hook["body"]["state"] for hook in world.service.control("GET", "/webhooks") if "state" in hook["body"]]
    assert states in (["halt", "active"], ["active"])
    assert world.service.campaign()["stateWebhookUrl"] == "https://hooks.example.com/state"


@pytest.mark.parametrize("time", [None, CALLING], ids=["waiting", "calling"])
@pytest.mark.parametrize("edit", WIDER.values(), ids=WIDER)
def test_an_edit_that_widens_is_held_whole_until_it_has_its_yes(
    world: World, edit: dict[str, Any], time: str | None
) -> None:
    world.launched(drive(**LASTING))
    if time:
        world.service.at(time)
    before = world.service.campaign()
    world.write(drive(**(LASTING | edit)))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    world.service.forget_requests()
    held = world.apply()
    assert held.code == 5, held.said
    assert world.service.requests(writes=True) == []
    assert world.service.campaign() == before
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == before["state"]
    world.holds_the_law()


def test_an_earlier_start_is_a_launch(world: World) -> None:
    world.launched(drive(**LASTING))
    world.write(drive(**LASTING, startTime="2026-11-30T09:00:00Z"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.apply().code == 5
    assert world.service.campaign()["startTime"] == "2026-12-01 08:00:00"
    assert world.launch().code == 0
    assert world.service.campaign()["startTime"] == "2026-11-30 09:00:00"
    world.holds_the_law()


def test_a_higher_accepts_wanted_is_a_launch(world: World) -> None:
    world.launched(drive(acceptsWanted=2))
    world.write(drive(acceptsWanted=3))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}


def test_state_halt_in_the_manifest_halts_and_active_is_a_launch_again(world: World) -> None:
    world.launched(drive(**LASTING))
    world.service.at(CALLING)
    world.write(drive(**LASTING, state="halt"))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["halts"])}
    assert "# rsvpCalls.invite will be halted" in world.plan().out
    assert world.apply().code == 0
    assert world.service.campaign()["state"] == "halt"
    world.holds_the_law()
    world.write(drive(**LASTING))
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert world.apply().code == 5
    assert world.service.campaign()["state"] == "halt"
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "active"
    world.holds_the_law()


def test_a_resume_that_was_held_together_with_an_edit_is_shown_again(world: World) -> None:
    world.launched(drive(**LASTING))
    world.write(drive(**LASTING, state="halt"))
    assert world.apply().code == 0
    world.write(drive(**LASTING, activeTo="14:00"))
    assert world.apply().code == 5
    assert world.changes()["rsvpCalls.invite"] == (["update"], ["dials"])
    assert world.apply().code == 5
    assert world.service.campaign()["state"] == "halt"
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert (world.service.campaign()["state"], world.service.campaign()["activeTo"]) == ("waitingToActive", "14:00:00")
    world.holds_the_law()


def test_what_somebody_changed_by_hand_is_put_back(world: World) -> None:
    world.launched(drive(**LASTING))
    world.service.put_campaign(world.service.campaign(), activeTo="20:00:00")
    group = world.service.get("/groups")[0]
    world.service.send("PUT", f"/groups/{group['groupId']}", {"name": group["name"], "description": "Mine"})
    assert set(world.changes()) == {"rsvpCalls.invite", "groups.donors"}
    assert world.apply().code == 0
    assert world.service.campaign()["activeTo"] == "15:00:00"
    assert world.service.get("/groups")[0]["description"] == "Donors in Helsinki"
    world.holds_the_law()


def test_fields_that_leave_a_manifest_go_back_to_their_default(world: World) -> None:
    hooks = {"receiverWebhookUrl": "https://hooks.example.com/r", "stateWebhookUrl": "https://hooks.example.com/s"}
    world.launched(drive(**LASTING, **hooks))
    bare = drive(acceptsWanted=4, maxRedials=..., meta=...)
    del bare["groups"]["donors"]["description"]
    del bare["voiceFiles"]["greeting"]["description"]
    world.write(bare)
    assert "(default)" in world.plan().out
    ended = world.launch()
    assert ended.code == 0, ended.said
    campaign = world.service.campaign()
    assert (campaign["maxRedials"], campaign["receiverWebhookUrl"], campaign["stateWebhookUrl"]) == (3, "", "")
    assert set(campaign["meta"]) == {"mscode"}
    assert world.service.get("/groups")[0]["description"] == ""
    assert world.service.get("/voice_files")[0]["description"] == ""
    world.holds_the_law()


def test_the_marker_stands_beside_the_users_meta_and_is_never_shown(world: World) -> None:
    world.launched(drive(meta={"season": "winter"}))
    assert set(world.service.campaign()["meta"]) == {"season", "mscode"}
    world.write(drive(meta={"season": "spring"}))
    shown = world.plan().out
    assert "1:drive/test" not in shown
    assert world.apply().code == 0
    meta = world.service.campaign()["meta"]
    assert meta["season"] == "spring"
    assert meta["mscode"].startswith("1:drive/test:rsvpCalls.invite:1:")
    world.holds_the_law()


def test_ignored_changes_are_left_alone(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["lifecycle"] = {"ignoreChanges": ["description"]}
    world.launched(manifest)
    group = world.service.get("/groups")[0]
    world.service.send("PUT", f"/groups/{group['groupId']}", {"name": group["name"], "description": "Mine"})
    world.holds_the_law()


# Voice files


def test_a_new_text_makes_a_new_voice_file_and_the_campaign_plays_it(world: World) -> None:
    world.launched(drive())
    old = world.service.get("/voice_files")[0]["voiceFileId"]
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = "Good morning from the blood service"
    world.write(manifest)
    assert world.changes()["voiceFiles.greeting"] == (["create", "delete"], [])
    assert "+/-" in world.plan().out
    ended = world.apply()
    assert ended.code == 0, ended.said
    (voice,) = world.service.get("/voice_files")
    assert voice["voiceFileId"] != old
    assert voice["text"] == "Good morning from the blood service"
    campaign = world.service.campaign()
    assert campaign["voiceFiles"] == [{"type": "start", "voiceFileId": voice["voiceFileId"]}]
    assert campaign["state"] == "waitingToActive"
    world.holds_the_law()


def test_the_old_voice_file_stays_while_a_campaign_of_others_plays_it(world: World) -> None:
    world.launched(drive())
    theirs = {"receivers": [{"phone": "+358405550199"}], "meta": {}, "state": "halt"}
    world.service.send("POST", "/rsvp_calls", _wire(world) | theirs)
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = "Good morning"
    world.write(manifest)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.get("/voice_files")) == 2
    world.holds_the_law()
    world.service.send("DELETE", "/rsvp_calls/2")
    assert world.apply().code == 0
    assert len(world.service.get("/voice_files")) == 1
    world.holds_the_law()


def test_a_complete_campaign_is_not_repointed(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    before = world.service.campaign()
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = "Good morning"
    world.write(manifest)
    assert set(world.changes()) == {"voiceFiles.greeting"}
    assert world.apply().code == 0
    assert world.service.campaign() == before
    world.holds_the_law()


def test_a_voice_file_that_fails_fails_its_step_and_what_depends_on_it(world: World) -> None:
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = "FAILTTS"
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert "Apply incomplete:" in ended.said
    assert world.service.get("/rsvp_calls") == []


# Filters, groups and members


def test_a_changed_filter_is_made_anew_and_its_group_follows(world: World) -> None:
    world.launched(quiet())
    manifest = quiet()
    manifest["filters"]["helsinki"]["conditions"][0]["value"] = "Tampere"
    world.write(manifest)
    assert world.changes("--override", "maxMemberRemovals")["filters.helsinki"][0] == ["create", "delete"]
    ended = world.apply("--override", "maxMemberRemovals")
    assert ended.code == 0, ended.said
    assert _members(world) == set(PHONES[4:])
    world.holds_the_law()


def test_a_new_person_of_a_filter_reaches_the_campaign_only_with_a_yes(world: World) -> None:
    world.launched(drive(**LASTING))
    manifest = drive(**LASTING)
    manifest["accounts"]["maija"] = {"firstName": "Maija", "phone": "+358405550150", "city": "Helsinki"}
    world.write(manifest)
    assert "reaches 1 more person" in world.plan().out
    assert world.apply().code == 5
    assert "+358405550150" not in _members(world)
    world.service.at(AFTER)
    assert "+358405550150" not in {ring["phone"] for ring in world.service.rings()}


def test_a_new_person_of_a_filter_is_called_after_a_yes(world: World) -> None:
    world.launched(drive(**LASTING))
    manifest = drive(**LASTING)
    manifest["accounts"]["maija"] = {"firstName": "Maija", "phone": "+358405550150", "city": "Helsinki"}
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
    world.service.at(AFTER)
    assert "+358405550150" in {ring["phone"] for ring in world.service.rings()}


def test_a_changed_phone_of_someone_who_is_called_needs_a_yes(world: World) -> None:
    world.launched(drive(**LASTING))
    manifest = drive(**LASTING)
    manifest["accounts"]["aino"]["phone"] = "+358405550160"
    world.write(manifest)
    held = world.apply()
    assert held.code == 5, held.said
    assert "+358405550160" not in {account["phone"] for account in world.service.get("/accounts")}
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "+358405550160" in {account["phone"] for account in world.service.get("/accounts")}
    world.holds_the_law()


def test_someone_who_matches_no_more_leaves_the_group_without_a_yes(world: World) -> None:
    world.launched(drive(acceptsWanted=2))
    manifest = drive(acceptsWanted=2)
    manifest["accounts"]["aino"]["city"] = "Tampere"
    world.write(manifest)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert _members(world) == set(PHONES[1:4])
    world.holds_the_law()


def test_strangers_leave_an_exclusive_group_and_stay_in_one_that_is_not(world: World) -> None:
    world.launched(quiet())
    stranger = world.service.send("POST", "/accounts", {"phone": "+358405550170"})["accountId"]
    world.service.send("POST", "/groups/1/accounts", [{"accountId": stranger}])
    open_group = quiet()
    open_group["groups"]["donors"]["members"]["exclusive"] = False
    world.write(open_group)
    world.holds_the_law()
    world.write(quiet())
    assert world.changes() == {"groups.donors": (["update"], [])}
    assert world.apply().code == 0
    assert "+358405550170" not in _members(world)
    world.holds_the_law()


def test_members_are_the_union_of_their_sources(world: World) -> None:
    world.service.send("POST", "/accounts", {"phone": "+358405550180"})
    manifest = quiet()
    manifest["groups"]["donors"]["members"] |= {"accounts": ["lauri"], "phones": ["+358405550180"]}
    world.launched(manifest)
    assert _members(world) == {*PHONES[:4], PHONES[5], "+358405550180"}
    world.holds_the_law()


def test_members_that_leave_the_manifest_are_managed_no_more(world: World) -> None:
    world.launched(quiet())
    manifest = quiet()
    del manifest["groups"]["donors"]["members"]
    world.write(manifest)
    assert world.apply().code == 0
    assert _members(world) == set(PHONES[:4])
    world.service.send("DELETE", "/groups/1/1")
    world.holds_the_law()


def test_a_phone_that_no_account_has_is_an_error_that_does_not_show_it(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["members"]["phones"] = ["+358405550180"]
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 1
    assert "+358405550180" not in ended.said


# Receivers


def test_receivers_are_added_in_place_with_a_yes(world: World) -> None:
    world.launched(drive(acceptsWanted=2))
    more = [{"group": "donors"}, {"account": "lauri"}, {"phone": "+358405550199"}]
    world.write(drive(acceptsWanted=2, receivers=more))
    assert "reaches 2 more people" in world.plan().out
    assert world.apply().code == 5
    assert len(world.service.campaign()["receivers"]) == 1
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert (world.service.campaign()["rsvpCallId"], len(world.service.campaign()["receivers"])) == ("1", 3)
    world.holds_the_law()


def test_receivers_added_to_a_halted_campaign_are_no_launch(world: World) -> None:
    world.launched(drive(acceptsWanted=2, state="halt"))
    world.write(drive(acceptsWanted=2, state="halt", receivers=[{"group": "donors"}, {"account": "lauri"}]))
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.campaign()["receivers"]) == 2
    world.holds_the_law()


def test_receivers_are_taken_away_by_replacement_while_nobody_was_dialled(world: World) -> None:
    both = [{"group": "donors"}, {"account": "lauri"}]
    world.launched(drive(acceptsWanted=2, receivers=both))
    world.write(drive(acceptsWanted=2))
    assert world.changes()["rsvpCalls.invite"][0] == ["create", "delete"]
    assert "# rsvpCalls.invite must be replaced" in world.plan().out
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert [one["rsvpCallId"] for one in world.service.get("/rsvp_calls")] == ["2"]
    world.holds_the_law()
    world.service.at(AFTER)
    assert PHONES[5] not in {ring["phone"] for ring in world.service.rings()}


def test_receivers_cannot_be_taken_away_once_somebody_was_dialled(world: World) -> None:
    both = [{"group": "donors"}, {"account": "lauri"}]
    world.launched(drive(acceptsWanted=2, receivers=both, maxRedials=2))
    world.service.at("2026-12-01T08:00:01Z")
    assert world.service.rings()
    world.service.forget_requests()
    world.write(drive(acceptsWanted=2))
    ended = world.launch()
    assert ended.code == 1, ended.said
    assert world.service.requests(writes=True) == []


def _members(world: World) -> set[str]:
    return {one["phone"] for one in world.service.get("/groups/1/accounts")}


def _wire(world: World) -> dict[str, Any]:
    names = ("endTime", "activeFrom", "activeTo", "activeWeekdays", "voiceFiles", "actionButtons", "acceptsWanted")
    campaign = world.service.campaign()
    return {name: campaign[name] for name in names}
