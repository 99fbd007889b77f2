"""Guards judge what rings: where replies go however they came there, who is on the list, and what is halted as what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, Manifest, drive, invite, people
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import project

HOSTS = {"webhookHosts": ["hooks.example.com", "Bücher.example"]}
LIST = {"doNotCall": "never.csv"}
GOOD, BAD = "https://hooks.example.com/r", "https://evil.example/r"


def check(world: World, name: str, *options: str) -> dict[str, Any]:
    (found,) = world.checks(name, *options)
    return found


# ---- where replies go ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        (GOOD, True),
        ("https://HOOKS.Example.COM/r", True),
        ("https://hooks.example.com:8443/r", True),
        ("https://hooks.example.com./r", True),
        ("https://bücher.example/r", True),
        ("https://xn--bcher-kva.example/r", True),
        (BAD, False),
        ("https://hooks.example.com.evil.example/r", False),
        ("https://evil.example/hooks.example.com", False),
        ("https://evil.example#hooks.example.com", False),
        ("https://evil.example?hooks.example.com", False),
    ],
)
def test_a_host_is_compared_as_it_is_asked_for(world: World, url: str, goes: bool) -> None:
    world.write_project(guards=HOSTS)
    world.write(drive(receiverWebhookUrl=url))
    ended = world.plan()
    assert ended.code == (0 if goes else 5), ended.said
    if not goes:
        assert check(world, "webhookHosts")["addresses"] == ["rsvpCalls.invite"]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/r",
        "https://evil.example\\@hooks.example.com/r",
        "https://hooks.example.com@evil.example/r",
    ],
)
def test_what_the_live_campaign_sends_to_is_judged_when_it_is_launched(world: World, url: str) -> None:
    """A person of the web interface wrote it; no field of the manifest changes."""
    world.launched(drive(state="halt"))
    world.service.put_campaign(world.service.campaign(), receiverWebhookUrl=url)
    world.write_project(guards=HOSTS)
    world.write(drive())
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "Guard webhookHosts refuses this plan: rsvpCalls.invite sends receiver data to" in ended.out


def _resumed(world: World) -> list[str]:
    world.service.halt_as_a_person()
    return ["--resume", "rsvpCalls.invite"]


def _widened(world: World) -> list[str]:
    world.write(drive(receiverWebhookUrl=BAD, maxRedials=3))
    return []


@pytest.mark.parametrize("act", [_resumed, _widened])
def test_what_sends_elsewhere_already_is_not_started_again_or_widened(world: World, act: Any) -> None:
    world.launched(drive(receiverWebhookUrl=BAD))
    options = act(world)
    world.write_project(guards=HOSTS)
    ended = world.plan(*options)
    assert ended.code == 5, ended.said
    assert "rsvpCalls.invite sends receiver data to evil.example" in ended.out


def test_new_people_of_what_sends_elsewhere_are_refused(world: World) -> None:
    """The group is changed, and no campaign."""
    world.launched(drive(receiverWebhookUrl=BAD))
    world.write_project(guards=HOSTS)
    manifest = drive(receiverWebhookUrl=BAD)
    manifest["groups"]["donors"]["members"] = {"accounts": ["aino", "eero", "helmi", "ilmari", "kaisa"]}
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert check(world, "webhookHosts")["addresses"] == ["rsvpCalls.invite"]


def test_what_is_taken_in_is_judged_whole(world: World) -> None:
    """The state is lost: the campaign is adopted, and nothing of it changes."""
    world.launched(drive(receiverWebhookUrl=BAD))
    world.lose_state()
    world.write_project(guards=HOSTS)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "rsvpCalls.invite sends receiver data to evil.example" in ended.out


def test_what_runs_and_is_not_widened_breaks_no_plan_and_can_be_stopped(world: World) -> None:
    world.launched(drive(receiverWebhookUrl=BAD))
    world.write_project(guards=HOSTS)
    assert world.plan().code == 0
    world.write(drive(receiverWebhookUrl=BAD, state="halt"))
    assert world.apply().code == 0
    assert world.service.campaign()["state"] == "halt"


# ---- who is on the list ----------------------------------------------------------------------------------------------


def listed(world: World, *numbers: str) -> None:
    (world.folder / "never.csv").write_text("name,phone\n" + "".join(f"X,{number}\n" for number in numbers))
    world.write_project(guards=LIST)


def test_the_list_names_campaign_group_and_line_and_never_the_number(world: World) -> None:
    listed(world, "+358409999999", PHONES[0], PHONES[2])
    world.write(drive())
    ended = world.plan()
    assert ended.code == 5
    said = "2 people to be called must not be called: rsvpCalls.invite would reach 2 people through groups.donors "
    assert f"{said}(never.csv lines 3, 4)" in ended.out
    assert not any(phone in ended.said or phone[1:] in ended.said for phone in PHONES)
    found = check(world, "doNotCall")
    assert found["addresses"] == ["rsvpCalls.invite", "groups.donors"]
    assert not any(phone[4:] in json.dumps(found) for phone in PHONES)


@pytest.mark.parametrize("receivers", [[{"account": "aino"}], [{"phone": PHONES[0]}]])
def test_each_way_to_a_listed_person_is_named(world: World, receivers: list[dict[str, str]]) -> None:
    listed(world, PHONES[0])
    world.write(drive(receivers=receivers, acceptsWanted=1))
    ended = world.plan()
    assert ended.code == 5 and "(never.csv line 2)" in ended.out
    assert PHONES[0] not in ended.said
    assert "rsvpCalls.invite" in check(world, "doNotCall")["addresses"]


def test_a_plan_says_who_is_still_to_be_called_though_nothing_changes(world: World) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    ended = world.plan()
    assert ended.code == 0, ended.said
    assert "No changes. Your campaigns match the live account." in ended.out
    assert "1 person on the do-not-call list is still to be called by rsvpCalls.invite\n" in ended.out
    assert "Through groups.donors (never.csv line 2)" in ended.out
    assert "`mscode halt rsvpCalls.invite`" in ended.out
    (note,) = [one for one in world.plan("--json").json["notes"] if one["kind"] == "do-not-call"]
    assert note["address"] == "rsvpCalls.invite"
    assert PHONES[0] not in ended.said + json.dumps(note)


def test_two_people_and_what_nobody_manages_are_said_too(world: World) -> None:
    """The campaign was made in the web interface, for a group that no manifest names."""
    world.launched(drive())
    assert world.cli("forget", "rsvpCalls.invite", world.folder).code == 0
    manifest = drive(state="halt", receivers=[{"account": "kaisa"}], acceptsWanted=1)
    manifest["rsvpCalls"] = {"another": manifest["rsvpCalls"]["invite"]}
    world.write(manifest)
    listed(world, PHONES[0], PHONES[1])
    ended = world.plan()
    said = [line for line in ended.out.splitlines() if "do-not-call list" in line]
    assert len(said) == 1 and "2 people on the do-not-call list are still to be called by rsvpCalls" in said[0], (
        ended.out
    )


EDITS: dict[str, dict[str, Any]] = {
    "buttons": {"actionButtons": {"accept": 1, "decline": 9}},
    "a webhook": {"receiverWebhookUrl": GOOD},
    "meta": {"meta": {"season": "spring"}},
    "wider hours": {"activeTo": "16:00"},
    "a button and fewer redials": {"actionButtons": {"accept": 1}, "maxRedials": 1},
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_what_would_call_a_listed_person_is_refused(world: World, edit: str) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    world.write(drive(**EDITS[edit]))
    world.service.forget_requests()
    ended = world.launch()
    assert ended.code == 5, ended.said
    assert "Guard doNotCall refuses this plan: 1 person to be called must not be called: rsvpCalls.invite" in ended.out
    assert world.service.requests(writes=True) == []


def test_another_recording_is_an_edit_of_what_plays_it(world: World) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = "Another text"
    world.write(manifest)
    assert world.launch().code == 5


NARROWER: dict[str, dict[str, Any]] = {
    "halt": {"state": "halt"},
    "an earlier end": {"endTime": "2026-12-03T17:00:00Z"},
    "fewer hours": {"activeTo": "14:00"},
    "fewer days": {"activeWeekdays": ["tuesday"]},
    "fewer redials": {"maxRedials": 1},
    "halt and buttons": {"state": "halt", "actionButtons": {"accept": 1, "decline": 9}},
}


@pytest.mark.parametrize("edit", NARROWER)
def test_what_narrows_goes_whoever_is_on_the_list(world: World, edit: str) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    world.write(drive(**NARROWER[edit]))
    ended = world.apply()
    assert ended.code == 0, ended.said


def test_what_is_removed_goes_whoever_is_on_the_list(world: World) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    manifest = drive()
    del manifest["rsvpCalls"]
    world.write(manifest)
    assert world.apply().code == 0


def test_taking_the_person_out_lets_the_edit_go(world: World) -> None:
    world.launched(drive())
    listed(world, PHONES[0])
    manifest = drive(actionButtons={"accept": 1, "decline": 9}, acceptsWanted=3)
    manifest["accounts"]["aino"]["city"] = "Tampere"
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "do-not-call list" not in world.plan().out


def test_who_has_replied_is_not_called_again_and_keeps_nobody_from_an_edit(world: World) -> None:
    """Whoever asks in a call not to be called again has most often replied in it."""
    everybody = {"receivers": [{"account": name} for name in people()], "acceptsWanted": 6, "maxRedials": 4}
    world.launched(drive(**everybody))
    world.service.at("2026-12-01T08:05:00Z")
    rows = world.service.campaign()["receivers"]
    replied = [row["phone"] for row in rows if row["rsvpReply"] in ("accept", "decline")]
    waiting = [row["phone"] for row in rows if row["rsvpReply"] == "noAnswer"]
    assert replied and waiting
    listed(world, replied[0])
    assert "do-not-call list" not in world.plan().out
    world.write(drive(**everybody, meta={"a": "b"}))
    assert world.launch().code == 0
    listed(world, replied[0], waiting[0])
    assert "1 person on the do-not-call list is still to be called by rsvpCalls.invite" in world.plan().out


@pytest.mark.parametrize("section", ["smses", "calls"])
def test_a_waiting_message_is_not_edited_while_it_would_reach_a_listed_person(world: World, section: str) -> None:
    world.launched(project(section))
    listed(world, PHONES[0])
    ended = world.plan()
    assert ended.code == 0 and "is still to be called by" in ended.out, ended.said
    assert "take its manifest out" in ended.out and "mscode halt" not in ended.out  # an id there is a campaign's
    manifest = project(section)
    (name, fields) = next(iter(manifest[section].items()))
    fields |= {"message": "Another"} if section == "smses" else {"operations": [{"say": "Another"}]}
    world.write(manifest)
    world.service.forget_requests()
    ended = world.launch()
    assert ended.code == 5, ended.said
    assert f"{section}.{name} is changed and would go on to reach 1 person" in ended.out
    assert world.service.requests(writes=True) == []
    del manifest[section]
    world.write(manifest)
    assert world.apply().code == 0


# ---- halted as what is not -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guards", "fields", "name"),
    [
        ({}, {"maxRedials": 6}, "maxRedials"),
        ({"callingHours": {"from": "09:00", "to": "12:00"}}, {}, "callingHours"),
        ({"webhookHosts": ["hooks.example.com"]}, {"receiverWebhookUrl": BAD}, "webhookHosts"),
        (
            {"countryHours": {"value": {"own": {"FI": {"from": "09:00", "to": "12:00"}}}, "level": "deny"}},
            {},
            "countryHours",
        ),
    ],
)
def test_a_campaign_that_is_made_halted_has_the_verdict_of_one_that_is_launched(
    world: World, guards: dict[str, Any], fields: dict[str, Any], name: str
) -> None:
    world.write_project(guards=guards)
    told = []
    for state in ("halt", "active"):
        world.write(drive(state=state, **fields))
        ended = world.plan()
        assert ended.code == 5, ended.said
        told.append([line for line in ended.out.splitlines() if line.startswith(f"Guard {name}")])
    assert told[0] == told[1] != []


def test_redials_are_not_raised_over_the_limit_while_it_is_halted(world: World) -> None:
    world.launched(drive(state="halt"))
    world.write(drive(state="halt", maxRedials=6))
    assert check(world, "maxRedials")["addresses"] == ["rsvpCalls.invite"]
    assert world.plan().code == 5


def test_redials_over_the_limit_may_be_lowered(world: World) -> None:
    world.write(drive(maxRedials=9))
    assert world.launch("--override", "maxRedials").code == 0
    world.write(drive(maxRedials=8))
    assert world.launch().code == 0


def test_new_people_of_what_redials_too_often_are_refused(world: World) -> None:
    """The campaign was let through once, by a word; its group is another matter."""
    world.write(drive(maxRedials=9))
    assert world.launch("--override", "maxRedials").code == 0
    manifest: Manifest = drive(maxRedials=9)
    manifest["groups"]["donors"]["members"] = {"accounts": ["aino", "eero", "helmi", "ilmari", "kaisa"]}
    world.write(manifest)
    assert "rsvpCalls.invite redials up to 9 times" in world.plan().out and world.plan().code == 5


def test_addresses_of_every_refusal_are_addresses(world: World) -> None:
    world.write_project(guards={"maxPeople": 1, "maxCalls": 1, "callingHours": {"from": "09:00", "to": "10:00"}})
    twice = invite(receivers=[{"group": "donors"}, {"account": "aino"}], acceptsWanted=40, maxRedials=7)
    world.write({**drive(), "rsvpCalls": {"invite": twice}})
    checks = [one for one in world.plan("--json").json["checks"] if one["status"] == "fail"]
    names = {"maxPeople", "maxCalls", "callingHours", "duplicatePerson", "acceptsWanted", "maxRedials"}
    assert names <= {one["name"] for one in checks}
    assert all(one["addresses"] == ["rsvpCalls.invite"] for one in checks), checks
