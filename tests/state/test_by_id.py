"""Which entries have an id: the same answer as a look at all of them, whatever has become of them since the first question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mscode.model.address import Address
from mscode.model.world import Entry
from tests.state.samples import ANNA, DONORS, FULL, INVITE, TOMB, entry, opened

OTHERS = Address("groups", "others")


def addresses(entries: list[Entry]) -> list[Address]:
    return [found.address for found in entries]


def test_an_object_is_its_entrys_and_a_superseded_one_too(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(FULL)
        assert addresses(store.managing("rsvpCalls", "91")) == [INVITE]
        assert addresses(store.managing("rsvpCalls", "89")) == [INVITE]
        assert store.managing("groups", "91") == []  # ids of another section


def test_a_change_after_the_first_question_is_seen(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
        assert addresses(store.managing("groups", "17")) == [DONORS]
        store.put(replace(entry(), id="18"))
        assert store.managing("groups", "17") == []
        assert addresses(store.managing("groups", "18")) == [DONORS]
        store.move(DONORS, OTHERS)
        assert addresses(store.managing("groups", "18")) == [OTHERS]
        store.put(entry(id="19"))
        assert addresses(store.managing("groups", "19")) == [DONORS]
        store.drop(OTHERS)
        assert store.managing("groups", "18") == []


def test_what_several_addresses_share_stays_the_others_when_one_goes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
        assert addresses(store.managing("groups", "17")) == [DONORS]
        store.put(entry(OTHERS))
        assert addresses(store.managing("groups", "17")) == [DONORS, OTHERS]
        store.put(replace(entry(OTHERS), id="20"))
        assert addresses(store.managing("groups", "17")) == [DONORS]


def test_what_was_forgotten_is_told_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert list(store.tombstones) == []
        store.add_tombstone(TOMB)
        assert list(store.tombstones) == [TOMB]
        store.remove_tombstone(ANNA)
        assert list(store.tombstones) == []
