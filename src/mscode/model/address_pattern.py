"""What a person types for objects: an address, the name of a `forEach` for all of its objects, or a glob of addresses."""

from __future__ import annotations

from mscode.model.address import Address
from mscode.model.globs import glob_pattern
from mscode.model.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class AddressPattern:
    """One such text. `rsvpCalls.invite` stands for the object of that address, and for `rsvpCalls.invite.espoo`, which
    its `forEach` made; `*` and `?` make it a glob."""

    text: str

    @classmethod
    def parse(cls, text: str) -> AddressPattern:
        """Read one; ValueError (with the expected form) for a text without `*` and `?` that is no address."""
        if not is_glob(text):
            Address.parse(text)
        return cls(text)

    @property
    def is_glob(self) -> bool:
        """Does it hold `*` or `?`?"""
        return is_glob(self.text)

    def matches(self, address: str) -> bool:
        """Does it stand for the object of this address?"""
        if self.is_glob:
            return glob_pattern(self.text).fullmatch(address) is not None
        return address == self.text or address.startswith(f"{self.text}.")


def is_glob(text: str) -> bool:
    """Does a text hold a character that is special in a glob of addresses?"""
    return "*" in text or "?" in text
