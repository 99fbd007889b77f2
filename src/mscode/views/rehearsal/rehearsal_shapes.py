"""A rehearsal's JSON, member by member: a plan made with `--rehearse` holds it as its member `rehearsal`, and `rehearse --json`
prints it with what the guards say (`output_shapes.py`).

Counts, shares and instants alone: no number, name or address of a person. The descriptions are the schema's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mscode.views.json_schema import Count, Instant, about

#: Where the rates of a forecast come from: the campaign's own `expect:`, finished campaigns of the account, or wide defaults.
RatesSource = Literal["expect", "account", "default"]
#: What is checked of a rehearsal's calls: the name of the invariant, and what holds where nothing breaks it.
INVARIANTS: Mapping[str, str] = {
    "people": "only people of the plan are called",
    "attempts": "nobody is called more often than planned",
    "window": "calls are inside the campaign's window",
    "callingHours": "calls are inside the calling hours",
    "doNotCallList": "nobody on the do-not-call list is called",
    "acceptsWanted": "calling stops once the accepts are reached",
    "firstAndLastCall": "the first and the last call are those of the plan",
}

#: A share, from 0 to 1.
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ShareRangeJson(TypedDict):
    """A share, from 0 to 1."""

    median: Annotated[Share, about("The median.")]
    low: Annotated[Share, about("Lower end of the 90% range.")]
    high: Annotated[Share, about("Upper end of the 90% range.")]


class CountRangeJson(TypedDict):
    """How many, over all runs."""

    median: Annotated[Count, about("The median.")]
    low: Annotated[Count, about("Lower end of the 90% range.")]
    high: Annotated[Count, about("Upper end of the 90% range.")]


class AmountRangeJson(TypedDict):
    """An amount in cents; the service names no currency."""

    median: Annotated[Amount, about("The median.")]
    low: Annotated[Amount, about("Lower end of the 90% range.")]
    high: Annotated[Amount, about("Upper end of the 90% range.")]


class MomentRangeJson(TypedDict):
    """When, over all runs."""

    median: Annotated[Instant, about("The median, in UTC.")]
    low: Annotated[Instant, about("Earlier end of the 90% range, in UTC.")]
    high: Annotated[Instant, about("Later end of the 90% range, in UTC.")]


class RatesJson(TypedDict):
    """How people are expected to react."""

    source: Annotated[
        RatesSource,
        about("`expect` of the manifest, finished campaigns of the `account`, or wide defaults (`default`)."),
    ]
    campaigns: Annotated[Count, about("From how many finished campaigns; 0 where they come from elsewhere.")]
    answer: Annotated[ShareRangeJson, about("Share of the calls that are answered.")]
    accept: Annotated[ShareRangeJson, about("Share of the answered calls in which the person accepts.")]


class AcceptsAtJson(CountRangeJson):
    """Accepts until an instant."""

    at: Annotated[Instant, about("The instant, in UTC.")]


class CallsInHourJson(TypedDict):
    """Calls in one hour."""

    at: Annotated[Instant, about("When the hour begins on a clock in `timezone`, in UTC.")]
    median: Annotated[Amount, about("Calls in this hour, the median over all runs.")]


class RehearsedCampaignJson(TypedDict):
    """What a campaign is likely to do: the median and the 90% range over all runs. Each forecast is null with `--runs 0`."""

    address: Annotated[str, about("The campaign.")]
    people: Annotated[Count, about("Whom it may call, each once.")]
    maxCalls: Annotated[Count, about("Calls at most, redials among them.")]
    maxMessages: NotRequired[Annotated[Count, about("Messages at most, where people are written to.")]]
    acceptsWanted: Annotated[Count | None, about("Accepts after which it stops; null where it wants none.")]
    firstCall: Annotated[
        Instant | None, about("The earliest instant at which it may ring, in UTC, as the plan names it.")
    ]
    lastCall: Annotated[Instant | None, about("The latest instant at which it may ring, in UTC, as the plan names it.")]
    rates: RatesJson | None
    chance: Annotated[
        Share | None,
        about("How likely it reaches `acceptsWanted` before its end, from 0 to 1; null where it wants none."),
    ]
    accepts: Annotated[CountRangeJson | None, about("Accepts at its end; null where nobody can accept.")]
    calls: Annotated[CountRangeJson | None, about("Calls made, redials among them.")]
    rung: Annotated[CountRangeJson | None, about("People called at least once.")]
    end: Annotated[MomentRangeJson | None, about("When calling ends.")]
    cost: Annotated[AmountRangeJson | None, about("Cost in cents; null where no price is known.")]
    acceptsOverTime: Annotated[
        list[AcceptsAtJson], about("Accepts until each of these instants, oldest first; empty where nobody can accept.")
    ]
    callsPerHour: Annotated[list[CallsInHourJson], about("Hours in which it calls, oldest first.")]


class InvariantJson(TypedDict):
    """What was checked of the calls of the rehearsal."""

    name: Annotated[str, about(f"{', '.join(f'`{name}`' for name in INVARIANTS)}.")]
    address: Annotated[str, about("The campaign; empty where it is about all of them.")]
    holds: Annotated[bool, about("False: a breach, and the command exits with 1.")]
    message: Annotated[
        str, about("The breach; or what is no breach, as a guard only warns of it or was overridden; or empty.")
    ]


class LedgerJson(TypedDict):
    """What the sandbox did of one campaign."""

    address: Annotated[str, about("The campaign.")]
    calls: Annotated[Count, about("Calls made.")]
    rung: Annotated[Count, about("People called at least once.")]
    accepts: Annotated[Count, about("People who accepted.")]
    first: Annotated[Instant | None, about("The first call, in UTC; null where there was none.")]
    last: Annotated[Instant | None, about("The last call, in UTC; null where there was none.")]
    end: Annotated[Instant | None, about("When calling ended, in UTC; null where it had not.")]
    state: Annotated[str, about("Its state at the end, as the API names it.")]


class RehearsalJson(TypedDict):
    """A plan, played to its end in a sandbox in memory."""

    format_version: Annotated[
        Literal["1.0"], about("Version of this format; the first number changes with what breaks readers.")
    ]
    mscode_version: Annotated[str, about("Version of the mscode that made it.")]
    timestamp: Annotated[Instant, about("When it was made, in UTC.")]
    project: Annotated[str, about("Name of the project.")]
    environment: Annotated[str, about("Name of the environment.")]
    timezone: Annotated[str, about("Zone in which people read times: a name of the IANA database.")]
    digest: Annotated[str, about("Digest of the plan that was rehearsed.")]
    seed: Annotated[int, about("Seed of the random numbers: the same plan and seed give the same rehearsal.")]
    runs: Annotated[Count, about("How often each campaign was replayed for the forecast; 0: not at all.")]
    campaigns: Annotated[list[RehearsedCampaignJson], about("Each campaign that calls, in the order of the plan.")]
    invariants: Annotated[list[InvariantJson], about("What was checked.")]
    ledger: Annotated[list[LedgerJson], about("What the sandbox did: one course of events, no forecast.")]
    notes: Annotated[list[str], about("What to know of this rehearsal.")]
