"""Forecasts of a plan's campaigns, and what the guard `minChance` says by them.

A forecast comes of the plan alone (plan/forecast/): nothing more is read for it, and the seed is the plan's digest where nobody
names another one. So the same plan has the same chances in a rehearsal, in a comment and under the lock of an apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mscode.app.environment import Environment
    from mscode.plan.change import Check, Plan
    from mscode.plan.forecast.forecast import Forecast
    from mscode.plan.forecast.launches import LaunchedCampaign


def campaigns_of(plan: Plan, environment: Environment) -> list[LaunchedCampaign]:
    """The campaigns that a plan launches, at the pace of the environment's service."""
    from mscode.plan.forecast.launches import launched_campaigns

    profile = environment.profile
    return launched_campaigns(plan, pace=profile.pace, redial_minutes=profile.redial_minutes)


def campaigns_going_on(plan: Plan, environment: Environment) -> list[LaunchedCampaign]:
    """The campaigns that call already and that a plan lets go on, at the same pace."""
    from mscode.plan.forecast.launches import campaigns_under_way

    profile = environment.profile
    return campaigns_under_way(plan, pace=profile.pace, redial_minutes=profile.redial_minutes)


def forecasts_of(
    campaigns: Sequence[LaunchedCampaign], *, seed: int, runs: int, progress: Callable[[int, int], object]
) -> dict[str, Forecast]:
    """The forecast of each campaign, by its address; none with 0 runs. `progress` gets the runs done, and of how many."""
    if not runs:
        return {}
    done, total = 0, runs * len(campaigns)

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    return {one.address: one.forecast(seed=seed, runs=runs, progress=one_more) for one in campaigns}


def min_chance_of(plan: Plan, digest: str, environment: Environment) -> Sequence[Check]:
    """What the guard `minChance` says of a plan, for who makes no other use of its forecasts: nothing where it is not set, or where
    the plan launches nothing. The seed comes from the digest.
    """
    from mscode.plan.forecast.forecast import RUNS, seed_of
    from mscode.plan.guards.min_chance import is_set

    if plan.builder is None or not plan.launches or not is_set(plan.builder):
        return ()
    campaigns = campaigns_of(plan, environment)
    forecasts = forecasts_of(campaigns, seed=seed_of(digest), runs=RUNS, progress=lambda done, total: None)
    return min_chance_by(plan, campaigns, forecasts)


def min_chance_by(
    plan: Plan, campaigns: Iterable[LaunchedCampaign], forecasts: Mapping[str, Forecast]
) -> Sequence[Check]:
    """The same by forecasts that were made; nothing where there are none."""
    from mscode.model.address import Address
    from mscode.plan.guards.min_chance import Chance, min_chance

    if plan.builder is None or not forecasts:
        return ()
    chances = [
        Chance(one.address, forecast.chance, one.wanted, one.rates.source == "default")
        for one in campaigns
        if (forecast := forecasts.get(one.address)) is not None
        and forecast.chance is not None
        and Address.parse(one.address).kind.counts_accepts
    ]
    return tuple(min_chance(plan.builder, chances))
