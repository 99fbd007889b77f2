"""Which accounts a filter chooses (docs/service-notes.md#filters)."""

from __future__ import annotations

from typing import Any

import pytest

from mscode.kinds.filters import normal_conditions, selector
from mscode.plan.people.projection import People

ANNA = {
    "city": "Helsinki",
    "zip": "00100",
    "yearOfBirth": 1980,
    "firstName": "Anna",
    "note": "",
    "email": "Anna@Example.com",
}

CASES: list[tuple[str, str, Any, bool]] = [
    ("city", "==", "Helsinki", True),
    ("city", "==", "helsinki", False),
    ("city", "!=", "Espoo", True),
    ("city", "!=", "Helsinki", False),
    ("city", "in", ["Espoo", "Helsinki"], True),
    ("city", "in", ["Espoo"], False),
    ("city", "contains", "sink", True),
    ("city", "contains", "Sink", False),
    ("yearOfBirth", "contains", 98, True),
    ("yearOfBirth", "<=", 2008, True),
    ("yearOfBirth", "<", "1980", False),
    ("yearOfBirth", ">=", "1980", True),
    ("zip", ">=", "00001", True),
    ("zip", "<=", "100000", True),
    ("zip", ">", "99", True),
    ("firstName", "<", "B", True),
    ("firstName", ">", "1980", True),
    ("note", "==", "x", False),
    ("note", "!=", "x", True),
    ("note", "contains", "x", False),
    ("note", "in", ["x"], False),
    ("note", "<", "x", False),
    ("gender", "!=", "x", True),
    ("email", "!=", "anna@EXAMPLE.com", False),
    ("email", "==", "anna@example.com", True),
    ("email", "in", ["b@example.com", "ANNA@example.com"], True),
    ("email", "contains", "anna", False),
    ("gender", "==", "x", False),
]


@pytest.mark.parametrize(("field", "operator", "value", "chosen"), CASES)
def test_a_condition_chooses(field: str, operator: str, value: Any, chosen: bool) -> None:
    assert selector([{"field": field, "operator": operator, "value": value}])(ANNA) is chosen


def test_all_conditions_must_hold() -> None:
    city = {"field": "city", "operator": "==", "value": "Helsinki"}
    young = {"field": "yearOfBirth", "operator": ">", "value": 2000}
    assert selector([city])(ANNA)
    assert not selector([city, young])(ANNA)


def test_order_and_the_type_of_scalars_do_not_matter() -> None:
    one = [
        {"field": "city", "operator": "in", "value": ["Espoo", "Helsinki"]},
        {"field": "yearOfBirth", "operator": "<=", "value": 2008},
    ]
    other = [
        {"field": "yearOfBirth", "operator": "<=", "value": "2008"},
        {"field": "city", "operator": "in", "value": ["Helsinki", "Espoo"]},
    ]
    assert normal_conditions(one) == normal_conditions(other)
    assert normal_conditions(one) != normal_conditions(one[:1])


@pytest.mark.parametrize("typed", ["Espoo", "1985", "true", "a@example.com"])
@pytest.mark.parametrize("field", ["city", "yearOfBirth", "email"])
@pytest.mark.parametrize("operator", ["==", "!=", "in", "contains", "<="])
def test_accounts_that_are_looked_up_are_those_that_a_look_at_each_finds(field: str, operator: str, typed: str) -> None:
    values: list[Any] = ["Espoo", "espoo", 1985, "1985", True, "", None, "A@Example.com", "a@example.com"]
    accounts: dict[Any, dict[str, Any]] = {str(at): {field: value} for at, value in enumerate(values)} | {"none": {}}
    value = [typed, "Oulu"] if operator == "in" else typed
    chooses = selector(
        [{"field": "lang", "operator": "!=", "value": "fi"}, {"field": field, "operator": operator, "value": value}]
    )
    people = People(accounts=accounts)
    assert people.chosen_by(chooses) == {account for account, fields in accounts.items() if chooses(fields)}
