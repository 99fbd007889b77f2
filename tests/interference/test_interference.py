"""Whatever somebody does at whatever point of an apply: no halt is lost, nobody is rung twice, nobody unknown is rung."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.interference.acts import FAULTS, acts
from tests.interference.scenes import INTERFERED, Scene
from tests.interference.world import BrokenPromiseError, World

SEED = 20261130
#: PERSONS_EVERY=3 tries each third point in the long run.
EVERY = int(os.environ.get("INTERFERENCE_EVERY", "1"))
Figure = Callable[[str, object], None]


def _requests(points: list[str]) -> list[int]:
    """The points at which a request that changes something is about to go out."""
    return [at for at, label in enumerate(points, 1) if label.split(" ")[1] in ("POST", "PUT", "DELETE")]


def _broken(world: World, scene: Scene, name: str, cells: Iterator[tuple[int, str]]) -> tuple[int, list[str]]:
    """How many cells were tried, and what was broken in them."""
    broken, tried = [], 0
    for at, fault in cells:
        tried += 1
        try:
            world.interfere(scene, at, acts()[name], FAULTS.get(fault))
        except BrokenPromiseError as error:
            broken.append(f"[{at} {fault}] {error}")
    return tried, broken


@pytest.mark.parametrize("name", acts())
@pytest.mark.parametrize("scene", INTERFERED)
def test_somebody_acts_at_a_point(world_of: Callable[[], World], scene: str, name: str) -> None:
    """A sample: one point, in turn without a fault and after a request that failed; every point is `make torture`'s."""
    world, drawn = world_of(), random.Random(f"{SEED} {scene} {name}")
    points = world.points(INTERFERED[scene])
    if (list(INTERFERED).index(scene) + list(acts()).index(name)) % 2:
        cell = drawn.choice(_requests(points)), drawn.choice(list(FAULTS))
    else:
        cell = drawn.randint(1, len(points)), ""
    _, broken = _broken(world, INTERFERED[scene], name, iter([cell]))
    assert not broken, "\n\n".join(broken)


@pytest.mark.torture
@pytest.mark.parametrize("name", acts())
@pytest.mark.parametrize("scene", INTERFERED)
def test_somebody_acts_at_every_point(
    world_of: Callable[[], World], scene: str, name: str, record_property: Figure
) -> None:
    world = world_of()
    points = world.points(INTERFERED[scene])
    plain = [(at, "") for at in range(1, len(points) + 1, EVERY)]
    faulty = [(at, fault) for at in _requests(points) for fault in FAULTS]
    tried, broken = _broken(world, INTERFERED[scene], name, iter(plain + faulty))
    record_property("interferences", tried)
    record_property("other broken promises", len(broken))
    assert not broken, f"{len(broken)} of {tried}\n" + "\n\n".join(broken[:3])
