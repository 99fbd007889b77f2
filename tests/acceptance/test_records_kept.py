"""How long the records of launches are kept."""

from __future__ import annotations

import json

import pytest

from mscode.state.local.backend import LocalState
from mscode.state.records.local import LocalRecords
from mscode.state.records.store import RecordStore
from mscode.state.records.verify import verify
from mscode.state.store import StateStore
from tests.acceptance.campaigns import PHONES
from tests.acceptance.conftest import World


def keep(world: World, period: object) -> None:
    path = world.folder / "mscode.yaml"
    project = json.loads(path.read_text())
    project["environments"]["test"]["recordsKeep"] = period
    path.write_text(json.dumps(project, indent=1))


def storage(world: World) -> LocalRecords:
    return LocalRecords(world.folder / ".mscode" / "test" / "records")


def is_whole(world: World) -> bool:
    state = StateStore.read(LocalState(world.folder / ".mscode" / "test"), "drive", "test", world.service.url)
    return verify(storage(world), state.records()) == []


def test_records_are_erased_when_their_time_has_passed(launched: World) -> None:
    keep(launched, "2w")
    launched.service.at("2026-12-14T05:59:00Z")
    assert "Erased" not in launched.launch().err
    assert len(RecordStore.read(storage(launched)).by_person(PHONES[0])) == 1
    launched.service.at("2026-12-14T06:05:00Z")
    assert "Erased 2 records older than 2w." in launched.launch().err  # the launch, and what came of it
    assert RecordStore.read(storage(launched)).launches() == []
    assert RecordStore.read(storage(launched)).by_person(PHONES[0]) == []
    assert storage(launched).names() == ["2026.jsonl", "key"]
    assert is_whole(launched)
    assert "Erased" not in launched.launch().err


def test_without_the_setting_they_are_kept(launched: World) -> None:
    launched.service.at("2046-12-14T06:05:00Z")
    assert launched.launch().code == 0
    assert len(RecordStore.read(storage(launched)).launches()) == 1 and is_whole(launched)


def test_looking_erases_nothing(launched: World) -> None:
    keep(launched, "1d")
    launched.service.at("2026-12-14T06:05:00Z")
    for command in ("plan", "status", "drift", "validate"):
        launched.look(command, launched.folder)
    assert len(RecordStore.read(storage(launched)).launches()) == 1


@pytest.mark.parametrize("period", ["0y", "5", 5, "five years", "5Y", "", [5], True])
def test_a_period_that_is_none_has_its_place(world: World, period: object) -> None:
    keep(world, period)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1
    assert "recordsKeep" in ended.err and "write a whole number and d, w, m or y, like 5y" in ended.err
    assert "on mscode.yaml line" in ended.err


def test_records_that_cannot_be_erased_hold_nothing_up(launched: World) -> None:
    keep(launched, "1d")
    launched.service.at("2026-12-14T06:05:00Z")
    (storage(launched).folder / "key").unlink()
    ended = launched.launch()
    assert ended.code == 0, ended.said
    assert "Records that are older than 1d could not be erased" in ended.err
