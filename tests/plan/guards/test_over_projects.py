"""Guards over several projects: hashes and days in, verdicts out."""

from __future__ import annotations

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from mscode.manifest.project.file import GuardRule
from mscode.plan.change import Check
from mscode.plan.guards.over_projects import HashedCalls, ProjectReach, checks_over


def _project(path: str, *calls: HashedCalls, max_calls: int = 0) -> ProjectReach:
    people = frozenset().union(*(people for each in calls if each.is_new for people in each.people.values()))
    return ProjectReach(path, people, max_calls, tuple(each.address for each in calls if each.is_new), calls)


def _calls(address: str, first: int, last: int, *people: int, is_new: bool = True) -> HashedCalls:
    return HashedCalls(address, is_new, {(first, last): frozenset(bytes([person]) * 16 for person in people)})


def _same_day(*projects: ProjectReach, level: str | None = "deny") -> Check:
    guards = {} if level is None else {"samePersonSameDay": GuardRule(level=level)}  # type: ignore[arg-type]
    (check,) = [each for each in checks_over(projects, guards, frozenset()) if each.name == "samePersonSameDay"]
    return check


def test_two_projects_that_share_a_day_and_a_person() -> None:
    check = _same_day(_project("a", _calls("x", 1, 3, 7, 8, 9)), _project("b", _calls("y", 3, 4, 8, 9)))
    assert check.status == "fail"
    assert check.message == "2 people may be called on one day by more than one project: 2 people by a: x, b: y."
    assert check.addresses == ("a: x", "b: y")
    assert _same_day(_project("a", _calls("x", 1, 2, 7)), _project("b", _calls("y", 3, 4, 7))).status == "pass"


def test_within_one_project_it_is_the_projects_own_guard() -> None:
    assert _same_day(_project("a", _calls("x", 1, 3, 7), _calls("y", 1, 3, 7))).status == "pass"


def test_what_rings_in_both_already_is_no_matter() -> None:
    old = _project("a", _calls("x", 1, 3, 7, is_new=False))
    assert _same_day(old, _project("b", _calls("y", 1, 3, 7, is_new=False))).status == "pass"
    assert _same_day(old, _project("b", _calls("y", 1, 3, 7))).status == "fail"


def test_only_campaigns_that_share_a_day_are_named() -> None:
    """The launch of a shares a day with b's, and not with what b goes on with later."""
    check = _same_day(
        _project("a", _calls("x", 1, 2, 7)),
        _project("b", _calls("y", 2, 2, 7), _calls("later", 9, 9, 7, is_new=False)),
    )
    assert check.addresses == ("a: x", "b: y")


def test_without_a_setting_it_warns() -> None:
    projects = _project("a", _calls("x", 1, 1, 7)), _project("b", _calls("y", 1, 1, 7))
    assert _same_day(*projects, level=None).status == "warn"
    (check,) = [each for each in checks_over(projects, {}, frozenset({"samePersonSameDay"})) if each.status != "pass"]
    assert check.status == "overridden"


def test_people_count_once_and_calls_each_time() -> None:
    projects = _project("a", _calls("x", 1, 1, 7, 8), max_calls=6), _project("b", _calls("y", 5, 5, 8), max_calls=3)
    guards = {"maxPeople": GuardRule(value=2), "maxCalls": GuardRule(value=9)}
    assert {each.name: each.status for each in checks_over(projects, guards, frozenset())} == {
        "maxPeople": "pass",
        "maxCalls": "pass",
        "samePersonSameDay": "pass",
    }
    guards = {"maxPeople": GuardRule(value=1), "maxCalls": GuardRule(value=8, level="warn")}
    people, calls, _ = checks_over(projects, guards, frozenset())
    assert (people.status, calls.status) == ("fail", "warn")
    assert people.message == "2 people would be called by all projects together, and the limit is 1."
    assert calls.message == "9 calls could be made by all projects together, and the limit is 8."


_CALLS = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 6), st.integers(0, 3), st.integers(1, 2)),
    max_size=7,
)


@given(_CALLS)
def test_it_finds_what_a_look_at_every_pair_finds(rows: list[tuple[str, bool, int, int, int]]) -> None:
    named = [
        (project, f"c{at}", _calls(f"c{at}", first, first + days, person, is_new=is_new), person)
        for at, (project, is_new, first, days, person) in enumerate(rows)
    ]
    projects = [_project(path, *(calls for project, _, calls, _ in named if project == path)) for path in "abc"]
    expected = set()
    for (path, name, calls, person), (other, other_name, other_calls, other_person) in itertools.combinations(named, 2):
        (((first, last), _),), (((other_first, other_last), _),) = calls.people.items(), other_calls.people.items()
        meet = first <= other_last and other_first <= last
        if path != other and person == other_person and meet and (calls.is_new or other_calls.is_new):
            expected |= {f"{path}: {name}", f"{other}: {other_name}"}
    assert set(_same_day(*projects).addresses) == expected


def test_one_person_in_very_many_projects_takes_no_time() -> None:
    """Pairs of 3,000 projects would be millions, for each person."""
    projects = [_project(f"p{at:04}", _calls("x", 1, 5, 7, 8, 9)) for at in range(3_000)]
    began = time.process_time()
    check = _same_day(*projects)
    assert time.process_time() - began < 5
    assert "and 2,994 more" in check.message and len(check.message) < 1_000
