"""Taking live values into the state, and nothing else (`--refresh-only`): the state's entries as they will be.

A person's halt that is accepted stays a person's halt: the state then remembers it as one, so that no apply starts the
campaign again without --resume. What was deleted leaves the state, but for what may have reached people (see `drift`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import Entry
from mscode.plan.drift.detect import Drift, applied_rules, live_form
from mscode.plan.lifecycle import operator_halt

#: Address to its new entry; None: it leaves the state.
Refreshed = Mapping[Address, Entry | None]


def refreshed(found: Iterable[Drift], seal: Callable[[Any], str]) -> Refreshed:
    """What the state would remember of each object whose drift is accepted, by address."""
    entries: dict[Address, Entry | None] = {}
    for one in found:
        if one.matters and one.accepted:
            before = entries.get(one.address) or one.entry  # what is deleted has no other drift
            entries[one.address] = _accepted(one, before, one.address.kind, seal)
    return entries


def _accepted(one: Drift, entry: Entry, kind: Kind, seal: Callable[[Any], str]) -> Entry | None:
    if one.live is None:
        return None
    if one.kind == "halted":
        return operator_halt.accepted(entry)
    if one.kind == "started":
        return replace(entry, applied={**entry.applied, "state": "active"}, launched=True)
    names = {field.name for field in one.fields}
    live = one.live
    new = {rule.name: live_form(rule, live, seal) for rule in applied_rules(kind, entry, live) if rule.name in names}
    echo = {name: pair for name, pair in entry.server_values.items() if name not in names}
    return replace(entry, applied={**entry.applied, **new}, server_values=echo)
