"""Exported objects to files: one per kind, or one per campaign with what that campaign alone uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mscode.manifest.yaml.writer import key_text, mapping
from mscode.model.address import Address
from mscode.model.kind import registry

#: address -> the addresses that it names
Uses = Mapping[Address, Iterable[Address]]


def texts(
    objects: Mapping[Address, Mapping[str, Any]],
    environment: str,
    uses: Uses,
    *,
    split: bool,
) -> dict[str, str]:
    """Text by file name, both in a stable order."""
    files: dict[str, dict[str, dict[str, Any]]] = {}
    for name, addresses in places(objects, uses, split=split).items():
        for address in addresses:
            files.setdefault(name, {}).setdefault(address.section, {})[address.name] = dict(objects[address])
    return {name: _text(sections, environment) for name, sections in sorted(files.items())}


def places(objects: Mapping[Address, Mapping[str, Any]], uses: Uses, *, split: bool) -> dict[str, list[Address]]:
    """Which objects a file holds, by its name."""
    owners = _owners(objects, uses) if split else {}
    paths = _paths(owners.values())
    files: dict[str, list[Address]] = {}
    for section in registry():
        for address in (candidate for candidate in objects if candidate.section == section):
            owner = owners.get(address)
            files.setdefault(paths[owner] if owner else f"{kebab(section)}.yaml", []).append(address)
    return files


def kebab(section: str) -> str:
    """`voiceFiles` as a file name: `voice-files`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", section).lower()


def _owners(objects: Mapping[Address, Any], uses: Uses) -> dict[Address, Address]:
    """The campaign that an object goes with: itself, or the only one that uses it."""
    roots = [address for address in objects if "receivers" in address.kind.fields_by_name]
    users: dict[Address, set[Address]] = {}
    for root in roots:
        todo = [root]
        while todo:
            address = todo.pop()
            campaigns = users.setdefault(address, set())
            if root not in campaigns:
                campaigns.add(root)
                todo.extend(uses.get(address, ()))
    return {
        address: next(iter(campaigns))
        for address, campaigns in users.items()
        if len(campaigns) == 1 and address in objects
    }


def _paths(owners: Iterable[Address]) -> dict[Address, str]:
    """One path per campaign; names that a file system may take for one get a number."""
    paths: dict[Address, str] = {}
    taken: set[str] = set()
    for owner in sorted(set(owners)):
        path, count = f"{kebab(owner.section)}/{owner.name}", 1
        while path.lower() in taken:
            count += 1
            path = f"{kebab(owner.section)}/{owner.name}-{count}"
        taken.add(path.lower())
        paths[owner] = f"{path}.yaml"
    return paths


def _text(sections: Mapping[str, Mapping[str, Any]], environment: str) -> str:
    lines = [f"# Written by `mscode export` from environment {environment}.", "apiVersion: mscode/v1"]
    for section, objects in sections.items():
        lines += ["", f"{section}:"]
        for at, (name, fields) in enumerate(objects.items()):
            lines += [""] if at else []
            lines += [f"  {key_text(name)}:", *mapping(fields, 4)]
    return "\n".join(lines) + "\n"
