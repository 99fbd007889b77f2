"""Receivers by a number that no account has: the service makes accounts of them, and the plan counts these accounts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import PATHS, project

NEW = "+358405550177"
EVERY = sorted(["rsvpCalls", *PATHS])


def with_a_group_of_others(section: str) -> Manifest:
    """Something that reaches a number (or address) without an account, and a group of everybody outside Tampere."""
    manifest = drive() if section == "rsvpCalls" else project(section)
    (item,) = manifest[section].values()
    item["receivers"] = [{"email": "new@example.com"} if section == "emails" else {"phone": NEW}]
    if section == "rsvpCalls":
        item["acceptsWanted"] = 1
    manifest["filters"] = {"others": {"conditions": [{"field": "city", "operator": "!=", "value": "Tampere"}]}}
    manifest["groups"] = {"others": {"members": {"filter": "others"}}}
    return manifest


@pytest.mark.parametrize("section", EVERY)
def test_a_filter_takes_them_in_the_same_apply_and_the_next_plan_is_empty(world: World, section: str) -> None:
    world.write(with_a_group_of_others(section))
    plan = world.plan()
    assert plan.code == 0, plan.said
    assert "members: +5 (5 after)" in plan.out
    assert "groups.others takes in 1 account that the service makes of a receiver's number" in plan.out
    ended = world.launch()
    assert ended.code == 0, ended.said
    by, value = ("email", "new@example.com") if section == "emails" else ("phone", NEW)
    assert [one[by] for one in world.service.get("/accounts")].count(value) == 1
    assert len(world.service.get("/groups/1/accounts")) == 5
    world.holds_the_law()


@pytest.mark.parametrize("section", EVERY)
def test_a_launch_that_is_held_leaves_a_stable_plan_too(world: World, section: str) -> None:
    world.write(with_a_group_of_others(section))
    assert world.apply().code == 5
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_one_campaign_that_reaches_them_twice_is_refused(world: World) -> None:
    manifest = with_a_group_of_others("rsvpCalls")
    manifest["rsvpCalls"]["invite"]["receivers"].append({"group": "others"})
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "rsvpCalls.invite would reach 1 person twice, through phone " in ended.out
    assert "and groups.others" in ended.out


def test_a_second_campaign_sees_them(world: World) -> None:
    world.write_project(guards={"samePersonSameDay": {"level": "deny"}})
    manifest = with_a_group_of_others("rsvpCalls")
    invite: dict[str, Any] = manifest["rsvpCalls"]["invite"]
    manifest["rsvpCalls"]["second"] = {**invite, "receivers": [{"group": "others"}]}
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "1 person may be called by rsvpCalls.invite and rsvpCalls.second on the same day" in ended.out


def test_a_group_that_a_running_campaign_calls_reaches_them_with_its_own_yes(world: World) -> None:
    manifest = with_a_group_of_others("rsvpCalls")
    campaigns = manifest["rsvpCalls"]
    invite = campaigns.pop("invite")
    campaigns["first"] = {**invite, "receivers": [{"group": "others"}]}
    world.launched(manifest)
    campaigns["second"] = invite
    world.write(manifest)
    assert world.changes()["groups.others"] == (["update"], ["dials"])
    assert world.apply().code == 5
    assert len(world.service.get("/groups/1/accounts")) == 4
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert [one["phone"] for one in world.service.get("/accounts")].count(NEW) == 1
    world.holds_the_law()


def test_a_lost_answer_makes_no_second_account(world: World) -> None:
    world.write(with_a_group_of_others("rsvpCalls"))
    world.service.fault(method="POST", path="/accounts", skip=6, times=1, drop="after")
    world.launch()
    world.service.no_more_faults()
    ended = world.launch()
    assert ended.code == 0, ended.said
    phones = [one["phone"] for one in world.service.get("/accounts")]
    assert len(phones) == len(set(phones)) == 7
    world.holds_the_law()


def test_a_number_in_members_still_needs_an_account_of_its_own(world: World) -> None:
    manifest = with_a_group_of_others("rsvpCalls")
    manifest["groups"]["others"]["members"] = {"phones": [NEW]}
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 1 and "A phone in members has no account" in ended.err
