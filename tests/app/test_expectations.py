"""What a test expects, held against rings that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.app.campaign_tests.expectations import Evidence, SeenRing, failures_of
from mscode.manifest.campaign_tests.spec import ExpectSpec
from mscode.model.values import Scalar, replace_leaves

ZONE = ZoneInfo("Europe/Helsinki")
#: Tuesday, 11:00 in Helsinki.
START = datetime(2026, 12, 1, 9, tzinfo=UTC)


def ring(minutes: float = 0, person: str = "a", address: str = "rsvpCalls.invite", **more: bool) -> SeenRing:
    return SeenRing(
        START + timedelta(minutes=minutes), address, person, more.get("accepted", False), more.get("is_expected", True)
    )


def failing(expect: dict[str, Any], rings: Sequence[SeenRing] = (), **more: Any) -> list[tuple[str, str, str]]:
    spec = ExpectSpec.model_validate(replace_leaves(expect, lambda leaf: Scalar(str(leaf))))
    evidence = Evidence(
        rings, more.get("states", {}), more.get("planned"), ZONE, "Europe/Helsinki", more.get("not_planned", "")
    )
    return [(failure.path, failure.expected, failure.actual) for failure in failures_of(spec, evidence)]


def test_rings_to_each_person_are_counted_over_the_whole_test() -> None:
    rings = [*[ring(person="a")] * 3, ring(person="b", address="rsvpCalls.other"), ring(person="b"), ring(person="c")]
    assert failing({"rings": {"perPerson": {"max": 3}}}, rings) == []
    assert failing({"rings": {"perPerson": {"max": 2}}}, rings) == [
        ("expect.rings.perPerson", "at most 2 rings to each person who is rung", "1 person 3 times (of 3 people rung)")
    ]
    assert failing({"rings": {"perPerson": 2}}, rings)[0][1:] == (
        "exactly 2 rings to each person who is rung",
        "1 person 1 time, 1 person 3 times (of 3 people rung)",
    )
    assert failing({"rings": {"perPerson": {"min": 1}}}, [])[0][2] == "nobody was rung"
    assert failing({"rings": {"perPerson": 0}}, []) == []


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [(2, True), (3, False), ({"min": 2}, True), ({"min": 3}, False), ({"max": 1}, False), ({"min": 1, "max": 2}, True)],
)
def test_bounds_of_the_total(bounds: Any, holds: bool) -> None:
    found = failing({"rings": {"total": bounds}}, [ring(), ring(1, "b")])
    assert (found == []) is holds
    if not holds:
        assert found[0][2] == "2 rings to 2 people, from Tue 2026-12-01 11:00 to Tue 2026-12-01 11:01"


def test_between_holds_its_first_moment_and_not_its_last() -> None:
    expect = {"rings": {"between": ["11:00", "12:00"]}}
    assert failing(expect, [ring(), ring(59.99)]) == []
    assert failing(expect, [ring(60), ring()]) == [
        (
            "expect.rings.between",
            "rings from 11:00 and before 12:00 (Europe/Helsinki)",
            "1 of 2 rings outside, at Tue 2026-12-01 12:00",
        )
    ]
    assert failing(expect, [ring(-1 / 60)])[0][2] == "1 of 1 ring outside, at Tue 2026-12-01 10:59:59"


def test_between_is_local_time_on_both_sides_of_a_change_of_the_clocks() -> None:
    """09:00 in Helsinki is 07:00 in UTC before the night to 29 March 2026, and 06:00 after it."""
    times = [datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC)]
    rings = [SeenRing(at, "", "a", False) for at in times]
    assert failing({"rings": {"between": ["09:00", "09:01"]}}, rings) == []
    assert len(failing({"rings": {"between": ["10:00", "11:00"]}}, rings)) == 1


def test_weekdays_are_a_set_of_local_days() -> None:
    rings = [ring(), ring(13 * 60)]  # Tuesday 11:00, and Wednesday 00:00 in Helsinki
    assert failing({"rings": {"weekdays": ["tuesday", "wednesday"]}}, rings) == []
    assert failing({"rings": {"weekdays": ["monday", "friday"]}}, rings) == [
        (
            "expect.rings.weekdays",
            "rings on monday, friday (Europe/Helsinki)",
            "1 on tuesday, 1 on wednesday (of 2 rings)",
        )
    ]


def test_only_counts_those_who_are_outside() -> None:
    rings = [ring(), ring(1, "b", is_expected=False), ring(2, "b", is_expected=False)]
    assert failing({"rings": {"only": "groups.donors"}}, rings[:1]) == []
    assert failing({"rings": {"only": ["groups.donors"]}}, rings)[0][1:] == (
        "rings to people of groups.donors alone",
        "2 of 3 rings to 1 person outside, from Tue 2026-12-01 11:01 to Tue 2026-12-01 11:02",
    )


def test_accepts_are_those_of_the_campaign_or_of_all_that_a_for_each_made() -> None:
    rings = [
        ring(accepted=True),
        ring(person="b", accepted=True, address="rsvpCalls.tour.espoo"),
        ring(person="c", accepted=True, address="rsvpCalls.tour.oulu"),
        ring(person="d", accepted=True, address="rsvpCalls.tour2"),
    ]
    assert failing({"accepts": {"rsvpCalls.invite": 1, "rsvpCalls.tour": 2, "rsvpCalls.tour.oulu": 1}}, rings) == []
    assert failing({"accepts": {"rsvpCalls.invite": {"min": 2}}}, rings) == [
        (
            "expect.accepts.rsvpCalls.invite",
            "at least 2 accepts of rsvpCalls.invite",
            "1 accept; 1 ring to 1 person, at Tue 2026-12-01 11:00",
        )
    ]
    assert failing({"accepts": {"rsvpCalls.invite": 1}}, [])[0][2] == "0 accepts; nobody was rung"


def test_states_of_what_is_there_and_of_what_is_not() -> None:
    states = {"rsvpCalls.a": {"rsvpCalls.a": "complete"}, "rsvpCalls.b": {"rsvpCalls.b.x": "halt", "rsvpCalls.b.y": ""}}
    assert failing({"states": {"rsvpCalls.a": "complete"}}, states=states) == []
    assert failing({"states": {"rsvpCalls.b": "complete"}}, states=states)[0][2] == (
        "rsvpCalls.b.x is halt, rsvpCalls.b.y is not in the account"
    )
    assert failing({"states": {"rsvpCalls.c": "halt"}}, states=states)[0][2] == "rsvpCalls.c is not in the account"


def test_an_empty_plan() -> None:
    assert failing({"plan": "empty"}, planned=[]) == []
    assert failing({"plan": "empty"}, planned=["groups.a", "groups.b"])[0][2] == "2 changes: groups.a, groups.b"
    assert (
        failing({"plan": "empty"}, planned=[], not_planned="Unknown field")[0][2]
        == "no plan can be made: Unknown field"
    )


def test_no_failure_names_a_person() -> None:
    number = "+358401230001"
    rings = [ring(person=number, is_expected=False)] * 3
    expect = {
        "rings": {"perPerson": 1, "total": 1, "between": ["01:00", "02:00"], "weekdays": ["friday"], "only": "groups.a"}
    }
    found = failing(expect, rings)
    assert len(found) == 5 and number not in str(found)
