"""A live account to manifests: select, name, write, verify, leave out what `verify` objects to, and repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mscode.manifest.export.files import places, texts
from mscode.manifest.export.objects import CannotWriteError, Writer, references
from mscode.manifest.export.selection import ExportOptions, ExportSelection, LeftOut
from mscode.manifest.export.verify import Home, violations
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Live, LiveWorld

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Export:
    """`files` by path; `objects` with their ids; `came_along` are those that --only did not name; `left_out` the rest;
    `blanks` are fields that were left out of them.
    """

    files: Mapping[str, str]
    objects: Mapping[Address, str]
    came_along: tuple[Address, ...]
    left_out: tuple[LeftOut, ...]
    blanks: tuple[Blank, ...] = ()


@dataclass(frozen=True, slots=True)
class Blank:
    """A field that was left out, for it holds a secret that no variable has; `file` is where it would stand."""

    file: str
    address: Address
    field: str


def export(world: LiveWorld, home: Home, options: ExportOptions, selection: ExportSelection) -> Export:
    """Manifests of the chosen objects. Each round leaves out at least one object, or is the last."""
    requested = {key for key, address in selection.addresses.items() if _is_requested(key, address, selection, options)}
    chosen = _with_references(world, selection, requested)
    history = [LeftOut(*key, "history") for key in selection.old - chosen if options.names(selection.addresses[key])]
    refused: dict[Key, str] = {}
    while True:
        staying = {key: a for key, a in selection.addresses.items() if key in chosen and key not in refused}
        mappings, objections = _mappings(world, home, options, selection, staying)
        if not objections:
            uses = _uses(world, staying)
            files = texts(mappings, home.environment, uses, split=options.split)
            keys = {address: key for key, address in staying.items()}
            objections = (
                {keys[a]: reason for a, reason in violations(home, world, files, mappings).items()} if mappings else {}
            )
        if not objections:
            break
        refused |= objections
    companions = tuple(address for key, address in staying.items() if key not in requested)
    left_out = (
        *(() if options.only else selection.left_out),
        *history,
        *(LeftOut(*key, reason) for key, reason in refused.items()),
    )
    objects = {address: key[1] for key, address in staying.items()}
    if not mappings:
        return Export({}, objects, companions, left_out)
    paths = {
        address: name
        for name, addresses in places(mappings, uses, split=options.split).items()
        for address in addresses
    }
    blanks = tuple(
        Blank(paths[address], address, field)
        for address, fields in mappings.items()
        for field in fields.get("lifecycle", {}).get("ignoreChanges", ())
    )
    return Export(files, objects, companions, left_out, blanks)


def _is_requested(key: Key, address: Address, selection: ExportSelection, options: ExportOptions) -> bool:
    """History is no wanted state; a glob does not bring it back, its exact address does."""
    return options.names_exactly(address) if key in selection.old else options.names(address)


def _with_references(world: LiveWorld, selection: ExportSelection, requested: set[Key]) -> frozenset[Key]:
    chosen: set[Key] = set()
    todo = list(requested)
    while todo:
        key = todo.pop()
        if key not in chosen and key in selection.addresses:
            chosen.add(key)
            todo.extend(references(registry()[key[0]], world.objects[key[0]][key[1]], _members(world)))
    return frozenset(chosen)


def _mappings(
    world: LiveWorld,
    home: Home,
    options: ExportOptions,
    selection: ExportSelection,
    staying: Mapping[Key, Address],
) -> tuple[dict[Address, dict[str, Any]], dict[Key, str]]:
    """Each object's mapping, and why some have none."""
    zone = home.project.planning().zone
    addresses = {**selection.declared, **staying}
    writer = Writer(
        home.environment,
        zone,
        addresses,
        options.people,
        _members(world),
        home.secrets,
        home.project.listen_url(home.environment),
        home.sealed,
    )
    mappings: dict[Address, dict[str, Any]] = {}
    refused: dict[Key, str] = {}
    for key, address in staying.items():
        try:
            mappings[address] = writer.written(registry()[key[0]], world.objects[key[0]][key[1]])
        except CannotWriteError as error:
            refused[key] = str(error)
    return mappings, refused


def _uses(world: LiveWorld, staying: Mapping[Key, Address]) -> dict[Address, list[Address]]:
    def named(live: Live) -> list[Address]:
        keys = references(live.kind, live, _members(world))
        return [staying[key] for key in keys if key in staying]

    return {address: named(world.objects[section][live_id]) for (section, live_id), address in staying.items()}


def _members(world: LiveWorld) -> dict[str, Any]:
    return {group: tuple(members) for group, members in world.members.items()}
