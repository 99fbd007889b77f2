"""Clocks that differ or jump: nothing rings on a wrong time, and what has passed meanwhile is not launched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from mscode.api.client import Reader
from mscode.engine.account.target import Account
from mscode.engine.session import refuse_wrong_clock
from mscode.errors import MscodeError
from tests.engine.review_world import World
from tests.engine.test_review import TOMORROW, campaign

GROUP = "groups: {donors: {description: Donors}}"


class _Ahead:
    """A service whose clock is so far ahead."""

    def __init__(self, skew: timedelta | None) -> None:
        self._skew = skew

    def skew(self) -> timedelta | None:
        return self._skew


def checked(world: World, skew: timedelta | None, *, remote: bool = True) -> None:
    target = replace(world.environment.target(), checks_clock=remote)
    refuse_wrong_clock(Account(cast(Reader, _Ahead(skew)), target), world.plan())


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clocks_that_differ_stop_what_rings(world: World, minutes: int) -> None:
    world.write(campaign(TOMORROW))
    with pytest.raises(MscodeError, match=r"are -?10 minutes apart"):
        checked(world, timedelta(minutes=minutes))


@pytest.mark.parametrize("skew", [None, timedelta(seconds=90)])
def test_a_small_or_unknown_difference_stops_nothing(world: World, skew: timedelta | None) -> None:
    world.write(campaign(TOMORROW))
    checked(world, skew)


def test_clocks_stop_nothing_that_does_not_ring_and_nothing_on_this_machine(world: World) -> None:
    world.write(GROUP)
    checked(world, timedelta(days=1))
    world.write(campaign(TOMORROW))
    checked(world, timedelta(days=1), remote=False)


def jumping(world: World, method: str, path: str, time: str) -> None:
    """The service's clock jumps after the first such request."""

    def jump(m: str, p: str, body: Any) -> None:
        if (m, p) == (method, path):
            world.transport.after = None
            world.at(time)

    world.transport.after = jump


def test_a_campaign_whose_end_passes_during_the_apply_is_not_launched(world: World) -> None:
    world.write(campaign(TOMORROW))
    jumping(world, "POST", "/rsvp_calls", "2027-01-10T12:00:00Z")
    ended = world.apply()
    assert [str(address) for address, _ in ended.failed] == ["rsvpCalls.invite"]
    assert world.rung() == []
    assert world.apply().complete and world.rung() == []


@pytest.mark.parametrize("time", ["2026-11-30T07:00:00Z", "2026-12-01T19:00:00Z"], ids=["back", "forward"])
def test_a_clock_that_jumps_during_the_apply_makes_nothing_twice_and_rings_nobody_early(
    world: World, time: str
) -> None:
    world.write(campaign(TOMORROW))
    jumping(world, "PUT", "/rsvp_calls/1", time)
    assert world.apply().complete
    assert len(world.all("/rsvp_calls")) == 1 and world.rung() == []
    world.at("2026-12-20T12:00:00Z")
    assert world.only_one_campaign_called()
