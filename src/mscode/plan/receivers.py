"""Receivers compared: what the manifest adds, and what the live object has that it no longer wants (catalogue Q38).

A wanted receiver meets a live row by group, account, phone or e-mail address, however the row was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mscode.plan.case import Case
from mscode.plan.change import FieldChange
from mscode.plan.meet import meet
from mscode.values import Ref

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
