"""The sandbox's clock."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from .conftest import Machine
from .world import World


@pytest.mark.parametrize(
    ("sent", "now"),
    [
        ({"time": "2030-01-01T12:00:00+02:00"}, "2030-01-01T10:00:00Z"),
        ({"now": "2030-01-01T12:00:00Z"}, "2030-01-01T12:00:00Z"),
        ({"set": "2030-01-01 12:00"}, "2030-01-01T12:00:00Z"),
        ({"time": "2030-01-01"}, "2030-01-01T00:00:00Z"),
        ({"advance": "+3h"}, "2026-12-01T10:00:00Z"),
        ({"advance": "90m"}, "2026-12-01T08:30:00Z"),
        ({"by": "+2d"}, "2026-12-03T07:00:00Z"),
        ({"advance": "+1w"}, "2026-12-08T07:00:00Z"),
        ({"advance": "-30s"}, "2026-12-01T06:59:30Z"),
        ({"advance": 3600}, "2026-12-01T08:00:00Z"),
        ({"time": "+3h"}, "2026-12-01T10:00:00Z"),
        ("+3h", "2026-12-01T10:00:00Z"),
        ("2030-01-01T12:00:00Z", "2030-01-01T12:00:00Z"),
    ],
)
def test_the_clock_takes_times_and_steps(world: World, sent: object, now: str) -> None:
    assert world.control("POST", "/clock", sent) == {"now": now}
    assert world.control("GET", "/clock") == {"now": now}


@pytest.mark.parametrize("text", ["+3h", "2026-12-01T10:00:00Z", '"+3h"'])
def test_the_clock_takes_bare_text(world: World, text: str) -> None:
    response = world.send("POST", "http://sandbox.local/__sandbox/clock", content=text)
    assert response.json() == {"now": "2026-12-01T10:00:00Z"}


@pytest.mark.parametrize(
    "sent",
    [{}, [], "", {"time": "soon"}, {"time": None}, {"time": {"time": "+3h"}}, {"time": "9999-12-31T23:59:59Z"},
     {"time": "0001-01-01T00:00:00Z"}, {"advance": "3"}, {"advance": "+3y"}, {"advance": None}, {"advance": True},
     {"advance": 1e300}, {"advance": "+999999999999w"}, {"advance": "+9999999999999999w"}],
)  # fmt: skip
def test_what_is_no_time_is_400(world: World, sent: object) -> None:
    response = world.send("POST", "http://sandbox.local/__sandbox/clock", sent)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    assert world.control("GET", "/clock") == {"now": "2026-12-01T07:00:00Z"}


def test_the_clock_runs_on_from_where_it_was_set(world: World, machine: Machine) -> None:
    machine.now += 90
    assert world.control("GET", "/clock") == {"now": "2026-12-01T07:01:30Z"}


def test_the_clock_survives_a_restart(tmp_path: Path, machine: Machine) -> None:
    World(tmp_path / "sandbox.db").close()
    machine.now += 3600
    world = World(tmp_path / "sandbox.db", now=None)
    assert world.control("GET", "/clock") == {"now": "2026-12-01T08:00:00Z"}
    world.close()


def test_without_being_set_it_is_the_machines(machine: Machine) -> None:
    machine.now = datetime(2040, 5, 5, 1, 2, 3, tzinfo=UTC).timestamp()
    world = World(now=None)
    assert world.control("GET", "/clock") == {"now": "2040-05-05T01:02:03Z"}
    world.close()


def test_a_start_time_may_have_an_offset_and_is_utc_without() -> None:
    for now in (datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 12, 1, 7)):
        world = World(now=now)
        assert world.control("GET", "/clock") == {"now": "2026-12-01T07:00:00Z"}
        world.close()


def test_a_step_back_undoes_no_ring(stage: World) -> None:
    stage.rsvp()
    stage.at("2026-12-01T09:00:00Z")
    stage.at("2026-12-01T08:00:00Z")
    assert [ring["at"] for ring in stage.rings()] == ["2026-12-01T09:00:00Z"]
