"""The JSON Schema of a plan's `view`: what is drawn of it in every format."""

from __future__ import annotations

from typing import Any, get_args

from mscode.views.plan.headline import LEGEND
from mscode.views.plan.segments import Style

Schema = dict[str, Any]


def view_definitions() -> dict[str, Schema]:
    """Definitions for the schema of a plan: `view` and what it is made of."""
    text: Schema = {"type": "string"}
    lines: Schema = {"type": "array", "items": {"$ref": "#/$defs/view_line"}}
    texts: Schema = {"type": "array", "items": text}
    change: dict[str, Schema] = {
        "address": text,
        "symbols": {"type": "array", "items": {"enum": list(LEGEND)}},
        "headline": text,
        "place": {"type": "string", "description": "`file:line`, or empty."},
        "remarks": texts,
        "rows": {"type": "array", "items": {"$ref": "#/$defs/view_row"}},
    }
    whole: dict[str, Schema] = {
        "opening": lines,
        "changes": {"type": "array", "items": {"$ref": "#/$defs/view_change"}},
        "remarks": lines,
        "totals": text,
        "launch": texts,
        "ending": lines,
    }
    return {
        "view": _object("What people read of it, masked; text, Markdown and HTML are drawn from this.", whole),
        "view_change": _object("What people read of one change.", change),
        "view_row": _row(lines),
        "view_line": {"type": "array", "items": {"$ref": "#/$defs/view_segment"}, "description": "One line."},
        "view_segment": _segment(text),
    }


def _row(lines: Schema) -> Schema:
    children = {"type": "array", "items": {"$ref": "#/$defs/view_row"}}
    members = {"name": {"type": "string"}, "lines": lines, "children": children, "remark": lines["items"]}
    return {"type": "object", "properties": members, "description": "A field, its value beside it or in rows below it."}


def _segment(text: Schema) -> Schema:
    styled = {"type": "array", "prefixItems": [text, {"enum": list(get_args(Style))}], "minItems": 2, "maxItems": 2}
    return {"anyOf": [text, styled], "description": "A text, or a text and its style."}


def _object(description: str, members: dict[str, Schema]) -> Schema:
    return {"type": "object", "description": description, "properties": members, "required": list(members)}
