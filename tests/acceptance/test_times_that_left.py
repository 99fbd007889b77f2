"""Times that left the manifest: nobody is called earlier than the plan shows, under every reading of the API's page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, WORKDAYS, Manifest, drive
from tests.acceptance.conftest import World

START, BEFORE_START = "2026-12-01 08:00:00", "2026-12-01T07:59:00Z"
#: Open from now on: without its start the campaign would call on the Monday morning on which it is edited.
OPEN = {"activeFrom": "00:00", "activeTo": "23:59", "activeWeekdays": WORKDAYS}
EDITS: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing else": ({}, False),
    "another webhook": ({"stateWebhookUrl": "https://hooks.example.com/state"}, False),
    "fewer redials": ({"maxRedials": 1}, False),
    "redials by default": ({"maxRedials": ...}, True),
    "more redials": ({"maxRedials": 4}, True),
}
READINGS: list[dict[str, Any]] = [{}, {"put_buttons": "lower"}, {"expand_groups": True, "receiver_rows": "account"}]


def first_calls(world: World, *options: str) -> list[str]:
    """To the minute: the emulator's clock goes on by itself."""
    reach = world.plan("--json", *options).json["reach"]
    return [one["firstCall"][:16] for one in (reach if isinstance(reach, list) else reach.values())]


def bodies_of_puts(world: World, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The body of each PUT from now on."""
    bodies, ask = [], world.service.ask

    def heard(method: str, target: str, headers: Any, content: bytes) -> Any:
        if method == "PUT":
            bodies.append(json.loads(content))
        return ask(method, target, headers, content)

    monkeypatch.setattr(world.service, "ask", heard)
    return bodies


def is_not_rung_before_its_start(world: World) -> None:
    campaign = world.service.campaign()
    assert (campaign["state"], campaign["startTime"]) == ("waitingToActive", START)
    world.service.at(BEFORE_START)
    assert world.service.rings() == []
    world.service.advance("+2m")
    assert {one["phone"] for one in world.service.rings()} == set(PHONES[:4])


@pytest.mark.parametrize("reading", READINGS, ids=str)
@pytest.mark.parametrize(("edit", "is_launch"), EDITS.values(), ids=EDITS)
def test_a_start_that_left_the_manifest_stays(
    world: World, edit: dict[str, Any], is_launch: bool, reading: dict[str, Any]
) -> None:
    world.service.reads(**reading)
    world.launched(drive(**OPEN))
    world.write(drive(**OPEN, startTime=..., **edit))
    assert first_calls(world) == (["2026-12-01T08:00"] if is_launch else [])
    ended = world.launch() if is_launch else world.apply()
    assert ended.code == 0, ended.said
    world.holds_the_law()
    is_not_rung_before_its_start(world)


def test_a_resume_waits_for_a_start_that_left_the_manifest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.launched(drive(**OPEN))
    world.service.halt_as_a_person()
    world.write(drive(**OPEN, startTime=...))
    assert first_calls(world, "--resume", "rsvpCalls.invite") == ["2026-12-01T08:00"]
    sent = bodies_of_puts(world, monkeypatch)
    ended = world.launch("--resume", "rsvpCalls.invite")
    assert ended.code == 0, ended.said
    assert [body["startTime"] for body in sent] == [START], "what is left out may be at once, as a service takes it"
    world.holds_the_law()
    is_not_rung_before_its_start(world)


def never_launched(world: World) -> Manifest:
    world.write(drive(**OPEN))
    assert world.apply("--no-launch").code == 0
    return drive(**OPEN, startTime=...)


def test_a_start_that_leaves_before_the_first_launch_is_shown_to_go(world: World) -> None:
    world.write(never_launched(world))
    shown = world.plan().out
    assert "startTime: 2026-12-01 10:00 Europe/Helsinki -> (default)" in shown, shown
    assert first_calls(world) == ["2026-11-30T06:00"]
    assert world.apply().code == 5
    assert world.service.rings() == []
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "active"
    world.holds_the_law()


def test_a_replacement_shows_that_its_start_goes(world: World) -> None:
    phones = [{"phone": "+358405559901"}, {"phone": "+358405559902"}]
    world.launched(drive(**OPEN, receivers=phones, acceptsWanted=1))
    world.write(drive(**OPEN, receivers=phones[:1], acceptsWanted=1, startTime=...))
    shown = world.plan().out
    assert "startTime: 2026-12-01 10:00 Europe/Helsinki -> (default)" in shown, shown
    assert first_calls(world) == ["2026-11-30T06:00"]
    assert world.launch().code == 0
    world.holds_the_law()
