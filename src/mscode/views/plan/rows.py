"""The fields of a change as rows: a name, and one or more lines of value, aligned like the keys of a YAML mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mscode.model.privacy import SECRET
from mscode.model.values import Ref
from mscode.plan.change import FieldChange
from mscode.views.plan.formats import FORMATS, Shown
from mscode.views.plan.render_context import Look
from mscode.views.plan.scalars import LONGEST, LONGEST_TEXT, MOST_ITEMS, flow, key, quote, scalar
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.plan.word_diff import word_diff
from mscode.views.text.words import count

ARROW = Segment(" -> ", "yellow")
FORCES = Segment(" # forces replacement", "red")
Side = Literal["comes", "goes", "changes"]
#: A mapping up to this width stands on one line.
NARROW = 64
#: Texts of more characters, or of several lines, are compared word by word; others are shown before and after.
LONG = 60
INDENT = 6


@dataclass(frozen=True, slots=True)
class Row:
    """`name:` and its value: lines beside the name, or rows below it. A row without a name is a remark."""

    name: str
    lines: Sequence[Line] = ()
    children: Sequence[Row] = field(default=())
    remark: Line = ()


def render_rows(rows: Sequence[Row], indent: int = INDENT) -> Iterator[Line]:
    """The rows as lines; values stand in one column."""
    width = max((len(row.name) for row in rows if row.lines), default=0) + 2
    pad = " " * indent
    for row in rows:
        if not row.name:
            yield line(pad, *row.remark)
        elif row.children:
            yield line(f"{pad}{row.name}:", *row.remark)
            yield from render_rows(row.children, indent + 2)
        else:
            yield from _beside(row, pad, width)


def _beside(row: Row, pad: str, width: int) -> Iterator[Line]:
    first, *rest = row.lines or [()]
    yield line(pad, f"{row.name}:".ljust(width), *first, *row.remark)
    for more in rest:
        yield line(pad, " " * width, *more)


def field_row(change: FieldChange, look: Look, side: Side) -> Row:
    """One field of an object that comes (`after` is shown), goes (`before`), or changes (both)."""
    is_hidden = change.secret and change.before not in (None, "")
    before = SECRET if is_hidden else look.privacy.value(change.name, change.before, personal=change.personal)
    after = look.privacy.value(change.name, change.after, personal=change.personal)
    name, remark = key(change.name), (FORCES,) if change.forces_replacement else ()
    if side == "comes":
        return _new(name, change, after, look)
    if side == "goes":
        return Row(name, [_arrow(_shown(change, before, look), Shown(("null",)))])
    if change.to_default:
        return Row(name, [_arrow(_shown(change, before, look), Shown(("(default)",)))], remark=remark)
    if change.long and not change.personal and _is_long(before, after):
        return Row(name, [tuple(word_diff(before, after))], remark=remark)
    if isinstance(before, dict) and isinstance(after, dict) and change.name not in FORMATS:
        return Row(name, children=_children(before, after, look), remark=remark)
    return Row(name, _difference(_shown(change, before, look), _shown(change, after, look)), remark=remark)


def _is_long(before: Any, after: Any) -> bool:
    """Are both texts, and too long for a reader to see at once where they differ?"""
    return (
        isinstance(before, str)
        and isinstance(after, str)
        and bool(before and after)
        and (max(len(before), len(after)) > LONG or "\n" in before or "\n" in after)
    )


def _new(name: str, change: FieldChange, value: Any, look: Look) -> Row:
    if isinstance(value, dict) and change.name not in FORMATS and len(flow(value)) > NARROW:
        return Row(name, children=_mapping(value))
    shown = _shown(change, value, look)
    lines = [line(item) for item in _cut(shown.items)] or [line("[]")]
    return Row(name, [*lines[:-1], line(*lines[-1], shown.suffix)])


def _mapping(value: dict[str, Any]) -> list[Row]:
    rows = [
        Row(key(k), children=_mapping(v))
        if isinstance(v, dict) and len(flow(v)) > NARROW
        else Row(key(k), [line(flow(v))])
        for k, v in list(value.items())[:MOST_ITEMS]
    ]
    more = len(value) - MOST_ITEMS
    return [*rows, Row("", remark=line(Segment(f"(... {more:,} more)", "dim")))] if more > 0 else rows


def _shown(change: FieldChange, value: Any, look: Look) -> Shown:
    """A value of a field, already masked."""
    if value is None and change.name != "startTime":
        return Shown(("null",))
    if change.name in FORMATS and not change.personal:
        return FORMATS[change.name](value, look)
    limit = LONGEST_TEXT if change.long else LONGEST
    return Shown((quote(value, limit) if isinstance(value, str) else flow(value),))


# ---- differences -----------------------------------------------------------------------------------------------------


def _difference(before: Shown, after: Shown) -> list[Line]:
    if max(len(before.items), len(after.items)) > 1:
        return list(_item_difference(before.items, after.items))
    return [_arrow(before, after)]


def _arrow(before: Shown, after: Shown) -> Line:
    if after.suffix:
        return line(before.text, ARROW, after.text, after.suffix)
    return line(before.text, before.suffix, ARROW, after.text)


def _item_difference(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Items that go and that come, a line each, and how many stay. The field differs, so something is always said of it."""
    old, new = frozenset(before), frozenset(after)
    gone, come = [i for i in before if i not in new], [i for i in after if i not in old]
    if before and not gone and not come:
        moved = list(before) != list(after) and sorted(before) == sorted(after)
        text = "in another order" if moved else "that differ in what is not shown"
        yield line(Segment(f"({count(len(after), 'item')} {text})", "dim"))
        return
    for item in _cut(gone):
        yield line(Segment("- ", "red"), item)
    for item in _cut(come):
        yield line(Segment("+ ", "green"), item)
    same = len(before) - len(gone)
    if same or not (gone or come):
        yield line(Segment(f"({count(same, 'unchanged item')})", "dim"))


def _cut(items: Sequence[str]) -> list[str]:
    more = len(items) - MOST_ITEMS
    return [*items[:MOST_ITEMS], f"... {more:,} more"] if more > 0 else list(items)


def _children(before: dict[str, Any], after: dict[str, Any], look: Look) -> list[Row]:
    """The keys of a mapping that differ, and how many do not."""
    names = list(dict.fromkeys([*before, *after]))
    rows = [row for name in names if (row := _child(name, before.get(name), after.get(name), look)) is not None]
    same = len(names) - len(rows)
    remark = Row("", remark=line(Segment(f"({count(same, 'unchanged item')})", "dim")))
    return [*rows, remark] if same or not rows else rows


def _child(name: str, before: Any, after: Any, look: Look) -> Row | None:
    if isinstance(before, dict) and isinstance(after, dict):
        return Row(key(name), children=_children(before, after, look)) if before != after else None
    old, new = _leaf(before, after, look), scalar(after) if isinstance(after, Ref) else flow(after)
    if isinstance(after, Ref) and after.address in look.new_ids and isinstance(before, str):
        new += " (known after apply)"
    if old != new:
        return Row(key(name), [line(old, ARROW, new)])
    now = look.ids.get(after.address) if isinstance(after, Ref) else None
    if now is None or now == before:
        return None
    # another object stands for the same name: the ids are all that tells the two apart
    return Row(key(name), [line(f"{old} (id {quote(before)})", ARROW, f"{new} (id {quote(now)})")])


def _leaf(before: Any, after: Any, look: Look) -> str:
    """A live id, as the address it has in this project where it is known and the field refers to objects."""
    if not isinstance(after, Ref) or not isinstance(before, str):
        return flow(before)
    address = look.names.get((after.section, before))
    if address is None:
        return f"id {quote(before)}"
    return f"{scalar(Ref(address.section, str(address).split('.', 1)[1]))}" + (
        f" (id {quote(before)})" if address in look.new_ids else ""
    )
