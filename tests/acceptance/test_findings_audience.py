"""Findings of the area `audience` that need the live account, through the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World


def _reminder(**changes: Any) -> Manifest:
    """A text message to a group of nobody."""
    message = {
        "message": "See you soon",
        "sender": "Blood",
        "actionTime": "2026-12-11T10:00:00Z",
        "receivers": [{"group": "coming"}],
        **changes,
    }
    return {
        "apiVersion": "mscode/v1",
        "accounts": {"aino": {"firstName": "Aino", "email": "aino@blood.fi"}},
        "groups": {"coming": {"members": {"accounts": ["aino"]}}},
        "smses": {"reminder": message},
    }


# ---- audience/nobody -------------------------------------------------------------------------------------------------


def test_a_launch_that_reaches_nobody_is_refused_and_nothing_is_sent(world: World) -> None:
    world.write(_reminder())
    (check,) = world.checks("audience/nobody")
    assert (check["status"], check["addresses"]) == ("fail", ["smses.reminder"])
    assert world.plan().code == 5
    world.service.forget_requests()
    assert world.launch().code == 5
    assert world.service.requests(writes=True) == []
    assert world.launch("--override", "audience/nobody").code == 0


@pytest.mark.parametrize("group", [{}, {"members": {"replied": {"campaign": "invite", "reply": "accept"}}}])
def test_a_group_that_can_be_filled_only_warns_and_says_until_when(world: World, group: dict[str, Any]) -> None:
    project = drive()
    project["groups"]["coming"] = group
    project["smses"] = _reminder()["smses"]
    world.write(project)
    planned = world.plan()
    assert planned.code == 0
    assert "Check audience/nobody warns: smses.reminder reaches nobody." in planned.out
    assert "If a group fills later, apply again before 11 Dec 12:00." in planned.out
    assert planned.said.count("reaches nobody") == 1


def test_a_group_by_its_id_can_be_filled(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "others", "description": ""})
    world.write(_reminder(receivers=[{"groupId": "1"}]))
    assert [check["status"] for check in world.checks("audience/nobody")] == ["warn"]


def test_where_the_guard_speaks_the_rule_is_silent(world: World) -> None:
    project = drive()
    project["filters"]["helsinki"]["conditions"][0]["value"] = "Kemi"
    world.write(project)
    checks = {check["name"]: check["status"] for check in world.plan("--json").json["checks"]}
    assert checks["acceptsWanted"] == "fail"
    assert "audience/nobody" not in checks


def test_a_halted_campaign_that_reaches_nobody_warns(world: World) -> None:
    project = drive(state="halt")
    project["filters"]["helsinki"]["conditions"][0]["value"] = "Kemi"
    world.write(project)
    assert [check["status"] for check in world.checks("audience/nobody")] == ["warn"]
    assert world.launch().code == 0


def test_a_comment_allows_a_launch_to_nobody(world: World) -> None:
    text = json.dumps(_reminder(), indent=1)
    line = next(line for line in text.splitlines() if '"receivers"' in line)
    text = text.replace(line, f"# mscode:allow audience/nobody, a rehearsal\n{line}")
    (world.folder / "all.yaml").write_text(text)
    assert world.plan().code == 0
    assert [check["status"] for check in world.checks("audience/nobody")] == ["allowed"]


# ---- audience/unreachable --------------------------------------------------------------------------------------------


def test_members_whom_a_filter_chooses_are_counted_in_the_plan(world: World) -> None:
    world.service.send("POST", "/accounts", {"firstName": "Onni", "city": "Helsinki", "email": "onni@blood.fi"})
    world.write(drive())
    (check,) = world.checks("audience/unreachable")
    assert check["message"] == "1 of 5 members of groups.donors has no phone and is not reached."
    assert (check["status"], check["people"]) == ("warn", 1)


# ---- audience/email --------------------------------------------------------------------------------------------------


def _letter(**changes: Any) -> Manifest:
    letter = {
        "subject": "The bus comes",
        "messageText": "On Tuesday",
        "fromEmail": "bus@blood.fi",
        "actionTime": "2026-12-01T08:00:00Z",
        "receivers": [{"group": "readers"}],
        **changes,
    }
    conditions = [{"field": "city", "operator": "==", "value": "Helsinki"}]
    return {
        "apiVersion": "mscode/v1",
        "filters": {"helsinki": {"conditions": conditions}},
        "groups": {"readers": {"members": {"filter": "helsinki"}}},
        "emails": {"letter": letter},
    }


@pytest.mark.parametrize(
    "address", ["onni@", "onni@blood.fi; onni@work.fi", "onni@blood.fi, o@work.fi", "onni at blood.fi"]
)
def test_a_live_address_that_is_none_or_holds_two_refuses_the_email(world: World, address: str) -> None:
    for email in ("aino@blood.fi", address):
        world.service.send("POST", "/accounts", {"firstName": "A", "city": "Helsinki", "email": email})
    world.write(_letter())
    planned = world.plan()
    assert planned.code == 5
    assert (
        "1 person whom emails.letter reaches through groups.readers has an e-mail address that is none" in planned.out
    )
    assert ": account 2." in planned.out
    assert "onni" not in planned.said
    assert world.launch("--override", "audience/email").code == 0


def test_proper_live_addresses_are_no_finding(world: World) -> None:
    for email in ("aino@blood.fi", "Ääkkönen@yhtiö.fi", "o'neil+news@sub.blood.fi", ""):
        world.service.send("POST", "/accounts", {"firstName": "A", "city": "Helsinki", "email": email, "phone": ""})
    world.write(_letter())
    assert world.checks("audience/email") == []


def test_who_is_not_written_to_may_have_any_address(world: World) -> None:
    for email, city in (("aino@blood.fi", "Helsinki"), ("onni@", "Kemi")):
        world.service.send("POST", "/accounts", {"firstName": "A", "city": city, "email": email})
    world.write(_letter())
    assert world.checks("audience/email") == []


# ---- audience/jump ---------------------------------------------------------------------------------------------------


def _seed(world: World, number: int) -> None:
    people = [{"phone": f"+35840777{at:04}", "city": "Kemi"} for at in range(number)]
    world.service.control("POST", "/seed", people)


def _two_campaigns() -> Manifest:
    """The campaign that calls four people, and one that calls a town."""
    project = drive()
    project["filters"]["kemi"] = {"conditions": [{"field": "city", "operator": "==", "value": "Kemi"}]}
    project["groups"]["town"] = {"members": {"filter": "kemi"}}
    invite = {**project["rsvpCalls"]["invite"], "receivers": [{"group": "town"}], "acceptsWanted": 1}
    project["rsvpCalls"]["kemi"] = {**invite, "startTime": "2026-12-08T08:00:00Z", "endTime": "2026-12-11T17:00:00Z"}
    return project


def test_a_launch_of_more_than_three_times_the_largest_so_far_warns(world: World) -> None:
    _seed(world, 13)
    project = _two_campaigns()
    second = project["rsvpCalls"].pop("kemi")
    world.write(project)
    assert world.checks("audience/jump") == []  # nothing was launched yet
    assert world.launch().code == 0
    project["rsvpCalls"]["kemi"] = second
    world.write(project)
    (check,) = world.checks("audience/jump")
    assert check["message"] == (
        "rsvpCalls.kemi reaches 13 people, and the largest launch so far reached 4: more than 3 times as many."
    )
    assert (check["status"], check["addresses"], check["people"]) == ("warn", ["rsvpCalls.kemi"], 13)
    line = (world.folder / "all.yaml").read_text().splitlines()[check["source"]["line"] - 1]
    assert '"receivers"' in line
    world.write_project(checks={"audience/jump": {"value": 4}})
    assert world.checks("audience/jump") == []
    assert world.launch().code == 0
    state = world.cli("state", "pull", world.folder).json
    assert state["largestLaunch"] == 13


def test_three_times_as_many_are_no_jump(world: World) -> None:
    _seed(world, 12)
    project = _two_campaigns()
    second = project["rsvpCalls"].pop("kemi")
    world.launched(project)
    project["rsvpCalls"]["kemi"] = second
    world.write(project)
    assert world.checks("audience/jump") == []


def test_people_who_come_through_a_group_are_a_jump_of_the_campaign(world: World) -> None:
    world.launched(drive())
    project = drive()
    world.service.control("POST", "/seed", [{"phone": f"+35840777{at:04}", "city": "Helsinki"} for at in range(13)])
    world.write(project)
    (check,) = world.checks("audience/jump")
    assert "rsvpCalls.invite reaches 13 people more" in check["message"]
    assert check["addresses"] == ["rsvpCalls.invite", "groups.donors"]


def test_a_launch_that_was_not_made_is_not_remembered(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    assert "largestLaunch" not in world.cli("state", "pull", world.folder).json
