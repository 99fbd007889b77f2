from collections.abc import Iterator

import pytest

from mscode.sandbox import clock

from .world import World


class Machine:
    """The machine's time, which stands still: a slow run must not move the sandbox's clock."""

    now = 2_000_000_000.0


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    still = Machine()
    monkeypatch.setattr(clock, "machine_time", lambda: still.now)
    return still


@pytest.fixture
def world() -> Iterator[World]:
    """Empty, on a Tuesday at 07:00 UTC."""
    made = World()
    yield made
    made.close()


@pytest.fixture
def stage(world: World) -> World:
    """With voice file 1 ready, at 07:00:03."""
    assert world.voice_file() == "1"
    return world
