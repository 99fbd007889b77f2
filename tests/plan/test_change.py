"""The closed set of changes: whoever decides, carries out or shows knows every one of them."""

from __future__ import annotations

from typing import get_args

import pytest

from mscode.engine.apply.steps import INTERPRETERS
from mscode.engine.lifecycle import removal
from mscode.model.kind import LifecycleName
from mscode.plan.change import (
    Action,
    ApplyRows,
    Change,
    Delete,
    Forget,
    HaltAndForget,
    RowChanges,
    Wanted,
    count_totals,
    with_launch,
)
from mscode.plan.planner import DECIDERS
from mscode.views.apply.apply_json import action_of
from mscode.views.plan.headline import headline
from mscode.views.plan.plan_json import actions_of
from tests.views.plans import at, launch, planned

INVITE = at("rsvpCalls.invite")
EVERY: list[Change] = [
    *(planned(INVITE, action) for action in Action),
    planned(INVITE, Action.UPDATE, halts=True),
    planned(INVITE, Action.FORGET, halts=True),
    planned(at("accountLists.donors"), Action.UPDATE, rows=RowChanges("donors.csv", "phone")),
]


def test_every_type_is_among_them() -> None:
    assert {type(change) for change in EVERY} == set(get_args(Change))


def test_both_tables_know_every_lifecycle() -> None:
    assert set(DECIDERS) == set(INTERPRETERS) == set(get_args(LifecycleName))


@pytest.mark.parametrize("change", EVERY, ids=lambda change: f"{type(change).__name__}-{change.action.value}")
def test_every_change_is_shown(change: Change) -> None:
    assert headline(change) and actions_of(change) and action_of(change)


@pytest.mark.parametrize("change", EVERY, ids=lambda change: f"{type(change).__name__}-{change.action.value}")
def test_what_goes_launches_nothing(change: Change) -> None:
    launched = with_launch(change, launch())
    may_launch = not (change.halts or isinstance(change, Delete | Forget))
    assert (launched.launch is not None) is may_launch
    assert with_launch(launched, None) == change


@pytest.mark.parametrize("change", EVERY, ids=lambda change: f"{type(change).__name__}-{change.action.value}")
def test_a_change_counts_once_at_most_as_what_it_does(change: Change) -> None:
    totals = count_totals([change])
    assert totals.adds + totals.destroys + totals.changes + totals.forgets == {
        Action.NOOP: 0,
        Action.REPLACE_CREATE_FIRST: 2,
        Action.REPLACE_DELETE_FIRST: 2,
    }.get(change.action, 1)


@pytest.mark.parametrize(
    "change", [one for one in EVERY if not isinstance(one, Wanted)], ids=lambda c: type(c).__name__
)
def test_what_no_manifest_wants_is_one_step(change: Delete | Forget | HaltAndForget) -> None:
    (part,) = removal.parts(change)
    assert part.action == action_of(change)


@pytest.mark.parametrize("lifecycle", get_args(LifecycleName))
def test_a_change_that_a_lifecycle_does_not_have_is_refused_and_not_passed_over(lifecycle: LifecycleName) -> None:
    rows = ApplyRows(desired=planned(INVITE, Action.CREATE).desired, rows=RowChanges("donors.csv", "phone"))
    other = planned(INVITE, Action.CREATE) if lifecycle == "account_list" else rows
    with pytest.raises(ValueError, match=f"no {type(other).__name__} of an? \\w+$"):
        list(INTERPRETERS[lifecycle](None, other, waits=False))  # type: ignore[arg-type]
