"""A schema in which a member that is not described is a mistake: what is written has none besides."""

from __future__ import annotations

from typing import Any


def closed(schema: Any) -> Any:
    """The schema of an output, closed."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {word: closed(value) for word, value in schema.items()}
    return inner | {"unevaluatedProperties": False} if isinstance(inner.get("properties"), dict) else inner
