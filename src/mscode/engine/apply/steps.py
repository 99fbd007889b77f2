"""A plan as steps: what is sent for each change, in which phase, and after which other steps.

Phases run one after the other; inside one, a step waits only for the steps it depends on:

    NARROW   what stops calls (a wanted halt, a removal of something that rings), and of a change that takes people or moments
             away and does more as well, the part that takes away
    MAKE     creates and updates, from what is used to what uses it
    LAUNCH   every step that needs the launch's yes, after every create and update
    REMOVE   deletes and forgets; they hold nothing up
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from graphlib import TopologicalSorter

from mscode.engine.account.read import read_list
from mscode.engine.apply.run import Run, applied_fields
from mscode.engine.create.protocol import create
from mscode.engine.create.receiver_accounts import make_accounts
from mscode.engine.create.settle import delete_twin
from mscode.engine.lifecycle import campaign
from mscode.engine.lifecycle import message as send
from mscode.engine.lifecycle import retirement as retire
from mscode.engine.lifecycle.account_list import apply_rows
from mscode.engine.lifecycle.resource import change_members, delete, remember, update
from mscode.errors import MscodeError, StaleError
from mscode.model.address import Address
from mscode.model.values import ReceiverKey, RowKey
from mscode.model.world import Live, Tombstone, folded
from mscode.plan.change import Action, Change, FieldChange
from mscode.plan.events import StepAction


class Phase(IntEnum):
    """When a step runs."""

    NARROW = 0
    MAKE = 1
    LAUNCH = 2
    REMOVE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step gives back: the object it leaves, and whether that is still to become ready."""

    live: Live | None = None
    waits: bool = False


@dataclass(slots=True)
class Step:
    """`needs` are indexes of steps that come first. `launches`: needs the launch's yes."""

    index: int
    change: Change
    action: StepAction
    phase: Phase
    work: Callable[[Run], Outcome]
    launches: bool = False
    needs: set[int] = field(default_factory=set)
    #: order of its kind: what is removed goes the other way round, users first
    rank: int = 0
    #: it is the part of a change that takes away, and another step does the rest
    is_part: bool = False


def steps_of(run: Run, changes: Sequence[Change]) -> list[Step]:
    """Every step of a plan, with what each waits for."""
    steps: list[Step] = []
    shown = {change.address for change in changes if change.is_shown}
    for change in changes:
        less = _narrowing_part(run, change, waits=bool(change.depends_on & shown))
        if less is not None and less.is_part:
            steps.append(replace(less, index=len(steps)))
        if less is not None and not less.is_part:
            steps.append(replace(less, index=len(steps)))
            continue
        for action, phase, work, launches in _parts(run, change):
            rank = run.kind(change).order if phase is Phase.REMOVE else 0
            steps.append(Step(len(steps), change, action, phase, work, launches, rank=rank))
    _connect(steps)
    return steps


def _narrowing_part(run: Run, change: Change, *, waits: bool) -> Step | None:
    """The step that takes away, before anything else and without a yes. None where nothing is taken away, or where nothing
    holds the rest up (`waits`: something that the change depends on is changed too). What only takes away is that one step.
    """
    kind, less = run.kind(change), change.narrowing
    if (
        change.members is not None
        and change.members.remove
        and change.live is not None
        and change.action is Action.UPDATE
    ):
        is_all = not (change.members.add or change.fields or change.is_move or change.is_import)
        if not is_all:
            return Step(0, change, "update", Phase.NARROW, _NarrowMembers(change), is_part=True)
        return Step(0, change, "update", Phase.NARROW, _Update(change))
    if less is None:
        return None
    if less.stops:
        if kind.is_campaign:
            return Step(0, change, "halt", Phase.NARROW, _StopForRest(change), is_part=True)
        known = run.entry(change.address) or run.entry(change.previous_address or change.address)
        return Step(0, change, "delete", Phase.NARROW, _StopForRest(change), is_part=True) if known else None
    if less.waits and change.launch is None:
        return None
    if less.is_all and change.launch is None:
        edit: Callable[[Run], Outcome] = _EditRunning(change) if kind.is_campaign else _Send(change, send.edit)
        return Step(0, change, "update", Phase.NARROW, edit)
    return (
        Step(0, change, "update", Phase.NARROW, _NarrowFields(change), is_part=True) if change.launch or waits else None
    )


Part = tuple[StepAction, Phase, Callable[[Run], Outcome], bool]


def _parts(run: Run, change: Change) -> Iterator[Part]:
    kind = run.kind(change)
    if change.action is Action.FORGET:
        yield (
            "halt" if change.halts else "forget",
            Phase.NARROW if change.halts else Phase.REMOVE,
            _Forget(change),
            False,
        )
    elif change.action is Action.DELETE:
        yield "delete", Phase.NARROW if change.narrows else Phase.REMOVE, _Delete(change), False
    elif kind.sends:
        yield from _sending_parts(change)
    elif kind.is_campaign:
        yield from _campaign_parts(change)
    else:
        yield from _plain_parts(change)


def _plain_parts(change: Change) -> Iterator[Part]:
    phase = Phase.LAUNCH if change.launch else Phase.MAKE
    launches = change.launch is not None
    if change.rows is not None:
        yield _rows_action(change), phase, _Rows(change), launches
    elif change.action.replaces:
        yield "replace", phase, _Create(change), launches
        yield "delete", Phase.REMOVE, _DeleteOld(change), False
    elif change.action is Action.CREATE:
        yield "create", phase, _Create(change), launches
    elif change.action is Action.UPDATE:
        yield "update", phase, _Update(change), launches
    else:
        yield _record_action(change), Phase.MAKE, _Record(change), False


def _sending_parts(change: Change) -> Iterator[Part]:
    """What reaches people by its POST: the create is the launch, and is the replacement's second half."""
    launches = change.launch is not None
    phase = Phase.LAUNCH if launches else Phase.MAKE
    if change.action.replaces:
        yield "replace", phase, _Send(change, send.replace_sending), launches
    elif change.action is Action.CREATE:
        yield "create", phase, _Send(change, send.create), launches
    elif change.action is Action.UPDATE:
        yield "update", phase, _Send(change, send.edit), launches
    else:
        yield _record_action(change), Phase.MAKE, _Record(change), False


def _campaign_parts(change: Change) -> Iterator[Part]:
    life = change.life
    if change.action is Action.CREATE:
        yield "create", Phase.MAKE, _CreateCampaign(change), False
    elif change.action.replaces:
        yield "replace", Phase.MAKE, _ReplaceCampaign(change), False
    elif change.halts:
        yield "halt", Phase.NARROW, _Halt(change), False
        if any(f.name != "state" for f in change.fields):
            yield "update", Phase.MAKE, _EditHalted(change), False
        else:
            yield _record_action(change), Phase.MAKE, _Record(change), False
    elif change.action is Action.UPDATE and life.running:
        yield "update", Phase.LAUNCH if change.launch else Phase.MAKE, _EditRunning(change), change.launch is not None
        return
    elif change.action is Action.UPDATE:
        yield "update", Phase.MAKE, _EditHalted(change), False
    else:
        yield _record_action(change), Phase.MAKE, _Record(change), False
    if change.launch is not None:
        yield "launch", Phase.LAUNCH, _Launch(change), True
    if change.action.replaces:
        yield "delete", Phase.REMOVE, _DeleteOld(change), False


def _rows_action(change: Change) -> StepAction:
    actions: dict[Action, StepAction] = {Action.CREATE: "create", Action.UPDATE: "update"}
    return actions.get(change.action) or _record_action(change)


def _record_action(change: Change) -> StepAction:
    return "move" if change.is_move else "import"


# ---- dependencies ----------------------------------------------------------------------------------------------------


def _connect(steps: list[Step]) -> None:
    by_address: dict[Address, list[Step]] = {}
    for step in steps:
        if step.action not in ("delete", "forget"):
            by_address.setdefault(step.change.address, []).append(step)
    narrowing = {step.index for step in steps if step.phase is Phase.NARROW}
    for step in steps:
        own = [other for other in by_address.get(step.change.address, ()) if other is not step]
        if step.phase is Phase.REMOVE:
            step.needs.update(_before_removal(step, own, steps))
        elif step.phase is Phase.NARROW:
            if step.change.narrowing is not None and step.change.narrowing.waits:
                voices = (address for address in step.change.depends_on if address.section == "voiceFiles")
                step.needs.update(other.index for voice in voices for other in by_address.get(voice, ()))
        else:
            for address in _waits_for(step.change):
                step.needs.update(other.index for other in by_address.get(address, ()) if other.action != "launch")
            step.needs.update(o.index for o in own if step.action == "launch" or o.phase is Phase.NARROW)
            step.needs.update(narrowing if step.launches or _brings_people(step.change) else ())
    for group, writer in _takes_receivers(steps):
        writer.needs.add(group.index)
    for mover, caller in _calls_moved(steps):
        caller.needs.add(mover.index)
    _lift(steps)


def _before_removal(step: Step, own: Sequence[Step], steps: Sequence[Step]) -> set[int]:
    """A replaced object goes only when the new one is there; the last of an address, when its superseded ones are gone."""
    if step.change.action.replaces:
        return {other.index for other in own if other.change is step.change}
    if step.change.delete_ids:
        return set()
    return {o.index for o in steps if o.change.delete_ids and o.change.address == step.change.address}


def _brings_people(change: Change) -> bool:
    """Could what still rings reach somebody new through it? Then what the plan stops has to have stopped; so it has
    before a launch, which may call the same people under another name.
    """
    return bool(_moved_to(change)) or bool(change.members and change.members.add)


def _moved_to(change: Change) -> set[str]:
    """The numbers and e-mail addresses (in small letters; "" for none) that accounts which are there are given by it."""
    if change.rows is not None:
        given = [(by, row.fields[by]) for row in change.rows.update for by in ("phone", "email") if by in row.fields]
    elif change.address.section == "accounts":
        given = [(field.name, field.after) for field in change.fields if field.name in ("phone", "email")]
    else:
        given = []
    return {folded(by, value) for by, value in given}


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
    made = {who if isinstance(who, Address) else who.address for who in added if isinstance(who, Address | RowKey)}
    return made | change.depends_on


def _takes_receivers(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """(what makes the account of a receiver for a group, what writes that receiver): were both at it at once, there would be
    two accounts of one number. What a group waits for itself does not wait for the group, nor does what needs no launch's yes
    wait for what does: that comes after it anyway.
    """
    for step in steps:
        members = step.change.members
        keys = {who for who in members.add if isinstance(who, ReceiverKey)} if members else set()
        for other in steps if keys else ():
            wanted = other.change.desired.fields.get("receivers", ()) if other.change.desired else ()
            written = {
                ReceiverKey(by, str(row[by]).lower()) for row in wanted for by in ("phone", "email") if row.get(by)
            }
            if keys & written and other.change.address not in step.change.depends_on and other.phase is step.phase:
                yield step, other


def _lift(steps: list[Step]) -> None:
    """A step that waits for one of a later phase runs in that phase."""
    for index in TopologicalSorter({step.index: step.needs for step in steps}).static_order():
        step = steps[index]
        step.phase = max((step.phase, *(steps[other].phase for other in step.needs)))


# ---- what each step does ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work:
    change: Change

    def __call__(self, run: Run) -> Outcome:
        raise NotImplementedError


class _Create(_Work):
    def __call__(self, run: Run) -> Outcome:
        if self.change.action.replaces and self.change.live is not None:
            _supersede(run, self.change, self.change.live.id)
        make_accounts(run, self.change)
        live = create(run, self.change)
        change_members(run, self.change, live.id)
        return Outcome(live, waits=is_pending(run, self.change, live))


class _Update(_Work):
    def __call__(self, run: Run) -> Outcome:
        make_accounts(run, self.change)
        _move(run, self.change)
        change = _as_left(run, self.change)
        live = update(run, change)
        change_members(run, change, live.id)
        return Outcome(live, waits=is_pending(run, change, live))


class _Record(_Work):
    """An import, a move, or nothing but what the state should know."""

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        assert self.change.live is not None
        remember(run, self.change, self.change.live, dict(self.change.taken))
        if self.change.is_import and self.change.origin == "adopted":
            run.store.unbury(self.change.address)
        return Outcome(self.change.live, waits=is_pending(run, self.change, self.change.live))


@dataclass(frozen=True, slots=True)
class _Send(_Work):
    how: Callable[[Run, Change], Live]

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        return Outcome(self.how(run, _as_left(run, self.change)))


class _Rows(_Work):
    """A list: it leaves no object but the accounts of its rows."""

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        apply_rows(run, self.change)
        return Outcome()


class _CreateCampaign(_Work):
    def __call__(self, run: Run) -> Outcome:
        return Outcome(campaign.create_inert(run, self.change))


class _ReplaceCampaign(_Work):
    def __call__(self, run: Run) -> Outcome:
        assert self.change.live is not None
        retire.retire(run, self.change)
        if not self.change.keeps_old:
            _supersede(run, self.change, self.change.live.id)
        return Outcome(campaign.create_inert(run, self.change))


class _Launch(_Work):
    def __call__(self, run: Run) -> Outcome:
        return Outcome(campaign.launch(run, self.change))


class _EditRunning(_Work):
    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        change = _as_left(run, self.change)
        if change.life.running:
            return Outcome(campaign.edit_running(run, change))
        campaign.edit_halted(run, change)
        return Outcome(campaign.launch(run, change))


class _NarrowMembers(_Work):
    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        assert self.change.live is not None and self.change.members is not None
        part = replace(self.change, members=replace(self.change.members, add=()))
        change_members(run, part, self.change.live.id)
        run.narrowed[self.change.address] = self.change.live
        return Outcome(self.change.live)


class _NarrowFields(_Work):
    """Of an edit the narrower values alone. The state learns those, and nothing of what is not applied yet."""

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        change, less = self.change, self.change.narrowing
        assert change.live is not None and less is not None and change.desired is not None
        given = {**less.fields, **({"voiceFiles": change.desired.fields["voiceFiles"]} if less.waits else {})}
        fields = tuple(FieldChange(name, change.live.fields.get(name), value) for name, value in given.items())
        before = run.entry(change.address)
        edit = campaign.edit_running if run.kind(change).is_campaign else send.edit
        # Without what is yet to be made, which has no id.
        part = replace(
            change, fields=fields, launch=None, added_receivers=(), desired=replace(change.desired, fields=given)
        )
        live = edit(run, part)
        if (entry := run.entry(change.address)) is not None:
            applied, echo = (before.applied, before.echo) if before else ({}, {})
            applied = {**applied, **applied_fields(run, change, given)}
            run.store.put(replace(entry, applied=applied, echo={**echo, **entry.echo}))
        run.narrowed[change.address] = live
        return Outcome(live)


class _StopForRest(_Work):
    """Nothing lies between what it does and what it shall do: it is stopped until the rest is done. A campaign is halted
    (phase `edit`); what has no halt goes, to be made anew.
    """

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        change = replace(self.change, desired=None, fields=())
        if not run.kind(change).is_campaign:
            if not send.remove(run, change, for_a_new_one=True):
                raise StaleError(f"{change.address} has gone out meanwhile", detail="Nothing was sent.", code="stale")
            return Outcome()
        assert change.live is not None
        try:
            live = campaign.halt_to_go_on(run, change)
        except MscodeError:
            campaign.tell_what_stays_halted(run, change, change.live)
            raise
        if change.action.replaces:
            run.retired[change.address] = live
        else:
            run.narrowed[change.address] = live
            run.mid_edit.add(change.address)
        return Outcome(live)


def _as_left(run: Run, change: Change) -> Change:
    """The rest of a change whose narrowing part is done: it goes on from what that has left."""
    live = run.narrowed.get(change.address)
    if live is None:
        return change
    members = replace(change.members, remove=()) if change.members else None
    return replace(change, live=live, life=live.life, members=members)


class _EditHalted(_Work):
    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        return Outcome(campaign.edit_halted(run, self.change))


class _Halt(_Work):
    """The halt alone, which waits for nothing; what else the manifest changes is a step of its own, after it."""

    def __call__(self, run: Run) -> Outcome:
        _move(run, self.change)
        live = campaign.halt(run, replace(self.change, desired=None, fields=()))
        run.left[self.change.address] = live
        entry = run.entry(self.change.address)
        if entry is not None:
            run.store.put(replace(entry, applied={**entry.applied, "state": "halt"}))
        return Outcome(live)


class _Forget(_Work):
    def __call__(self, run: Run) -> Outcome:
        if self.change.lost:
            run.store.settle(self.change.address)
            return Outcome()
        if self.change.halts:
            campaign.halt(run, self.change)
        forget(run, self.change.address)
        return Outcome(self.change.live)


class _Delete(_Work):
    def __call__(self, run: Run) -> Outcome:
        change = self.change
        assert change.live is not None
        if change.lost:
            _delete_lost(run, change)
        elif change.delete_ids:
            _delete_old(run, change)
        elif _goes(run, change):
            _bury_what_called(run, change.address)
            run.store.drop(change.address)
        else:
            forget(run, change.address)
        return Outcome()


def _bury_what_called(run: Run, address: Address) -> None:
    """What has called people and is deleted on purpose is not made again either, should its manifest come back."""
    entry = run.entry(address)
    if entry is not None and entry.dialled:
        run.store.bury(Tombstone(address, entry.id, reached=True))


def _goes(run: Run, change: Change) -> bool:
    """Delete it; False for what has reached people meanwhile and stays with its results."""
    kind, live = run.kind(change), change.live
    assert live is not None
    if kind.sends:
        return send.remove(run, change)
    if kind.is_campaign:
        entry = run.entry(change.address)
        save = run.plan.destroy or bool(entry and entry.on_removal == "delete")
        return retire.remove(run, change, save=save) != "kept"
    _refuse_what_is_played(run, change, live.id)
    delete(run, change, live.id)
    return True


def _delete_lost(run: Run, change: Change) -> None:
    """What a lost answer left: a twin, or what no manifest wants any more, and then its intent has ended."""
    assert change.live is not None
    if run.kind(change).is_campaign:
        delete_twin(run, run.kind(change), change.live, change)
    elif run.kind(change).sends:
        send.remove(run, change)
    else:
        delete(run, change, change.live.id)
    if change.lost == "orphan":
        run.store.settle(change.address)


class _DeleteOld(_Work):
    """After a replacement: the old one goes, unless it stays on purpose or somebody still uses it."""

    def __call__(self, run: Run) -> Outcome:
        old = self.change.live
        assert old is not None
        if self.change.keeps_old:
            return Outcome()
        _delete_old(run, self.change)
        return Outcome()


def _delete_old(run: Run, change: Change) -> None:
    """A replaced object goes; a campaign that has dialled people after all stays, and is forgotten."""
    assert change.live is not None
    if not run.kind(change).is_campaign:
        _delete_superseded(run, change, change.live.id)
        return
    kept = retire.remove(run, replace(change, desired=None, fields=()), save=False) == "kept"
    _unsupersede(run, change.address, change.live.id)
    if kept:
        run.store.bury(Tombstone(change.address, change.live.id, reached=True))


def _delete_superseded(run: Run, change: Change, old_id: str) -> None:
    """Only once no unfinished live campaign uses it; till then the state keeps it as superseded."""
    if run.kind(change).readiness is not None and _is_used(run, old_id):
        run.notice(
            f"its old object (id {old_id}) is kept while an unfinished campaign uses it",
            change.address,
        )
        return
    delete(run, change, old_id)
    _unsupersede(run, change.address, old_id)


def _refuse_what_is_played(run: Run, change: Change, live_id: str) -> None:
    """A campaign that calls people now, managed or not, keeps what it plays."""
    if run.kind(change).readiness is not None and _is_used(run, live_id, running=True):
        raise StaleError(
            f"{change.address} is not deleted: a running campaign plays it (id {live_id})",
            hint="Stop that campaign first, or `mscode forget` the voice file.",
            code="in-use",
        )


def _is_used(run: Run, voice_file_id: str, *, running: bool = False) -> bool:
    """Does anything that calls people, managed or not, play it?"""
    for kind in run.kinds.values():
        for live in read_list(run.client, kind, run.target).values() if kind.plays else ():
            life = live.life
            if (
                (life.running if running else not life.finished)
                and kind.plays
                and voice_file_id in kind.plays(live.fields)
            ):
                return True
    return False


def _supersede(run: Run, change: Change, old_id: str) -> None:
    """Remember the old object before the new one is made, so that neither a crash nor a lost answer orphans it.

    An adopted object that was replaced is left alone for good.
    """
    entry = run.entry(change.address)
    if entry is not None and old_id not in entry.superseded and not change.old_was_adopted:
        run.store.put(replace(entry, superseded=(*entry.superseded, old_id)))


def _unsupersede(run: Run, address: Address, old_id: str) -> None:
    entry = run.entry(address)
    if entry is not None:
        run.store.put(replace(entry, superseded=tuple(one for one in entry.superseded if one != old_id)))


def _move(run: Run, change: Change) -> None:
    if change.previous_address is not None and run.entry(change.previous_address) is not None:
        run.store.move(change.previous_address, change.address)


def forget(run: Run, address: Address) -> None:
    """Drop an address from the state and remember its id, so that it does not come back by its name."""
    entry = run.entry(address)
    if entry is not None:
        for one in (*entry.superseded, entry.id) if run.kinds[address.section].rows is None else ():
            run.store.bury(Tombstone(address, one, reached=entry.may_have_rung))
        run.store.drop(address)


def is_pending(run: Run, change: Change, live: Live) -> bool:
    """Is it not usable yet (a voice file that is being made)?"""
    readiness = run.kind(change).readiness
    return readiness is not None and live.raw.get(readiness.field) != readiness.ready
