"""The JSON Schemas of manifests, project files, fleets and policies, generated from the specs: 2020-12, and draft-07 for editors.

They accept every manifest whose form mscode accepts. What a schema cannot say (references, times, phones, files) is for
`mscode validate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from mscode.manifest.campaign_tests.given import MOST
from mscode.manifest.campaign_tests.spec import CampaignTestFile, CampaignTestSpec
from mscode.manifest.fleet.file import FleetFile
from mscode.manifest.load.for_each import EACH
from mscode.manifest.policies import PolicySpec, PolicyTestFile
from mscode.manifest.project.file import ProjectFile
from mscode.model.address import KEY, NAME
from mscode.model.kind import ID, Kind, kind_of, registry

Schema = dict[str, Any]

DIALECTS = {"2020-12": "https://json-schema.org/draft/2020-12/schema", "07": "http://json-schema.org/draft-07/schema#"}
_BASE = "urn:mscode:schema:v1"
_ID = {"type": ["string", "integer"], "pattern": ID.pattern.replace(r"\Z", "$")}
_REFERENCE = "#/$defs/Reference"
#: What an object takes beside its fields (docs/manifest.md#every-object), and the reference that may stand for a value.
_COMMON_DEFINITIONS: Schema = {
    "Lifecycle": {
        "description": "What may happen to the object, beyond its fields.",
        "type": "object",
        "properties": {
            "preventDestroy": {"type": "boolean", "description": "Refuse every plan that would delete or replace it."},
            "ignoreChanges": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Fields whose differences are left alone.",
            },
            "onRemoval": {"const": "delete", "description": "Delete it when its manifest goes, whatever its history."},
        },
        "additionalProperties": False,
    },
    "Import": {
        "description": "The id of a live object to manage under this name, or ids by environment.",
        "anyOf": [_ID, {"type": "object", "additionalProperties": _ID}],
    },
}
#: Definitions in which a reference is allowed already, so that `referable` leaves them alone.
_REFERENCE_DEFINITIONS: Schema = {
    "ForEach": {
        "description": "A list of names or a mapping: one such object for each, with `${each.key}` and `${each.value}` in it.",
        "anyOf": [
            {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
            {"type": "object", "patternProperties": {KEY.pattern: {}}, "additionalProperties": False},
            {"$ref": _REFERENCE},
        ],
    },
    "Reference": {
        "description": "A text with `${var.name}`, `${env.NAME}`, `${each.key}` or `${each.value}` in it.",
        "type": "string",
        "pattern": r"\$\{",
    },
}


def manifest_schema() -> Schema:
    """What a manifest may hold."""
    sections, definitions = _sections()
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


def _sections() -> tuple[Schema, Schema]:
    """The sections of a manifest, and the definitions that they refer to."""
    definitions = dict(_COMMON_DEFINITIONS)
    sections = {kind.section: _section(kind, definitions) for kind in registry().values()}
    definitions = {name: referable(schema, definitions) for name, schema in definitions.items()}
    return sections, definitions | _REFERENCE_DEFINITIONS


def project_schema() -> Schema:
    """What `mscode.yaml` may hold."""
    schema = _model(ProjectFile)
    head = {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:project",
        "title": "mscode project file",
    }
    return {**head, **schema}


def fleet_schema() -> Schema:
    """What `fleet.yaml` may hold."""
    head = {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:fleet",
        "title": "mscode fleet file",
    }
    return {**head, **_model(FleetFile)}


def policy_schema() -> Schema:
    """What a document below `policies/` may hold."""
    head = {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:policy",
        "title": "mscode policy file",
        "description": "A rule of a project over its plans, or in a file *_test.yaml tests of rules.",
    }
    return {**head, **_model(PolicySpec | PolicyTestFile)}


def test_schema() -> Schema:
    """What a document of a file `*.test.yaml` may hold."""
    head = {
        "$schema": DIALECTS["2020-12"],
        "$id": f"{_BASE}:test",
        "title": "mscode test file",
        "description": "Tests of a project's campaigns, which `mscode test` runs.",
    }
    schema = _model(CampaignTestFile)
    sections, definitions = _sections()
    person = kind_of("person")
    sections[person.section] = _or_counted(sections[person.section], definitions[person.spec.__name__])
    given = schema["$defs"][CampaignTestSpec.__name__]["properties"]["given"]
    given |= {"properties": sections, "additionalProperties": False}
    return {**schema, **head, "$defs": {**definitions, **schema["$defs"]}}


def _or_counted(section: Schema, spec: Schema) -> Schema:
    """The section of people, or a `count` and the fields that so many of them have; as a whole, or under a name."""
    fields = {name: field for name, field in spec["properties"].items() if name in _shared_fields()}
    counted = {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 1, "maximum": MOST, "description": "So many people."},
            **fields,
            "phone": {"type": ["string", "integer"], "description": "The beginning of their numbers."},
        },
        "required": ["count"],
        "additionalProperties": False,
    }
    names = {name: {"anyOf": [schema, counted]} for name, schema in section["patternProperties"].items()}
    return {"description": section["description"], "anyOf": [{**section, "patternProperties": names}, counted]}


def _shared_fields() -> frozenset[str]:
    """The fields that people have in common who are only counted: all but those that tell them apart."""
    person = kind_of("person")
    return frozenset(person.fields_by_name) - {
        name for name, _ in person.identities(dict.fromkeys(person.fields_by_name, "x"))
    }


def as_draft_07(schema: Schema) -> Schema:
    """The same schema for editors that do not know 2020-12."""
    older: Schema = _map_schemas(schema, _draft_07)
    return {**older, "$schema": DIALECTS["07"], "$id": schema["$id"].replace(".json", ".draft-07.json")}


def _draft_07(node: Schema) -> Schema:
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
    old_name = f"The name this {kind.singular} had before: it is moved, not made anew."
    common = {
        "import": {"$ref": "#/$defs/Import"},
        "renamedFrom": {"type": "string", "description": old_name},
        "lifecycle": {"$ref": "#/$defs/Lifecycle"},
        EACH: {"$ref": "#/$defs/ForEach"},
    }
    definitions[name] = {**spec, "properties": {**spec["properties"], **common}}
    return {
        "description": kind.doc,
        "type": ["object", "null"],
        "patternProperties": {NAME.pattern: {"$ref": f"#/$defs/{name}"}},
        "additionalProperties": False,
    }


def _model(model: Any) -> Schema:
    """pydantic's schema of a model, without the titles it makes up and the defaults that say nothing."""
    schema: Schema = _map_schemas(TypeAdapter(model).json_schema(), _simplified)
    return schema


def _simplified(node: Schema) -> Schema:
    node = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if "default" in node and node["default"] is None:
        del node["default"]
    if node.get("type") == "string" and not {"const", "enum", "pattern", "format"} & node.keys():
        # An unquoted number or `true` is read as the text that was typed.
        node["type"] = ["string", "number", "boolean"]
    return node


# ---- references ------------------------------------------------------------------------------------------------------

#: With one of these a string is not any string.
_NARROWING = frozenset({"pattern", "enum", "const", "format"})
#: What is said of a value, whatever form it has.
_ANNOTATIONS = ("description", "default", "examples")


def referable(schema: Schema, definitions: Schema) -> Schema:
    """The schema of an object in which a reference may stand wherever a value does."""
    return _map_schemas(schema, lambda node: _open_values(node, definitions))  # type: ignore[no-any-return]


def _open_values(node: Schema, definitions: Schema) -> Schema:
    """The values of one schema: those of its properties, its items, and what else it may hold."""
    opened = dict(node)
    if isinstance(node.get("properties"), dict):
        properties = {
            name: value if name == EACH else _or_reference(value, definitions)
            for name, value in node["properties"].items()
        }
        opened["properties"] = properties
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            opened[key] = _or_reference(node[key], definitions)
    return opened


def _or_reference(schema: Schema, definitions: Schema) -> Schema:
    alternatives = schema.get("anyOf", [schema])
    if not schema or any(_takes_text(alternative) for alternative in alternatives):
        return schema
    reference = {"$ref": _REFERENCE}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], reference]}
    annotations = {key: schema[key] for key in _ANNOTATIONS if key in schema}
    form = {key: value for key, value in schema.items() if key not in annotations}
    if not annotations and "$ref" in form:
        annotations = {"description": definitions[form["$ref"].rpartition("/")[2]].get("description", "")}
    return {**annotations, "anyOf": [form, reference]}


def _takes_text(schema: Schema) -> bool:
    kind = schema.get("type", ())
    return "string" in ([kind] if isinstance(kind, str) else kind) and not _NARROWING & schema.keys()


def _map_schemas(node: Any, change: Callable[[Schema], Schema]) -> Any:
    """Apply `change` to every schema inside a schema. Mappings of names to schemas are walked, not changed."""
    if isinstance(node, list):
        return [_map_schemas(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {
        key: {name: _map_schemas(schema, change) for name, schema in value.items()}
        if key in _NAME_MAPS
        else _map_schemas(value, change)
        for key, value in node.items()
    }
    return change(walked)


#: Keywords whose keys are names, not keywords.
_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
