"""Secrets in exported manifests: `${var.NAME}` where a secret variable of the project has the text, else nothing at all.

Exported manifests are made to be committed. What the service keeps in clear (a webhook's key, say) was a secret variable
once; where the project still has it, the manifest names it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from mscode.manifest.project.variable_sources import Values
from mscode.manifest.project.variables import is_secret, type_of
from mscode.manifest.yaml.quoting import is_plain
from mscode.manifest.yaml.tree import Node
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import DOTS, credentials, hide_secrets, mask_numbers
from mscode.model.values import Scalar, walk
from mscode.model.world import Known
from mscode.plan.diff import was_secret


@dataclass(frozen=True, slots=True)
class Secrets:
    """`references` has what to write in the place of a text; `hidden` are all texts that may not be written."""

    references: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    #: has every secret variable its value? Else there may be more secrets than are known
    complete: bool = True

    def written(self, text: str) -> str:
        """A live text as a manifest has it: secrets by their variables, and nothing else is one."""
        if not self.references:
            return text.replace("${", "$${")
        longest_first = sorted(self.references, key=len, reverse=True)
        pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
        return "".join(self.references.get(piece) or piece.replace("${", "$${") for piece in pieces)

    def show_in(self, value: Any) -> bool:
        """Does a value that is about to be written still hold a secret, or a URL with credentials in it?"""
        if isinstance(value, Mapping):
            return any(self.show_in(part) for pair in value.items() for part in pair)
        if isinstance(value, list | tuple):
            return any(map(self.show_in, value))
        if not isinstance(value, str):
            return False
        for reference in set(self.references.values()):
            value = value.replace(reference, "")
        return hide_secrets(value, self.hidden) != value or any(True for _ in credentials(value))

    def are_named_in(self, value: Any) -> bool:
        """Does a value that is about to be written, of a field that is known to hold a secret, name it by its variable?"""
        return self.complete and any(
            reference in text for text in walk(value) if isinstance(text, str) for reference in self.references.values()
        )

    def title(self, text: str) -> str:
        """A text that a name may be made of: without secrets and numbers, for names are shown everywhere."""
        words = mask_numbers(hide_secrets(text[:500], self.hidden, " ")).split()
        return " ".join(word for word in words if DOTS not in word)


def sealed(known: Known) -> dict[tuple[str, str], set[str]]:
    """The fields of which the state keeps a hash for the secret that they held, though no variable may have it any more."""
    fields_by_object: dict[tuple[str, str], set[str]] = {}
    for entry in known.entries.values():
        rules = entry.address.kind.fields_by_name if entry.address.section in registry() else {}
        fields_by_object[entry.address.section, entry.id] = {
            name for name, rule in rules.items() if was_secret(rule, entry)
        }
    return fields_by_object


def secrets_of(values: Values, more: frozenset[str] = frozenset()) -> Secrets:
    """What the project's secret variables have, and `more` texts that no variable has."""
    references: dict[str, str] = {}
    for name, declaration in values.declared.items():
        node = values.known.get(name)
        if node is not None and is_secret(declaration):
            for path, text in _leaves(node, f"var.{name}"):
                references.setdefault(text, f"${{{path}}}")
    return Secrets(references, frozenset({*values.secrets, *more}), not unset_secrets(values))


def _leaves(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """The texts of a value that a reference can reach: not the items of lists."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            if re.fullmatch(r"[A-Za-z0-9_-]+", key):
                yield from _leaves(child, f"{path}.{key}")
    elif isinstance(node.value, Scalar) and node.value:
        yield path, str(node.value)


def declarations(values: Values) -> Iterator[tuple[str, str]]:
    """The secret variables as a new project declares them, without their values."""
    for name, declaration in values.declared.items():
        kind = type_of(declaration)
        if is_secret(declaration) and kind in ("string", "map") and is_plain(name.replace("_", "")):
            yield name, "{secret: true}" if kind == "string" else "{type: map, secret: true}"


def unset_secrets(values: Values) -> list[str]:
    """The secret variables that have no value in this run."""
    return [
        name for name, declaration in values.declared.items() if is_secret(declaration) and name not in values.known
    ]
