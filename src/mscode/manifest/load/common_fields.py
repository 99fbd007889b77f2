"""What every object takes beside its fields: `import`, `renamedFrom` and `lifecycle` (docs/manifest.md#every-object)."""

from __future__ import annotations

from typing import Any

from mscode.errors import Diagnostic
from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.for_each import EACH
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.address import KEY, NAME, Address
from mscode.model.kind import ID, Kind, registry
from mscode.model.nearest import did_you_mean
from mscode.model.values import Scalar
from mscode.model.world import Lifecycle

COMMON = ("import", "renamedFrom", "lifecycle", EACH)
LIFECYCLE = ("preventDestroy", "ignoreChanges", "onRemoval")
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def lifecycle_of(context: LoadContext, kind: Kind, node: Node | None, address: Address) -> Lifecycle:
    """`lifecycle:` of an object; what is wrong with it is reported."""
    if node is None or node.data() is None:
        return Lifecycle()
    if not isinstance(node.value, dict):
        context.error(node, "lifecycle: must be a mapping", code="bad-value", address=str(address))
        return Lifecycle()
    for name in node.value:
        if name not in LIFECYCLE:
            hint = did_you_mean(name, LIFECYCLE) or f"Known here: {', '.join(LIFECYCLE)}."
            summary = f'Unknown field "{name}"'
            context.error(key_node(node, name), summary, hint=hint, code="unknown-field", address=str(address))
    removal = node.get("onRemoval")
    on_removal = removal.data() if removal is not None else None
    if removal is not None and on_removal not in (None, "delete"):
        context.error(removal, "lifecycle.onRemoval: must be delete", code="bad-value", address=str(address))
    return Lifecycle(
        _prevent_destroy(context, node.get("preventDestroy"), address),
        _ignore_changes(context, kind, node.get("ignoreChanges"), address),
        "delete" if on_removal == "delete" else "",
    )


def _prevent_destroy(context: LoadContext, node: Node | None, address: Address) -> bool:
    value = node.data() if node is not None else None
    if node is None or value is None:
        return False
    if not isinstance(value, str) or value not in _FLAGS:
        summary = "lifecycle.preventDestroy: must be true or false"
        context.error(node, summary, code="bad-value", address=str(address))
        return True
    return _FLAGS[value]


def _ignore_changes(context: LoadContext, kind: Kind, node: Node | None, address: Address) -> tuple[str, ...]:
    if node is None or node.data() is None:
        return ()
    fields = {*kind.fields_by_name, *({"members"} if kind.has_members else ())}
    names: list[str] = []
    for child in node.value if isinstance(node.value, list) else [node]:
        name = child.data()
        if name == "state" and kind.can_be_halted:
            context.error(
                child,
                "lifecycle.ignoreChanges: state cannot be left alone",
                "The state decides whether people are called, and is never set back behind a person's back: a campaign that "
                "was halted in the web interface stays halted until it is resumed with --resume.",
                "Take it out. Write `state: halt` for a campaign that mscode is not to start, and `state: active` (or nothing) "
                "for one that it may.",
                code="ignored-state",
                address=str(address),
            )
            continue
        if isinstance(name, str) and name in fields:
            names.append(str(name))
            continue
        label = name if isinstance(name, str) else "this"
        hint = did_you_mean(label, fields) or f"Fields of {kind.section}: {', '.join(sorted(fields))}."
        summary = f'lifecycle.ignoreChanges: "{label}" is no field of {kind.section}'
        context.error(child, summary, hint=hint, code="unknown-field", address=str(address))
    return tuple(names)


def import_of(context: LoadContext, node: Node | None, address: Address) -> str:
    """The id for this environment; "" where the map has none. Every id of a map is checked."""
    if node is None or node.data() is None:
        return ""
    if not isinstance(node.value, dict):
        return _import_id(context, node, address)
    environments = context.project.environments
    for name in node.value:
        if environments and name not in environments:
            summary = f'import: there is no environment "{name}"'
            hint = did_you_mean(name, environments) or f"Known in mscode.yaml: {', '.join(environments)}."
            place = key_node(node, name).place
            code, at = "unknown-environment", str(address)
            context.warnings.append(Diagnostic(summary, place, "", hint, "warning", code, at))
    ids = {name: _import_id(context, child, address) for name, child in node.value.items()}
    return ids.get(context.environment, "")


def _import_id(context: LoadContext, node: Node, address: Address) -> str:
    if not isinstance(node.value, Scalar) or not ID.match(node.value):
        hint = 'Write `import: "123"`, or a mapping of environments to ids.'
        summary = "import: must be the id of a live object"
        context.error(node, summary, hint=hint, code="bad-import", address=str(address))
        return ""
    return str(node.value)


def renamed_from(context: LoadContext, node: Node | None, address: Address) -> str:
    """The old name inside the section, "" where there is none; the full address is understood too."""
    if node is None or node.data() is None:
        return ""
    name = str(node.value).removeprefix(f"{address.section}.") if isinstance(node.value, Scalar) else ""
    if not _is_name(name):
        summary = f"renamedFrom: must be the old name in {address.section}"
        context.error(node, summary, code="bad-value", address=str(address))
        return ""
    return name


def _is_name(name: str) -> bool:
    """A name inside a section: `NAME`, or `NAME.KEY` of an object that a forEach made."""
    first, *rest = name.split(".")
    if len(rest) > 1 or not NAME.match(first):
        return False
    return not rest or (first not in registry() and bool(KEY.match(rest[0])))


def without_common(node: Node, at: Node) -> Node:
    """The object's own fields; it stands where its name does."""
    fields: dict[str, Any] = node.value if isinstance(node.value, dict) else {}
    own_fields = {name: child for name, child in fields.items() if name not in COMMON}
    return Node(own_fields, at.line, at.column, at.source, node.keys)
