"""What is said of a rehearsal, in the same words in every format. Texts from outside are not escaped here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Literal

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.plan.guards.min_chance import percent as rounded_down
from mscode.views.plan.reading import moment, zone
from mscode.views.rehearsal.rehearsal_shapes import (
    INVARIANTS,
    CountRangeJson,
    InvariantJson,
    LedgerJson,
    MomentRangeJson,
    RatesJson,
    RehearsalJson,
    RehearsedCampaignJson,
    ShareRangeJson,
)
from mscode.views.text.times import clock, local, with_weekday

#: Said once of every range.
RANGES = "Numbers are medians; in brackets the range that holds 90% of the runs."
Outcome = Literal["breach", "noted", "holds"]


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone in which people read times."""

    zone: tzinfo
    name: str

    @classmethod
    def of(cls, rehearsal: RehearsalJson) -> Zone:
        """The project's zone; UTC where the rehearsal names none that is known."""
        return cls(*zone(rehearsal))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was checked of one campaign's calls: breaches, what is named and is no breach, and what holds."""

    breaches: list[str]
    noted: list[str]
    holds: list[str]


def percent(share: float) -> str:
    """`82%`, `54.5%`, rounded as the guard `minChance` does; what is not quite nothing or all is not said to be it."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    return f"more than {rounded_down(share)}" if 0.999 < share < 1 else rounded_down(share)


def percents(share: ShareRangeJson) -> str:
    """`60% (50 to 70%)`: whole ones, as rates are known no better."""
    median, low, high = (f"{share[name] * 100:.0f}" for name in ("median", "low", "high"))
    return f"{median}%" if low == high else f"{median}% ({low} to {high}%)"


def ranged(numbers: CountRangeJson) -> str:
    """`310 (250 to 380)`."""
    if numbers["low"] == numbers["high"]:
        return f"{numbers['median']:,}"
    return f"{numbers['median']:,} ({numbers['low']:,} to {numbers['high']:,})"


def ended(moments: MomentRangeJson, zone: Zone) -> str:
    """`Wed 2026-12-02 14:00 (2026-12-01 16:00 to 2026-12-04 17:00)`, on one day `Wed 2026-12-02 14:00 (13:10 to 15:00)`; "" where
    one of them is no time."""
    median, low, high = (moment(moments, name) for name in ("median", "low", "high"))
    if median is None or low is None or high is None:
        return ""
    words = with_weekday(_minute(median), zone.zone)
    if low == high:
        return words
    days = {at.astimezone(zone.zone).date() for at in (median, low, high)}
    low_words, high_words = (
        clock(at.astimezone(zone.zone)) if len(days) == 1 else local(at, zone.zone) for at in map(_minute, (low, high))
    )
    return f"{words} ({low_words} to {high_words})"


def _minute(at: datetime) -> datetime:
    return at.replace(second=0)


def chance_of(campaign: RehearsedCampaignJson) -> str:
    """`82% to reach 40 accepts in time`; "" where no accepts are wanted, or nothing was forecast."""
    if campaign["chance"] is None or campaign["acceptsWanted"] is None:
        return ""
    return f"{percent(campaign['chance'])} to reach {count(campaign['acceptsWanted'], 'accept')} in time"


def rates_in_words(rates: RatesJson, *, with_accepts: bool) -> str:
    """`answer 60% (50 to 70%), accept 40%, from 12 finished campaigns of this account`. `with_accepts`: people can accept."""
    accept = f", accept {percents(rates['accept'])}" if with_accepts else ""
    return f"answer {percents(rates['answer'])}{accept}, {origin_of(rates)}"


def origin_of(rates: RatesJson) -> str:
    """Where rates come from."""
    if rates["source"] == "expect":
        return "expect: of the manifest"
    if rates["source"] == "account":
        return f"from {count(rates['campaigns'], 'finished campaign')} of this account"
    return "wide defaults: no campaign has finished yet"


def forecast_rows(campaign: RehearsedCampaignJson, zone: Zone) -> Iterator[tuple[str, str]]:
    """Label and value of all that was forecast of a campaign, except its chance; nothing without a forecast."""
    wants = campaign["acceptsWanted"] is not None
    if campaign["accepts"] is not None and (wants or campaign["accepts"]["high"]):
        yield "accepts", ranged(campaign["accepts"])
    if campaign["calls"] is not None:
        yield "calls", f"{ranged(campaign['calls'])}, at most {campaign['maxCalls']:,}"
    if "maxMessages" in campaign:
        yield "writes", f"at most {count(campaign['maxMessages'], 'message')} to {count(campaign['people'], 'person')}"
    if campaign["rung"] is not None:
        yield "people", f"{ranged(campaign['rung'])} of {campaign['people']:,} called"
    if campaign["end"] is not None and (words := ended(campaign["end"], zone)):
        yield "end", words
    if (cost := campaign["cost"]) is not None:
        median, low, high = (_cents(cost[name]) for name in ("median", "low", "high"))
        yield "cost", f"{median} cents" + (f" ({low} to {high})" if low != high else "")
    if campaign["rates"] is not None:
        yield "rates", rates_in_words(campaign["rates"], with_accepts=campaign["accepts"] is not None)


def _cents(amount: float) -> str:
    """Whole cents, but of a few of them the fractions as well."""
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.3g}"


def ledger_by_address(rehearsal: RehearsalJson) -> dict[str, LedgerJson]:
    """What the emulator did of each campaign that is in the ledger; of two entries of one address the first."""
    return {entry["address"]: entry for entry in reversed(rehearsal["ledger"])}


def played(campaign: RehearsedCampaignJson, entry: LedgerJson, zone: Zone) -> str:
    """`213 calls to 150 people, 40 accepts, Tue 2026-12-01 09:00 to 15:12, then complete`: one course of events, to the minute."""
    noun = "message" if "maxMessages" in campaign else "call"
    then = f", then {entry['state']}" if entry["state"] else ""
    if not entry["calls"]:
        return f"no {noun}{then}"
    parts = [f"{count(entry['calls'], noun)} to {count(entry['rung'], 'person')}"]
    if campaign["acceptsWanted"] is not None or entry["accepts"]:
        parts.append(count(entry["accepts"], "accept"))
    first, last = moment(entry, "first"), moment(entry, "last")
    if first is not None and last is not None:
        first, last = _minute(first).astimezone(zone.zone), _minute(last).astimezone(zone.zone)
        until = clock(last) if first.date() == last.date() else local(last, zone.zone)
        parts.append(with_weekday(first, zone.zone) + (f" to {until}" if first != last else ""))
    return f"{', '.join(parts)}{then}"


def outcomes_by_address(rehearsal: RehearsalJson) -> defaultdict[str, Outcomes]:
    """What was checked of each campaign, by its address; "" is what concerns all of them. Nothing of any other."""
    outcomes: defaultdict[str, Outcomes] = defaultdict(lambda: Outcomes([], [], []))
    for invariant in rehearsal["invariants"]:
        of_address = outcomes[invariant["address"]]
        sentences = {"breach": of_address.breaches, "noted": of_address.noted, "holds": of_address.holds}
        sentences[outcome_of(invariant)].append(sentence_of(invariant))
    return outcomes


def outcome_of(invariant: InvariantJson) -> Outcome:
    """What became of a check. One that holds may have a message: what a guard only warns of, or what was overridden."""
    return "breach" if not invariant["holds"] else "noted" if invariant["message"] else "holds"


def sentence_of(invariant: InvariantJson) -> str:
    """What holds, and after a colon what was seen instead."""
    sentence = INVARIANTS.get(invariant["name"], invariant["name"])
    return f"{sentence}: {invariant['message']}" if invariant["message"] else sentence


def checked(rehearsal: RehearsalJson) -> str:
    """`No breach in 14 checks of the calls.`, or how many there are."""
    total = len(rehearsal["invariants"])
    breaches = sum(not invariant["holds"] for invariant in rehearsal["invariants"])
    if not total:
        return "Nothing was called, so nothing was checked."
    number = count(breaches, "breach") if breaches else "No breach"
    return f"{number} in {count(total, 'check')} of the calls."


def is_breached(rehearsal: RehearsalJson) -> bool:
    """Is there a check of the calls that does not hold?"""
    return not all(invariant["holds"] for invariant in rehearsal["invariants"])


def summary(rehearsal: RehearsalJson) -> str:
    """One sentence for the head of a plan: chances, then checks."""
    chances = [
        (campaign["chance"], campaign["acceptsWanted"], campaign["address"])
        for campaign in rehearsal["campaigns"]
        if campaign["chance"] is not None and campaign["acceptsWanted"] is not None
    ]
    parts = []
    if len(chances) == 1:
        [(chance, wanted, _)] = chances
        parts.append(f"{percent(chance)} chance of {count(wanted, 'accept')} in time")
    elif chances:
        chance, _, address = min(chances)
        parts.append(f"lowest chance of enough accepts {percent(chance)} ({address})")
    checks = checked(rehearsal)
    return f"Rehearsed: {'; '.join([*parts, checks[0].lower() + checks[1:]])}"


def course_words(rehearsal: RehearsalJson) -> str:
    """How the forecast was made: runs and seed."""
    if not rehearsal["runs"]:
        return f"Played once, without a forecast (--runs 0, seed {rehearsal['seed']})."
    return f"{count(rehearsal['runs'], 'run')}, seed {rehearsal['seed']}. {RANGES}"
