"""Receivers compared: what the manifest adds, and what the live object has that it no longer wants (catalogue Q38).

A wanted receiver meets a live row by group, account, phone or e-mail address, however the row was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mscode.plan.case import Case
from mscode.plan.change import FieldChange
from mscode.plan.people import People
from mscode.plan.scene import live_receiver_keys, resolve_receivers
from mscode.values import Ref
from mscode.world import Desired, Live

_SECTIONS = {"groupId": "groups", "accountId": "accounts"}


@dataclass(frozen=True, slots=True)
class Receivers:
    """What is new, what is no longer wanted; `moved`: the same ones in another order."""

    added: tuple[Mapping[str, Any], ...] = ()
    removed: tuple[Mapping[str, Any], ...] = ()
    moved: bool = False

    @property
    def differ(self) -> bool:
        return bool(self.added or self.removed)


def compare_receivers(case: Case) -> Receivers:
    """As sets; `moved` says whether the order differs too."""
    if "receivers" in case.match.desired.lifecycle.ignore_changes:
        return Receivers()
    rows = list(case.live.fields.get("receivers", ()))
    added, met = meet(rows, list(case.match.desired.fields["receivers"]), case.ids, case.people)
    removed = tuple(row for i, row in enumerate(rows) if i not in met)
    return Receivers(tuple(added), removed, moved=met != sorted(met))


def added_receivers(live: Live, desired: Desired, ids: Mapping[Any, Any]) -> list[Mapping[str, Any]]:
    """The wanted receivers that a live campaign lacks."""
    return meet(list(live.fields.get("receivers", ())), list(desired.fields["receivers"]), ids, None)[0]


def same_receivers(live: Live, wanted: Any, ids: Mapping[Any, Any], *, ordered: bool = False) -> bool:
    """Does a live object have exactly these receivers?"""
    rows = list(live.fields.get("receivers", ()))
    added, met = meet(rows, list(wanted), ids, None)
    return not added and len(met) == len(rows) and (not ordered or met == sorted(met))


def meet(
    rows: Any, wanted: Any, ids: Mapping[Any, Any], people: People | None
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


def _row_keys(row: Mapping[str, Any], people: People | None) -> set[tuple[str, Any]]:
    """The keys a row answers to. A phone that was written becomes an account on the way, and its row may hold that alone."""
    keys = set(live_receiver_keys(row))
    if people is not None and "groupId" not in row and row.get("accountId"):
        keys |= {(by, people.reached_by(row["accountId"], by)) for by in ("phone", "email")}
    return keys


def receivers_change(case: Case, receivers: Receivers) -> list[FieldChange]:
    """The difference as a field of the change, [] where there is none."""
    if not receivers.differ and not (receivers.moved and not case.kind.rules["receivers"].mutable):
        return []
    wanted = case.match.desired.fields["receivers"]
    forces = not case.kind.rules["receivers"].mutable
    return [FieldChange("receivers", _named(case, case.live.fields.get("receivers", [])), wanted, forces)]


def _named(case: Case, rows: Any) -> list[dict[str, Any]]:
    """Live receivers with the addresses of managed ids, so that before and after read alike."""
    by_id = {(address.section, one): address for address, one in case.ids.items() if isinstance(one, str)}
    named = []
    for row in rows:
        key, value = next(iter(row.items()), ("phone", ""))
        address = by_id.get((_SECTIONS.get(key, ""), value))
        if address:
            named.append({key.removesuffix("Id"): Ref(address.section, str(address).split(".", 1)[1])})
        else:
            reached = next((by for by in ("phone", "email") if row.get(by)), "")
            named.append({reached: row[reached]} if reached else dict(row))
    return named
