"""The view of a plan as JSON, and back.

A segment without a style is its text, any other one is `[text, style]`; a line is a list of segments. What is read back may
have been forged, so its shape is checked and every text is made safe to print anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Annotated, NotRequired, cast, get_args

from pydantic import AfterValidator, TypeAdapter, ValidationError, WithJsonSchema
from typing_extensions import TypeAliasType, TypedDict

from mscode.errors import PlanError
from mscode.views.json_schema import about
from mscode.views.plan.alike import SYMBOLS
from mscode.views.plan.headline import LEGEND
from mscode.views.plan.rows import Row
from mscode.views.plan.segments import Line, Segment, Style
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.text.printable import escape_unprintable, is_printable

STYLES = get_args(Style)
#: Rows hold rows; more levels in a file (a forged one) are refused, before they fill the stack.
DEEPEST = 32


# ---- the shapes ------------------------------------------------------------------------------------------------------


def _symbol(text: str) -> str:
    if text not in LEGEND:
        raise ValueError
    return text


def _styled(parts: list[str]) -> list[str]:
    if len(parts) != 2 or parts[1] not in STYLES:
        raise ValueError
    return parts


def _like(noun: str) -> str:
    if noun not in SYMBOLS:
        raise ValueError
    return noun


Text = Annotated[str, AfterValidator(escape_unprintable)]
Symbol = Annotated[str, AfterValidator(_symbol), WithJsonSchema({"enum": list(LEGEND)})]
Like = Annotated[str, AfterValidator(_like), WithJsonSchema({"enum": list(SYMBOLS)})]
Styled = Annotated[
    list[Text],
    AfterValidator(_styled),
    WithJsonSchema(
        {"type": "array", "prefixItems": [{"type": "string"}, {"enum": list(STYLES)}], "minItems": 2, "maxItems": 2}
    ),
]
ViewSegmentJson = TypeAliasType("ViewSegmentJson", Annotated[Text | Styled, about("A text, or a text and its style.")])
ViewLineJson = TypeAliasType("ViewLineJson", Annotated[list[ViewSegmentJson], about("One line.")])


class ViewRowJson(TypedDict):
    """A field, its value beside it or in rows below it."""

    name: NotRequired[Text]
    lines: NotRequired[list[ViewLineJson]]
    children: NotRequired[list[ViewRowJson]]
    remark: NotRequired[ViewLineJson]


class ViewChangeJson(TypedDict):
    """What people read of one change."""

    address: Text
    symbols: list[Symbol]
    headline: Text
    place: Annotated[Text, about("`file:line`, or empty.")]
    remarks: list[Text]
    rows: list[ViewRowJson]
    like: NotRequired[
        Annotated[
            Like,
            about("What it is counted as where many like changes are shown as one; missing where it is shown in full."),
        ]
    ]


class ViewJson(TypedDict):
    """What people read of it, masked; text, Markdown and HTML are drawn from this."""

    opening: list[ViewLineJson]
    changes: list[ViewChangeJson]
    remarks: list[ViewLineJson]
    totals: Text
    launch: list[Text]
    ending: list[ViewLineJson]


# ---- writing ---------------------------------------------------------------------------------------------------------


def view_json(view: PlanView) -> ViewJson:
    """The view as JSON data."""
    return {
        "opening": _lines(view.opening),
        "changes": [_change(change) for change in view.changes],
        "remarks": _lines(view.remarks),
        "totals": view.totals,
        "launch": list(view.launch),
        "ending": _lines(view.ending),
    }


def _change(change: ChangeView) -> ViewChangeJson:
    data: ViewChangeJson = {
        "address": change.address,
        "symbols": list(change.symbols),
        "headline": change.headline,
        "place": change.place,
        "remarks": list(change.remarks),
        "rows": [_row(row) for row in change.rows],
    }
    if change.like:
        data["like"] = change.like
    return data


def _row(row: Row) -> ViewRowJson:
    """A row as JSON; empty members are left out."""
    data: ViewRowJson = {}
    if row.name:
        data["name"] = row.name
    if row.lines:
        data["lines"] = _lines(row.lines)
    if row.children:
        data["children"] = [_row(child) for child in row.children]
    if row.remark:
        data["remark"] = _line(row.remark)
    return data


def _lines(lines: Iterable[Line]) -> list[ViewLineJson]:
    return [_line(line) for line in lines]


def _line(line: Line) -> ViewLineJson:
    return [[segment.text, segment.style] if segment.style else segment.text for segment in line]


# ---- reading ---------------------------------------------------------------------------------------------------------


@cache
def _adapter() -> TypeAdapter[ViewJson]:
    return TypeAdapter(ViewJson)


def read_view(data: object) -> PlanView:
    """The view of JSON data; PlanError where it is none. A view itself, which was made and not read, is made safe to print."""
    if isinstance(data, PlanView):
        return data if _is_safe(data) else read_view(view_json(data))
    try:
        view = _adapter().validate_python(data)
    except ValidationError:
        raise _no_plan() from None
    return PlanView(
        opening=_read_lines(view["opening"]),
        changes=tuple(
            ChangeView(
                address=change["address"],
                symbols=tuple(change["symbols"]),
                headline=change["headline"],
                place=change["place"],
                remarks=tuple(change["remarks"]),
                rows=tuple(_read_row(row, 0) for row in change["rows"]),
                like=_read_like(change),
            )
            for change in view["changes"]
        ),
        remarks=_read_lines(view["remarks"]),
        totals=view["totals"],
        launch=tuple(view["launch"]),
        ending=_read_lines(view["ending"]),
    )


def _is_safe(view: PlanView) -> bool:
    """Would nothing be spelled out, or refused, if the view were read from JSON?"""
    texts = [view.totals, *view.launch]
    lines = [*view.opening, *view.remarks, *view.ending]
    for change in view.changes:
        texts += (change.address, change.headline, change.place, *change.remarks)
        if not _gather(change.rows, texts, lines, 0):
            return False
    texts += [segment.text for line in lines for segment in line]
    return is_printable("".join(texts))


def _gather(rows: Iterable[Row], texts: list[str], lines: list[Line], depth: int) -> bool:
    """Add the texts and lines of rows; false where there are too many levels of them."""
    for row in rows:
        texts.append(row.name)
        lines += (*row.lines, row.remark)
        if row.children and (depth >= DEEPEST or not _gather(row.children, texts, lines, depth + 1)):
            return False
    return True


def _read_like(change: ViewChangeJson) -> str:
    """What the change is counted as; "" where its symbols are not those of a change that may be counted."""
    like = change.get("like", "")
    return like if like and change["symbols"] == [SYMBOLS[like]] else ""


def _read_row(row: ViewRowJson, depth: int) -> Row:
    if depth > DEEPEST:
        raise _no_plan()
    return Row(
        name=row.get("name", ""),
        lines=_read_lines(row.get("lines", [])),
        children=tuple(_read_row(child, depth + 1) for child in row.get("children", [])),
        remark=_read_line(row.get("remark", [])),
    )


def _read_lines(lines: Iterable[ViewLineJson]) -> tuple[Line, ...]:
    return tuple(_read_line(line) for line in lines)


def _read_line(line: ViewLineJson) -> Line:
    return tuple(
        Segment(segment) if isinstance(segment, str) else Segment(segment[0], cast(Style, segment[1]))
        for segment in line
    )


def _no_plan() -> PlanError:
    return PlanError(
        "This is not a plan that can be shown",
        detail="Its `view` is missing, or not of the form that schema/plan.schema.json gives.",
        hint="Make it anew: mscode plan --json > plan.json",
        code="no-plan",
    )
