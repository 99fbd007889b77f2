"""The emulator in this process, a run whose pauses last no time, and what watches it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.engine.apply.run import Run
from mscode.http.session import Session
from mscode.sandbox import clock
from tests.faults.conftest import _Impatient
from tests.interference.world import World
from tests.model.disk import Disk
from tests.model.stage import Stage


@pytest.fixture(scope="module")
def stage_and_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Path]]:
    before = clock.machine_time
    stage = Stage()
    yield stage, tmp_path_factory.mktemp("interference")
    stage.app.state.store.close()
    clock.machine_time = before


@pytest.fixture
def world_of(stage_and_folder: tuple[Stage, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    for name in [n for n in os.environ if n.startswith("MSCODE_")] + ["CI", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    stage, folder = stage_and_folder
    monkeypatch.setenv("MODEL_TOKEN", stage.token)
    monkeypatch.setattr("mscode.http.sender.network", lambda *_: stage)
    monkeypatch.setattr("mscode.engine.apply.executor.POLL_SECONDS", 0.02)
    worlds: list[World] = []
    make_session, make_run = Session.__init__, Run.__init__

    def session(self: Session, *args: Any, **more: Any) -> None:
        make_session(self, *args, **{**more, "sleep": lambda _: None})

    def run(self: Run, *args: Any, **more: Any) -> None:
        make_run(self, *args, **more)
        self.stop = _Impatient()
        worlds[0].stop = self.stop

    monkeypatch.setattr(Session, "__init__", session)
    monkeypatch.setattr(Run, "__init__", run)
    disk = Disk()
    # Without a handler of mscode's own a hangup would end the tests; with this one it is as if it were ignored.
    hangup = signal.signal(signal.SIGHUP, lambda number, frame: None)
    with disk.watched():

        def make() -> World:
            worlds[:] = [World(folder, stage, disk)]
            return worlds[0]

        yield make
    signal.signal(signal.SIGHUP, hangup)
