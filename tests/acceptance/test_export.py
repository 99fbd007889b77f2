"""The law of exports: export, and planning that gives only imports; apply, and planning that gives nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import drive, invite
from tests.acceptance.conftest import Ended, World


class Exports:
    """A project without manifests beside a live account, and the folder that it is exported into."""

    def __init__(self, world: World) -> None:
        self.world, self.out = world, world.folder.parent / "exported"

    def export(self, *options: str | Path) -> Ended:
        return self.world.cli("export", self.world.folder, "--out", self.out, *options)

    def text(self, name: str) -> str:
        return (self.out / name).read_text()

    def files(self) -> list[str]:
        found = (path.relative_to(self.out).as_posix() for path in self.out.rglob("*.yaml"))
        return sorted(name for name in found if name != "mscode.yaml")

    def holds_the_law(self, imports: int) -> None:
        """Planning gives only imports; applying them changes nothing; then there is nothing to plan."""
        world = self.world
        world.service.forget_requests()
        planned = world.cli("plan", self.out)
        assert planned.code == 0, planned.said
        assert f"Plan: {imports} to import, 0 to add, 0 to change, 0 to destroy." in planned.out
        applied = world.cli("apply", self.out, "--auto-approve")
        assert applied.code == 0, applied.said
        again = world.cli("plan", self.out, "--detailed-exitcode")
        assert again.code == 0, again.said
        assert "No changes. Your campaigns match the live account." in again.out
        assert world.service.requests(writes=True) == []


@pytest.fixture
def exports(world: World) -> Exports:
    return Exports(world)


def make(world: World, path: str, **body: Any) -> Any:
    return world.service.send("POST", path, body)


def forgotten(world: World) -> None:
    """The account stays, the project's manifests and state go: an account that nothing manages."""
    import shutil

    shutil.rmtree(world.folder / ".mscode")
    (world.folder / "all.yaml").unlink()
    world.service.forget_requests()


@pytest.mark.parametrize("options", [(), ("--people",), ("--split", "campaign"), ("--people", "--split", "campaign")])
@pytest.mark.parametrize("time", ["2026-11-30T07:00:00Z", "2026-12-01T08:05:00Z"])
def test_the_law_holds_for_an_account_that_nothing_manages(exports: Exports, options: tuple[str, ...], time: str) -> None:
    exports.world.launched(drive())
    exports.world.service.at(time)
    forgotten(exports.world)
    ended = exports.export(*options)
    assert ended.code == 0, ended.said
    assert exports.world.service.requests(writes=True) == []
    exports.holds_the_law(10 if "--people" in options else 4)
