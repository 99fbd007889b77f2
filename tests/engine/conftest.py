"""A world for each test, and kinds that are held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.engine.create import protocol as create_module
from mscode.model.kind import Kind
from mscode.plan.identity import lost_create as lost
from mscode.plan.identity import matching as scope
from tests.engine.review_world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("mscode.engine.apply.executor.POLL_SECONDS", 0.01)
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a section one whose create by itself reaches people."""

    def hold(section: str) -> None:
        def held(kind: Kind) -> bool:
            return kind.section == section

        for module in (lost, scope, create_module):
            monkeypatch.setattr(module, "needs_manual_resolution", held)

    return hold
