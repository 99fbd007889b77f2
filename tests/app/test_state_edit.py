"""Changing the state without an apply."""

from __future__ import annotations

import pytest

from mscode.app.state_edit import Pushed, break_lock, move_entry, push_state, read_entry, read_state
from mscode.errors import MscodeError, StateError
from mscode.model.address import Address
from mscode.state.local.lock import StateLock
from tests.app.conftest import ProjectFolder

DONORS, OTHERS = Address("groups", "donors"), Address("groups", "others")


def test_an_entry_moves_to_another_address(launched: ProjectFolder) -> None:
    (before,) = read_entry(launched.inv, launched.folder, DONORS).entries
    move_entry(launched.inv, launched.folder, DONORS, OTHERS)
    (after,) = read_entry(launched.inv, launched.folder, OTHERS).entries
    assert after.id == before.id
    with pytest.raises(MscodeError, match="is not in the state"):
        read_entry(launched.inv, launched.folder, DONORS)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (DONORS, Address("filters", "donors"), "the sections differ"),
        (OTHERS, DONORS, "is not in the state"),
        (Address("voiceFiles", "greeting"), Address("voiceFiles", "thanks"), "is in the state already"),
    ],
)
def test_a_move_that_cannot_be(launched: ProjectFolder, before: Address, after: Address, words: str) -> None:
    text = read_state(launched.inv, launched.folder).text()
    with pytest.raises(MscodeError, match=words):
        move_entry(launched.inv, launched.folder, before, after)
    assert read_state(launched.inv, launched.folder).text() == text


def test_a_state_is_pushed_over_a_newer_one_by_force_alone(launched: ProjectFolder) -> None:
    old = read_state(launched.inv, launched.folder).text()
    move_entry(launched.inv, launched.folder, DONORS, OTHERS)
    with pytest.raises(StateError):
        push_state(launched.inv, launched.folder, Pushed(old.encode, "old.json"), None, force=False)
    assert push_state(launched.inv, launched.folder, Pushed(old.encode, "old.json"), None, force=True).is_new
    assert read_entry(launched.inv, launched.folder, DONORS).entries


def test_a_lock_is_broken_by_its_id(launched: ProjectFolder) -> None:
    lock = StateLock(launched.folder / ".mscode" / "sandbox", "apply")
    lock.acquire()
    with pytest.raises(StateError):
        break_lock(launched.inv, launched.folder, "another")
    assert break_lock(launched.inv, launched.folder, lock.id).Operation == "apply"
    with StateLock(launched.folder / ".mscode" / "sandbox", "apply") as other:
        assert other.notice == ""
