"""Who is taken out of the manifests is called no more from the first step of the apply on, whoever manages what calls them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, Manifest, drive
from tests.acceptance.conftest import World

CALLING = "2026-12-01T08:05:00Z"
READINGS: list[dict[str, Any]] = [{}, {"receiver_rows": "account"}, {"receiver_rows": "address"}]


def left_alone(world: World, *addresses: str) -> Manifest:
    """A launched campaign whose start is to come and which nothing manages any more, as little as `addresses`."""
    world.launched(drive())
    manifest = drive()
    for address in ("rsvpCalls.invite", *addresses):
        assert world.cli("forget", address, world.folder).code == 0
        section, name = address.split(".")
        del manifest[section][name]
    return manifest


def applied_while_it_begins_to_call(world: World, manifest: Manifest) -> set[str]:
    """The numbers that ring although the manifest is applied: the campaign begins before the first thing that is made."""
    manifest["groups"]["another"] = {}
    world.write(manifest)
    world.service.before("POST .*/groups", lambda: world.service.at(CALLING))
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.meanwhile == [], "it began in the middle of the apply"
    rung = {one["phone"] for one in world.service.rings()}
    world.holds_the_law()
    return rung


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_an_account_in_a_group_that_nothing_manages(world: World, reading: dict[str, Any]) -> None:
    world.service.reads(**reading)
    manifest = left_alone(world, "groups.donors")
    del manifest["accounts"]["aino"]
    assert applied_while_it_begins_to_call(world, manifest) == set(PHONES[1:4])


def test_the_only_account_that_was_declared(world: World) -> None:
    manifest = left_alone(
        world, "groups.donors", *(f"accounts.{name}" for name in drive()["accounts"] if name != "aino")
    )
    del manifest["accounts"]
    assert applied_while_it_begins_to_call(world, manifest) == set(PHONES[1:4])


def test_a_member_of_a_managed_group(world: World) -> None:
    manifest = left_alone(world)
    manifest["groups"]["donors"]["members"] = {"accounts": ["eero", "helmi"]}
    assert applied_while_it_begins_to_call(world, manifest) == set(PHONES[1:3])


def test_a_whole_group(world: World) -> None:
    manifest = left_alone(world)
    del manifest["groups"]["donors"]
    assert applied_while_it_begins_to_call(world, manifest) == set()


def test_a_group_that_goes_with_its_campaign(world: World) -> None:
    world.launched(drive())
    manifest = drive()
    del manifest["rsvpCalls"], manifest["groups"]["donors"]
    assert applied_while_it_begins_to_call(world, manifest) == set()


def test_a_group_of_a_campaign_that_is_edited_meanwhile(world: World) -> None:
    """The manifests leave its receivers alone, so it goes on without the group."""
    manifest = drive(receivers=[{"group": "donors"}, {"account": "kaisa"}])
    manifest["rsvpCalls"]["invite"]["lifecycle"] = {"ignoreChanges": ["receivers"]}
    world.launched(manifest)
    manifest["rsvpCalls"]["invite"] |= {"receivers": [{"account": "kaisa"}], "acceptsWanted": 1, "maxRedials": 1}
    del manifest["groups"]["donors"]
    assert applied_while_it_begins_to_call(world, manifest) == {PHONES[4]}
