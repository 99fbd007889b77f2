"""A list's change as people and programs read it."""

from __future__ import annotations

from datetime import UTC, datetime

from mscode.model.values import RowKey
from mscode.plan.change import Action, Change, RowChange, RowChanges
from mscode.views.plan.plan_json import plan_json
from tests.views.plans import at, body, live, plan, planned

LIST = at("accountLists.donors")


def row(line: int, **fields: object) -> RowChange:
    return RowChange(line, RowKey(LIST, f"+35840555{line:04}"), {"phone": f"+35840555{line:04}", **fields})


def change(create: int = 0, *update: RowChange) -> Change:
    made = tuple(row(line, firstName="Aino", city="Espoo", note="") for line in range(2, 2 + create))
    return planned(LIST, Action.CREATE, rows=RowChanges("donors.csv", "phone", made, update, 7))


def test_counts_and_three_masked_examples_are_shown() -> None:
    assert body(change(5)).splitlines() == [
        '      file:     "donors.csv" (12 rows)',
        "      accounts: 5 to create, 0 to update, 7 unchanged",
        *(
            f'        + line {line}: {{phone: "+35840•••{line:04}", firstName: "A•••", city: "Espoo"}}'
            for line in (2, 3, 4)
        ),
        "        (2 more)",
    ]


def test_with_people_shown_there_are_more_examples() -> None:
    shown = body(change(30), show_people=True)
    assert shown.count("+ line ") == 20
    assert 'phone: "+358405550002", firstName: "Aino"' in shown
    assert "(10 more)" in shown


def test_an_update_shows_what_was_and_whose_it_is() -> None:
    before = live("accounts", "7", phone="+358405550101", city="Oulu", note="shy")
    changed = RowChange(9, RowKey(LIST, "+358405550101"), {"city": "Turku", "note": ""}, before)
    assert '~ line 9: {phone: "+35840•••0101", city: "Oulu" -> "Turku", note: "s•••" -> ""}' in body(change(0, changed))


def test_programs_get_counts_alone() -> None:
    made = plan_json(plan(change(2)), timestamp=datetime(2026, 11, 30, tzinfo=UTC), mscode_version="1", digest="x")
    (one,) = made["resource_changes"]
    assert one["change"]["before"] is None
    assert one["change"]["after"] == {
        "file": "donors.csv",
        "rows": 9,
        "create": 2,
        "update": 0,
        "unchanged": 7,
        "encoding": "",
        "delimiter": "",
        "left_out": 0,
    }
    assert one["change"]["after_sensitive"] == {}
