"""What the state keeps of what has rung: it only ever grows, whatever is read later. Pure cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mscode.model.address import Address
from mscode.model.world import CampaignStatus, Entry, Live, Marker, Tombstone, remembered
from mscode.state.document import EntryRow, TombstoneRow

INVITE = Address("rsvpCalls", "invite")
ENTRY = Entry(INVITE, "1", created_at="2026-11-30 06:00:00", applied={"state": "active"})


def seen(state: str, dials: int = 0, phase: str = "new", **more: str) -> Live:
    marker = Marker("drive", "test", str(INVITE), 1, phase) if phase else None
    fields = {"id": "1", "created_at": "2026-11-30 06:00:00", **more}
    return Live("rsvpCalls", fields["id"], {}, {}, fields["created_at"], status=CampaignStatus(state, dials, marker))


@pytest.mark.parametrize(
    ("live", "launched", "dialled"),
    [
        (seen("halt"), False, 0),
        (seen("halt", phase=""), False, 0),
        (seen("active"), True, 0),
        (seen("waitingToActive"), True, 0),
        (seen("complete"), True, 0),
        (seen("halt", 3), True, 3),
        (seen("halt", phase="live"), True, 0),
        (seen("halt", phase="edit"), True, 0),
        (seen("halt", phase="held"), True, 0),
        (seen("active", 3, id="2"), False, 0),
        (seen("active", 3, created_at="2020-01-01 00:00:00"), False, 0),
    ],
)
def test_what_an_object_shows_of_having_reached_people(live: Live, launched: bool, dialled: int) -> None:
    entry = remembered(ENTRY, live)
    assert (entry.launched, entry.dialled) == (launched, dialled)
    assert entry.may_have_rung is launched


def test_less_that_is_read_later_takes_nothing_back() -> None:
    entry = remembered(remembered(ENTRY, seen("active", 3)), seen("halt", 1))
    assert entry.launched and entry.dialled == 3
    assert remembered(entry, seen("halt")) == entry


def test_what_makes_room_for_another_one_is_not_what_that_one_has_done() -> None:
    blank = replace(ENTRY, launched=True, dialled=3).reset_for_replacement()
    assert not blank.may_have_rung and blank.is_reset
    assert not replace(ENTRY.reset_for_replacement(), dialled=1).is_reset


def test_the_document_keeps_it_and_reads_documents_that_do_not_have_it() -> None:
    entry, stone = replace(ENTRY, launched=True, dialled=3), Tombstone(INVITE, "1", reached=True)
    data = EntryRow.of(entry).data()
    assert EntryRow.model_validate(data).noun() == entry
    assert TombstoneRow.model_validate(TombstoneRow.of(stone).data()).noun() == stone
    old = {name: value for name, value in data.items() if name != "dialled"}
    assert EntryRow.model_validate(old).noun() == replace(entry, dialled=0)
    assert TombstoneRow.model_validate({"address": str(INVITE), "id": "1"}).noun() == replace(stone, reached=False)
