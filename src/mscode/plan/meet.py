"""Receivers as they are written and as they are read, and which of them meet (catalogue §2.2, Q38).

A wanted receiver meets a live row by group, account, phone or e-mail address, however the row was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from mscode.address import Address
from mscode.values import Ref, Unknown, replace_leaves
from mscode.world import Desired, Live

#: id of an address, or Unknown while it does not exist
Ids = Mapping[Address, "str | Unknown"]


class Reached(Protocol):
    """Who is reached by what (plan.people.People)."""

    def reached_by(self, who: Any, by: str) -> str: ...


def resolve(value: Any, ids: Ids) -> Any:
    """References as ids where these are known, else as `Unknown`."""

    def change(leaf: Any) -> Any:
        return ids.get(leaf.address, Unknown(leaf.address)) if isinstance(leaf, Ref) else leaf

    return replace_leaves(value, change)


def resolve_receivers(receivers: Sequence[Mapping[str, Any]], ids: Ids) -> list[tuple[str, Any]]:
    """Each receiver as (what, value): ("group", id), ("account", id), ("phone", number) or ("email", address)."""
    return [_receiver_key(resolve(dict(receiver), ids)) for receiver in receivers]


def _receiver_key(receiver: Mapping[str, Any]) -> tuple[str, Any]:
    for key, value in receiver.items():
        if key in ("group", "groupId"):
            return ("group", value)
        if key in ("account", "accountId"):
            return ("account", value)
    return ("email", receiver["email"]) if "email" in receiver else ("phone", receiver.get("phone", ""))


def live_receiver_keys(receiver: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every way in which a live row may have been written (catalogue Q38): by group, account, phone or e-mail."""
    names = {"groupId": "group", "accountId": "account", "phone": "phone", "email": "email"}
    return ((names[key], value) for key, value in receiver.items() if key in names and value)


def added_receivers(live: Live, desired: Desired, ids: Mapping[Any, Any]) -> list[Mapping[str, Any]]:
    """The wanted receivers that a live campaign lacks."""
    return meet(list(live.fields.get("receivers", ())), list(desired.fields["receivers"]), ids, None)[0]


def same_receivers(live: Live, wanted: Any, ids: Mapping[Any, Any], *, ordered: bool = False) -> bool:
    """Does a live object have exactly these receivers?"""
    rows = list(live.fields.get("receivers", ()))
    added, met = meet(rows, list(wanted), ids, None)
    return not added and len(met) == len(rows) and (not ordered or met == sorted(met))


def meet(
    rows: Any, wanted: Any, ids: Mapping[Any, Any], people: Reached | None
) -> tuple[list[Mapping[str, Any]], list[int]]:
    """Wanted receivers that no row stands for, and the rows that stand for one, in the order of the wanted."""
    by_key: dict[tuple[str, Any], list[int]] = {}
    for at, row in enumerate(rows):
        for key in _row_keys(row, people):
            by_key.setdefault(key, []).append(at)
    added: list[Mapping[str, Any]] = []
    met: dict[int, None] = {}
    for receiver, key in zip(wanted, resolve_receivers(wanted, ids), strict=True):
        free = next((i for i in by_key.get(key, ()) if i not in met), None)
        if free is None:
            added.append(receiver)
        else:
            met[free] = None
    return added, list(met)


def _row_keys(row: Mapping[str, Any], people: Reached | None) -> set[tuple[str, Any]]:
    """The keys a row answers to. A phone that was written becomes an account on the way, and its row may hold that alone."""
    keys = set(live_receiver_keys(row))
    if people is not None and "groupId" not in row and row.get("accountId"):
        keys |= {(by, people.reached_by(row["accountId"], by)) for by in ("phone", "email")}
    return keys
