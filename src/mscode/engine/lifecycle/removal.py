"""What no manifest wants any more goes, as plan/lifecycle/removal.py has decided: deleted, forgotten, or halted and forgotten.

See docs/safety.md#removal.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mscode.engine.apply.run import Run
from mscode.engine.create.settle import delete_twin
from mscode.engine.lifecycle import campaign, message, resource
from mscode.engine.lifecycle.entries import bury_what_called, forget
from mscode.engine.lifecycle.part import Part, Phase
from mscode.model.world import Live
from mscode.plan.change import Delete, Forget, HaltAndForget


def parts(change: Delete | Forget | HaltAndForget) -> Iterator[Part]:
    """The one step of a removal. What stops calls comes first, the rest last."""
    match change:
        case HaltAndForget():
            yield Part("halt", Phase.NARROW, partial(_halt_and_forget, change=change))
        case Forget():
            yield Part("forget", Phase.REMOVE, partial(_forget, change=change))
        case Delete():
            yield Part("delete", Phase.NARROW if change.narrows else Phase.REMOVE, partial(_delete, change=change))


def _halt_and_forget(run: Run, change: HaltAndForget) -> Live:
    campaign.halt(run, change, change.live)
    forget(run, change.address)
    return change.live


def _forget(run: Run, change: Forget) -> Live | None:
    if change.intent_only:
        run.store.end_intent(change.address)
        return None
    forget(run, change.address)
    return change.live


def _delete(run: Run, change: Delete) -> None:
    match change.leftover:
        case "twin":
            _delete_left_by_create(run, change)
        case "orphan":
            _delete_left_by_create(run, change)
            run.store.end_intent(change.address)
        case "superseded" if change.address.kind.can_be_halted:
            campaign.delete_superseded(run, change)
        case "superseded":
            resource.delete_superseded(run, change)
        case "" if _delete_own(run, change):
            bury_what_called(run, change.address)
            run.store.drop(change.address)
        case _:
            forget(run, change.address)


def _delete_own(run: Run, change: Delete) -> bool:
    """False for what has reached people meanwhile and stays with its results."""
    match change.address.kind.lifecycle.name:
        case "message":
            return message.remove(run, change, change.live)
        case "campaign":
            entry = run.entry(change.address)
            save = run.plan.destroy or bool(entry and entry.on_removal == "delete")
            return campaign.remove(run, change, change.live, save=save) != "kept"
        case _:
            resource.refuse_what_is_played(run, change, change.live.id)
            resource.delete(run, change, change.live)
            return True


def _delete_left_by_create(run: Run, change: Delete) -> None:
    """What a lost answer left: a duplicate of what it made, or what no manifest wants any more."""
    match change.address.kind.lifecycle.name:
        case "message":
            message.remove(run, change, change.live)
        case "campaign":
            delete_twin(run, change.address.kind, change.live, change)
        case _:
            resource.delete(run, change, change.live)
