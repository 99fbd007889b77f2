"""What is said of each kind of change: its headline, its symbols and the remarks below."""

from __future__ import annotations

import pytest

from mscode.plan.change import Action, Change, FieldChange
from tests.views.plans import at, body, launch, planned, text

A = at("rsvpCalls.invite")
UP, NOOP = Action.UPDATE, Action.NOOP
HEADLINES = [
    (planned(A, Action.CREATE), "rsvpCalls.invite will be created", "+"),
    (planned(A, Action.CREATE, launch=launch()), "rsvpCalls.invite will be created and launched", "+ ☎"),
    (planned(A, NOOP, launch=launch()), "rsvpCalls.invite will be launched", "☎"),
    (planned(A, NOOP, launch=launch("resume")), "rsvpCalls.invite will be launched", "☎"),
    (
        planned(A, NOOP, launch=launch("interrupted")),
        "rsvpCalls.invite will be launched: resume (edit interrupted)",
        "☎",
    ),
    (planned(A, NOOP, launch=launch("reaches-more", 12)), "rsvpCalls.invite reaches 12 more people", "☎"),
    (planned(A, UP), "rsvpCalls.invite will be updated in-place", "~"),
    (
        planned(A, UP, launch=launch("reaches-more", 12)),
        "rsvpCalls.invite will be updated in-place and reaches 12 more people",
        "~ ☎",
    ),
    (
        planned(A, UP, launch=launch("reaches-more", 1)),
        "rsvpCalls.invite will be updated in-place and reaches 1 more person",
        "~ ☎",
    ),
    (planned(A, UP, launch=launch("edit", widens=["later end"])), "rsvpCalls.invite will be updated in-place", "~ ☎"),
    (planned(A, UP, launch=launch()), "rsvpCalls.invite will be updated in-place and launched", "~ ☎"),
    (
        planned(A, UP, launch=launch("interrupted")),
        "rsvpCalls.invite will be updated in-place and launched: resume (edit interrupted)",
        "~ ☎",
    ),
    (planned(A, UP, halts=True), "rsvpCalls.invite will be halted", "~"),
    (planned(A, Action.FORGET, halts=True), "rsvpCalls.invite will be halted", "~"),
    (planned(A, Action.FORGET), "rsvpCalls.invite will be forgotten", "."),
    (planned(A, Action.REPLACE_CREATE_FIRST), "rsvpCalls.invite must be replaced", "+/-"),
    (planned(A, Action.REPLACE_DELETE_FIRST), "rsvpCalls.invite must be replaced", "-/+"),
    (
        planned(A, Action.REPLACE_CREATE_FIRST, launch=launch()),
        "rsvpCalls.invite must be replaced and launched",
        "+/- ☎",
    ),
    (planned(A, Action.DELETE), "rsvpCalls.invite will be destroyed", "-"),
    (planned(A, NOOP, import_id="303"), "rsvpCalls.invite will be imported", "="),
    (planned(A, NOOP, import_id="303", launch=launch()), "rsvpCalls.invite will be imported and launched", "= ☎"),
    (planned(A, NOOP, previous_address=at("rsvpCalls.old")), "rsvpCalls.old has moved to rsvpCalls.invite", ">"),
]


@pytest.mark.parametrize(("change", "headline", "symbols"), HEADLINES, ids=[f"{s} {h}" for _, h, s in HEADLINES])
def test_headline_and_symbols(change: Change, headline: str, symbols: str) -> None:
    shown = text(change)
    assert f"\n  # {headline}\n  {symbols} rsvpCalls.invite\n" in shown


def test_an_edit_that_widens_says_how() -> None:
    change = planned(A, UP, launch=launch("edit", 3, widens=["later end", "other weekdays"]))
    assert body(change).splitlines()[0] == "      calls more: later end, other weekdays"


def test_a_removal_that_stops_calls_says_what_comes_after() -> None:
    state = FieldChange("state", "active", "halt")
    change = planned(A, Action.FORGET, fields=(state,), halts=True, reason="its manifest is gone")
    assert body(change) == '      state: "active" -> "halt"\n      then forgotten; its results stay'


def test_an_import_shows_the_id_it_takes() -> None:
    assert body(planned(A, NOOP, import_id="303")) == '      id: "303"'


def test_an_import_that_also_changes_says_where_it_comes_from() -> None:
    change = planned(A, UP, import_id="303", fields=(FieldChange("acceptsWanted", 3, 4),))
    assert (
        "  # rsvpCalls.invite will be updated in-place\n"
        '  # (imported from "303")\n'
        "  ~ rsvpCalls.invite\n"
        "      acceptsWanted: 3 -> 4\n"
    ) in text(change)


def test_a_move_that_also_changes_says_where_it_comes_from() -> None:
    change = planned(A, UP, previous_address=at("rsvpCalls.old"))
    assert "  # rsvpCalls.invite will be updated in-place\n  # (moved from rsvpCalls.old)\n" in text(change)


def test_a_forgotten_object_says_why() -> None:
    change = planned(A, Action.FORGET, reason="it has reached people, so its results stay in the live account")
    assert "  # (it has reached people, so its results stay in the live account)\n  . rsvpCalls.invite\n" in text(
        change
    )


def test_a_replaced_object_that_stays_is_said_to_stay() -> None:
    change = planned(A, Action.REPLACE_CREATE_FIRST, keeps_old=True)
    assert "  # (the old one stays in the live account)\n" in text(change)


def test_unchanged_fields_are_counted() -> None:
    change = planned(A, UP, fields=(FieldChange("acceptsWanted", 3, 4),), unchanged=3)
    assert body(change) == "      acceptsWanted: 3 -> 4\n      (3 unchanged fields)"
    assert body(planned(A, UP, unchanged=1)) == "      (1 unchanged field)"


def test_the_state_is_not_said_twice_when_a_campaign_is_created_and_launched() -> None:
    state = (FieldChange("state", None, "active"),)
    assert "state:" not in text(planned(A, Action.CREATE, fields=state, launch=launch()))
    assert 'state: "halt"' in text(planned(A, Action.CREATE, fields=(FieldChange("state", None, "halt"),)))
