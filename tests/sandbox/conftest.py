from collections.abc import Iterator

import pytest

from .world import World


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
