"""`${var.x}`, `${env.NAME}`, `${each.key}` and `${each.value.x}` inside the strings of a manifest.

A reference that is the whole value keeps its type, and stands where the reference does; inside a text it becomes text.
`$${` is a literal `${`. A value that is put in is never searched for references, and nothing is computed: this is no
template language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mscode.errors import Place
from mscode.manifest.load.context import LoadContext
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.address import Address
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.values import Scalar

OPEN = "${"
#: An escape, a whole reference, or one that is never closed.
_PIECE = late_pattern(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_PATH = late_pattern(r"\s*(var|env|each)((?:\.[A-Za-z0-9_-]+)+)\s*\Z")
_FORMS = "It takes var.NAME, env.NAME, each.key or each.value, with .MEMBER after a map; there are no functions."


class _Missing(Exception):
    """A reference that has no value; `summary` is "" where the reason was reported before."""

    def __init__(self, summary: str = "", hint: str = "", code: str = "bad-reference", detail: str = "") -> None:
        super().__init__(summary)
        self.summary, self.hint, self.code, self.detail = summary, hint, code, detail


@dataclass(frozen=True, slots=True)
class Scope:
    """What references of one object may name. `value` is the one of its key in a `forEach`; None outside one."""

    reading: LoadContext
    of: Address
    value: Node | None = None

    @property
    def address(self) -> str:
        """The address of the object, with its key, as errors have it."""
        return str(self.of)

    @property
    def template(self) -> str:
        """The address without its key, for errors that every key has in common."""
        return f"{self.of.section}.{self.of.name}"

    def find(self, text: str) -> Node:
        """The value of what stands between the braces; _Missing with what is wrong."""
        path = _PATH.match(text)
        if path is None:
            raise _Missing(f"${{{mask_text(text[:60])}}} is no reference", self._suggestion(text) or _FORMS)
        root, names = path[1], path[2][1:].split(".")
        if root == "var":
            return _member(self._variable(names[0]), f"var.{names[0]}", names[1:])
        if root == "env":
            return self._environment(".".join(names))
        return self._each(names)

    def _suggestion(self, text: str) -> str:
        """A hint for `${city}` and `${vars.city}`, which mean `${var.city}`."""
        name = text.strip().removeprefix("vars.").removeprefix("variables.")
        return f'Did you mean "${{var.{name}}}"?' if name in self.reading.values.declared else ""

    def _variable(self, name: str) -> Node:
        values = self.reading.values
        values.used.add(name)
        if name in values.known:
            return values.known[name]
        if name in values.broken:
            raise _Missing
        if name not in values.declared:
            hint = did_you_mean(name, values.declared) or "Declare it under `variables:` in mscode.yaml."
            raise _Missing(f'There is no variable "{name}"', hint, "unknown-variable")
        values.broken.add(name)
        at = values.declared[name].place
        hint = f"Use --var {name}=…, --var-file or MSCODE_VAR_{name}, or give it a `default`."
        detail = f"It is declared in {at.file}, line {at.line}."
        raise _Missing(f'The variable "{name}" has no value', hint, "no-value", detail)

    def _environment(self, name: str) -> Node:
        values = self.reading.values
        if name not in values.listed:
            hint = did_you_mean(name, values.listed) or f"List it in mscode.yaml: `envVars: [{name}]`."
            raise _Missing(f"${{env.{name}}} is not among the `envVars` of mscode.yaml", hint, "unknown-variable")
        if name not in values.env:
            raise _Missing(f"The environment variable {name} is not set", "Set it.", "no-value")
        return _text(values.env[name])

    def _each(self, names: list[str]) -> Node:
        if self.value is None:
            hint = "Give the object a `forEach`, or name a variable."
            raise _Missing(f"${{each.{'.'.join(names)}}} stands outside a forEach", hint)
        if names == ["key"]:
            return _text(self.of.key)
        if names[0] != "value":
            raise _Missing(f"There is no each.{'.'.join(names)}", "Use each.key or each.value.")
        return _member(self.value, "each.value", names[1:])


def _text(text: str) -> Node:
    return Node(Scalar(text, plain=False), 0, 0, _NOWHERE)


_NOWHERE: Any = None


def _member(node: Node, name: str, path: Iterable[str]) -> Node:
    for step in path:
        if not isinstance(node.value, dict):
            raise _Missing(f"{name} has no members", f"It is {_type_name(node)}.")
        if step not in node.value:
            hint = did_you_mean(step, node.value) or f"It has {', '.join(list(node.value)[:20]) or 'none'}."
            raise _Missing(f'{name} has no member "{step}"', hint)
        node, name = node.value[step], f"{name}.{step}"
    return node


def _type_name(node: Node) -> str:
    if isinstance(node.value, Scalar):
        return "a text, number or flag"
    return "a list" if isinstance(node.value, list) else "a mapping"


def substitute(node: Node, scope: Scope) -> Node:
    """The same value with every reference replaced; what cannot be is reported, and the result is flawed then."""
    if isinstance(node.value, dict):
        children = {key: substitute(child, scope) for key, child in node.value.items()}
        result = _rebuilt(node, children, children.values())
        for key in children:
            if OPEN in key and OPEN in key.replace("$${", ""):
                summary, hint = "A key cannot hold ${…}", "Only values can; for objects of several names use `forEach`."
                scope.reading.error(
                    key_node(node, key), summary, hint=hint, code="bad-reference", address=scope.template
                )
                result.flawed = True
        return result
    if isinstance(node.value, list):
        items = [substitute(child, scope) for child in node.value]
        return _rebuilt(node, items, items)
    return _scalar(node, scope) if OPEN in node.value else node


def _rebuilt(node: Node, value: Any, children: Iterable[Node]) -> Node:
    result = Node(value, node.line, node.column, node.source, node.keys)
    result.flawed = node.flawed or any(child.flawed for child in children)
    return result


def _scalar(node: Node, scope: Scope) -> Node:
    text = str(node.value)
    whole = _PIECE.fullmatch(text)
    if whole and whole[1] is not None:
        value = _lookup(whole, node, scope)
        if value is not None:
            return _moved(value, node)
        unresolved = Node(node.value, node.line, node.column, node.source, node.keys)
        unresolved.flawed = True
        return unresolved
    pieces, at, flawed = [], 0, False
    for piece in _PIECE.finditer(text):
        pieces.append(text[at : piece.start()])
        at = piece.end()
        replacement = _text_for(piece, node, scope)
        flawed = flawed or replacement is None
        pieces.append(replacement or "")
    result = Node(Scalar("".join([*pieces, text[at:]]), plain=False), node.line, node.column, node.source)
    result.flawed = flawed
    return result


def _text_for(piece: re.Match[str], node: Node, scope: Scope) -> str | None:
    """The text that a piece of a text becomes; None where it is reported."""
    if piece.group() == "$${":
        return OPEN
    value = _lookup(piece, node, scope)
    if value is None:
        return None
    if not isinstance(value.value, Scalar) or value.data() is None:
        description = "null" if isinstance(value.value, Scalar) else _type_name(value)
        hint = "Make the reference the whole value, or name a member."
        _report(_Missing(f"{piece.group()} is {description}, and cannot stand inside a text", hint), piece, node, scope)
        return None
    return str(value.value)


def _lookup(piece: re.Match[str], node: Node, scope: Scope) -> Node | None:
    try:
        if piece[1] is None:
            raise _Missing("A ${ is never closed", "Close it with }; a literal ${ is written $${.")
        return scope.find(piece[1])
    except _Missing as missing:
        _report(missing, piece, node, scope)
        return None


def _report(missing: _Missing, piece: re.Match[str], node: Node, scope: Scope) -> None:
    if missing.summary:
        place = _place(piece.group(), node)
        address = scope.address if piece[1] and piece[1].strip().startswith("each.") else scope.template
        scope.reading.error(place, missing.summary, missing.detail, missing.hint, code=missing.code, address=address)


def _place(reference: str, node: Node) -> Place:
    """Where the reference itself stands, in a text that may begin lines above it."""
    lines = node.source.lines
    for line in range(node.line, min(node.line + 1000, len(lines))):
        column = lines[line].find(reference, node.column if line == node.line else 0)
        if column >= 0:
            return node.source.place(line, column)
    return node.place


def _moved(value: Node, at: Node) -> Node:
    """A value, standing where its reference does."""
    if isinstance(value.value, dict):
        children = {key: _moved(child, at) for key, child in value.value.items()}
        return Node(children, at.line, at.column, at.source, dict.fromkeys(children, at))
    if isinstance(value.value, list):
        return Node([_moved(child, at) for child in value.value], at.line, at.column, at.source)
    return Node(value.value, at.line, at.column, at.source)
