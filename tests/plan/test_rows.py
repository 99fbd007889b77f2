"""Rows and live accounts brought together, as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.errors import Place, PlanError
from mscode.model.address import Address
from mscode.model.kind import NO_ID, registry
from mscode.model.values import Ref, RowKey
from mscode.model.world import Desired, DesiredWorld, Entry, Known, Live, LiveWorld, Members, Project, Rows
from mscode.plan.change import Action, ApplyRows, Plan
from mscode.plan.fingerprint import digest
from mscode.plan.inputs import PlanInput
from mscode.plan.planner import make_plan

LIST, GROUP = Address("accountLists", "donors"), Address("groups", "donors")
COLUMNS = ("phone", "city")
NOTHING = Known()
NUMBERS = ["+358405550101", "+358405550102", "+358405550103"]


def account(live_id: str, **fields: Any) -> Live:
    kind = registry()["accounts"]
    return Live("accounts", live_id, {**kind.decode({}, ""), **fields}, {})


def a_list(*values: tuple[Any, ...], key: str = "phone", columns: tuple[str, ...] = COLUMNS) -> Desired:
    rows = Rows("donors.csv", key, columns, values, range(2, 2 + len(values)))
    return Desired(LIST, Place("all.yaml"), {}, rows=rows)


def plan(item: Desired, *live: Live, known: Known = NOTHING, members: Members | None = None) -> Plan:
    objects = {item.address: item}
    if members:
        objects[GROUP] = Desired(GROUP, Place("all.yaml"), {"name": "donors"}, members=members)
    desired = DesiredWorld(Project("demo", UTC, "UTC"), objects)
    found = LiveWorld({"accounts": {one.id: one for one in live}, "groups": {}, "rsvpCalls": {}})
    now = datetime(2026, 11, 30, tzinfo=UTC)
    return make_plan(PlanInput(desired, found, known, "test", "sandbox:", UTC, "UTC", now, str))


def rows_of(made: Plan) -> Any:
    (change,) = made.changes
    assert isinstance(change, ApplyRows)
    return change.rows


def test_rows_are_new_differ_or_stay() -> None:
    item = a_list((NUMBERS[0], "Espoo"), (NUMBERS[1], "Oulu"), (NUMBERS[2], "Turku"))
    made = plan(item, account("7", phone=NUMBERS[1], city="Pori"), account("8", phone=NUMBERS[2], city="Turku"))
    rows = rows_of(made)
    assert [(row.line, row.fields) for row in rows.create] == [(2, {"phone": NUMBERS[0], "city": "Espoo"})]
    assert [(row.line, row.live.id, row.fields) for row in rows.update] == [(3, "7", {"city": "Oulu"})]
    assert rows.unchanged == 1
    assert made.changes[0].action is Action.CREATE
    assert (made.totals.adds, made.totals.changes) == (1, 0)


@pytest.mark.parametrize(
    ("live", "known", "action"),
    [
        ({"city": "Pori"}, False, Action.UPDATE),
        ({"city": "Espoo"}, False, Action.NOOP),
        ({"city": "Espoo"}, True, Action.NOOP),
        ({"phone": ""}, True, Action.UPDATE),
    ],
)
def test_a_list_is_created_only_with_its_first_accounts(live: dict[str, str], known: bool, action: Action) -> None:
    state = Known({LIST: Entry(LIST, NO_ID)}) if known else Known()
    made = plan(a_list((NUMBERS[0], "Espoo")), account("7", **{"phone": NUMBERS[0], **live}), known=state)
    assert [change.action for change in made.changes] == [action]


def test_spaces_around_what_the_service_keeps_say_nothing() -> None:
    made = plan(a_list((NUMBERS[0], "Espoo")), account("7", phone=NUMBERS[0], city=" Espoo "))
    assert rows_of(made).unchanged == 1


def test_of_two_accounts_with_one_key_the_lowest_id_is_taken_with_a_warning() -> None:
    live = [account(one, phone=NUMBERS[0], city=f"City {one}") for one in ("10", "9", "11")]
    made = plan(a_list((NUMBERS[0], "Espoo")), *live)
    assert [row.live.id for row in rows_of(made).update] == ["9"]
    assert [warning.code for warning in made.warnings] == ["twins"]


def test_a_list_by_email_does_not_mind_the_case_of_letters_and_writes_what_the_row_says() -> None:
    item = a_list(("Aino@example.com", "Espoo"), key="email", columns=("email", "city"))
    made = plan(item, account("7", email="aino@EXAMPLE.com", city="Espoo"))
    assert [dict(row.fields) for row in rows_of(made).update] == [{"email": "Aino@example.com"}]


def test_members_are_the_rows_as_ids_and_as_what_they_will_be() -> None:
    item = a_list((NUMBERS[0], "Espoo"), (NUMBERS[1], "Oulu"))
    members = Members(account_list=Ref("accountLists", "donors"))
    made = plan(item, account("7", phone=NUMBERS[1], city="Pori"), members=members)
    group = made.changes[1]
    assert group.members is not None
    assert set(group.members.add) == {"7", RowKey(LIST, NUMBERS[0])}
    assert LIST in group.depends_on


def test_accounts_of_a_list_are_not_counted_as_unmanaged() -> None:
    made = plan(a_list((NUMBERS[0], "Espoo")), account("7", phone=NUMBERS[0]), account("8", phone=NUMBERS[1]))
    assert made.unmanaged == {"accounts": 1}


def test_the_digest_covers_the_rows_and_is_keyed() -> None:
    one = plan(a_list((NUMBERS[0], "Espoo")))
    other = plan(a_list((NUMBERS[0], "Turku")))
    assert digest(one, "k") == digest(plan(a_list((NUMBERS[0], "Espoo"))), "k")
    assert len({digest(one, "k"), digest(other, "k"), digest(one, "other")}) == 3


def test_lists_that_say_different_things_of_one_person_are_an_error() -> None:
    first = a_list((NUMBERS[0], "Espoo"))
    second = replace(a_list((NUMBERS[0], "Oulu")), address=Address("accountLists", "helpers"))
    desired = DesiredWorld(Project("demo", UTC, "UTC"), {one.address: one for one in (first, second)})
    now = datetime(2026, 11, 30, tzinfo=UTC)
    inputs = PlanInput(desired, LiveWorld({"accounts": {}}), Known(), "test", "sandbox:", UTC, "UTC", now, str)
    with pytest.raises(PlanError) as caught:
        make_plan(inputs)
    assert [one.code for one in caught.value.diagnostics] == ["two-owners"]
