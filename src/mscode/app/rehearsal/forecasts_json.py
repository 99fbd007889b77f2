"""A campaign's forecast as JSON data: counts, shares and instants alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mscode.model.calling_window import format_instant

if TYPE_CHECKING:
    from mscode.plan.change import Reach
    from mscode.plan.forecast.forecast import Forecast, LikelyRates, Range
    from mscode.plan.invariants import Caller
    from mscode.views.rehearsal.rehearsal_shapes import (
        AmountRangeJson,
        CountRangeJson,
        MomentRangeJson,
        RatesJson,
        RehearsedCampaignJson,
        ShareRangeJson,
    )

#: Decimals of a share, and of an amount in cents.
_SHARE, _CENTS = 4, 2


def campaign_json(caller: Caller, forecast: Forecast | None, reach: Reach | None) -> RehearsedCampaignJson:
    """What calls people in a plan, with its forecast where there is one. `reach` is that of the whole campaign, None where only
    the launch's is known, or where it is not launched.
    """
    reach = reach or (caller.launch.reach if caller.launch is not None else None)
    people, calls_each = len(caller.people), 1 + caller.redials if caller.kind.unit == "call" else 0
    wants = caller.kind.counts_accepts
    campaign: RehearsedCampaignJson = {
        "address": caller.address,
        "people": people if reach is None else reach.people,
        "maxCalls": people * calls_each if reach is None else reach.max_calls,
        "acceptsWanted": caller.wanted if wants else None,
        "firstCall": None if reach is None else instant(reach.first_call),
        "lastCall": None if reach is None else instant(reach.last_call),
        "rates": None,
        "chance": None,
        "accepts": None,
        "calls": None,
        "rung": None,
        "end": None,
        "cost": None,
        "acceptsOverTime": [],
        "callsPerHour": [],
    }
    if caller.kind.unit != "call":
        campaign["maxMessages"] = people if reach is None else reach.max_messages
    if forecast is not None:
        _add(campaign, forecast, wants=wants)
    return campaign


def _add(campaign: RehearsedCampaignJson, forecast: Forecast, *, wants: bool) -> None:
    campaign["rates"] = _rates(forecast.rates)
    campaign["chance"] = round(forecast.chance, _SHARE) if wants and forecast.chance is not None else None
    campaign["accepts"] = _counts(forecast.accepts)
    campaign["calls"] = _counts(forecast.calls)
    campaign["rung"] = _counts(forecast.people)
    campaign["end"] = _moments(forecast.end)
    campaign["cost"] = None if forecast.cents is None else _amounts(forecast.cents)
    campaign["acceptsOverTime"] = [
        {"at": format_instant(one.at), **_counts(one.accepts)} for one in forecast.accepts_over_time
    ]
    campaign["callsPerHour"] = [{"at": format_instant(one.at), "median": one.median} for one in forecast.calls_per_hour]


def _rates(rates: LikelyRates) -> RatesJson:
    return {
        "source": rates.source,
        "campaigns": rates.campaigns,
        "answer": _shares(rates.answer),
        "accept": _shares(rates.accept),
    }


def _shares(shares: Range[float]) -> ShareRangeJson:
    median, low, high = (round(share, _SHARE) for share in (shares.median, shares.low, shares.high))
    return {"median": median, "low": low, "high": high}


def _counts(counts: Range[int]) -> CountRangeJson:
    return {"median": counts.median, "low": counts.low, "high": counts.high}


def _amounts(cents: Range[float]) -> AmountRangeJson:
    median, low, high = (round(amount, _CENTS) for amount in (cents.median, cents.low, cents.high))
    return {"median": median, "low": low, "high": high}


def _moments(moments: Range[datetime]) -> MomentRangeJson:
    return {
        "median": format_instant(moments.median),
        "low": format_instant(moments.low),
        "high": format_instant(moments.high),
    }


def instant(moment: datetime | None) -> str | None:
    """An instant in UTC; None where there is none."""
    return format_instant(moment) if moment is not None else None
