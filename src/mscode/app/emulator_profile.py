"""`--profile FILE`: the emulator's switches, from a YAML mapping, with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import ConfigError, Diagnostic
from mscode.manifest.yaml.source import too_large
from mscode.manifest.yaml.tree import MAX_BYTES, Node, key_node, parse
from mscode.model.values import core

if TYPE_CHECKING:
    from mscode.sandbox.profile import Profile


def read_profile(file: Path) -> Profile:
    """Read the switches of a file; ConfigError or ManifestError with every error in it."""
    from mscode.sandbox.profile import BadProfile, Profile

    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read", detail=error.strerror or "") from None
    if len(raw) > MAX_BYTES:
        raise too_large(str(file))
    documents = parse(raw, str(file))
    if not documents:
        return Profile()
    root = documents[-1]
    if len(documents) > 1 or not isinstance(root.value, dict):
        hint = "Write one mapping, like `expand_groups: true`."
        raise ConfigError([Diagnostic("A profile is a mapping of switch to value", root.place, hint=hint)])
    try:
        return Profile.of({name: _plain(node) for name, node in root.value.items()})
    except BadProfile as error:
        diagnostics = []
        for problem in error.wrong:
            node = key_node(root, problem.switch) if problem.is_name else root.value[problem.switch]
            diagnostics.append(
                Diagnostic(problem.message.rstrip("."), node.place, hint=problem.hint, code="bad-profile")
            )
        raise ConfigError(diagnostics) from None


def _plain(node: Node) -> object:
    """The value in JSON's types; what JSON cannot hold (`.inf`) as the text that was written, which no switch takes."""
    data = node.data()
    try:
        return core(data)
    except ValueError:
        return str(data)
