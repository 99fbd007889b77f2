"""`forEach`: one object of a manifest for each name of a list, or key of a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.substitute import Scope, substitute
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.address import KEY, Address
from mscode.model.values import Scalar

EACH = "forEach"
#: More objects than this out of one forEach are a mistake.
MAX_KEYS = 10_000


def keys_of(context: LoadContext, template: Address, node: Node) -> dict[str, Node] | None:
    """Key -> `each.value` of an object with forEach; None where it cannot be said, which is reported."""
    source: Node = substitute(node.value[EACH], Scope(context, template))
    if source.flawed:
        return None
    if not isinstance(source.value, list | dict):
        summary, hint = "forEach: must be a list of names or a mapping", "For example: forEach: [espoo, turku]"
        context.error(source, summary, hint=hint, code="bad-for-each", address=str(template))
        return None
    if len(source.value) > MAX_KEYS:
        summary = f"forEach: {len(source.value):,} objects are too many"
        hint = f"It makes {MAX_KEYS:,} at most."
        context.error(source, summary, hint=hint, code="bad-for-each", address=str(template))
        return None
    return _checked(context, template, source)


def _checked(context: LoadContext, template: Address, source: Node) -> dict[str, Node] | None:
    values: dict[str, Node] = {}
    sound = True
    for key, at, value in _pairs(source):
        summary, hint = "", ""
        if key is None or not KEY.fullmatch(key):
            label = "this" if key is None else f'"{mask_text(key[:80])}"'
            summary, hint = f"forEach: {label} cannot be a key", "Use letters, digits, - and _, 63 in all."
        elif key in values:
            summary, hint = f'forEach: the key "{key}" stands twice', "Remove one of the two."
        if key is None or summary:
            context.error(at, summary, hint=hint, code="bad-for-each", address=str(template))
            sound = False
        else:
            values[key] = value
    return values if sound else None


def _pairs(source: Node) -> Iterator[tuple[str | None, Node, Node]]:
    """(key, where it stands, its value); None where a list holds something that is no text."""
    if isinstance(source.value, dict):
        yield from ((key, key_node(source, key), child) for key, child in source.value.items())
        return
    for child in source.value:
        if not isinstance(child.value, Scalar) or child.data() is None:
            yield None, child, child
        else:
            text = str(child.value)
            yield text, child, Node(Scalar(text, plain=False), child.line, child.column, child.source)


def one_of(context: LoadContext, address: Address, node: Node, value: Node) -> Node:
    """The object of one key, with its references replaced."""
    fields = {name: child for name, child in node.value.items() if name != EACH}
    body = Node(fields, node.line, node.column, node.source, node.keys)
    return substitute(body, Scope(context, address, value))
