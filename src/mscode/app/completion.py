"""What a project offers to a shell that completes: environments, addresses, manifests. Read as far as it can be, without a word.

Nothing is sent, no command is run, and a state that lies elsewhere is not read. A project with errors completes too: somebody may
be about to run the command that shows them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import MscodeError
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from mscode.manifest.project.file import ProjectFile
    from mscode.manifest.yaml.tree import Node

#: A person waits: larger manifests are passed over, and no more than so many addresses are offered.
_MOST_BYTES, _MOST_ADDRESSES = 1 << 20, 2000


def environments(folder: Path) -> list[str]:
    """The names of the environments of mscode.yaml."""
    return list(_project(folder).environments)


def addresses(folder: Path, env: str = "", *, can_be_halted: bool = False) -> list[str]:
    """The addresses that manifests declare and those that a local state knows, sorted; `can_be_halted`: of campaigns alone."""
    from mscode.model.kind import registry

    names = set(_declared(folder)) | set(_managed(folder, env))
    if can_be_halted:
        names = {name for name in names if registry()[name.partition(".")[0]].can_be_halted}
    return sorted(names)[:_MOST_ADDRESSES]


def manifest_names(folder: Path) -> list[str]:
    """The project's manifests, by their paths inside of it."""
    return [path.relative_to(folder.resolve()).as_posix() for path in _manifests(folder)]


def _project(folder: Path) -> ProjectFile:
    from mscode.manifest.project.salvage import salvage

    return salvage((folder / FILE).read_bytes()).project


def _manifests(folder: Path) -> Iterator[Path]:
    from mscode.manifest.load.context import LoadContext
    from mscode.manifest.load.discovery import manifests
    from mscode.manifest.project.file import load_project

    project = _project(folder)
    with suppress(MscodeError):  # `manifests:` counts where the file can be read as it is
        project = load_project(folder)
    yield from manifests(LoadContext(folder, project, "", False))


def _declared(folder: Path) -> Iterator[str]:
    """The addresses of the manifests, read without their rules; a forEach whose names stand elsewhere gives none."""
    from mscode.manifest.yaml.tree import parse_all
    from mscode.model.address import NAME
    from mscode.model.kind import registry

    for path in _manifests(folder):
        if path.stat().st_size > _MOST_BYTES:
            continue
        for document in parse_all(path.read_bytes(), path.name).documents:
            for section in registry():
                objects = document.get(section)
                for name, node in _members(objects).items():
                    if NAME.match(name):
                        yield from (f"{section}.{name}{key}" for key in _keys(node))


def _members(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _keys(node: Node) -> Iterator[str]:
    """What follows the name of an object in its addresses: nothing, or a key for each that a forEach makes."""
    from mscode.manifest.load.for_each import EACH
    from mscode.model.address import KEY
    from mscode.model.values import Scalar

    each = node.get(EACH)
    if each is None:
        yield ""
        return
    children = each.value if isinstance(each.value, list) else []
    keys = [str(child.value) for child in children if isinstance(child.value, Scalar)] or list(_members(each))
    yield from (f".{key}" for key in keys if KEY.match(key))


def _managed(folder: Path, env: str) -> Iterator[str]:
    """The addresses that the state of the environment knows, where that lies in the project's folder."""
    from mscode.app.environment import resolve
    from mscode.app.state import open_state

    with suppress(MscodeError):
        environment = resolve(_project(folder), folder, env, os.environ, hide_token=lambda token: None)
        if environment.state["backend"] == "local":
            yield from map(str, open_state(environment).known.entries)
