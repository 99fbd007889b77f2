"""Killed at any point of a run, and applied again: as if it had not been killed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from tests.crash.known_open import KNOWN_OPEN
from tests.crash.process import distinct, killed_at, points_of
from tests.faults.bench import Bench, BrokenPromiseError
from tests.faults.project import SCENES, Scene

SEED = 20261130
#: How many points of each scene are killed by `make test`; all of them by `make torture`.
SAMPLE = {"make": 3, "edit": 2, "respeak": 1, "running": 2, "grow": 1, "remove": 1, "send": 2, "resend": 1, "relist": 1}
PAIRS = 150
#: With CRASH_EVERY=1 also where a kill finds the same disk and account as at the point before.
EVERY = os.environ.get("CRASH_EVERY") == "1"

Figure = Callable[[str, object], None]


@pytest.mark.parametrize(("name", "part"), [(name, part) for name, count in SAMPLE.items() for part in range(count)])
def test_a_run_that_is_killed_is_made_whole_by_the_next(bench: Bench, name: str, part: int) -> None:
    scene = SCENES[name]
    points = points_of(bench, scene)
    closed = [at for at in distinct(points) if f"{scene.name}: {points[at - 1]}" not in KNOWN_OPEN]
    wide = len(closed) // SAMPLE[name]
    killed_at(bench, scene, closed[part * wide + random.Random(f"{SEED} {name} {part}").randrange(wide)])


@pytest.mark.parametrize(
    ("name", "label"), [("launch", "after write 2026.jsonl"), ("send", "half-way through write 2026.jsonl")]
)
def test_killed_between_a_record_and_its_request_or_in_the_midst_of_the_last_record(
    bench: Bench, name: str, label: str
) -> None:
    points = points_of(bench, SCENES[name])
    killed_at(bench, SCENES[name], max(at for at, point in enumerate(points, 1) if point == label))


@pytest.mark.torture
@pytest.mark.parametrize("name", SCENES)
def test_every_point_of_a_run_can_be_its_last(bench: Bench, name: str, record_property: Figure) -> None:
    scene = SCENES[name]
    points = points_of(bench, scene)
    record_property("crash points", len(points))
    killed = list(range(1, len(points) + 1)) if EVERY else distinct(points)
    broken = [(points[at - 1], _broken(bench, scene, [at], record_property)) for at in killed]
    _refuse_new(scene, broken)


@pytest.mark.torture
def test_the_recovery_may_be_killed_as_well(bench: Bench, record_property: Figure) -> None:
    drawn = random.Random(SEED)
    for _ in range(PAIRS):
        scene = SCENES[drawn.choice(list(SAMPLE))]
        points = points_of(bench, scene)
        first = drawn.choice(distinct(points))
        second = drawn.randint(1, max(40, len(points) - first))
        broken = _broken(bench, scene, [first, second], record_property)
        assert not broken, f"{scene.name}, killed at {first} ({points[first - 1]}), then at {second}: {broken}"


def _broken(bench: Bench, scene: Scene, points: list[int], record_property: Figure) -> str:
    """What promise was broken, "" for none; and the figures that docs/reliability.md gives."""
    said = ""
    died = 1
    try:
        died = killed_at(bench, scene, *points)
    except BrokenPromiseError as error:
        said = str(error)
        record_property(error.figure, 1)
    record_property("pairs" if died > 1 else "kills", 1)
    return said


def _refuse_new(scene: Scene, broken: list[tuple[str, str]]) -> None:
    """Nothing is broken but what is known to be; and what is known to be still is."""
    found = {f"{scene.name}: {label}": said for label, said in broken if said}
    new = {label: said for label, said in found.items() if label not in KNOWN_OPEN}
    assert not new, "\n\n".join(f"{label}: {said}" for label, said in new.items())
    healed = [label for label in KNOWN_OPEN if label.startswith(f"{scene.name}: ") and label not in found]
    assert not healed, f"take out of KNOWN_OPEN: {healed}"
