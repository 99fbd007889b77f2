"""Reads JSON objects strictly: each member has its type, none is missing, none is unknown; a StateError says where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mscode.errors import StateError
from mscode.model.address import Address


class Shape:
    """One JSON object and its place (`where`). `end` refuses members that nobody asked for."""

    def __init__(self, data: Any, where: str) -> None:
        self._where = where
        if not isinstance(data, dict):
            raise StateError(f"{where} must be a JSON object", hint=_HINT, code="state-shape")
        self._data: dict[str, Any] = data
        self._asked: set[str] = set()

    def wrong(self, name: str, wanted: str) -> StateError:
        return StateError(f"{self._where}: `{name}` must be {wanted}", hint=_HINT, code="state-shape")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        if name not in self._data:
            raise StateError(f"{self._where}: `{name}` is missing", hint=_HINT, code="state-shape")
        return self._data[name]

    def text(self, name: str, *, absent: str | None = None) -> str:
        """`absent` as with `count`."""
        if absent is not None and name not in self._data:
            return absent
        value = self._take(name)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def hex(self, name: str, length: int) -> str:
        value = self.text(name)
        if not re.fullmatch(rf"[0-9a-f]{{{length}}}", value):
            raise self.wrong(name, f"{length} hex digits")
        return value

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self.wrong(name, f"one of {', '.join(allowed)}")
        return value

    def count(self, name: str, *, absent: int | None = None) -> int:
        """`absent` is what it is in documents of versions that did not have it; None: it must be there."""
        if absent is not None and name not in self._data:
            return absent
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(name, "a whole number from 0 up")
        return value

    def flag(self, name: str, *, absent: bool | None = None) -> bool:
        """`absent` as with `count`."""
        if absent is not None and name not in self._data:
            return absent
        value = self._take(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def address(self, name: str) -> Address:
        try:
            return Address.parse(self.text(name))
        except ValueError:
            raise self.wrong(name, "an address, like rsvpCalls.invite") from None

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._take(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "a JSON object")
        return value

    def items(self, name: str) -> list[Any]:
        value = self._take(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value

    def row(self, name: str) -> Shape:
        return Shape(self._take(name), f"{self._where}: {name}")

    def rows(self, name: str) -> list[Shape]:
        return [Shape(row, f"{self._where}: {name}[{index}]") for index, row in enumerate(self.items(name))]

    def end(self) -> None:
        unknown = sorted(set(self._data) - self._asked)
        if unknown:
            raise StateError(f"{self._where}: `{unknown[0]}` is not known", hint=_HINT, code="state-shape")


_HINT = "The state is mscode's own; restore it from its backup or your version of it."


def texts(shape: Shape, name: str) -> tuple[str, ...]:
    """A list of texts."""
    values = shape.items(name)
    if not all(isinstance(value, str) for value in values):
        raise shape.wrong(name, "a list of texts")
    return tuple(values)
