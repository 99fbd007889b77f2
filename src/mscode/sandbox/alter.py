"""Answers deliberately out of form: what a careless server, or a proxy in between, makes of a true one."""

import json
from collections.abc import Callable
from typing import Any


def _each(value: Any, change: Callable[[str, Any], Any]) -> Any:
    """A copy with ``change(name, member)`` in place of each member of each object, however deep."""
    if isinstance(value, dict):
        return {name: change(name, _each(member, change)) for name, member in value.items()}
    return [_each(item, change) for item in value] if isinstance(value, list) else value


def _id_object(value: Any) -> Any:
    return _each(value, lambda name, member: {"value": member} if name.endswith("Id") else member)


def _id_missing(value: Any) -> Any:
    if isinstance(value, list):
        return [_id_missing(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _id_missing(member) for name, member in value.items() if not name.endswith("Id")}


def _list_text(value: Any) -> Any:
    spoilt = _each(value, lambda _, member: json.dumps(member) if isinstance(member, list) else member)
    return json.dumps(spoilt) if isinstance(spoilt, list) else spoilt


def _rows_text(value: Any) -> Any:
    return [json.dumps(item) for item in value] if isinstance(value, list) else json.dumps(value)


def _other(value: Any) -> Any:
    """The same in another type: a wrong value would be a lie, not a mistake of form."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else [value]
    if isinstance(value, dict):
        return [value]
    return {"value": value} if isinstance(value, list) else json.dumps(value)


def _other_types(value: Any) -> Any:
    return _each(value, lambda _, member: _other(member))


ALTERATIONS: dict[str, Callable[[Any], Any]] = {
    "idObject": _id_object,  # "groupId": {"value": "1"}
    "idMissing": _id_missing,  # no member whose name ends in Id
    "listText": _list_text,  # each array as a string of JSON
    "rowsText": _rows_text,  # each object of a list, or the object, as a string of JSON
    "otherTypes": _other_types,  # text of digits as a number, other text and objects as arrays, arrays as objects, the rest as text
    "null": lambda _: None,
}


def altered(content: str, alteration: str, omit: int, repeat: int) -> str:
    """A body changed: rows of a list left out at its end or listed twice, then its form. What is no JSON stays."""
    try:
        value = json.loads(content)
    except ValueError:
        return content
    if isinstance(value, list):
        value = value[: len(value) - omit] if omit else value
        value += value[-repeat:] if repeat else []
    if alteration:
        value = ALTERATIONS[alteration](value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
