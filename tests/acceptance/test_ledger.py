"""The ledger of phones rung: nobody too often, nobody at the wrong time, nobody without the launch's own yes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, PHONES, drive
from tests.acceptance.conftest import World

HELSINKI = set(PHONES[:4])
#: Nobody's yes ends it early: all four are called until they answer or have been called often enough.
GREEDY = {"acceptsWanted": 4}


def _at(ring: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(ring["at"]).astimezone(UTC)


def test_a_launched_campaign_rings_its_people_inside_its_window_and_nobody_too_often(world: World) -> None:
    world.launched(drive(**GREEDY))
    rings = _rung_by_the_end(world)
    assert {ring["phone"] for ring in rings} == HELSINKI
    assert max(Counter(ring["phone"] for ring in rings).values()) <= 3
    for ring in rings:
        assert _at(ring) >= datetime(2026, 12, 1, 8, tzinfo=UTC)
        assert time(8) <= _at(ring).time() < time(15)
        assert _at(ring).weekday() < 5


def test_nobody_is_rung_after_answering(world: World) -> None:
    world.launched(drive(**GREEDY))
    answered = Counter(ring["phone"] for ring in _rung_by_the_end(world) if ring["answered"])
    assert answered
    assert set(answered.values()) == {1}
    last = {ring["phone"]: ring["answered"] for ring in world.service.rings()}
    assert all(last[phone] for phone in answered)


def test_planning_and_applying_every_few_hours_rings_nobody_more_often(world: World) -> None:
    world.launched(drive(**GREEDY))
    for _ in range(8):
        world.service.advance("+7h")
        assert world.launch().code == 0
    assert max(Counter(ring["phone"] for ring in _rung_by_the_end(world)).values()) <= 3


def test_a_campaign_whose_window_is_one_weekday_rings_on_that_day_alone(world: World) -> None:
    world.launched(drive(activeWeekdays=["thursday"], activeFrom="10:00", activeTo="11:00"))
    rings = _rung_by_the_end(world)
    assert {_at(ring).date().isoformat() for ring in rings} == {"2026-12-03"}
    assert all(time(10) <= _at(ring).time() < time(11) for ring in rings)


def test_a_window_is_read_in_the_zone_of_the_environment_not_shifted(world: World) -> None:
    world.launched(drive(activeFrom="08:00", activeTo="09:00"))
    assert world.service.campaign()["activeFrom"] == "08:00:00"


@pytest.mark.parametrize(("options", "code"), [((), 5), (("--no-launch",), 0)])
def test_without_the_launchs_own_yes_nobody_is_rung(world: World, options: tuple[str, ...], code: int) -> None:
    world.write(drive())
    ended = world.apply(*options)
    assert ended.code == code, ended.said
    assert world.service.campaign()["state"] == "halt"
    assert _rung_by_the_end(world) == []


def test_a_held_launch_is_shown_by_the_next_plan_and_goes_with_its_yes(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    assert world.changes() == {"rsvpCalls.invite": (["update"], ["dials"])}
    assert "# rsvpCalls.invite will be launched" in world.plan().out
    assert world.launch().code == 0
    world.holds_the_law()
    assert {ring["phone"] for ring in _rung_by_the_end(world)} == HELSINKI


def test_a_campaign_that_is_to_be_halted_is_created_and_rings_nobody(world: World) -> None:
    world.launched(drive(state="halt"))
    world.holds_the_law()
    assert _rung_by_the_end(world) == []


def test_a_campaign_is_created_halted_and_launched_by_one_put(world: World) -> None:
    world.launched(drive())
    sent = [line for line in world.service.requests(writes=True) if "/rsvp_calls" in line]
    assert sent == ["POST /rsvp_calls", "PUT /rsvp_calls/1"]


def test_someone_without_a_yes_to_the_plan_sends_nothing(world: World) -> None:
    world.write(drive())
    ended = world.cli("apply", world.folder, "--no-input")
    assert ended.code == 1, ended.said
    assert world.service.requests(writes=True) == []


def _rung_by_the_end(world: World) -> list[dict[str, Any]]:
    world.service.at(AFTER)
    return world.service.rings()
