"""A live account to manifests: select, name, write, let the judges look, leave out what they object to, and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mscode.manifest.export.files import places, texts
from mscode.manifest.export.objects import CannotWriteError, Writer, references
from mscode.manifest.export.selection import ExportOptions, ExportSelection, LeftOut
from mscode.manifest.export.verify import Home, violations
from mscode.model.address import Address
from mscode.model.kind import registry
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


def export(world: LiveWorld, home: Home, options: ExportOptions, found: ExportSelection) -> Export:
    """Manifests of the chosen objects. Each round leaves out at least one object, or is the last."""
    wanted = {key for key, address in found.addresses.items() if _is_wanted(key, address, found, options)}
    chosen = _with_what_they_name(world, found, wanted)
    history = [LeftOut(*key, "history") for key in found.old - chosen if options.names(found.addresses[key])]
    refused: dict[Key, str] = {}
    while True:
        staying = {key: a for key, a in found.addresses.items() if key in chosen and key not in refused}
        made, new = _written(world, home, options, found, staying)
        if not new:
            uses = _uses(world, staying)
            files = texts(made, home.environment, uses, split=options.split)
            keys = {address: key for key, address in staying.items()}
            new = {keys[a]: why for a, why in violations(home, world, files, made).items()} if made else {}
        if not new:
            break
        refused |= new
    came = tuple(address for key, address in staying.items() if key not in wanted)
    left_out = (
        *(() if options.only else found.left_out),
        *history,
        *(LeftOut(*key, why) for key, why in refused.items()),
    )
    objects = {address: key[1] for key, address in staying.items()}
    if not made:
        return Export({}, objects, came, left_out)
    where = {address: name for name, held in places(made, uses, split=options.split).items() for address in held}
    blanks = tuple(
        Blank(where[address], address, one)
        for address, fields in made.items()
        for one in fields.get("lifecycle", {}).get("ignoreChanges", ())
    )
    return Export(files, objects, came, left_out, blanks)


def _is_wanted(key: Key, address: Address, found: ExportSelection, options: ExportOptions) -> bool:
    """History is no wanted state; a glob does not bring it back, its exact address does."""
    return options.names_exactly(address) if key in found.old else options.names(address)


def _with_what_they_name(world: LiveWorld, found: ExportSelection, wanted: set[Key]) -> frozenset[Key]:
    chosen: set[Key] = set()
    todo = list(wanted)
    while todo:
        key = todo.pop()
        if key not in chosen and key in found.addresses:
            chosen.add(key)
            todo.extend(references(registry()[key[0]], world.objects[key[0]][key[1]], _members(world)))
    return frozenset(chosen)


def _written(
    world: LiveWorld,
    home: Home,
    options: ExportOptions,
    found: ExportSelection,
    staying: Mapping[Key, Address],
) -> tuple[dict[Address, dict[str, Any]], dict[Key, str]]:
    """Each object's mapping, and why some have none."""
    zone = home.project.planning().zone
    named = {**found.declared, **staying}
    writer = Writer(home.environment, zone, named, options.people, _members(world), home.secrets, home.sealed)
    made: dict[Address, dict[str, Any]] = {}
    refused: dict[Key, str] = {}
    for key, address in staying.items():
        try:
            made[address] = writer.written(registry()[key[0]], world.objects[key[0]][key[1]])
        except CannotWriteError as error:
            refused[key] = str(error)
    return made, refused


def _uses(world: LiveWorld, staying: Mapping[Key, Address]) -> dict[Address, list[Address]]:
    def named(live: Live) -> list[Address]:
        keys = references(live.kind, live, _members(world))
        return [staying[key] for key in keys if key in staying]

    return {address: named(world.objects[section][one]) for (section, one), address in staying.items()}


def _members(world: LiveWorld) -> dict[str, Any]:
    return {group: tuple(members) for group, members in world.members.items()}
