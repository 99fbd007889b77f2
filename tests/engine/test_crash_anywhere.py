"""A crash at any request of an apply: the next one ends as if nothing had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.review_world import Crash, World
from tests.engine.test_review import TOMORROW, campaign

# ---- a crash anywhere ------------------------------------------------------------------------------------------------

ONE = campaign(TOMORROW, receivers="{group: donors}")
TWO = campaign(f"{TOMORROW}\n    maxRedials: 1", receivers="{group: donors}, {account: erik}", accepts=1)
#: groups that are read back together
MANY = campaign(
    TOMORROW,
    receivers="{group: donors}",
    groups="".join(f"g{i}: {{description: Group {i}, members: {{accounts: [anna]}}}}\n  " for i in range(8)),
)
#: what is applied before the crash, and what at the crash
SCENARIOS = {
    "made": ("", ONE),
    "made, with several at once": ("", MANY),
    "edited, with a new receiver": (ONE, TWO),
    "replaced, for a receiver less": (TWO, campaign(f"{TOMORROW}\n    maxRedials: 1", receivers="{group: donors}")),
    "spoken anew": (ONE, campaign(TOMORROW, receivers="{group: donors}", text="Hello you")),
}
#: every such request of an apply; 1 tries them all
STRIDE = 6


def end_of(world: World) -> dict[str, Any]:
    """What there is in the account, without ids and times."""
    (call,) = world.all("/rsvp_calls")
    receivers = sorted("group" if row["groupId"] else row["phone"] for row in call["receivers"])
    return {
        "accounts": sorted(one["firstName"] for one in world.all("/accounts")),
        "groups": sorted(
            (one["name"], len(world.all(f"/groups/{one['groupId']}/accounts"))) for one in world.all("/groups")
        ),
        "voice files": [(one["name"], one["text"]) for one in world.all("/voice_files")],
        "campaign": (call["state"], str(call["maxRedials"]), receivers),
    }


def undisturbed(folder: Path, before: str, after: str) -> dict[str, Any]:
    folder.mkdir()
    world = World(folder)
    try:
        for text in filter(None, (before, after)):
            world.write(text)
            assert world.apply().complete
        return end_of(world)
    finally:
        world.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_any_request_leaves_nothing_twice(tmp_path: Path, scenario: str, when: str) -> None:
    before, after = SCENARIOS[scenario]
    wanted = undisturbed(tmp_path / "undisturbed", before, after)
    crashed, nth = True, 1
    while crashed:
        (tmp_path / f"{nth}").mkdir()
        world = World(tmp_path / f"{nth}")
        if before:
            world.write(before)
            assert world.apply().complete
        world.write(after)
        crashed = _dies(world, when, nth)
        summary = world.apply()
        assert summary.complete, (nth, summary)
        assert end_of(world) == wanted, nth
        assert not world.plan().shown and world.intents() == [], nth
        world.close()
        nth += STRIDE
    assert nth > 3 * STRIDE


def _dies(world: World, when: str, nth: int) -> bool:
    """Apply, and die at the nth request; False where there are not so many."""
    seen: list[str] = []

    def die(method: str, path: str, body: Any) -> None:
        seen.append(path)
        if len(seen) == nth:
            raise Crash

    setattr(world.transport, when, die)
    try:
        world.apply()
    except Crash:
        return True
    finally:
        setattr(world.transport, when, None)
    return False
