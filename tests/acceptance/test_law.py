"""The law of reconcilers: after an apply that ends with 0, a plan is empty, and looking changes nothing."""

from __future__ import annotations

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World


def test_a_plan_after_an_apply_is_empty_and_sends_nothing_but_get(world: World) -> None:
    world.write(drive())
    first = world.plan("--detailed-exitcode")
    assert first.code == 2, first.said
    assert world.service.requests(writes=True) == []
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
