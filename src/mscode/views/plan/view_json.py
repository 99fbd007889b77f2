"""The view of a plan as JSON, and back.

A segment without a style is its text, any other one is `[text, style]`; a line is a list of segments. What is read back may
have been forged, so its shape is checked and every text is made safe to print anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast, get_args

from mscode.errors import PlanError
from mscode.views.plan.headline import LEGEND
from mscode.views.plan.rows import Row
from mscode.views.plan.segments import Line, Segment, Style
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.text.printable import visible

Json = dict[str, Any]
T = TypeVar("T")
STYLES = frozenset(get_args(Style))
#: Rows hold rows; a forged file may not nest them until the stack is full.
DEEPEST = 32


def view_json(view: PlanView) -> Json:
    """The view as JSON data."""
    return {
        "opening": _lines(view.opening),
        "changes": [_change(change) for change in view.changes],
        "remarks": _lines(view.remarks),
        "totals": view.totals,
        "launch": list(view.launch),
        "ending": _lines(view.ending),
    }


def _change(change: ChangeView) -> Json:
    return {
        "address": change.address,
        "symbols": list(change.symbols),
        "headline": change.headline,
        "place": change.place,
        "remarks": list(change.remarks),
        "rows": [_row(row) for row in change.rows],
    }


def _row(row: Row) -> Json:
    """What is empty is left out."""
    found = {
        "name": row.name,
        "lines": _lines(row.lines),
        "children": [_row(child) for child in row.children],
        "remark": _line(row.remark),
    }
    return {key: value for key, value in found.items() if value}


def _lines(lines: Iterable[Line]) -> list[Any]:
    return [_line(line) for line in lines]


def _line(line: Line) -> list[Any]:
    return [[segment.text, segment.style] if segment.style else segment.text for segment in line]


# ---- back ------------------------------------------------------------------------------------------------------------


def read_view(data: object) -> PlanView:
    """The view of JSON data; PlanError where it is none."""
    found = _mapping(data)
    return PlanView(
        opening=_read_lines(found.get("opening")),
        changes=_read_list(found.get("changes"), _read_change),
        remarks=_read_lines(found.get("remarks")),
        totals=_text(found.get("totals")),
        launch=_read_list(found.get("launch"), _text),
        ending=_read_lines(found.get("ending")),
    )


def _read_change(data: object) -> ChangeView:
    found = _mapping(data)
    return ChangeView(
        address=_text(found.get("address")),
        symbols=_read_list(found.get("symbols"), _symbol),
        headline=_text(found.get("headline")),
        place=_text(found.get("place")),
        remarks=_read_list(found.get("remarks"), _text),
        rows=_read_list(found.get("rows"), _read_row),
    )


def _read_row(data: object, depth: int = 0) -> Row:
    found = _mapping(data)
    if depth > DEEPEST:
        raise _no_plan()
    return Row(
        name=_text(found.get("name", "")),
        lines=_read_lines(found.get("lines", [])),
        children=_read_list(found.get("children", []), lambda child: _read_row(child, depth + 1)),
        remark=_read_line(found.get("remark", [])),
    )


def _read_lines(data: object) -> tuple[Line, ...]:
    return _read_list(data, _read_line)


def _read_line(data: object) -> Line:
    return _read_list(data, _read_segment)


def _read_segment(data: object) -> Segment:
    if isinstance(data, str):
        return Segment(visible(data))
    text, style = data if isinstance(data, list) and len(data) == 2 else (None, None)
    if not isinstance(style, str) or style not in STYLES:
        raise _no_plan()
    return Segment(_text(text), cast(Style, style))


def _read_list(data: object, read: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(data, list):
        raise _no_plan()
    return tuple(read(one) for one in data)


def _mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise _no_plan()
    return data


def _text(data: object) -> str:
    if not isinstance(data, str):
        raise _no_plan()
    return visible(data)


def _symbol(data: object) -> str:
    if not isinstance(data, str) or data not in LEGEND:
        raise _no_plan()
    return data


def _no_plan() -> PlanError:
    return PlanError(
        "This is not a plan that can be shown",
        detail="Its `view` is missing, or not of the form that schema/plan.schema.json gives.",
        hint="Make it anew: mscode plan --json > plan.json",
        code="no-plan",
    )
