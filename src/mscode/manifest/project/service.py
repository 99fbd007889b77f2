"""`service:` of an environment: how its service reads the API's page, as a mapping of switch to value or in a file of its own.

It is only read here. What a switch is called and takes is the emulator's to say (app/service_settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mscode.errors import Diagnostic, ManifestError
from mscode.kinds.fields.types import Text
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.yaml.source import problem, read_bytes
from mscode.manifest.yaml.tree import Node, parse
from mscode.model.values import core

_FILE = "file"


class Service(BaseModel):
    """How the service works, as far as an account's owner knows it: a value for each switch of the sandbox."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    file: Text | None = Field(default=None, description="A YAML file that holds the switches, in their place.")


def settings_of(node: Node) -> dict[str, object]:
    """Switch to value, in JSON's types."""
    return {name: plain(child.data()) for name, child in (node.value if isinstance(node.value, dict) else {}).items()}


def plain(data: Any) -> object:
    """A value in JSON's types; what JSON cannot hold (`.inf`) as the text that was written, which no switch takes."""
    try:
        return core(data)
    except ValueError:
        return str(data)


def read_switches(file: Path, name: str) -> Node | None:
    """The mapping that a file of switches is, None where it is empty; `name` is its path for people. ManifestError where it is no
    such file."""
    documents = parse(read_bytes(file, name), name)
    if not documents:
        return None
    root = documents[-1]
    if len(documents) > 1 or not isinstance(root.value, dict):
        hint = "Write one mapping, like `expand_groups: true`."
        raise problem(root.place, "A profile is a mapping of switch to value", "", hint, "bad-profile")
    return root


def file_names(project: Node | None) -> frozenset[str]:
    """The files of switches that `mscode.yaml` names, by their paths in the project (posix): they are no manifests."""
    names = (_file_of(environment) for environment in _environments(project).values())
    return frozenset(PurePosixPath(str(node.value)).as_posix() for node in names if node is not None)


def service_nodes(project: Node | None, folder: Path) -> dict[str, Node]:
    """The mapping of each environment that has one, from its file where it names one. ManifestError with all that is wrong."""
    nodes, errors = {}, list[Diagnostic]()
    for name, environment in _environments(project).items():
        service, file = environment.get("service"), _file_of(environment)
        if file is None:
            if service is not None and isinstance(service.value, dict):
                nodes[name] = service
            continue
        try:
            nodes[name] = _from_file(file, service, folder)
        except ManifestError as error:
            errors.extend(error.diagnostics)
    if errors:
        raise ManifestError(errors)
    return nodes


def _from_file(file: Node, service: Node | None, folder: Path) -> Node:
    if service is not None and len(service.value) > 1:
        hint = "Write them into the file, or leave `file` out."
        raise problem(service.place, "service: holds `file` and switches", "", hint, "bad-profile")
    try:
        path, name = ProjectFiles(folder, folder).table(str(file.value))
    except (OSError, ValueError) as error:
        hint = getattr(error, "hint", "")
        raise problem(file.place, f"service: {error}", "", hint, "bad-file") from None
    return read_switches(path, name) or Node({}, 0, 0, file.source)


def _environments(project: Node | None) -> Mapping[str, Node]:
    node = project.get("environments") if project is not None else None
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _file_of(environment: Node) -> Node | None:
    """Where an environment names its file of switches, if it does."""
    node = environment.get("service", _FILE)
    return node if node is not None and isinstance(node.value, str) else None
