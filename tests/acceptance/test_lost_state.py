"""The state is lost, in parts or whole, restored from an old copy, or copied: the next apply makes nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

Loss = Callable[[Path, Path], None]


def _all_of_it(state: Path, old: Path) -> None:
    shutil.rmtree(state)


def _restored_from_an_old_copy(state: Path, old: Path) -> None:
    shutil.copy(old / "state.json", state / "state.json")


def _an_old_folder_in_its_place(state: Path, old: Path) -> None:
    shutil.rmtree(state)
    shutil.copytree(old, state)


def _the_backup_in_its_place(state: Path, old: Path) -> None:
    shutil.copy(state / "state.json.backup", state / "state.json")


def _the_journal(state: Path, old: Path) -> None:
    (state / "journal.jsonl").unlink()


@pytest.mark.parametrize(
    "loss",
    [_all_of_it, _restored_from_an_old_copy, _an_old_folder_in_its_place, _the_backup_in_its_place, _the_journal],
    ids=lambda loss: loss.__name__.strip("_"),
)
def test_a_lost_state_heals_itself_and_makes_nothing_twice(world: World, tmp_path: Path, loss: Loss) -> None:
    manifest = drive()
    group = manifest["groups"].popitem()
    calls = manifest.pop("rsvpCalls")
    world.write(manifest)
    assert world.apply().code == 0
    state, old = world.folder / ".mscode" / "test", tmp_path / "old"
    shutil.copytree(state, old)
    manifest["groups"][group[0]] = group[1]
    manifest["rsvpCalls"] = calls
    world.launched(manifest)
    before = {path: world.service.get(path) for path in ("/accounts", "/groups", "/voice_files", "/rsvp_calls")}
    managed, rings = world.state_entries(), world.service.rings()
    loss(state, old)
    world.service.forget_requests()
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.requests(writes=True) == []
    assert {path: world.service.get(path) for path in before} == before
    assert world.state_entries() == managed and world.service.rings() == rings
    world.holds_the_law()


def test_an_old_copy_is_said_to_be_one(world: World, tmp_path: Path) -> None:
    world.launched(drive())
    state = world.folder / ".mscode" / "test"
    shutil.copy(state / "state.json.backup", state / "state.json")
    assert "was restored from an older copy" in world.plan().err


def test_what_is_found_again_is_shown_as_an_import(world: World) -> None:
    world.launched(drive())
    shutil.rmtree(world.folder / ".mscode" / "test")
    ended = world.plan()
    assert ended.code == 0 and "will be imported" in ended.out, ended.said
