"""What a spec's types say about a field beyond its name: whether it refers, is free-form, or is written in a form of its own.

`export` and `fmt` know the fields of a kind from here alone, so that one more kind costs them nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from mscode.kinds.fields.types import RefersTo, Written
from mscode.model.light_dataclass import dataclass
from mscode.model.values import free_form


@dataclass(frozen=True, slots=True)
class Shape:
    """One field. `free`: an unquoted scalar in it is resolved by YAML's rules (a number, true, …), not by the field.

    `items` is the shape of a list's items or a mapping's values, `fields` those of a nested model.
    """

    refers: RefersTo | None = None
    written: Written | None = None
    free: bool = False
    items: Shape | None = None
    fields: Mapping[str, Shape] = field(default_factory=dict)
    required: bool = False

    def at(self, key: str | int) -> Shape:
        """The shape one step down; a free one below a field that is not known, so that nothing is assumed of it."""
        inner = self.fields.get(key) if isinstance(key, str) and self.fields else self.items
        return FREE if self.free or inner is None else inner


FREE = Shape(free=True)


def spec_shape(spec: type[Any]) -> Shape:
    """The shape of an object, with its fields by the names that manifests use."""
    if spec not in _SHAPES:
        fields = {
            info.alias or name: _shape(info.annotation, info.metadata, required=info.is_required())
            for name, info in spec.model_fields.items()
        }
        _SHAPES[spec] = Shape(fields=fields)
    return _SHAPES[spec]


_SHAPES: dict[type[Any], Shape] = {}


def _shape(annotation: Any, metadata: Iterable[Any], *, required: bool = False) -> Shape:
    annotation, marks = _unwrapped(annotation, list(metadata))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape(fields=spec_shape(annotation).fields, required=required)
    inner = get_args(annotation)[-1:] if get_origin(annotation) in (list, dict) else ()
    return Shape(
        refers=next((mark for mark in marks if isinstance(mark, RefersTo)), None),
        written=next((mark for mark in marks if isinstance(mark, Written)), None),
        free=any(isinstance(mark, BeforeValidator) and mark.func is free_form for mark in marks),
        items=_shape(inner[0], ()) if inner else None,
        required=required,
    )


def _unwrapped(annotation: Any, marks: list[Any]) -> tuple[Any, list[Any]]:
    """Without `Annotated` and `| None`, with all that was marked on the way."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *metadata = get_args(annotation)
            marks = [*marks, *metadata]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(member for member in get_args(annotation) if member is not type(None))
        else:
            return annotation, marks
