"""The price of a launch, by what earlier ones were estimated at."""

from __future__ import annotations

from tests.acceptance.campaigns import PHONES, Manifest
from tests.acceptance.conftest import World


def _messages(*receivers: int) -> Manifest:
    """A text message for each number of receivers."""
    return {
        "apiVersion": "mscode/v1",
        "smses": {
            f"to-{number}": {
                "message": f"See you soon, {number}",
                "sender": "Blood",
                "actionTime": "2026-12-11T10:00:00Z",
                "receivers": [{"phone": phone} for phone in PHONES[:number]],
            }
            for number in receivers
        },
    }


def test_a_launch_over_the_value_warns_once_a_price_is_known(world: World) -> None:
    world.write_project(checks={"cost/estimate": {"value": 10}})
    world.write(_messages(5))
    assert world.checks("cost/estimate") == []  # nobody knows a price yet
    assert world.launch().code == 0
    estimate = world.service.get("/smses/1")["priceEstimateInCents"]
    world.write(_messages(5, 6))
    (check,) = world.checks("cost/estimate")
    cents = round(estimate / 5 * 6)
    assert f"smses.to-6 costs about {cents} cents for 6 people" in check["message"]
    assert (check["status"], check["addresses"], check["people"]) == ("warn", ["smses.to-6"], 6)
    world.write_project(checks={"cost/estimate": {"value": cents}})
    assert world.checks("cost/estimate") == []
    world.write_project()
    assert world.checks("cost/estimate") == []


def test_its_level_may_refuse(world: World) -> None:
    world.launched(_messages(5))
    world.write_project(checks={"cost/estimate": {"value": 1, "level": "deny"}})
    world.write(_messages(5, 6))
    assert world.launch().code == 5
    assert world.launch("--override", "cost/estimate").code == 0
