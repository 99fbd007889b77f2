"""Operations 7-10 (docs/service-notes.md#filters)."""

from typing import Any

import pytest

from mscode.sandbox.filters import matcher
from mscode.sandbox.profile import Profile

from .world import World

ADULTS: list[dict[str, Any]] = [
    {"field": "yearOfBirth", "operator": "<=", "value": 2008},
    {"field": "city", "operator": "in", "value": ["Helsinki", "Espoo"]},
]


def test_a_filter_has_an_int_id_and_echoes_its_conditions(world: World) -> None:
    response = world.send("POST", "/accounts/filters", {"filters": ADULTS})
    made = response.json()
    stamps = {"updatedAt": "2026-12-01 07:00:00", "createdAt": "2026-12-01 07:00:00"}
    assert made == {"filterId": 1, "filters": ADULTS, **stamps}
    assert response.headers["location"] == "http://sandbox.local/v1/accounts/filters/1"
    assert world.get("/accounts/filters/1") == made
    assert world.get("/accounts/filters") == [made]


def test_operation_10_answers_201_without_location(world: World) -> None:
    world.post("/accounts/filters", {"filters": ADULTS})
    world.advance("+1h")
    response = world.send("PUT", "/accounts/filters/1")
    assert response.status_code == 201
    assert "location" not in response.headers
    assert (response.json()["filters"], response.json()["updatedAt"]) == (ADULTS, "2026-12-01 08:00:00")
    assert world.put("/accounts/filters/1", {"filters": ADULTS[:1]})["filters"] == ADULTS[:1]
    assert world.send("PUT", "/accounts/filters/2").status_code == 404


@pytest.mark.parametrize(
    "condition",
    [
        {"operator": "==", "value": "x"},
        {"field": "city", "value": "x"},
        {"field": "city", "operator": "=="},
        {"field": "city", "operator": "=", "value": "x"},
        {"field": "colour", "operator": "==", "value": "x"},
        {"field": "city", "operator": "in", "value": "x"},
        {"field": "city", "operator": "in", "value": [[]]},
        {"field": "city", "operator": "==", "value": ["x"]},
        "city == x",
    ],
)
def test_a_condition_that_breaks_a_stated_rule_is_refused(world: World, condition: object) -> None:
    world.refused("POST", "/accounts/filters", {"filters": [ADULTS[0], condition]})


@pytest.mark.parametrize("filters", [..., None, [], {}, "[]"])
def test_conditions_are_required(world: World, filters: object) -> None:
    assert world.refused("POST", "/accounts/filters", {} if filters is ... else {"filters": filters}) == "filters"


@pytest.mark.parametrize(
    ("actual", "operator", "value", "expected"),
    [
        ("20100", "<=", "100000", True),
        ("20100", ">=", "00001", True),
        ("b", ">", "a", True),
        ("10", ">", "9", True),
        ("1_0", ">", "9", False),
        (1980, "<", "1981", True),
        (1980, "==", 1980, True),
        ("00100", "==", "100", False),
        ("Helsinki", "==", "helsinki", False),
        ("Helsinki", "!=", "helsinki", True),
        ("Helsinki", "contains", "sink", True),
        ("Helsinki", "contains", "SINK", False),
        (1980, "contains", "98", False),
        ("Espoo", "in", ["Espoo", "Vantaa"], True),
        ("Espoo", "in", [], False),
        ("", "<", "zzz", False),
        ("", "!=", "x", True),
        ("", "==", None, True),
        (None, "<=", 2008, False),
    ],
)
def test_operators(actual: Any, operator: str, value: Any, expected: bool) -> None:
    matches = matcher([{"field": "city", "operator": operator, "value": value}], Profile())
    assert matches({"city": actual}) is expected


def test_all_conditions_must_hold() -> None:
    matches = matcher(ADULTS, Profile())
    assert matches({"yearOfBirth": 1980, "city": "Espoo"})
    assert not matches({"yearOfBirth": 1980, "city": "Turku"})
    assert not matches({"yearOfBirth": 2015, "city": "Espoo"})
