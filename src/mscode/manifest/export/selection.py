"""Which live objects are exported, and under which addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from mscode.manifest.export.names import Names, base_name
from mscode.manifest.export.objects import of_people
from mscode.model.address import Address
from mscode.model.calling_window import format_instant
from mscode.model.globs import glob_pattern
from mscode.model.kind import Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import flag, instant, pick
from mscode.model.world import Known, Live, LiveWorld


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the command line asks for."""

    people: bool = False
    unmanaged: bool = False
    only: tuple[str, ...] = ()
    split: bool = False

    def names(self, address: Address) -> bool:
        """Does a glob of --only mean this address? Everything where there is none."""
        return not self.only or any(glob_pattern(glob).fullmatch(str(address)) for glob in self.only)

    def names_exactly(self, address: Address) -> bool:
        """Does --only hold this address itself, and not a glob that matches it?"""
        return str(address) in self.only


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that is not exported: `why` is people, history, managed, failed or the reason in words."""

    section: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class ExportSelection:
    """`addresses` has every object that may be exported, by (section, id) in the order of kinds and ids.

    `old` are those that are history; `declared` those that the project's manifests have already; `left_out` the others.
    """

    addresses: Mapping[tuple[str, str], Address]
    old: frozenset[tuple[str, str]]
    declared: Mapping[tuple[str, str], Address]
    left_out: tuple[LeftOut, ...]


def candidates(
    world: LiveWorld,
    known: Known,
    options: ExportOptions,
    now: datetime,
    declared: Iterable[Address] = (),
    owner: tuple[str, str] = ("", ""),
    title: Callable[[str], str] = str,
) -> ExportSelection:
    """Every live object is one of them, declared, or left out with its reason.

    `owner` is (project, environment): a campaign with another's marker is managed, though not by `known`. `title` takes
    out of a text what no name may tell.
    """
    at_home = set(declared)
    managed = {(entry.address.section, entry.id): entry.address for entry in known.entries.values()}
    replaced = {(entry.address.section, old) for entry in known.entries.values() for old in entry.superseded}
    fresh: list[tuple[Kind, Live]] = []
    left_out: list[LeftOut] = []
    for kind, live in _in_order(world):
        key = (kind.section, live.id)
        marker = live.status.marker
        is_foreign = marker is not None and not marker.belongs_to(*owner)
        is_managed = key in managed or key in replaced or is_foreign
        if reason := _why_not(kind, live, options, is_managed=is_managed, is_replaced=key in replaced):
            left_out.append(LeftOut(*key, reason))
        elif managed.get(key) not in at_home:
            fresh.append((kind, live))
    old = frozenset((kind.section, live.id) for kind, live in fresh if is_history(live, now))
    addresses = _addresses(fresh, managed, at_home, old, title)
    return ExportSelection(addresses, old, {k: a for k, a in managed.items() if a in at_home}, tuple(left_out))


def _in_order(world: LiveWorld) -> Iterable[tuple[Kind, Live]]:
    for section, kind in registry().items():
        for live in sorted(world.objects.get(section, {}).values(), key=lambda item: (len(item.id), item.id)):
            yield kind, live


def _why_not(kind: Kind, live: Live, options: ExportOptions, *, is_managed: bool, is_replaced: bool) -> str:
    """ "" for what may be exported."""
    if not options.people and of_people(kind):
        return "people"
    if is_replaced or (options.unmanaged and is_managed):
        return "managed"
    ready = kind.readiness
    return "failed" if ready and live.raw.get(ready.field) == ready.failed else ""


def is_history(live: Live, now: datetime) -> bool:
    """Has it run its course? A finished campaign, what was sent or can be changed no more, what has expired."""
    editable = pick(live.raw, "editable")
    if live.status.finished or (editable is not None and not flag(editable)):
        return True
    ends = [instant(pick(live.raw, name)) for name in ("expiresAt", "actionTime")]
    return any(end and end <= format_instant(now) for end in ends)


def _addresses(
    fresh: Iterable[tuple[Kind, Live]],
    managed: Mapping[tuple[str, str], Address],
    at_home: set[Address],
    old: frozenset[tuple[str, str]],
    title: Callable[[str], str],
) -> dict[tuple[str, str], Address]:
    """The state's address for what it knows; else a name of its own, history last, so that it takes no name away."""
    items = list(fresh)
    sections = {kind.section for kind, _ in items}
    taken = {
        section: {_flat(address) for address in (*managed.values(), *at_home) if address.section == section}
        for section in sections
    }
    names = {section: Names(taken[section]) for section in sections}
    addresses: dict[tuple[str, str], Address] = {}
    for kind, live in sorted(items, key=lambda pair: (pair[0].section, pair[1].id) in old):
        key = (kind.section, live.id)
        name = _flat(managed[key]) if key in managed else names[kind.section].take(base_name(kind, live, title))
        addresses[key] = Address(kind.section, name)
    return {(kind.section, live.id): addresses[kind.section, live.id] for kind, live in items}


def _flat(address: Address) -> str:
    """A name for an address; one that forEach made cannot be written alone, so its key joins its name."""
    return f"{address.name}-{address.key}"[:63] if address.key else address.name
