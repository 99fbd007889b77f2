"""What a run has done to people, and what it has not: rows of receivers at two moments."""

from __future__ import annotations

import pytest

from mscode.engine.apply.own_changes import OwnChanges
from mscode.model.world import VIA_GROUP, Live

OLD, NEW, STRANGER = "+358405550101", "+358405550188", "+358405559999"
AINO = {"accountId": "1", "phone": "+358405550100"}


def eero(phone: str, group: str = "") -> dict[str, str]:
    row = {"accountId": "2", "phone": phone, VIA_GROUP: group}
    return {name: value for name, value in row.items() if value}


@pytest.fixture
def own() -> OwnChanges:
    """Eero has got another number; he leaves group 7 and joins group 8."""
    own = OwnChanges()
    own.move(Live("accounts", "2", {"phone": OLD}, {}), {"phone": NEW})
    own.leave("7", ["2"])
    own.join("8", {"2": "accounts.eero"}, lambda name: [("phone", NEW), ("phone", OLD)])
    return own


@pytest.mark.parametrize("phone", [OLD, NEW])
def test_who_joins_or_leaves_is_the_runs_doing(own: OwnChanges, phone: str) -> None:
    assert own.explain([AINO, eero(OLD, "7")], [AINO])
    assert own.explain([AINO], [AINO, eero(phone, "8")])
    assert own.explain([eero(OLD, "7"), AINO], [AINO, eero(phone, "8")])


@pytest.mark.parametrize("group", ["", "7", "8"])
def test_a_number_of_somebody_else_is_not(own: OwnChanges, group: str) -> None:
    assert own.explain([AINO, eero(OLD, group)], [AINO, eero(NEW, group)])
    assert not own.explain([AINO, eero(OLD, group)], [AINO, eero(STRANGER, group)])
    assert not own.explain([AINO, eero(NEW, group)], [AINO, eero(OLD, group)])
    assert not own.explain([AINO], [AINO, eero(STRANGER, group)])


def test_who_leaves_does_not_come_and_who_joins_does_not_go(own: OwnChanges) -> None:
    assert not own.explain([AINO], [AINO, eero(OLD, "7")])
    assert not own.explain([AINO, eero(NEW, "8")], [AINO])
    assert not own.explain([AINO], [AINO, eero(NEW, "9")])


def test_a_deleted_account_goes_and_does_not_come_back() -> None:
    own = OwnChanges()
    own.delete(Live("accounts", "2", {"phone": OLD}, {}))
    for now in ([AINO], [AINO, {"accountId": "2"}], [AINO, {}]):
        assert own.explain([AINO, eero(OLD) if now[-1] else {"phone": OLD}], now)
    assert not own.explain([AINO], [AINO, eero(OLD)])
    assert not own.explain([AINO, eero(OLD)], [AINO, eero(STRANGER)])
    assert not own.explain([AINO, {"phone": OLD}], [AINO, {"phone": STRANGER}])
    assert not own.explain([AINO, {"phone": OLD}], [{"phone": STRANGER}])


def test_each_campaign_has_its_own_people() -> None:
    own = OwnChanges()
    own.bring("rsvpCalls.one", frozenset({OLD}))
    own.bring("rsvpCalls.one", frozenset({NEW}))
    own.bring("rsvpCalls.two", frozenset({STRANGER}))
    assert own.brought_to("rsvpCalls.one") == {OLD, NEW}
