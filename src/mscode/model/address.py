"""Addresses: the stable names of managed objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.model.kind import Kind

NAME = late_pattern(r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")
KEY = late_pattern(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`<section>.<name>`, or `<section>.<name>.<key>` for one made by `forEach`."""

    section: str
    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.section}.{self.name}.{self.key}" if self.key else f"{self.section}.{self.name}"

    @property
    def kind(self) -> Kind:
        """The kind of its section; KeyError where this version knows none of that name."""
        from mscode.model.kind import registry

        return registry()[self.section]

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address; ValueError (with the expected form) when it is none."""
        parts = text.split(".")
        if len(parts) not in (2, 3) or not NAME.match(parts[1]) or (len(parts) == 3 and not KEY.match(parts[2])):
            raise ValueError(f'"{text}" is not an address; the form is <section>.<name>, for example rsvpCalls.invite')
        return cls(*parts)
