"""The forecast of `mscode rehearse`, beside the calls that the same account makes afterwards."""

from __future__ import annotations

from typing import Any

from tests.acceptance.campaigns import AFTER, drive
from tests.acceptance.conftest import World


def forecast(world: World, *options: str) -> Any:
    (campaign,) = world.look("rehearse", world.folder, "--json", *options).json["campaigns"]
    return campaign


def test_people_who_never_answer_are_forecast_to_the_call(world: World) -> None:
    """With rates that are certain the range has one number, and it is the ledger's."""
    world.write(drive(expect={"answer": "0%", "accept": "50%"}))
    said = forecast(world)
    assert {*said["calls"].values()} == {12} and {*said["rung"].values()} == {4}
    assert (said["chance"], said["rates"]["source"], said["acceptsWanted"]) == (0, "expect", 4)
    world.service.control("POST", "/answers", {"answer": 0.0})
    assert world.launch().code == 0
    world.service.at(AFTER)
    rings = world.service.rings()
    assert len(rings) == 12
    assert {*said["end"].values()} == {rings[-1]["at"]}
    hours: dict[str, int] = {}
    for ring in rings:
        hour = f"{ring['at'][:13]}:00:00Z"
        hours[hour] = hours.get(hour, 0) + 1
    assert {hour["at"]: hour["median"] for hour in said["callsPerHour"]} == hours
    world.service.control("DELETE", "/answers")


def test_a_campaign_under_way_that_a_plan_leaves_alone_is_forecast_too(world: World) -> None:
    world.service.control("POST", "/answers", {"answer": 0.0})
    world.launched(drive(expect={"answer": "0%"}))
    world.service.at("2026-12-01T08:00:12Z")
    said = forecast(world)
    assert {*said["calls"].values()} == {12 - len(world.service.rings())} == {9}
    assert said["rates"]["source"] == "default"  # nothing says how many accept
    world.service.control("DELETE", "/answers")


def test_finished_campaigns_say_how_people_answer_and_the_same_plan_says_the_same(world: World) -> None:
    world.launched(drive(expect={"answer": "50%"}))
    world.service.at(AFTER)
    manifest = drive()
    late = {**manifest["rsvpCalls"]["invite"], "startTime": "2026-12-08T08:00:00Z", "endTime": "2026-12-11T17:00:00Z"}
    manifest["rsvpCalls"]["again"] = late
    world.write(manifest)
    first, again = (world.look("rehearse", world.folder, "--json").json for _ in range(2))
    assert first["campaigns"] == again["campaigns"]
    (said,) = first["campaigns"]
    assert (said["rates"]["source"], said["rates"]["campaigns"]) == ("account", 1)
    assert 0 < said["rates"]["answer"]["low"] < said["rates"]["answer"]["median"] < said["rates"]["answer"]["high"] < 1
    other = forecast(world, "--seed", "9")
    assert other != said
