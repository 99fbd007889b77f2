"""Rehearsals made by hand, for the views."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mscode.model.calling_window import format_instant
from mscode.views.rehearsal.output_shapes import RehearsalOutputJson
from mscode.views.rehearsal.rehearsal_shapes import (
    INVARIANTS,
    AcceptsAtJson,
    CallsInHourJson,
    CountRangeJson,
    InvariantJson,
    LedgerJson,
    RehearsedCampaignJson,
)

NINE = datetime(2026, 12, 1, 7, tzinfo=UTC)
INVITE, REMIND = "rsvpCalls.invite", "calls.remind"


def counts(median: int, low: int, high: int) -> CountRangeJson:
    return {"median": median, "low": low, "high": high}


def after(hours: float) -> str:
    return format_instant(NINE + timedelta(hours=hours))


def over_time(medians: list[int]) -> list[AcceptsAtJson]:
    return [
        {"at": after(at + 1), "median": median, "low": round(median * 0.75), "high": round(median * 1.3)}
        for at, median in enumerate(medians)
    ]


def per_hour(calls: list[float]) -> list[CallsInHourJson]:
    """Eight hours of each day, from nine to five in Helsinki."""
    return [{"at": after(at // 8 * 24 + at % 8), "median": number} for at, number in enumerate(calls)]


def campaign(address: str = INVITE, **more: Any) -> RehearsedCampaignJson:
    """A campaign that wants 40 accepts of 200 people."""
    data: dict[str, Any] = {
        "address": address,
        "people": 200,
        "maxCalls": 800,
        "acceptsWanted": 40,
        "firstCall": after(0),
        "lastCall": after(80),
        "rates": {
            "source": "account",
            "campaigns": 12,
            "answer": {"median": 0.6, "low": 0.5, "high": 0.7},
            "accept": {"median": 0.4, "low": 0.3, "high": 0.5},
        },
        "chance": 0.82,
        "accepts": counts(44, 31, 52),
        "calls": counts(310, 250, 380),
        "rung": counts(160, 120, 200),
        "end": {"median": after(29), "low": after(7), "high": after(80)},
        "cost": {"median": 930.0, "low": 750.0, "high": 1140.5},
        "acceptsOverTime": over_time([6, 11, 16, 20, 24, 27, 30, 33, 35, 37, 39, 40, 41, 42, 43, 44]),
        "callsPerHour": per_hour([60, 50, 40, 34, 28, 20, 16, 12, 11, 9, 8, 7, 6, 4, 3, 2]),
        **more,
    }
    return data  # type: ignore[return-value]


def without_accepts(address: str = REMIND, **more: Any) -> RehearsedCampaignJson:
    """One that nobody can accept, with rates of its manifest."""
    given = {
        "source": "expect",
        "campaigns": 0,
        "answer": {"median": 0.6, "low": 0.6, "high": 0.6},
        "accept": {"median": 0.0, "low": 0.0, "high": 0.0},
    }
    nothing = {"acceptsWanted": None, "chance": None, "accepts": None, "cost": None, "acceptsOverTime": []}
    return campaign(address, **{"rates": given, **nothing, **more})


def invariants(address: str = INVITE, **messages: str) -> list[InvariantJson]:
    """All that is checked of a campaign; a message that begins with `!` is a breach."""
    return [
        {
            "name": name,
            "address": address,
            "holds": not messages.get(name, "").startswith("!"),
            "message": messages.get(name, "").removeprefix("!"),
        }
        for name in INVARIANTS
    ]


def ledger(address: str = INVITE, **more: Any) -> LedgerJson:
    return {
        "address": address,
        "calls": 213,
        "rung": 150,
        "accepts": 40,
        "first": after(0),
        "last": after(6.2),
        "end": after(6.2),
        "state": "complete",
        **more,
    }


def rehearsal(*campaigns: RehearsedCampaignJson, **more: Any) -> RehearsalOutputJson:
    """A rehearsal of these campaigns, in which everything holds."""
    return {
        "format_version": "1.0",
        "mscode_version": "0.1.0",
        "timestamp": "2026-11-30T06:00:00Z",
        "project": "blood-drive",
        "environment": "production",
        "timezone": "Europe/Helsinki",
        "digest": "ab" * 32,
        "seed": 4711,
        "runs": 200,
        "campaigns": list(campaigns),
        "invariants": [check for each in campaigns for check in invariants(each["address"])],
        "ledger": [ledger(each["address"]) for each in campaigns],
        "notes": [],
        "checks": [],
        "diagnostics": [],
        **more,
    }


BREACHED = rehearsal(
    campaign(),
    without_accepts(),
    invariants=[
        *invariants(window="!3 calls after 17:00", callingHours="2 calls after 20:00; overridden"),
        *invariants(REMIND),
        {"name": "people", "address": "", "holds": False, "message": "1 call to a number of no campaign"},
    ],
    notes=["Messages are not rehearsed."],
    checks=[
        {
            "name": "minChance",
            "status": "fail",
            "message": "rsvpCalls.invite has a chance of 82% to reach its accepts, 90% is wanted.",
            "reason": "",
            "addresses": [INVITE],
            "lines": ["To go on this once: --override minChance"],
        }
    ],
)
