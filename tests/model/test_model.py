"""Whatever is done in whatever order: nobody is rung without a yes, and nobody more often than approved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from mscode.engine.apply.run import Run
from mscode.http.session import Session
from mscode.sandbox import clock
from tests.faults.conftest import _Impatient
from tests.model.disk import Disk
from tests.model.drive import Drive
from tests.model.machine import Machine
from tests.model.stage import Stage

SEED = 20261130
LONG = 50


@pytest.fixture
def drive_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Drive]]:
    for name in [n for n in os.environ if n.startswith("MSCODE_")] + ["CI", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(clock, "machine_time", clock.machine_time)  # put back afterwards
    stage, disk = Stage(), Disk()
    monkeypatch.setenv("MODEL_TOKEN", stage.token)
    monkeypatch.setattr("mscode.http.sender.network", lambda *_: stage)
    monkeypatch.setattr("mscode.engine.apply.executor.POLL_SECONDS", 0.02)
    _hurry(monkeypatch)
    with disk.watched():
        yield lambda: Drive(tmp_path, stage, disk)
    stage.app.state.store.close()


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause lasts; budgets count all the same."""
    make_session, make_run = Session.__init__, Run.__init__

    def session(self: Session, *args: Any, **more: Any) -> None:
        make_session(self, *args, **{**more, "sleep": lambda _: None})

    def run(self: Run, *args: Any, **more: Any) -> None:
        make_run(self, *args, **more)
        self.stop = _Impatient()

    monkeypatch.setattr(Session, "__init__", session)
    monkeypatch.setattr(Run, "__init__", run)


def _settings(examples: int, steps: int, **more: Any) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        **more,
    )


def test_whatever_happens_nobody_is_rung_without_a_yes(drive_of: Callable[[], Drive]) -> None:
    Machine.drive_of = staticmethod(drive_of)
    run_state_machine_as_test(seed(SEED)(Machine), settings=_settings(15, 12))


@pytest.mark.torture
@pytest.mark.parametrize("shard", range(int(os.environ.get("MODEL_SHARDS", "22"))))
def test_whatever_happens_for_long(
    drive_of: Callable[[], Drive], shard: int, record_property: Callable[[str, object], None]
) -> None:
    first = int(os.environ.get("MODEL_SEED", SEED))
    phases = [Phase.generate, Phase.shrink] if os.environ.get("MODEL_SHRINK") else [Phase.generate]
    print(f"MODEL_SEED={first} shard {shard}")
    before, Machine.drive_of = Machine.steps, staticmethod(drive_of)
    try:
        run_state_machine_as_test(
            seed(first + shard)(Machine),
            settings=_settings(int(os.environ.get("MODEL_EXAMPLES", "100")), LONG, phases=phases),
        )
    finally:
        record_property("model steps", Machine.steps - before)
