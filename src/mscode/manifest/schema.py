"""The JSON Schemas of manifests and project files, generated from the specs: 2020-12, and draft-07 for editors.

They accept every manifest whose form mscode accepts. What a schema cannot say (references, times, phones, files) is for
`mscode validate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscode.address import NAME
from mscode.kind import ID, Kind, registry
from mscode.manifest.project import ProjectFile

Schema = dict[str, Any]

DIALECTS = {"2020-12": "https://json-schema.org/draft/2020-12/schema", "07": "http://json-schema.org/draft-07/schema#"}
_BASE = "urn:mscode:schema:v1"
_ID = {"type": ["string", "integer"], "pattern": ID.pattern.replace(r"\Z", "$")}


def manifest_schema() -> Schema:
    """What a manifest may hold."""
    definitions: Schema = {"Lifecycle": _lifecycle(), "Import": _import()}
    sections = {kind.section: _section(kind, definitions) for kind in registry().values()}
    return {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:manifest",
        "title": "mscode manifest",
        "description": "Wanted objects of a Multisender account, by section and name.",
        "type": "object",
        "properties": {"apiVersion": {"const": "mscode/v1", "description": "Always mscode/v1."}, **sections},
        "required": ["apiVersion"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def project_schema() -> Schema:
    """What `mscode.yaml` may hold."""
    schema = _model(ProjectFile)
    head = {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:project",
        "title": "mscode project file",
    }
    return {**head, **schema}


def as_draft_07(schema: Schema) -> Schema:
    """The twin for editors that do not know 2020-12."""
    older: Schema = _everywhere(schema, _older)
    return {**older, "$schema": DIALECTS["07"], "$id": schema["$id"].replace(".json", ".draft-07.json")}


def _older(node: Schema) -> Schema:
    """`definitions` for `$defs`; what stands beside a `$ref` is ignored in draft-07, so it goes into an `allOf`."""
    node = {("definitions" if key == "$defs" else key): value for key, value in node.items()}
    if isinstance(node.get("$ref"), str):
        reference = {"$ref": node.pop("$ref").replace("#/$defs/", "#/definitions/")}
        return {"allOf": [reference], **node} if node else reference
    return node


def _section(kind: Kind, definitions: Schema) -> Schema:
    """A mapping of names to specs; the spec goes among the definitions, with what every object takes."""
    spec = _model(kind.spec)
    definitions.update(spec.pop("$defs", {}))
    name = kind.spec.__name__
    definitions[name] = {**spec, "properties": {**spec["properties"], **_common(kind)}}
    return {
        "description": kind.doc,
        "type": ["object", "null"],
        "patternProperties": {NAME.pattern: {"$ref": f"#/$defs/{name}"}},
        "additionalProperties": False,
    }


def _common(kind: Kind) -> Schema:
    old_name = f"The name this {kind.singular} had before: it is moved, not made anew."
    return {
        "import": {"$ref": "#/$defs/Import"},
        "renamedFrom": {"type": "string", "description": old_name},
        "lifecycle": {"$ref": "#/$defs/Lifecycle"},
    }


def _import() -> Schema:
    return {
        "description": "The id of a live object to manage under this name, or ids by environment.",
        "anyOf": [_ID, {"type": "object", "additionalProperties": _ID}],
    }


def _lifecycle() -> Schema:
    ignored = "Fields whose differences are left alone."
    return {
        "description": "What may happen to the object, beyond its fields.",
        "type": "object",
        "properties": {
            "preventDestroy": {"type": "boolean", "description": "Refuse every plan that would delete or replace it."},
            "ignoreChanges": {"type": "array", "items": {"type": "string"}, "description": ignored},
            "onRemoval": {"const": "delete", "description": "Delete it when its manifest goes, whatever its history."},
        },
        "additionalProperties": False,
    }


def _model(model: Any) -> Schema:
    """pydantic's schema of a model, without the titles it makes up and the defaults that say nothing."""
    schema: Schema = _everywhere(model.model_json_schema(), _plainer)
    return schema


def _plainer(node: Schema) -> Schema:
    node = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if "default" in node and node["default"] is None:
        del node["default"]
    if node.get("type") == "string" and not {"const", "enum", "pattern", "format"} & node.keys():
        # An unquoted number or `true` is read as the text that was typed.
        node["type"] = ["string", "number", "boolean"]
    return node


def _everywhere(node: Any, change: Callable[[Schema], Schema]) -> Any:
    """Apply `change` to every schema inside a schema. Mappings of names to schemas are walked, not changed."""
    if isinstance(node, list):
        return [_everywhere(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {
        key: _named(value, change) if key in _NAMED else _everywhere(value, change) for key, value in node.items()
    }
    return change(walked)


#: Keywords whose keys are names, not keywords.
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions"})


def _named(schemas: Any, change: Callable[[Schema], Schema]) -> Schema:
    return {name: _everywhere(schema, change) for name, schema in schemas.items()}
