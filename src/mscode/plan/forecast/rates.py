"""How people are expected to react: how many calls are answered, how many of those who answer accept, and how sure that is.

Known is, in this order: what the campaign expects (`expect`), what came of the account's finished campaigns, or nothing; each
of the two rates may come from another of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

from mscode.model.light_dataclass import dataclass
from mscode.plan.inputs import PlanInput
from mscode.plan.lifecycle.send_status import send_status_of

RatesSource = Literal["expect", "account", "default"]
_SOURCES: Sequence[RatesSource] = ("expect", "account", "default")

#: An expectation counts like so many calls that were made: 60 % is then 54 to 66 % in nine of ten cases.
_EXPECTED_CALLS = 200.0
#: How much the rates of campaigns are taken to differ before their differences are seen, as the correlation of two calls of a
#: campaign: 0.05 lets rates around 50 % lie between 32 and 68 %. It weighs like so many campaigns.
_USUAL_DIFFERENCE, _ITS_CAMPAIGNS = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A share that is not known for sure: a beta distribution with this mean (0 to 1), as narrow as `weight` observations make it.

    A mean of 0 or 1 is certain.
    """

    mean: float
    weight: float

    def draw(self, random: Random) -> float:
        """One share, by chance."""
        if self.mean in (0.0, 1.0):
            return self.mean
        return random.betavariate(self.mean * self.weight, (1 - self.mean) * self.weight)


#: Where nothing is known: of calls between 14 and 86 % are answered, of those between 3 and 79 % accept, in nine of ten cases.
_DEFAULTS: Mapping[str, Spread] = {"answer": Spread(0.5, 4.0), "accept": Spread(0.35, 3.0)}


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of calls that are answered, and of those answered the share that accepts. `source` is the weaker one of the two;
    `campaigns` counts the finished campaigns from which a rate comes, 0 where none does.
    """

    source: RatesSource
    answer: Spread
    accept: Spread
    campaigns: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of a finished campaign: calls, those of them that were answered, and accepts."""

    calls: int
    answers: int
    accepts: int


def rates_of(expectation: Mapping[str, Any], campaigns: Sequence[Counts]) -> Rates:
    """`expectation` has shares (0 to 1) by `answer` and `accept`, either of which may be left out."""
    cases_of = {
        "answer": [(counts.calls, counts.answers) for counts in campaigns if counts.calls],
        "accept": [(counts.answers, counts.accepts) for counts in campaigns if counts.answers],
    }
    spreads: dict[str, Spread] = {}
    sources: dict[str, RatesSource] = {}
    for name, default in _DEFAULTS.items():
        if name in expectation:
            spreads[name], sources[name] = Spread(float(expectation[name]), _EXPECTED_CALLS), "expect"
        elif cases_of[name]:
            spreads[name], sources[name] = _of_campaigns(cases_of[name]), "account"
        else:
            spreads[name], sources[name] = default, "default"
    number = max((len(cases_of[name]) for name in sources if sources[name] == "account"), default=0)
    return Rates(max(sources.values(), key=_SOURCES.index), spreads["answer"], spreads["accept"], number)


def _of_campaigns(campaigns: Sequence[tuple[int, int]]) -> Spread:
    """The rate of one more campaign, after campaigns with (cases, those of them in which it happened).

    Its variance is that between campaigns, as far as their rates differ by more than chance, and that of the mean. Two calls of
    one campaign have more in common than two calls of different ones; how much is estimated from the sum of squares, as in the
    analysis of variance, and drawn towards a usual value, for few campaigns say little of it.
    """
    cases = sum(number for number, _ in campaigns)
    mean = (sum(hits for _, hits in campaigns) + 1) / (cases + 2)
    others = len(campaigns) - 1
    squares = sum(number * (hits / number - mean) ** 2 for number, hits in campaigns) / (mean * (1 - mean))
    room = cases - sum(number**2 for number, _ in campaigns) / cases - others
    difference = min(max((squares - others) / room, 0.0), 0.9) if others and room > 0 else 0.0
    difference = (_ITS_CAMPAIGNS * _USUAL_DIFFERENCE + others * difference) / (_ITS_CAMPAIGNS + others)
    variance = difference * (1 + 1 / len(campaigns)) + 1 / (cases + 2)  # in units of mean * (1 - mean)
    return Spread(mean, max(1 / variance - 1, 1.0))


def finished_counts(inputs: PlanInput) -> list[Counts]:
    """Of every campaign of the account that is complete and has called somebody, managed or not."""
    counts = []
    for section in inputs.live.objects:
        for live in inputs.objects(section).values():
            kind = live.kind
            if not kind.calls_for_a_while or not live.status.finished:
                continue
            status = send_status_of(kind, live)
            if status.dialled and status.answered <= status.dialled and status.accepted <= status.answered:
                counts.append(Counts(status.dialled, status.answered, status.accepted))
    return counts
