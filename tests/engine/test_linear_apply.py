"""What an apply computes grows with its objects, and not with their square: counted in calls of functions, which no other work
of the machine disturbs. Requests are sent one after the other, so that each run counts the same.
"""

from __future__ import annotations

import cProfile
import pstats
import threading
from pathlib import Path

from tests.engine.review_world import World
from tests.engine.test_requests import project

#: For each object of four times as many, against an object of the few.
GROWTH = 1.3


def calls_of_apply(folder: Path, number: int) -> int:
    """Calls of functions in the threads of the steps, for `number` filters, groups, voice files and campaigns."""
    folder.mkdir()
    world, profiles = World(folder), list[cProfile.Profile]()

    def begin(*_: object) -> None:
        """The first call in a thread: from now on its own profile counts."""
        profile = cProfile.Profile()
        profiles.append(profile)
        profile.enable()

    try:
        for i in range(number):
            world.client.post("/accounts", {"phone": f"+358457{i:06}", "city": f"C{i}"}, what="test")
        world.write(project(number))
        threading.setprofile(begin)
        assert world.apply(parallelism=1).complete
    finally:
        threading.setprofile(None)
        world.close()
    total = 0
    for profile in profiles:
        profile.create_stats()
        total += pstats.Stats(profile).total_calls if profile.stats else 0  # type: ignore[attr-defined]
    return total


def test_an_object_of_many_takes_as_many_calls_as_one_of_few(tmp_path: Path) -> None:
    few, many = calls_of_apply(tmp_path / "few", 6), calls_of_apply(tmp_path / "many", 24)
    assert many <= 4 * GROWTH * few, f"{many:,} calls for 4 times the objects of {few:,}"
