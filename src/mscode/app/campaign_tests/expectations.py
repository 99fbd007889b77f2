"""What a test expects, held against what happened. Pure: facts in, failures out.

What is said of the ledger has times and counts, and nobody's number or name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from mscode.manifest.campaign_tests.spec import Bounds, ExpectSpec, RingsSpec
from mscode.model.address_pattern import AddressPattern
from mscode.model.calling_window import WEEKDAYS
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count, first_of
from mscode.views.text.times import clock, weekdays, with_weekday

#: Different numbers of rings, or addresses, that a failure names.
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class SeenRing:
    """One call or message: when, by which campaign ("" for one of nobody), to whom, and what came of it.

    `person` tells people apart and is never shown. `is_expected`: was it to somebody whom `only` names?
    """

    at: datetime
    address: str
    person: str
    accepted: bool
    is_expected: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is at the end of a test.

    `states` has the campaigns that are meant by each name that a test asks for (several, where a forEach made them) with their
    states, "" where one is not in the account. `planned` are the addresses that a plan would change (None: nobody planned),
    `not_planned` is why none could be made ("" where one could). `zone` is the project's.
    """

    rings: Sequence[SeenRing]
    states: Mapping[str, Mapping[str, str]]
    planned: Sequence[str] | None
    zone: tzinfo
    zone_name: str
    not_planned: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that does not hold: its path in the test (`expect.rings.total`), what was expected, what there is."""

    path: str
    expected: str
    actual: str


def failures_of(expect: ExpectSpec, evidence: Evidence) -> list[Failure]:
    """Everything that does not hold, in the order in which it is written about in docs/testing.md#what-is-expected."""
    return [
        *(_of_rings(expect.rings, evidence) if expect.rings else ()),
        *_of_accepts(expect.accepts or {}, evidence),
        *_of_states(expect.states or {}, evidence),
        *(_of_plan(evidence) if expect.plan else ()),
    ]


def _of_rings(expect: RingsSpec, evidence: Evidence) -> Iterator[Failure]:
    rings, zone = evidence.rings, evidence.zone
    if expect.perPerson is not None:
        yield from _of_people(expect.perPerson, rings)
    if expect.between is not None:
        first, last = expect.between
        outside = [ring for ring in rings if not first <= ring.at.astimezone(zone).time() < last]
        if outside:
            expected = f"rings from {clock(first)} and before {clock(last)} ({evidence.zone_name})"
            yield Failure("expect.rings.between", expected, _share(outside, rings, "outside", zone))
    if expect.weekdays is not None:
        yield from _of_weekdays(expect.weekdays, evidence)
    if expect.only is not None:
        strangers = [ring for ring in rings if not ring.is_expected]
        if strangers:
            expected = f"rings to people of {first_of(expect.only, _MOST_NAMED)} alone"
            people = count(len({ring.person for ring in strangers}), "person")
            yield Failure("expect.rings.only", expected, _share(strangers, rings, f"to {people} outside", zone))
    if expect.total is not None and not expect.total.allow(len(rings)):
        yield Failure("expect.rings.total", _how_many(expect.total, "ring"), _all(rings, zone))


def _of_people(expected: Bounds, rings: Sequence[SeenRing]) -> Iterator[Failure]:
    each = Counter(ring.person for ring in rings)
    wrong = Counter(number for number in each.values() if not expected.allow(number))
    text = f"{_how_many(expected, 'ring')} to each person who is rung"
    if wrong:
        parts = [f"{count(people, 'person')} {count(number, 'time')}" for number, people in sorted(wrong.items())]
        actual = f"{first_of(parts, _MOST_NAMED)} (of {count(len(each), 'person')} rung)"
        yield Failure("expect.rings.perPerson", text, actual)
    elif not rings and expected.min:
        yield Failure("expect.rings.perPerson", text, "nobody was rung")


def _of_weekdays(expected: list[str], evidence: Evidence) -> Iterator[Failure]:
    days = Counter(WEEKDAYS[ring.at.astimezone(evidence.zone).weekday()] for ring in evidence.rings)
    wrong = {day: days[day] for day in WEEKDAYS if days[day] and day not in expected}
    if wrong:
        listing = ", ".join(f"{number:,} on {day}" for day, number in wrong.items())
        actual = f"{listing} (of {count(len(evidence.rings), 'ring')})"
        yield Failure("expect.rings.weekdays", f"rings on {weekdays(expected)} ({evidence.zone_name})", actual)


def _of_accepts(expected: Mapping[str, Bounds], evidence: Evidence) -> Iterator[Failure]:
    for name, bounds in expected.items():
        campaign = AddressPattern(name)
        rings = [ring for ring in evidence.rings if campaign.matches(ring.address)]
        accepts = sum(ring.accepted for ring in rings)
        if not bounds.allow(accepts):
            actual = f"{count(accepts, 'accept')}; {_all(rings, evidence.zone)}"
            yield Failure(f"expect.accepts.{name}", f"{_how_many(bounds, 'accept')} of {name}", actual)


def _of_states(expected: Mapping[str, str], evidence: Evidence) -> Iterator[Failure]:
    for name, state in expected.items():
        actual = evidence.states.get(name) or {name: ""}
        deviations = [
            f"{address} is {other or 'not in the account'}" for address, other in actual.items() if other != state
        ]
        if deviations:
            yield Failure(f"expect.states.{name}", f"{name} is {state}", first_of(deviations, _MOST_NAMED))


def _of_plan(evidence: Evidence) -> Iterator[Failure]:
    planned = evidence.planned
    if evidence.not_planned:
        yield Failure("expect.plan", "nothing to do", f"no plan can be made: {evidence.not_planned}")
    elif planned:
        actual = f"{count(len(planned), 'change')}: {first_of(planned, _MOST_NAMED)}"
        yield Failure("expect.plan", "nothing to do", actual)


def _how_many(bounds: Bounds, noun: str) -> str:
    """`at least 1 accept and at most 3`, `exactly 3 rings`."""
    last = bounds.max if bounds.max is not None else bounds.min
    return f"{bounds} {count(last or 0, noun).partition(' ')[2]}"


def _all(rings: Sequence[SeenRing], zone: tzinfo) -> str:
    if not rings:
        return "nobody was rung"
    people = count(len({ring.person for ring in rings}), "person")
    return f"{count(len(rings), 'ring')} to {people}{_span(rings, zone)}"


def _share(part: Sequence[SeenRing], rings: Sequence[SeenRing], what: str, zone: tzinfo) -> str:
    return f"{len(part):,} of {count(len(rings), 'ring')} {what}{_span(part, zone)}"


def _span(rings: Iterable[SeenRing], zone: tzinfo) -> str:
    times = sorted(ring.at for ring in rings)
    first, last = with_weekday(times[0], zone), with_weekday(times[-1], zone)
    return f", at {first}" if first == last else f", from {first} to {last}"
