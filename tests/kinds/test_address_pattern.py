"""What a person types for objects: an address, the name of a forEach, a glob."""

from __future__ import annotations

import pytest

from mscode.model.address_pattern import AddressPattern

ADDRESSES = ["rsvpCalls.invite", "rsvpCalls.invite.espoo", "rsvpCalls.invite.vantaa", "rsvpCalls.invite2", "smses.note"]


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("rsvpCalls.invite", ADDRESSES[:3]),
        ("rsvpCalls.invite.espoo", ADDRESSES[1:2]),
        ("rsvpCalls.invite.esp", []),
        ("rsvpCalls.invite.*", ADDRESSES[1:3]),
        ("rsvpCalls.*", ADDRESSES[:4]),
        ("*", ADDRESSES),
        ("*.note", ADDRESSES[4:]),
        ("smses.not?", ADDRESSES[4:]),
        ("*" * 40 + "z", []),
    ],
)
def test_an_address_a_for_each_and_a_glob(text: str, matched: list[str]) -> None:
    pattern = AddressPattern.parse(text)
    assert [address for address in ADDRESSES if pattern.matches(address)] == matched


@pytest.mark.parametrize("text", ["", "invite", "rsvpCalls.", "a.b.c.d", "rsvpCalls.invité"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        AddressPattern.parse(text)
