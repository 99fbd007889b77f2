"""From what is known to how sure it is, and from that to outcomes: rates, draws, ranges."""

from __future__ import annotations

from random import Random
from statistics import mean, stdev

import pytest

from mscode.plan.forecast.forecast import Answering
from mscode.plan.forecast.rates import Counts, Spread, rates_of
from mscode.plan.forecast.replay import ACCEPTED, UNANSWERED


def deviation(spread: Spread) -> float:
    """That of a beta distribution."""
    return float((spread.mean * (1 - spread.mean) / (spread.weight + 1)) ** 0.5)


def test_a_share_is_drawn_around_its_mean() -> None:
    spread, random = Spread(0.6, 200.0), Random(1)
    drawn = [spread.draw(random) for _ in range(4_000)]
    assert mean(drawn) == pytest.approx(0.6, abs=0.003)
    assert stdev(drawn) == pytest.approx(deviation(spread), rel=0.05)
    assert {Spread(edge, 200.0).draw(random) for edge in (0.0, 1.0)} == {0.0, 1.0}


def test_what_is_expected_comes_before_what_was_seen_and_that_before_nothing() -> None:
    seen = [Counts(1000, 500, 100)]
    both = rates_of({"answer": 0.6, "accept": 0.4}, seen)
    assert (both.source, both.campaigns, both.answer.mean, both.accept.mean) == ("expect", 0, 0.6, 0.4)
    one = rates_of({"answer": 0.6}, seen)
    assert (one.source, one.campaigns, one.answer.mean) == ("account", 1, 0.6)
    assert one.accept.mean == pytest.approx(0.2, abs=0.01)
    assert rates_of({"answer": 0.6}, []).source == "default"
    assert rates_of({}, []).source == "default"
    assert rates_of({}, [Counts(40, 0, 0)]).source == "default"  # nobody answered, so nobody says who would accept


def test_rates_are_as_wide_as_campaigns_differ() -> None:
    alike = rates_of({}, [Counts(1000, 500 + at, 200) for at in range(-4, 5)]).answer
    different = rates_of({}, [Counts(1000, 500 + 80 * at, 200) for at in range(-4, 5)]).answer
    single = rates_of({}, [Counts(9000, 4500, 1800)]).answer
    few = rates_of({}, [Counts(20, 10, 4)]).answer
    assert [one.mean for one in (alike, different, single)] == pytest.approx([0.5] * 3, abs=0.001)
    assert deviation(alike) < 0.06 < deviation(single) < deviation(few)
    # the rates that were seen have a standard deviation of 0.22
    assert 0.17 < deviation(different) < 0.25


@pytest.mark.parametrize(
    "seen",
    [
        [Counts(1, 0, 0)],
        [Counts(1, 1, 1)],
        [Counts(1, 1, 0)] * 50,
        [Counts(10**7, 0, 0), Counts(10**7, 10**7, 10**7)],
        [Counts(10**7, 10**7, 10**7)] * 400,
    ],
)
def test_extremes_give_a_distribution(seen: list[Counts]) -> None:
    rates = rates_of({}, seen)
    for spread in (rates.answer, rates.accept):
        assert 0 < spread.mean < 1 and spread.weight > 0
        assert 0 <= spread.draw(Random(1)) <= 1


@pytest.mark.parametrize(
    ("answer", "accept"), [(0.6, 0.5), (0.003, 0.4), (0.997, 0.001), (0.5, 1.0), (1.0, 0.25), (0.25, 0.0)]
)
def test_outcomes_have_the_shares_of_their_rates(answer: float, accept: float) -> None:
    """Finer than the 256 parts of a byte; within four deviations."""
    number = 400_000
    outcomes = Answering(Random(3), answer, accept)(range(number), bytes(number))
    for outcome, share in ((UNANSWERED, 1 - answer), (ACCEPTED, answer * accept)):
        room = 4 * (share * (1 - share) / number) ** 0.5
        assert outcomes.count(outcome) / number == pytest.approx(share, abs=room + 1e-12)
