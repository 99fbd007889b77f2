"""The law of reconcilers: after an apply that ends with 0, a plan is empty, and looking changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from ruamel.yaml import YAML

from mscode.model.kind import Kind, registry
from tests.acceptance.campaigns import AFTER, MONDAY, drive
from tests.acceptance.conftest import World

KINDS = list(registry().values())
#: It calls nobody, and its five thousand people take a while: test_account_lists runs it once.
APART = {"contact-list"}
EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples" / "campaigns").glob("*/mscode.yaml"))
    if path.parent.name not in APART
]
PEOPLE = [
    {"phone": f"+3584055{at:05d}", "email": f"p{at}@blood.example", "city": "Espoo", "yearOfBirth": 1970}
    for at in range(60)
]


def test_a_plan_after_an_apply_is_empty_and_sends_nothing_but_get(world: World) -> None:
    world.write(drive())
    first = world.plan("--detailed-exitcode")
    assert first.code == 2, first.said
    assert world.service.requests(writes=True) == []
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_a_second_apply_asks_nothing_and_changes_nothing(world: World) -> None:
    world.launched(drive())
    world.service.forget_requests()
    ended = world.cli("apply", world.folder, "--no-input")
    assert ended.code == 0, ended.said
    assert world.service.requests(writes=True) == []


def test_the_law_holds_on_every_day_of_a_campaign_and_long_after_it(world: World) -> None:
    world.launched(drive())
    for time in ("2026-12-01T08:00:20Z", "2026-12-01T20:00:00Z", "2026-12-03T10:00:00Z", AFTER, "2027-06-01T06:00:00Z"):
        world.service.at(time)
        world.holds_the_law()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
def test_the_law_holds_for_the_example_of(kind: Kind, world: World) -> None:
    world.service.control("POST", "/seed", PEOPLE)
    for name, text in ((name, text) for one in KINDS for name, text in one.example_files.items()):
        (world.folder / name).write_text(text)
    world.write(completed(kind))
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_validate_sends_nothing(world: World) -> None:
    world.write(drive())
    ended = world.cli("validate", world.folder)
    assert ended.code == 0, ended.said
    assert world.service.requests() == []


def test_there_is_an_example_project_to_try() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_law_holds_over_http_for_the_example_project(
    example: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(world.folder)
    shutil.copytree(example.parent, world.folder, ignore=shutil.ignore_patterns(".mscode"))
    monkeypatch.setenv("MSCODE_URL", world.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", world.service.token)
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()


@pytest.mark.parametrize("years", [0, 10])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_example_project_does_not_rot_with_the_calendar(example: Path, years: int, world: World) -> None:
    shutil.rmtree(world.folder)
    shutil.copytree(example.parent, world.folder, ignore=shutil.ignore_patterns(".mscode"))
    with time_machine.travel(f"{2026 + years}-11-30T06:00:00Z", tick=True):
        assert world.cli("sandbox", "clock", MONDAY, "--dir", world.folder).code == 0
        ended = world.launch()
        assert ended.code == 0, ended.said
        again = world.plan("--detailed-exitcode")
        assert again.code == 0, again.said
        assert world.cli("sandbox", "clock", "+5d", "--dir", world.folder).code == 0
        rings = world.cli("sandbox", "rings", "--dir", world.folder, "--json").json
        assert bool(rings) == ("Launch:" in ended.out)
        assert world.launch().code == 0  # replies may have filled a group
        later = world.plan("--detailed-exitcode")
        assert later.code == 0, later.said


def completed(kind: Kind, kinds: Iterable[Kind] = KINDS) -> dict[str, Any]:
    """Its example, with those of the kinds it may refer to."""
    whole: dict[str, Any] = {"apiVersion": "mscode/v1"}
    for other in kinds:
        if other.order <= kind.order:
            whole |= YAML(typ="safe", pure=True).load(StringIO(_quoted(other.example)))
    return whole


def _quoted(example: str) -> str:
    """PyYAML's way of reading times would make objects of them; as text they are what the user typed."""
    return "".join(_as_text(line) for line in example.splitlines(keepends=True))


def _as_text(line: str) -> str:
    name, colon, value = line.partition(": ")
    return (
        f'{name}: "{value.strip()}"\n'
        if name.strip() in ("startTime", "endTime", "actionTime", "expiresAt")
        else f"{name}{colon}{value}"
    )
