"""The forecast of one campaign: many light replays with rates drawn from what is known, and what they have in common.

Counts, shares and instants alone leave it.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from math import ceil
from random import Random
from typing import Generic, TypeVar

from mscode.model.light_dataclass import dataclass
from mscode.plan.forecast.rates import Rates, RatesSource, Spread
from mscode.plan.forecast.replay import ACCEPTED, ANSWERED, UNANSWERED, Course, Task, replay

#: How often a campaign is replayed where nobody says.
RUNS = 200
#: Instants at which accepts over time are given, and draws from which the range of a rate is taken.
_INSTANTS, _DRAWS = 48, 2000
_UNCLEAR = 3

T = TypeVar("T")
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """The median and the range that holds nine of ten runs."""

    median: T
    low: T
    high: T


@dataclass(frozen=True, slots=True)
class AcceptsAt:
    """Accepts until an instant (aware)."""

    at: datetime
    accepts: Range[int]


@dataclass(frozen=True, slots=True)
class CallsInHour:
    """Calls in the hour that begins at an instant (aware), the median of all runs."""

    at: datetime
    median: float


@dataclass(frozen=True, slots=True)
class LikelyRates:
    """The rates of which replays were drawn, as shares from 0 to 1. `source` and `campaigns` as in `Rates`."""

    source: RatesSource
    campaigns: int
    answer: Range[float]
    accept: Range[float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a campaign is likely to do from now on.

    `chance` is that of reaching the accepts that are wanted before its end, from 0 to 1, None where none are. `accepts` are all
    that it has at its end, earlier ones included; `calls` are made and `people` are called from now on. `end` (aware) is when it
    is complete. `cents` is None where no price is known.
    """

    rates: LikelyRates
    chance: float | None
    accepts: Range[int]
    calls: Range[int]
    people: Range[int]
    end: Range[datetime]
    cents: Range[float] | None
    accepts_over_time: tuple[AcceptsAt, ...]
    calls_per_hour: tuple[CallsInHour, ...]


def seed_of(digest: str) -> int:
    """The seed of a plan's forecasts, of its digest: the same plan has the same forecast. It fits into 32 bits."""
    return int.from_bytes(hashlib.sha256(digest.encode()).digest()[:4])


def forecast(
    task: Task,
    rates: Rates,
    *,
    seed: int,
    name: str = "",
    runs: int = RUNS,
    zone: tzinfo = UTC,
    cents_per_person: float | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Forecast:
    """Replay a campaign so often, at least once.

    `name` lets each campaign of a plan have chances of its own under one seed. `zone` is that on whose clocks hours begin.
    `progress` is called after each run.
    """
    random = Random(f"{seed}/{name}")
    tally = _Tally(task, zone)
    shares = [(rates.answer.draw(random), rates.accept.draw(random)) for _ in range(runs)]
    for answer, accept in shares:
        tally.add(replay(task, Answering(random, answer, accept)))
        progress()
    return Forecast(
        rates=LikelyRates(rates.source, rates.campaigns, _range_of(rates.answer, seed), _range_of(rates.accept, seed)),
        chance=None if task.wanted is None else sum(n >= task.wanted for n in tally.accepts) / runs,
        accepts=_range(tally.accepts),
        calls=_range(tally.calls),
        people=_range(tally.people),
        end=_moments(_range(tally.ends)),
        cents=None if cents_per_person is None else _range([n * cents_per_person for n in tally.people]),
        accepts_over_time=tally.accepts_over_time(),
        calls_per_hour=tally.calls_per_hour(),
    )


class Answering:
    """Draws what comes of calls: `answer` is the share of them that is answered, `accept` the share of those that accepts."""

    def __init__(self, random: Random, answer: float, accept: float) -> None:
        self._random = random
        self._bounds = (1 - answer, 1 - answer * accept)
        self._table = bytes(self._outcome(value) for value in range(256))

    def __call__(self, people: Sequence[int], attempts: bytes) -> bytes:
        """An outcome for each of these people.

        A random byte decides, which is quick; where its 256th part of all chances holds a bound, it is drawn more finely.
        """
        draws = self._random.randbytes(len(people))
        outcomes = bytearray(draws.translate(self._table))
        at = outcomes.find(_UNCLEAR)
        while at >= 0:
            chance = (draws[at] + self._random.random()) / 256
            outcomes[at] = sum(chance >= bound for bound in self._bounds)
            at = outcomes.find(_UNCLEAR, at + 1)
        return bytes(outcomes)

    def _outcome(self, value: int) -> int:
        least_answer, least_accept = (bound * 256 for bound in self._bounds)
        if value + 1 <= least_answer:
            return UNANSWERED
        if least_answer <= value and value + 1 <= least_accept:
            return ANSWERED
        return ACCEPTED if value >= least_accept else _UNCLEAR


@dataclass(slots=True)
class _Tally:
    """The runs so far: a number for each, the accepted calls of each in order, and calls by the hour."""

    task: Task
    zone: tzinfo
    accepts: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    _accept_calls: list[array[int]] = field(default_factory=list)
    _hours: list[Counter[int]] = field(default_factory=list)
    _shift: int = 0

    def __post_init__(self) -> None:
        offset = self.task.timeline.earliest.astimezone(self.zone).utcoffset()
        self._shift = int(offset.total_seconds()) % 3600 if offset else 0

    def add(self, course: Course) -> None:
        self.accepts.append(course.accepts)
        self.calls.append(course.calls)
        self.people.append(course.people if self.task.numbers is None else min(course.people, self.task.numbers))
        self.ends.append(course.end)
        accept_calls = array("q")
        hours: Counter[int] = Counter()
        for batch in course.batches:
            accept_calls.extend(batch.accepts)
            self._count_hours(batch.calls, hours)
        self._accept_calls.append(accept_calls)
        self._hours.append(hours)

    def _count_hours(self, calls: Sequence[int], hours: Counter[int]) -> None:
        timeline, counted = self.task.timeline, 0
        while counted < len(calls):
            hour = (timeline.second_of(calls[counted]) + self._shift) // 3600
            later = timeline.first_call_at((hour + 1) * 3600 - self._shift)
            last = bisect_left(calls, later, counted)
            hours[hour] += last - counted
            counted = last

    def accepts_over_time(self) -> tuple[AcceptsAt, ...]:
        """From the first call to the latest end of the range, evenly."""
        timeline = self.task.timeline
        opening = next(timeline.ranges(), None)
        if opening is None:
            return ()
        first = timeline.second_of(opening[0])
        last = max(_range(self.ends).high, first)
        seconds = sorted({first + (last - first) * step // (_INSTANTS - 1) for step in range(_INSTANTS)})
        before = self.task.accepted
        return tuple(
            AcceptsAt(
                _moment(second),
                _range([before + bisect_right(calls, number) for calls in self._accept_calls]),
            )
            for second in seconds
            for number in [timeline.first_call_at(second + 1) - 1]
        )

    def calls_per_hour(self) -> tuple[CallsInHour, ...]:
        """Each hour in which a run made calls."""
        hours = sorted(set().union(*self._hours))
        return tuple(
            CallsInHour(_moment(hour * 3600 - self._shift), float(_range([run[hour] for run in self._hours]).median))
            for hour in hours
        )


def _range(values: Sequence[Number]) -> Range[Number]:
    """With n values, the one that stands at 5 % of n + 1, from below, and the one at 95 %, from above: between them lies one more
    value of the same kind in nine of ten cases.
    """
    ordered, number = sorted(values), len(values)
    low, high = max(int(0.05 * (number + 1)) - 1, 0), min(ceil(0.95 * (number + 1)) - 1, number - 1)
    return Range(ordered[(number - 1) // 2], ordered[low], ordered[high])


def _range_of(spread: Spread, seed: int) -> Range[float]:
    random = Random(seed)
    return _range([spread.draw(random) for _ in range(_DRAWS)])


def _moments(seconds: Range[int]) -> Range[datetime]:
    return Range(_moment(seconds.median), _moment(seconds.low), _moment(seconds.high))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
