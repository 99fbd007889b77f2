"""The guard `minChance`: a launch that will probably not reach its accepts is refused, in a rehearsal and by an apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

#: Four people: nearly nobody answers, or everybody accepts.
HOPELESS, SURE = {"answer": "5%", "accept": "50%"}, {"answer": "100%", "accept": "100%"}


def checks(data: Any) -> list[tuple[str, list[str]]]:
    return [(check["status"], check["addresses"]) for check in data["checks"] if check["name"] == "minChance"]


def guarded(world: World, guard: object = "80%", **campaign: Any) -> None:
    world.write_project(guards={"minChance": guard})
    world.write(drive(**campaign))


def test_a_launch_that_will_hardly_succeed_is_refused(world: World) -> None:
    guarded(world, expect=HOPELESS)
    for words in (("rehearse", world.folder, "--json"), ("plan", world.folder, "--rehearse", "--json")):
        ended = world.look(*words)
        assert ended.code == 5, ended.said
        assert checks(ended.json) == [("fail", ["rsvpCalls.invite"])]
    applied = world.launch()
    assert applied.code == 5 and "minChance" in applied.said
    assert world.service.requests(writes=True) == []
    assert not (world.folder / ".mscode" / "audit.jsonl").exists()

    ended = world.launch("--override", "minChance")
    assert ended.code == 0, ended.said
    assert '"minChance"' in (world.folder / ".mscode" / "audit.jsonl").read_text()


def test_in_a_terminal_a_launch_that_is_refused_shows_why(world: World) -> None:
    """The forecast, and then the guard; not the plan alone."""
    guarded(world, expect=HOPELESS)
    rehearsed = world.look("rehearse", world.folder)
    assert rehearsed.code == 5
    forecast, _, guard = rehearsed.said.partition("Rehearsal: No breach")
    assert "    chance:  " in forecast and "expect: of the manifest" in " ".join(forecast.split())
    assert "Guard minChance refuses this plan" in guard
    planned = world.look("plan", world.folder, "--rehearse")
    assert planned.code == 5
    plan, _, forecast = planned.said.partition("\nRehearsal\n")
    assert "Guard minChance refuses this plan" in plan and "    chance:  " in forecast


def test_the_same_plan_has_the_same_chance_everywhere(world: World, tmp_path: Path) -> None:
    """In the plan, in a rehearsal of the saved plan, and in the words in which an apply refuses it."""
    guarded(world, "90%", expect={"answer": "80%", "accept": "80%"}, acceptsWanted=3)
    path = tmp_path / "plan.json"
    planned = world.look("plan", world.folder, "--rehearse", "--json", "--out", path)
    chance = planned.json["rehearsal"]["campaigns"][0]["chance"]
    assert 0 < chance < 0.9 and planned.code == 5
    message = next(check["message"] for check in planned.json["checks"] if check["name"] == "minChance")
    assert f"{int(chance * 1000) / 10:g}%" in message
    rehearsed = world.look("rehearse", path, "--json")
    assert rehearsed.json["campaigns"] == planned.json["rehearsal"]["campaigns"]
    for applied in (world.launch(), world.cli("apply", path, "--allow-launch")):
        assert applied.code == 5 and message.rstrip(".") in " ".join(applied.said.split())


def test_enough_of_a_chance_goes_on(world: World) -> None:
    guarded(world, expect=SURE)
    ended = world.look("rehearse", world.folder, "--json")
    assert ended.code == 0 and checks(ended.json) == [("pass", [])]
    assert world.launch().code == 0


def test_it_warns_where_nothing_is_known(world: World) -> None:
    guarded(world, "99%")
    ended = world.look("rehearse", world.folder, "--json")
    assert ended.code == 0, ended.said
    assert ended.json["campaigns"][0]["rates"]["source"] == "default"
    assert checks(ended.json) == [("warn", ["rsvpCalls.invite"])]
    applied = world.launch()
    assert applied.code == 0 and "minChance" in applied.said


def test_it_warns_where_that_is_its_level(world: World) -> None:
    guarded(world, {"value": "80%", "level": "warn"}, expect=HOPELESS)
    ended = world.look("plan", world.folder, "--rehearse", "--json")
    assert ended.code == 0 and checks(ended.json) == [("warn", ["rsvpCalls.invite"])]
    assert world.launch().code == 0


def test_a_plan_alone_does_not_judge_it_and_says_so(world: World) -> None:
    guarded(world, expect=HOPELESS)
    planned = world.look("plan", world.folder)
    assert planned.code == 0
    assert "guards.minChance is judged by `mscode plan --rehearse`, `mscode rehearse` and `mscode apply`" in " ".join(
        planned.said.split()
    )
    world.write_project()
    assert "minChance" not in world.look("plan", world.folder).said


def test_checking_the_calls_alone_does_not_judge_it(world: World) -> None:
    guarded(world, expect=HOPELESS)
    ended = world.look("rehearse", world.folder, "--json", "--runs", "0")
    assert ended.code == 0 and checks(ended.json) == []
    assert any("minChance" in note for note in ended.json["notes"])


@pytest.mark.parametrize("value", ["80", "101%", "most", "-5%", "", "80 %"])
def test_it_is_a_share(world: World, value: str) -> None:
    guarded(world, value)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1 and 'guards: minChance must be a share like "80%"' in ended.said
