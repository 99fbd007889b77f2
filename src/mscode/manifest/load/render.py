"""Manifests written out after substitution: what `mscode render` prints."""

from __future__ import annotations

from io import StringIO
from typing import Any, Protocol

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.for_each import EACH
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.values import Scalar, core, replace_leaves
from mscode.model.world import Fields


class Show(Protocol):
    """A value of a field or key as it may be shown."""

    def __call__(self, name: str, value: Any, *, personal: bool = False) -> Any: ...


def as_data(context: LoadContext, show: Show) -> list[dict[str, Any]]:
    """One mapping for each object, in order: its address, where it stands, and its fields as they are written."""
    objects: list[dict[str, Any]] = []
    for address in sorted(context.written):
        place = context.objects[address].place
        source = {"file": place.file, "line": place.line, "column": place.column}
        fields = replace_leaves(_shown(context, address, show), _json_leaf)
        objects.append({"address": str(address), "source": source, "fields": fields})
    return objects


def _shown(context: LoadContext, address: Address, show: Show) -> Fields:
    rules = address.kind.fields_by_name
    fields: dict[str, Any] = context.written[address].data() or {}
    return {
        name: _with_typed_scalars(value, show(name, value, personal=name in rules and rules[name].personal))
        for name, value in fields.items()
        if name != EACH
    }


def _with_typed_scalars(typed: Any, masked: Any) -> Any:
    """What masking left alone stays as it was typed: quoted or not."""
    if isinstance(typed, dict):
        return {
            key: _with_typed_scalars(old, new) for old, (key, new) in zip(typed.values(), masked.items(), strict=True)
        }
    if isinstance(typed, list):
        return [_with_typed_scalars(old, new) for old, new in zip(typed, masked, strict=True)]
    return typed if masked == typed else masked


def _json_leaf(leaf: Any) -> Any:
    """Numbers and flags as such; a phone number, and whatever else a number would change, stays the text that was typed."""
    if not isinstance(leaf, Scalar):
        return leaf
    try:
        value = core(leaf)
    except ValueError:
        return str(leaf)
    return value if isinstance(value, bool) or str(value) == str(leaf) else str(leaf)


# ---- YAML ------------------------------------------------------------------------------------------------------------


def as_yaml(context: LoadContext, show: Show) -> str:
    """One YAML document. Above each object stands the file and line it comes from."""
    document = CommentedMap(apiVersion="mscode/v1")
    addresses = sorted(context.written)
    for section in registry():
        objects = CommentedMap()
        for address in addresses:
            if address.section != section:
                continue
            name = DoubleQuotedScalarString(f"{address.name}.{address.key}") if address.key else address.name
            objects[name] = _styled(_shown(context, address, show)) or None
            place = context.objects[address].place
            objects.yaml_set_comment_before_after_key(name, before=f"{place.file}:{place.line}", indent=2)
        if objects:
            document[section] = objects
    return _dumped(document)


def _styled(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = CommentedMap()
        mapping.update({key: _styled(item) for key, item in value.items()})
        return mapping
    if isinstance(value, list):
        return [_styled(item) for item in value]
    if not isinstance(value, str) or (isinstance(value, Scalar) and value.plain):
        return value
    return LiteralScalarString(value) if "\n" in value else DoubleQuotedScalarString(value)


def _dumped(document: CommentedMap) -> str:
    yaml = YAML(pure=True)
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)

    def plain(representer: Any, scalar: Scalar) -> Any:
        """Without quotes, as it was typed; where that cannot be, the writer quotes it by itself."""
        return representer.represent_scalar(yaml.resolver.resolve(ScalarNode, str(scalar), (True, False)), str(scalar))

    yaml.representer.add_representer(Scalar, plain)
    buffer = StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()
