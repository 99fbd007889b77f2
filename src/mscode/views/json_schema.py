"""JSON Schemas (2020-12) of what programs read, made by pydantic from the types that mypy checks the writers against.

The types are TypedDicts: the code that writes a plain dict shows which members it has, in which order, and which are left out.
Nothing is validated at run time: an output that differs from its description must not end an apply halfway.

pydantic's schemas are brought into the form that is published: definitions under the names that are published, everything else
where it is used; members that are always there before the others; a list of types where pydantic gives alternatives of one
type each; no titles, and no keywords without effect (the type beside a constant, members that may be anything). `required` names
the members that are always there. Objects are open: a later version may add members, but neither changes nor removes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "urn:mscode:schema:v1"

Count = Annotated[int, Field(ge=0)]
#: A line or a column.
FromOne = Annotated[int, Field(ge=1)]
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
Instant = Annotated[str, Field(pattern=INSTANT)]
AddressText = Annotated[
    str, Field(pattern=r"^[A-Za-z]+\.[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$")
]

#: The order in which a schema's keywords are published.
_ORDER = (
    "anyOf", "type", "enum", "const", "prefixItems", "minItems", "maxItems", "items", "minimum", "maximum", "description",
    "pattern", "additionalProperties", "properties", "required",
)  # fmt: skip
#: Keywords that have no effect with this value.
_NO_EFFECT: Schema = {"items": {}, "additionalProperties": True}


def about(description: str) -> Any:
    """What a member means, for the schema."""
    return Field(description=description)


def published(shape: Any, definitions: Iterable[str]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type and, by their published names, the definitions that it refers to: those of `definitions`, which are
    names of types. A name is published in snake_case, without its ending Json.
    """
    schema = TypeAdapter(shape).json_schema()
    names = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Json")).lower() for name in definitions}
    form = _Form(schema.pop("$defs", {}), names)
    return form.of(schema), {published_name: form.of(form.definitions[name]) for name, published_name in names.items()}


class _Form:
    """Brings schemas into the published form. `names` maps the definitions that stay to their published names."""

    def __init__(self, definitions: dict[str, Schema], names: dict[str, str]) -> None:
        self.definitions, self.names = definitions, names

    def of(self, schema: Schema) -> Schema:
        """The schema in the published form."""
        words = {word: value for word, value in schema.items() if word != "title" and value != _NO_EFFECT.get(word)}
        if "$ref" in words:
            return self._referred(words.pop("$ref").removeprefix("#/$defs/"), words)
        if "enum" in words or "const" in words:
            words.pop("type", None)
        for word in ("items", "additionalProperties"):
            if word in words:
                words[word] = self.of(words[word])
        for word in ("anyOf", "prefixItems"):
            if word in words:
                words[word] = [self.of(schema_part) for schema_part in words[word]]
        if "properties" in words:
            required = words.get("required", [])
            members = sorted(words["properties"].items(), key=lambda member: member[0] not in required)
            words["properties"] = {name: self.of(schema_part) for name, schema_part in members}
        words = _with_types(words)
        return {word: words[word] for word in sorted(words, key=_ORDER.index)}

    def _referred(self, name: str, beside: Schema) -> Schema:
        """A reference, or its definition in place. A description beside a reference is the member's, and replaces the type's."""
        if name in self.names:
            return {"$ref": f"#/$defs/{self.names[name]}", **beside}
        return self.of(self.definitions[name] | beside)


def _with_types(words: Schema) -> Schema:
    """`type: [integer, null]` for alternatives that differ in their type alone, or of which the second is null."""
    alternatives = words.get("anyOf", [])
    types = [alternative.get("type") for alternative in alternatives]
    more: Schema = {}
    for alternative in alternatives:
        more |= {word: value for word, value in alternative.items() if word != "type"}
    is_simple = all(isinstance(name, str) for name in types) and set(more) <= {"minimum", "maximum", "pattern"}
    if not alternatives or not is_simple or (more and types[1:] != ["null"]):
        return words
    return {"type": types, **more, **{word: value for word, value in words.items() if word != "anyOf"}}
