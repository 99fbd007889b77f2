"""Guards over all projects of a fleet: the same person in two of them on one day, and the people and calls of all together.

No number leaves the process that plans a project. What is compared here are keyed hashes (app/fleet/people.py), which are equal
where the numbers are, under the key of one run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count, first_of
from mscode.plan.change import Check
from mscode.plan.guards.limits import at_most
from mscode.plan.guards.setting import Setting
from mscode.plan.people.calling_days import Days

#: Guards that are judged over all projects, as mscode.yaml has them for one.
SAME_DAY, MAX_PEOPLE, MAX_CALLS = NAMES = ("samePersonSameDay", "maxPeople", "maxCalls")
#: So many campaigns are named that may call the same people; of so many such sets of campaigns each gets a sentence.
_MOST_NAMED, _MOST_SETS = 6, 100


@dataclass(frozen=True, slots=True)
class HashedCalls:
    """A campaign of a project, and hashes of whom it may call, by their first and last day. `is_new` as in CallingDays."""

    address: str
    is_new: bool
    people: Mapping[Days, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class ProjectReach:
    """What a project's plan lets happen: `people` are the hashes of all whom its launches reach, `launches` their addresses."""

    path: str
    people: frozenset[bytes]
    max_calls: int
    launches: tuple[str, ...]
    calls: tuple[HashedCalls, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """That a campaign may call one person. `campaign` is its position among all campaigns."""

    campaign: int
    project: str
    is_new: bool
    first: int
    last: int


def checks_over(projects: Sequence[ProjectReach], guards: Mapping[str, Any], override: frozenset[str]) -> list[Check]:
    """Every verdict over these projects. `guards` are those of fleet.yaml, by name; `override` names those to be overridden."""
    rules = {name: Setting(name, guards.get(name), overridden=name in override) for name in NAMES}
    if guards.get(SAME_DAY) is None:
        rules[SAME_DAY].level = "warn"
    names = [_named(project.path, address) for project in projects for address in project.launches]
    people = len(frozenset().union(*(project.people for project in projects)))
    calls = sum(project.max_calls for project in projects)
    return [
        *at_most(rules[MAX_PEOPLE], people, "person", "would be called by all projects together", *names),
        *at_most(rules[MAX_CALLS], calls, "call", "could be made by all projects together", *names),
        _same_day(rules[SAME_DAY], projects),
    ]


def _named(path: str, address: str) -> str:
    return f"{path}: {address}"


def _same_day(rule: Setting, projects: Sequence[ProjectReach]) -> Check:
    """The same person in two projects on one day. What rings already in both is nothing that this run brings."""
    names = [_named(project.path, calls.address) for project in projects for calls in project.calls]
    people: Counter[tuple[int, ...]] = Counter()
    for calls in _by_person(projects):
        if concerned := _on_one_day(calls):
            people[concerned] += 1
    sets = people.most_common()
    reasons = [
        f"{count(number, 'person')} by {first_of((names[at] for at in concerned), _MOST_NAMED)}"
        for concerned, number in sets[:_MOST_SETS]
    ]
    if len(sets) > _MOST_SETS:
        reasons.append(f"others by {len(sets) - _MOST_SETS:,} other sets of campaigns")
    head = f"{count(people.total(), 'person')} may be called on one day by more than one project"
    concerned_names = sorted({names[at] for concerned in people for at in concerned})
    return rule.verdict(not people, f"{head}: {'; '.join(reasons)}.", *concerned_names, reasons=reasons, head=head)


def _by_person(projects: Sequence[ProjectReach]) -> Iterator[list[_Call]]:
    """The calls of each person who is in more than one project."""
    calls: dict[bytes, _Call | list[_Call]] = {}
    campaign = 0
    for project in projects:
        for campaign_calls in project.calls:
            for (first, last), people in campaign_calls.people.items():
                call = _Call(campaign, project.path, campaign_calls.is_new, first, last)
                for person in people:
                    before = calls.setdefault(person, call)
                    if before is not call:
                        calls[person] = [*before, call] if isinstance(before, list) else [before, call]
            campaign += 1
    for several in calls.values():
        if isinstance(several, list) and len({call.project for call in several}) > 1:
            yield several


def _on_one_day(calls: Sequence[_Call]) -> tuple[int, ...]:
    """The campaigns of those calls that share a day with a call of another project, where either is new; sorted."""
    everybody, new = _Spans(calls), _Spans([call for call in calls if call.is_new])
    concerned = {call.campaign for call in calls if (everybody if call.is_new else new).shares_day_with_another(call)}
    return tuple(sorted(concerned))


class _Spans:
    """Counts how many of some calls share a day with one, in time that does not grow with the pairs."""

    def __init__(self, calls: Sequence[_Call]) -> None:
        spans: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for call in calls:
            for key in ("", call.project):
                spans[key][0].append(call.first)
                spans[key][1].append(call.last)
        self._spans = {key: (sorted(firsts), sorted(lasts)) for key, (firsts, lasts) in spans.items()}

    def shares_day_with_another(self, call: _Call) -> bool:
        """Does a call of another project share a day with this one?"""
        return self._sharing("", call) > self._sharing(call.project, call)

    def _sharing(self, key: str, call: _Call) -> int:
        firsts, lasts = self._spans.get(key, ([], []))
        return bisect_right(firsts, call.last) - bisect_left(lasts, call.first)
