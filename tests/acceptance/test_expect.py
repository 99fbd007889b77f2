"""`expect:` of a campaign through the command line: for forecasts alone. It is not sent, not compared and never a change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

EXPECT = {"answer": "60%", "accept": "40%"}


def _digest(world: World) -> str:
    return str(world.plan("--json").json["digest"])


def test_it_is_sent_nowhere_and_changes_nothing(world: World) -> None:
    world.write(drive())
    without = _digest(world)
    world.write(drive(expect=EXPECT))
    assert _digest(world) == without
    assert "expect:" not in world.plan().out
    assert world.launch().code == 0
    assert "expect" not in json.dumps(world.service.campaign())
    world.holds_the_law()
    for edited in (drive(expect={"accept": "0.5%"}), drive()):
        world.write(edited)
        world.holds_the_law()
        assert world.cli("drift", world.folder, "--detailed-exitcode").code == 0


def test_a_click_to_call_has_it_too(world: World) -> None:
    manifest = drive()
    click = {name: value for name, value in manifest["rsvpCalls"].pop("invite").items() if name in _OF_A_CLICK}
    manifest["clickToCalls"] = {"desk": {**click, "voiceFile": "greeting", "expect": EXPECT}}
    world.write(manifest)
    assert world.cli("validate", world.folder).code == 0
    assert world.launch().code == 0
    manifest["clickToCalls"]["desk"]["expect"] = {"answer": "100%"}
    world.write(manifest)
    world.holds_the_law()


_OF_A_CLICK = ("activeFrom", "activeTo", "activeWeekdays", "actionButtons", "receivers")


@pytest.mark.parametrize(
    ("expect", "said", "column"),
    [
        ({"answer": 0.6}, 'expect.answer: "0.6" is no share; write one from 0% to 100%, like "60%"', "0.6"),
        ({"accept": "101%"}, 'expect.accept: "101%" is no share', '"101%"'),
        ({"answer": "60 %"}, 'expect.answer: "60 %" is no share', '"60 %"'),
        ({"answer": "٦٠%"}, "is no share", '"'),
        ({"anser": "60%"}, 'Did you mean "answer"?', '"anser"'),
        ({}, "expect: must have answer, accept or both, like {answer: 60%, accept: 40%}", "{}"),
        ("60%", "expect: must be a mapping", '"60%"'),
    ],
)
def test_what_is_no_share_is_an_error_with_its_place(world: World, expect: Any, said: str, column: str) -> None:
    world.write(drive(expect=expect))
    ended = world.cli("validate", world.folder)
    assert ended.code == 1
    assert said in ended.said
    (error,) = world.cli("validate", world.folder, "--json").json["diagnostics"]
    line = (world.folder / "all.yaml").read_text().splitlines()[error["line"] - 1]
    assert line[error["column"] - 1 :].startswith(column)
