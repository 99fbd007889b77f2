"""pydantic's errors in plain words, with the place of the value."""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mscode.errors import Diagnostic
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node
from mscode.model.late_pattern import late_pattern
from mscode.model.nearest import did_you_mean

_MESSAGES = {
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}


#: More errors of one object are not reported.
_MAX_ERRORS = 100


#: The values in pydantic's words for them: `'deny', 'warn' or 'off'`.
_LITERALS = late_pattern(r"'([^']*)'")


def diagnostics_of(
    error: ValidationError, model: type[BaseModel], node: Node, address: str, *, guess: bool = True
) -> list[Diagnostic]:
    """Each of pydantic's errors as a diagnostic; `node` is the object's. With `guess`, what was probably meant."""
    errors = error.errors(include_url=False, include_input=False)
    return [_diagnostic(entry, model, node, address, guess) for entry in errors[:_MAX_ERRORS]]


def _diagnostic(error: Any, model: type[BaseModel], node: Node, address: str, guess: bool) -> Diagnostic:
    path = tuple(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        owner, key = _deepest(node, path[:-1]), str(path[-1])
        at = (owner.keys or {}).get(key, owner)
        fields = known_keys(model, path[:-1])
        hint = (did_you_mean(key, fields) if guess else "") or f"Known here: {', '.join(sorted(fields))}."
        summary = f'Unknown field "{mask_text(key)}"'
        return Diagnostic(summary, at.place, hint=hint, code="unknown-field", address=address)
    if kind == "missing":
        owner = _deepest(node, path[:-1])
        return Diagnostic(
            f'Missing field "{path[-1]}"',
            owner.place,
            hint="Add it; the API requires it." if address else "Add it.",
            code="missing-field",
            address=address,
        )
    target = _deepest(node, path)
    summary = mask_text(_summary(path, error, address))
    hint = getattr((error.get("ctx") or {}).get("error"), "hint", "")
    if kind == "literal_error" and guess and isinstance(target.value, str) and target.value.isalpha():
        hint = did_you_mean(target.value, _LITERALS.findall(error["ctx"]["expected"]))
    return Diagnostic(summary, target.place, hint=hint, code="bad-value", address=address)


def _summary(path: Sequence[Any], error: Any, address: str) -> str:
    kind, ctx = error["type"], error.get("ctx") or {}
    message = (
        str(ctx.get("error"))
        if kind in ("value_error", "assertion_error") and "error" in ctx
        else _MESSAGES.get(kind, "")
    )
    if kind == "literal_error":
        message = f"must be {str(ctx['expected']).replace(chr(39), '')}"
    elif kind in ("greater_than_equal", "less_than_equal"):
        message = f"must be at {'least' if kind.startswith('g') else 'most'} {ctx.get('ge', ctx.get('le'))}"
    elif kind == "too_short":
        message = "must not be empty"
    elif kind == "string_pattern_mismatch":
        message = f"must match {ctx['pattern']}"
    name = _name(path) or address
    text = message or str(error["msg"])
    return f"{name}: {text}" if name else text[:1].upper() + text[1:]


def _name(path: Sequence[Any]) -> str:
    """`receivers[1].phone`, without pydantic's own parts."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        elif part != "[key]" and "(" not in str(part):
            name += f".{part}" if name else str(part)
    return name


def _deepest(node: Node, path: Sequence[Any]) -> Node:
    current = node
    for part in path:
        current = current.get(part) or current
    return current


def known_keys(model: type[BaseModel], path: Sequence[Any]) -> set[str]:
    """The fields that the model at a path takes, by the names people write."""
    current: Any = model
    for part in path:
        fields = current.model_fields.items()
        field: Any = next((info for name, info in fields if part in (name, info.alias)), None)
        if field is not None:
            current = _model_in(field.annotation) or current
    return {info.alias or name for name, info in current.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, list, dict) or get_args(annotation):
        return next((nested for arg in get_args(annotation) if (nested := _model_in(arg))), None)
    return None
