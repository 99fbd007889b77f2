"""`--only` and `--exclude`: which addresses a plan concerns. A selection never deletes what it did not select.

The rest is neither compared nor removed. What a selected object uses comes along, for without it the object cannot be
made as it is written; the plan names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.model.globs import glob_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.world import Desired, DesiredWorld, Known
from mscode.plan.identity.matching import old_address
from mscode.plan.order import dependencies


@dataclass(frozen=True, slots=True)
class Selection:
    """`objects` are the wanted ones that are planned, `included_dependencies` those among them that selected ones need,
    `excluded` what manifests or state know and this plan leaves alone."""

    objects: Mapping[Address, Desired]
    excluded: frozenset[Address] = frozenset()
    included_dependencies: tuple[Address, ...] = ()


def select(desired: DesiredWorld, known: Known, only: Sequence[str], exclude: Sequence[str]) -> Selection:
    """What the globs choose; PlanError where they choose nothing, or where a name in them is nobody's."""
    if not only and not exclude:
        return Selection(desired.objects)
    everything = {*desired.objects, *known.entries, *known.intents}
    names: dict[Address, tuple[str, ...]] = {}
    for address in everything:
        item = desired.objects.get(address)
        names[address] = (str(address), item.place.file) if item else (str(address),)
    _refuse_strangers(names.values(), [*only, *exclude])
    chosen = {a for a in everything if _matches(names[a], only or ["*"]) and not _matches(names[a], exclude)}
    if not chosen:
        raise PlanError("--only and --exclude leave nothing to plan", hint="Check the globs.", code="selection")
    wanted = _with_dependencies(desired.objects, chosen)
    left_out = everything - chosen - wanted
    declared = [desired.objects[address] for address in left_out if address in desired.objects]
    left_out |= {old for item in declared if (old := old_address(item)) is not None}
    objects = {address: item for address, item in desired.objects.items() if address in wanted}
    return Selection(objects, frozenset(left_out), tuple(sorted(wanted - chosen)))


def _matches(names: Iterable[str], globs: Iterable[str]) -> bool:
    return any(glob_pattern(glob).fullmatch(name) for glob in globs for name in names)


def _refuse_strangers(names: Iterable[tuple[str, ...]], globs: Iterable[str]) -> None:
    """A mistyped name would select nothing, or exclude nothing and let it be launched."""
    known = {name for several in names for name in several}
    for glob in globs:
        if not any(glob_pattern(glob).fullmatch(name) for name in known) and not set(glob) & {"*", "?"}:
            form = "Write an address like rsvpCalls.invite, a file like campaigns/invite.yaml, or a glob of one."
            raise PlanError(
                f'"{glob}" is no address and no file of this project',
                hint=did_you_mean(glob, known) or form,
                code="selection",
            )


def _with_dependencies(objects: Mapping[Address, Desired], chosen: Iterable[Address]) -> set[Address]:
    """The chosen objects, and what they cannot be made without, directly or through others."""
    selected: set[Address] = set()
    waiting = [address for address in chosen if address in objects]
    while waiting:
        address = waiting.pop()
        if address not in selected:
            selected.add(address)
            members = objects[address].members
            # A campaign whose replies fill a group is only read: it is not launched for that.
            read_only = {members.replied.campaign.address} if members and members.replied else set()
            waiting.extend(dependencies(objects[address]) & objects.keys() - read_only)
    return selected
