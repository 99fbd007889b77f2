"""`edit` of a test: other values in a YAML file, whose text is otherwise kept, comments too (some allow what a rule refuses).

The new value is written in the place of the old one as JSON, which is YAML on one line; the result is read again, and must say
what was meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mscode.manifest.format.layout_source import Piece, read
from mscode.manifest.yaml.quoting import is_plain
from mscode.manifest.yaml.tree import parse, parse_all
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.values import Scalar


class EditError(ValueError):
    """A value that cannot be written: why, and what was probably meant. `path` is its path."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.path, self.hint = path, hint


def with_edits(raw: bytes, name: str, values: Mapping[str, Any]) -> bytes:
    """The content of a file with new values by their paths (`rsvpCalls.invite.acceptsWanted`); None removes what is there.

    Mappings on the way to a new field are made. EditError for a path that leads through a value; ManifestError for a file that is
    no YAML of mappings.
    """
    target = [document.data() for document in parse(raw, name)]
    text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    for path, value in values.items():
        at = _document_of(target, path)
        text = _with_value(text, at, path, value)
        _set(target[at], path, value)
        after = parse_all(text.encode(), name)
        if after.errors or _same([document.data() for document in after.documents]) != _same(target):
            raise EditError(
                path, "it cannot be written into this file", "Write the mapping that holds it in block style."
            )
    return text.encode()


def _document_of(documents: list[Any], path: str) -> int:
    """Which document of a file a path is about: the first that has the first two names of it, else the first name."""
    names = path.split(".")
    for depth in (2, 1):
        for at, data in enumerate(documents):
            if _has(data, names[:depth]):
                return at
    if not documents or not isinstance(documents[0], dict):
        raise EditError(path, "the file holds no mapping")
    return 0


def _has(data: Any, names: list[str]) -> bool:
    for name in names:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return True


def _set(data: Any, path: str, value: Any) -> None:
    *names, last = path.split(".")
    for name in names:
        if not isinstance(data.get(name), dict):
            data[name] = {}
        data = data[name]
    if value is None:
        data.pop(last, None)
    else:
        data[last] = value


def _same(data: Any) -> Any:
    """Data with texts that differ in their quotes alone made equal, and mappings that became empty beside nothing."""
    if isinstance(data, dict):
        return {str(key): _same(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_same(value) for value in data]
    return None if data is None else str(data)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a path leads: the deepest mapping that is there, the names that are missing, and what the last known one has."""

    mapping: Piece
    missing: list[str]
    at: int


def _with_value(text: str, document: int, path: str, value: Any) -> str:
    root = read(text).documents[document].root
    if root is None or root.keys is None:
        raise EditError(path, "the file holds no mapping")
    spot = _spot(root, path)
    if spot.missing:
        if value is None:
            hint = did_you_mean(spot.missing[0], [key.text for key in spot.mapping.keys or ()])
            raise EditError(path, f'there is no "{spot.missing[0]}" to remove', hint)
        return _added(text, spot.mapping, spot.missing, value)
    if value is None:
        return _removed(text, spot.mapping, spot.at)
    return _replaced(text, spot.mapping, spot.at, value)


def _spot(root: Piece, path: str) -> _Spot:
    names, mapping = path.split("."), root
    for depth, name in enumerate(names):
        known = [key.text for key in mapping.keys or ()]
        if name not in known:
            return _Spot(mapping, names[depth:], -1)
        at = known.index(name)
        child = mapping.items[at]
        if depth == len(names) - 1:
            return _Spot(mapping, [], at)
        if child.is_scalar and not child.raw:
            raise EditError(path, f'"{".".join(names[: depth + 1])}" is empty', "Give it a whole mapping.")
        if child.keys is None:
            raise EditError(path, f'"{".".join(names[: depth + 1])}" is no mapping', "Give it a new value as a whole.")
        mapping = child
    return _Spot(mapping, [], -1)


def _added(text: str, mapping: Piece, names: list[str], value: Any) -> str:
    """With a new first field in a mapping."""
    for name in reversed(names[1:]):
        value = {name: value}
    field = f"{_key(names[0])}: {_flow(value)}"
    if mapping.flow:
        start = mapping.start + 1
        return f"{text[:start]}{field}{', ' if mapping.keys else ''}{text[start:]}"
    first = (mapping.keys or [mapping])[0]
    return f"{text[: first.start]}{field}\n{' ' * first.column}{text[first.start :]}"


def _removed(text: str, mapping: Piece, at: int) -> str:
    """Without a field. A block mapping that held nothing else is an empty one then."""
    keys = mapping.keys or []
    start, end = keys[at].start, _end(mapping.items[at], keys[at])
    if len(keys) == 1:
        return f"{text[: mapping.start]}{{}}{text[mapping.end if mapping.flow else end :]}"
    line = text.rfind("\n", 0, start) + 1
    if not mapping.flow and not text[line:start].strip():
        stop = text.find("\n", end)  # whole lines, so that comments around them stay
        return text[:line] + (text[stop + 1 :] if stop >= 0 else "")
    if at + 1 < len(keys):
        return text[:start] + text[keys[at + 1].start :]
    return text[: _end(mapping.items[at - 1], keys[at - 1])] + text[end:]


def _replaced(text: str, mapping: Piece, at: int, value: Any) -> str:
    key, old = (mapping.keys or [])[at], mapping.items[at]
    end = _end(old, key)
    if old.is_scalar and not old.raw:
        colon = text.index(":", key.end) + 1
        return f"{text[:colon]} {_flow(value)}{text[colon:]}"
    if old.is_scalar or old.flow:
        return f"{text[: old.start]}{_flow(value)}{text[end:]}"
    colon = text.index(":", key.end) + 1
    return f"{text[:colon]} {_flow(value)}{text[end:]}"


def _end(value: Piece, key: Piece) -> int:
    """Where a field ends: its value, or its key where it has none."""
    return value.end if value.raw or not value.is_scalar else max(key.end, value.end)


def _key(name: str) -> str:
    return name if is_plain(name) and " " not in name else json.dumps(name, ensure_ascii=False)


def _flow(value: Any) -> str:
    """YAML on one line. An unquoted text of the test stays without quotes where it reads the same in braces."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(str(key))}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None:
        return "null"
    text = str(value)
    if (
        isinstance(value, Scalar)
        and value.plain
        and not set(text) & set(",[]{}#:&*!|>'\"%@`\n")
        and text.strip() == text
    ):
        return text
    return json.dumps(text, ensure_ascii=False)
