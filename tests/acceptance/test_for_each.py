"""Several cities out of one manifest obey the law, in any order, and a city that goes takes only its own with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest, drive, invite, people
from tests.acceptance.conftest import World

CITIES = {"helsinki": {"name": "Helsinki", "wanted": 3}, "tampere": {"name": "Tampere", "wanted": 1}}


def tour() -> Manifest:
    """A filter, a group and a campaign for each city; one voice file and the people for all."""
    each = "${var.cities}"
    campaign = invite(receivers=[{"group": "donors.${each.key}"}], acceptsWanted="${each.value.wanted}")
    return {
        "apiVersion": "mscode/v1",
        "accounts": people(),
        "filters": {
            "in": {
                "forEach": each,
                "conditions": [{"field": "city", "operator": "==", "value": "${each.value.name}"}],
            }
        },
        "groups": {
            "donors": {
                "forEach": each,
                "description": "Donors in ${each.value.name}",
                "members": {"filter": "in.${each.key}"},
            }
        },
        "voiceFiles": drive()["voiceFiles"],
        "rsvpCalls": {"invite": {"forEach": each, **campaign}},
    }


OF_TAMPERE = ("filters.in.tampere", "groups.donors.tampere", "rsvpCalls.invite.tampere")


def _actions(world: World) -> dict[str, list[str]]:
    return {address: actions for address, (actions, _) in world.changes().items()}


def _cities(world: World, cities: Any) -> None:
    world.write_project(variables={"cities": {"type": "map", "default": cities}})


@pytest.fixture
def touring(world: World) -> World:
    _cities(world, CITIES)
    world.launched(tour())
    return world


def test_the_law_holds_for_an_object_for_each_city(touring: World) -> None:
    touring.holds_the_law()
    assert {"rsvpCalls.invite.helsinki", "rsvpCalls.invite.tampere", "groups.donors.helsinki"} <= set(
        touring.state_entries()
    )
    assert sorted(group["name"] for group in touring.service.get("/groups")) == ["donors helsinki", "donors tampere"]
    assert len(touring.service.get("/rsvp_calls")) == 2


def test_another_order_of_the_cities_changes_nothing(touring: World) -> None:
    _cities(touring, dict(reversed(CITIES.items())))
    touring.holds_the_law()


def test_a_city_more_makes_its_own_objects_and_touches_no_other(touring: World) -> None:
    _cities(touring, {"espoo": {"name": "Espoo", "wanted": 1}, **CITIES})
    touring.write({**tour(), "accounts": people() | {"eeva": {"phone": "+358405550190", "city": "Espoo"}}})
    made = ("accounts.eeva", "filters.in.espoo", "groups.donors.espoo", "rsvpCalls.invite.espoo")
    assert _actions(touring) == {address: ["create"] for address in made}


def test_a_city_that_goes_takes_only_its_own_objects(touring: World) -> None:
    before = touring.state_entries()
    _cities(touring, {"helsinki": CITIES["helsinki"]})
    assert _actions(touring) == {address: ["delete"] for address in OF_TAMPERE}
    ended = touring.launch()
    assert ended.code == 0, ended.said
    touring.holds_the_law()
    after = touring.state_entries()
    assert set(before) - set(after) == set(OF_TAMPERE)
    assert all(before[address] == live_id for address, live_id in after.items())


def test_a_single_campaign_becomes_one_of_several_without_being_made_anew(world: World) -> None:
    world.launched(drive())
    live_id = world.state_entries()["rsvpCalls.invite"]
    several = drive()
    cities = {"helsinki": "invite", "tampere": None}
    campaign = several["rsvpCalls"]["invite"] | {"receivers": [{"group": "donors"}]}
    several["rsvpCalls"]["invite"] = {"forEach": cities, "renamedFrom": "${each.value}", **campaign}
    world.write(several)
    found = {one["address"]: one for one in world.plan("--json").json["resource_changes"]}
    assert found["rsvpCalls.invite.helsinki"]["previous_address"] == "rsvpCalls.invite"
    assert found["rsvpCalls.invite.tampere"]["change"]["actions"] == ["create"]
    assert found["rsvpCalls.invite.tampere"]["index"] == "tampere"
    assert world.cli("state", "mv", "rsvpCalls.invite", "rsvpCalls.invite.helsinki", world.folder).code == 0
    assert world.state_entries()["rsvpCalls.invite.helsinki"] == live_id


def test_a_campaign_of_one_city_is_halted_by_its_address(touring: World) -> None:
    ended = touring.cli("halt", "rsvpCalls.invite.tampere", "--dir", touring.folder)
    assert ended.code == 0, ended.said
    states = {one["meta"]["mscode"].split(":")[2]: one["state"] for one in touring.service.get("/rsvp_calls")}
    assert states == {"rsvpCalls.invite.tampere": "halt", "rsvpCalls.invite.helsinki": "waitingToActive"}
