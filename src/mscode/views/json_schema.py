"""JSON Schemas (2020-12) of what programs read, made by pydantic from the types that mypy checks the writers against.

The types are TypedDicts: what is written is a plain dict, whose members, their order and which of them are left out are seen
where it is made. Nothing is validated when it is written: an output that is not as it is described must not end an apply in
its midst.

pydantic's schemas are brought into the form that is published: definitions under the names that are published, everything else
where it is used; members that are always there before the others; a list of types where pydantic gives alternatives of one
type each; no titles, and no words without effect (the type beside a constant, members that may be anything). `required` says
what is always there. Objects are open: a later version may add members, and never changes or takes away one that is described.
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

#: The order in which a schema's words are published.
_ORDER = (
    "anyOf", "type", "enum", "const", "prefixItems", "minItems", "maxItems", "items", "minimum", "description", "pattern",
    "additionalProperties", "properties", "required",
)  # fmt: skip
#: Words that say nothing where they have this value.
_SAYS_NOTHING: Schema = {"items": {}, "additionalProperties": True}


def about(description: str) -> Any:
    """What a member means, for the schema."""
    return Field(description=description)


def published(shape: Any, definitions: Iterable[str]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type and, by their published names, the definitions that it refers to: those of `definitions`, which are
    names of types. A name is published in snake_case, without its ending Json.
    """
    schema = TypeAdapter(shape).json_schema()
    form = _Form(schema.pop("$defs", {}), {name: _published_name(name) for name in definitions})
    return form.of(schema), {name: form.of(form.definitions[own]) for own, name in form.names.items()}


def _published_name(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Json")).lower()


class _Form:
    """Brings schemas into the published form. `names` maps the definitions that stay to their published names."""

    def __init__(self, definitions: dict[str, Schema], names: dict[str, str]) -> None:
        self.definitions, self.names = definitions, names

    def of(self, schema: Schema) -> Schema:
        words = {word: value for word, value in schema.items() if word != "title" and value != _SAYS_NOTHING.get(word)}
        if "$ref" in words:
            return self._referred(words.pop("$ref").removeprefix("#/$defs/"), words)
        if "enum" in words or "const" in words:
            words.pop("type", None)
        for word in ("items", "additionalProperties"):
            if word in words:
                words[word] = self.of(words[word])
        for word in ("anyOf", "prefixItems"):
            if word in words:
                words[word] = [self.of(one) for one in words[word]]
        if "properties" in words:
            required = words.get("required", [])
            members = sorted(words["properties"].items(), key=lambda member: member[0] not in required)
            words["properties"] = {name: self.of(one) for name, one in members}
        words = _with_types(words)
        return {word: words[word] for word in sorted(words, key=_ORDER.index)}

    def _referred(self, name: str, beside: Schema) -> Schema:
        """A description beside the reference is of the member, and goes before that of the type."""
        if name in self.names:
            return {"$ref": f"#/$defs/{self.names[name]}", **beside}
        return self.of(self.definitions[name] | beside)


def _with_types(words: Schema) -> Schema:
    """`type: [integer, null]` for alternatives that differ in their type alone, or of which the other is null."""
    alternatives = words.get("anyOf", [])
    types = [one.get("type") for one in alternatives]
    more: Schema = {}
    for one in alternatives:
        more |= {word: value for word, value in one.items() if word != "type"}
    is_simple = all(isinstance(one, str) for one in types) and set(more) <= {"minimum", "pattern"}
    if not alternatives or not is_simple or (more and types[1:] != ["null"]):
        return words
    return {"type": types, **more, **{word: value for word, value in words.items() if word != "anyOf"}}
