"""A plan as steps: what is sent for each change, in which phase, and after which other steps.

Phases run one after the other; inside one, a step waits only for the steps it depends on:

    NARROW   what stops calls (a wanted halt, a removal of something that rings), and of a change that takes people or moments
             away and does more as well, the part that takes away
    MAKE     creates and updates, from what is used to what uses it
    LAUNCH   every step that needs the confirmation of the launch, after every create and update
    REMOVE   deletes and forgets; they hold nothing up
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from graphlib import TopologicalSorter
from typing import Protocol

from mscode.engine.apply.run import Run
from mscode.engine.lifecycle import account_list, campaign, message, removal, resource
from mscode.engine.lifecycle.part import Part, Phase, Work
from mscode.model.address import Address
from mscode.model.kind import LifecycleName
from mscode.model.light_dataclass import dataclass
from mscode.model.values import ReceiverKey, RowKey
from mscode.model.world import match_key
from mscode.plan.change import ApplyRows, Change, Delete, Forget, HaltAndForget, Replace, Update, Wanted
from mscode.plan.events import StepAction


@dataclass(slots=True)
class Step:
    """`needs` are indexes of steps that come first. `launches`: needs the confirmation of the launch. `takes_away`: the part of a
    change that takes away; another step does the rest. `rank` is the order of its kind: removals go the other way round, users
    first.
    """

    index: int
    change: Change
    action: StepAction
    phase: Phase
    work: Work
    launches: bool = False
    takes_away: bool = False
    needs: set[int] = field(default_factory=set)
    rank: int = 0


class Interpreter(Protocol):
    """The parts of a change of an object that the manifests want. `waits`: something that it depends on is changed too."""

    def __call__(self, run: Run, change: Wanted, *, waits: bool) -> Iterator[Part]: ...


#: Who carries a change out is decided by the lifecycle of its kind; plan/planner.py has the other table, of who decides it.
INTERPRETERS: Mapping[LifecycleName, Interpreter] = {
    "resource": resource.parts,
    "campaign": campaign.parts,
    "message": message.parts,
    "account_list": account_list.parts,
}


def steps_of(run: Run, changes: Sequence[Change]) -> list[Step]:
    """Every step of a plan, with what each waits for."""
    steps: list[Step] = []
    shown = {change.address for change in changes if change.is_shown}
    for change in changes:
        kind, waits = change.address.kind, bool(change.depends_on & shown)
        if isinstance(change, Delete | Forget | HaltAndForget):
            parts = removal.parts(change)
        else:
            parts = INTERPRETERS[kind.lifecycle.name](run, change, waits=waits)
        for part in parts:
            rank = kind.order if part.phase is Phase.REMOVE else 0
            steps.append(
                Step(
                    index=len(steps),
                    change=change,
                    action=part.action,
                    phase=part.phase,
                    work=part.work,
                    launches=part.launches,
                    takes_away=part.takes_away,
                    rank=rank,
                )
            )
    _connect(steps)
    # A step that waits for one of a later phase runs in that phase.
    for index in TopologicalSorter({step.index: step.needs for step in steps}).static_order():
        step = steps[index]
        step.phase = max((step.phase, *(steps[before].phase for before in step.needs)))
    return steps


# ---- dependencies ----------------------------------------------------------------------------------------------------


def _connect(steps: list[Step]) -> None:
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        if step.action not in ("delete", "forget"):
            by_address.setdefault(step.change.address, []).append(step)
    narrowing = {step.index for step in steps if step.phase is Phase.NARROW}
    for step in steps:
        siblings = [before for before in by_address.get(step.change.address, ()) if before is not step]
        if step.phase is Phase.REMOVE:
            step.needs.update(_before_removal(step, siblings, steps))
        elif step.phase is Phase.NARROW:
            if isinstance(step.change, Update) and step.change.narrowing and step.change.narrowing.waits:
                voices = (address for address in step.change.depends_on if address.kind.role == "voice")
                step.needs.update(before.index for voice in voices for before in by_address.get(voice, ()))
        else:
            for address in _waits_for(step.change):
                step.needs.update(before.index for before in by_address.get(address, ()) if before.action != "launch")
            step.needs.update(
                before_step.index
                for before_step in siblings
                if step.action == "launch" or before_step.phase is Phase.NARROW
            )
            step.needs.update(narrowing if step.launches or _brings_people(step.change) else ())
    for group, writer in _takes_receivers(steps):
        writer.needs.add(group.index)
    for mover, caller in _calls_moved(steps):
        caller.needs.add(mover.index)


def _before_removal(step: Step, siblings: Sequence[Step], steps: Sequence[Step]) -> set[int]:
    """A replaced object goes only when the new one is there; the last of an address, when its superseded ones are gone."""
    if isinstance(step.change, Replace):
        return {sibling.index for sibling in siblings if sibling.change is step.change}
    if _deletes_leftover(step.change):
        return set()
    return {
        step_before.index
        for step_before in steps
        if _deletes_leftover(step_before.change) and step_before.change.address == step.change.address
    }


def _deletes_leftover(change: Change) -> bool:
    return isinstance(change, Delete) and bool(change.leftover)


def _brings_people(change: Change) -> bool:
    """Could what still rings reach somebody new through it? Then what the plan stops has to have stopped; so it has
    before a launch, which may call the same people under another name.
    """
    return bool(_moved_to(change)) or bool(change.members and change.members.add)


def _moved_to(change: Change) -> set[str]:
    """The numbers and e-mail addresses (in small letters; "" for none) that accounts which are there are given by it."""
    if isinstance(change, ApplyRows):
        addresses = [
            (by, row.fields[by]) for row in change.rows.update for by in ("phone", "email") if by in row.fields
        ]
    elif change.address.kind.is_person:
        addresses = [(field.name, field.after) for field in change.fields if field.name in ("phone", "email")]
    else:
        addresses = []
    return {match_key(by, value) for by, value in addresses}


def _calls_moved(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """(what gives an account another number or address, what reaches people by that one): before it, the second would reach
    whoever has the number from before, whom nobody approved.
    """
    movers = [(step, moved) for step in steps if (moved := _moved_to(step.change) - {""})]
    for caller in steps if movers else ():
        if not caller.launches or caller.change.launch is None or _moved_to(caller.change):
            continue
        for mover, moved in movers:
            if mover.phase <= caller.phase and moved & caller.change.launch.reach.phones:
                yield mover, caller


def _waits_for(change: Change) -> set[Address]:
    added = change.members.add if change.members else ()
    accounts = {
        member if isinstance(member, Address) else member.address
        for member in added
        if isinstance(member, Address | RowKey)
    }
    return accounts | change.depends_on


def _takes_receivers(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """(what makes the account of a receiver for a group, what writes that receiver): were both at it at once, there would be
    two accounts of one number. What a group waits for itself does not wait for the group, nor does what needs no launch's yes
    wait for what does: that comes after it anyway.
    """
    for step in steps:
        members = step.change.members
        keys = {member for member in members.add if isinstance(member, ReceiverKey)} if members else set()
        for writer in steps if keys else ():
            receivers = writer.change.desired.fields.get("receivers", ()) if writer.change.desired else ()
            written = {
                ReceiverKey(by, match_key(by, row[by])) for row in receivers for by in ("phone", "email") if row.get(by)
            }
            if keys & written and writer.change.address not in step.change.depends_on and writer.phase is step.phase:
                yield step, writer
