"""Taking live values into the state, and nothing else (`--refresh-only`): the state's entries as they will be.

A person's halt that is accepted stays a person's halt: the state then remembers it as one, so that no apply starts the
campaign again without --resume. What was deleted leaves the state, except what may have reached people (see plan.drift.detect).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mscode.model.address import Address
from mscode.model.world import Entry
from mscode.plan.drift.detect import Drift, applied_rules, live_form
from mscode.plan.lifecycle import operator_halt

#: Address to its new entry; None: it leaves the state.
Refreshed = Mapping[Address, Entry | None]


def refreshed(drifts: Iterable[Drift], seal: Callable[[Any], str]) -> Refreshed:
    """What the state would remember of each object whose drift is accepted, by address."""
    entries: dict[Address, Entry | None] = {}
    for drift in drifts:
        if drift.matters and drift.accepted:
            before = entries.get(drift.address) or drift.entry  # what is deleted has no other drift
            entries[drift.address] = _entry_after(drift, before, seal)
    return entries


def _entry_after(drift: Drift, entry: Entry, seal: Callable[[Any], str]) -> Entry | None:
    """The entry with the live values of one drift; None where the object was deleted."""
    if drift.live is None:
        return None
    if drift.kind == "halted":
        return operator_halt.accepted(entry)
    if drift.kind == "started":
        return replace(entry, applied={**entry.applied, "state": "active"}, launched=True)
    names = {field.name for field in drift.fields}
    live = drift.live
    applied = {
        rule.name: live_form(rule, live, seal)
        for rule in applied_rules(drift.address.kind, entry, live)
        if rule.name in names
    }
    server_values = {name: pair for name, pair in entry.server_values.items() if name not in names}
    return replace(entry, applied={**entry.applied, **applied}, server_values=server_values)
