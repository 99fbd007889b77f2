"""Of an edit the part that takes people or moments away, as plan/lifecycle/narrowing.py has found it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mscode.engine.apply.run import Run, applied_fields
from mscode.engine.lifecycle.entries import move
from mscode.model.world import Live
from mscode.plan.change import FieldChange, Update
from mscode.plan.lifecycle.narrowing import Narrowing


def narrow_fields(run: Run, change: Update, less: Narrowing, edit: Callable[[Run, Update], Live]) -> Live:
    """The narrower values alone. The state learns those, and nothing of what is not applied yet."""
    move(run, change)
    plays = change.desired.kind.plays
    values = {**less.fields, **({plays.field: change.desired.fields[plays.field]} if less.waits and plays else {})}
    before = run.entry(change.address)
    part = replace(
        change,
        fields=tuple(FieldChange(name, change.live.fields.get(name), value) for name, value in values.items()),
        launch=None,
        added_receivers=(),
        desired=replace(change.desired, fields=values),  # without what is yet to be made, which has no id
    )
    live = edit(run, part)
    if (entry := run.entry(change.address)) is not None:
        applied, echo = (before.applied, before.server_values) if before else ({}, {})
        applied = {**applied, **applied_fields(run, change, values)}
        run.store.put(replace(entry, applied=applied, server_values={**echo, **entry.server_values}))
    run.narrowed[change.address] = live
    return live
