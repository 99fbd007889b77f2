"""Values that stand in a field besides plain JSON data: references, files, and what is known only after the apply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

from mscode.model.address import Address
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass


def scalar_text(value: Any) -> str:
    """A plain value as the text by which the service compares it (docs/service-notes.md#comparison)."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to another object of the project, by its declared name."""

    section: str
    name: str

    @property
    def address(self) -> Address:
        """The address; a `name` like `donors.helsinki` has the key of a `forEach` in it."""
        return Address(self.section, *self.name.split(".", 1))


@dataclass(frozen=True, slots=True)
class Unknown:
    """The id of an object that does not exist before this plan is applied."""

    address: Address


@dataclass(frozen=True, slots=True)
class RowKey:
    """A person of a list (`address`) who has no id before this plan is applied, by phone or e-mail.

    Never shown: its text is a person's.
    """

    address: Address
    key: str

    def __str__(self) -> str:
        return f"{self.address} {self.key}"


@dataclass(frozen=True, slots=True)
class ReceiverKey:
    """A person who is a receiver by a phone number (or e-mail address, `by`) that no account has yet. The service makes an
    account of it when it is written; until then the receiver is identified by this.

    Never shown: its text is a person's.
    """

    by: str
    value: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.by} {self.value}"


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file of the project that is uploaded: `path` relative to the project (posix), size in bytes, sha256 in hex.

    The digest is what two files are compared by; the path is for people and for opening it again.
    """

    path: str = field(compare=False)
    size: int = field(compare=False)
    sha256: str = ""
    extension: str = field(default="", compare=False)


def walk(value: Any) -> Iterator[Any]:
    """Every leaf of nested mappings and lists."""
    if isinstance(value, dict):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from walk(item)
    else:
        yield value


def replace_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nested value with `change` applied to each leaf."""
    if isinstance(value, dict):
        return {key: replace_leaves(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replace_leaves(item, change) for item in value]
    return change(value)


def references(value: Any) -> Iterator[Ref]:
    """Every reference inside a value."""
    return (leaf for leaf in walk(value) if isinstance(leaf, Ref))


class Scalar(str):
    """A scalar of a manifest: its text as it was typed, and whether it stood without quotes."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, *, plain: bool = True) -> Scalar:
        self = super().__new__(cls, text)
        self.plain = plain
        return self


_INT = late_pattern(r"[-+]?[0-9]+\Z")
_OCTAL_OR_HEX = late_pattern(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = late_pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def core(value: Any) -> Any:
    """Nested data with each unquoted scalar resolved by the YAML 1.2 core schema; ValueError for what JSON cannot hold."""
    return replace_leaves(value, _core_scalar)


#: A leading zero or a plus sign is no part of a number, and it is one of a phone number, a postal code or a door code.
_KEEPS_ITS_DIGITS = late_pattern(r"(?:\+[0-9.]|-?0[0-9]|-0\Z)[0-9.]*(?:[eE][-+]?[0-9]+)?\Z")


def free_form(value: Any) -> Any:
    """As `core`, for data whose meaning only the user knows: a number that would lose a leading zero or a plus sign stays text."""
    return replace_leaves(value, lambda leaf: str(leaf) if _is_code(leaf) else _core_scalar(leaf))


def _is_code(leaf: Any) -> bool:
    return isinstance(leaf, Scalar) and leaf.plain and _KEEPS_ITS_DIGITS.match(leaf) is not None


def _core_scalar(leaf: Any) -> Any:
    if not isinstance(leaf, Scalar):
        return leaf
    text = str(leaf)
    if not leaf.plain:
        return text
    if text.lower() in ("true", "false") and text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if text.lstrip("+-").lower() in (".inf", ".nan"):
        raise ValueError(f"{text} cannot be sent: JSON has no such number")
    return _number_or_text(text)


def _number_or_text(text: str) -> Any:
    if len(text) > 300:  # int() takes time with the square of the length
        return text
    if _OCTAL_OR_HEX.match(text):
        return int(text, 0)
    if _INT.match(text):
        return int(text)
    if not _FLOAT.match(text):
        return text
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("is too large a number")
    return number
