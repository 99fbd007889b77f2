"""The fields of a change as rows: a name, and one or more lines of value, aligned like the keys of a YAML mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal

from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import SHOWN, SUFFIX
from mscode.model.plurals import count
from mscode.model.privacy import concealed
from mscode.model.values import Ref
from mscode.plan.change import FieldChange
from mscode.plan.diff import MemberDifference, changed_members, has_members
from mscode.views.plan.formats import FORMATS, FieldText, as_sent, bare, condition, is_condition
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.scalars import LONGEST, LONGEST_TEXT, MOST_ITEMS, flow, key, quote, scalar
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.plan.word_diff import word_diff

ARROW = Segment(" -> ", "yellow")
FORCES = Segment(" # forces replacement", "red")
Side = Literal["comes", "goes", "changes"]
#: Fields that say who is reached: every item is shown, however many there are, for a reviewer approves each of them.
NEVER_CUT = frozenset({"receivers"})
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
            first, *others = row.lines or [()]
            yield line(pad, f"{row.name}:".ljust(width), *first, *row.remark)
            yield from (line(pad, " " * width, *segments) for segments in others)


def field_row(change: FieldChange, context: RenderContext, side: Side) -> Row:
    """One field of an object that comes (`after` is shown), goes (`before`), or changes (both)."""
    after = context.privacy.value(change.name, change.after, personal=change.personal)
    if side == "comes":
        return _new_row(key(change.name), change, after, context)
    is_hidden = change.secret and change.before not in (None, "")
    before = (
        concealed(change.before)
        if is_hidden
        else context.privacy.value(change.name, change.before, personal=change.personal)
    )
    name, remark = key(change.name), (FORCES,) if change.forces_replacement else ()
    if side == "goes":
        return Row(name, [_arrow(_shown(change, before, context), FieldText(("null",)))])
    if change.to_default:
        return Row(name, [_arrow(_shown(change, before, context), FieldText(("(default)",)))], remark=remark)
    if change.multiline and not change.personal and _is_long(before, after):
        return Row(name, [tuple(word_diff(before, after))], remark=remark)
    # Nested values are compared unmasked, and each member that differs is masked when it is shown: otherwise a member whose
    # masked forms are equal would seem unchanged.
    is_nested = has_members(before, after) and not change.personal
    if is_nested and change.name not in FORMATS:
        return Row(name, children=_nested(change.name, *_plain(change, context), context), remark=remark)
    if is_nested and change.name == "conditions" and max(len(before), len(after)) > 1:
        return Row(name, list(_condition_difference(*_plain(change, context), context)), remark=remark)
    old, new = _shown(change, before, context), _shown_after(change, after, context)
    if change.written:
        return Row(name, [line(old.text, old.suffix, ARROW, new.text, new.suffix)], remark=remark)
    several = max(len(old.items), len(new.items)) > 1
    differences = list(_item_difference(change.name, old.items, new.items)) if several else [_arrow(old, new)]
    return Row(name, differences, remark=remark)


def _is_long(before: Any, after: Any) -> bool:
    """Are both texts, and long enough to be compared word by word?"""
    return (
        isinstance(before, str)
        and isinstance(after, str)
        and bool(before and after)
        and (max(len(before), len(after)) > LONG or "\n" in before or "\n" in after)
    )


def _new_row(name: str, change: FieldChange, value: Any, context: RenderContext) -> Row:
    """A field of an object that is created; `value` is masked already."""
    if isinstance(value, dict) and change.name not in FORMATS and len(flow(value)) > NARROW:
        return Row(name, children=_mapping(value))
    text = _shown_after(change, value, context)
    *items, last = _cut(change.name, text.items) or ["[]"]
    return Row(name, [*map(line, items), line(last, text.suffix)])


def _mapping(value: dict[str, Any]) -> list[Row]:
    """A row for each key; what is too wide for a line has rows below its own."""
    rows = [
        Row(key(k), children=_mapping(v))
        if isinstance(v, dict) and len(flow(v)) > NARROW
        else Row(key(k), [line(flow(v))])
        for k, v in list(value.items())[:MOST_ITEMS]
    ]
    more = len(value) - MOST_ITEMS
    return [*rows, Row("", remark=line(Segment(f"(... {more:,} more)", "dim")))] if more > 0 else rows


def _shown(change: FieldChange, value: Any, context: RenderContext) -> FieldText:
    """A value of a field, already masked."""
    if value is None and change.name != "startTime":
        return FieldText(("null",))
    if change.name.endswith(SUFFIX) and str(value) == SHOWN:  # no URL, so without quotes
        return FieldText((SHOWN,))
    if change.name in FORMATS and not change.personal:
        return FORMATS[change.name](value, context)
    limit = LONGEST_TEXT if change.multiline else LONGEST
    return FieldText((quote(value, limit) if isinstance(value, str) else flow(value),))


def _shown_after(change: FieldChange, value: Any, context: RenderContext) -> FieldText:
    """The value that a field will have, already masked; as it is written where something else is sent."""
    return as_sent(change.written, value, context) if change.written else _shown(change, value, context)


# ---- differences -----------------------------------------------------------------------------------------------------


def _arrow(before: FieldText, after: FieldText) -> Line:
    """`before -> after`. The suffix of `after` serves for both; where it has none, that of `before` stays beside `before`."""
    if after.suffix:
        return line(before.text, ARROW, after.text, after.suffix)
    return line(before.text, before.suffix, ARROW, after.text)


def _item_difference(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Removed and added items of the field `name`, a line each, and how many stay. It differs, so there is always a line."""
    old, new = frozenset(before), frozenset(after)
    removed, added = [i for i in before if i not in new], [i for i in after if i not in old]
    if before and not removed and not added:
        moved = list(before) != list(after) and sorted(before) == sorted(after)
        text = "in another order" if moved else "that differ in what is not shown"
        yield line(Segment(f"({count(len(after), 'item')} {text})", "dim"))
        return
    for item in _cut(name, removed):
        yield line(Segment("- ", "red"), item)
    for item in _cut(name, added):
        yield line(Segment("+ ", "green"), item)
    unchanged = len(before) - len(removed)
    if unchanged or not (removed or added):
        yield line(Segment(f"({count(unchanged, 'unchanged item')})", "dim"))


def _cut(name: str, items: Sequence[str]) -> list[str]:
    """At most MOST_ITEMS of the items of the field `name`, and one that counts the others; all of those in NEVER_CUT."""
    more = 0 if name in NEVER_CUT else len(items) - MOST_ITEMS
    return [*items[:MOST_ITEMS], f"... {more:,} more"] if more > 0 else list(items)


# ---- nested values ---------------------------------------------------------------------------------------------------


def _plain(change: FieldChange, context: RenderContext) -> tuple[Any, Any]:
    """Both values of a field without mscode's own marker; data of people is not masked yet."""
    unmasked = replace(context.privacy, show_people=True)
    return unmasked.value(change.name, change.before), unmasked.value(change.name, change.after)


def _nested(name: str, before: Any, after: Any, context: RenderContext) -> list[Row]:
    """Two mappings or two lists, member by member; `name` is the key under which they stand."""
    differences = changed_members(before, after)
    if differences:
        return _members(name, before, after, differences, context)
    return [Row("", remark=line(Segment(f"({count(len(after), 'item')} that differ in what is not shown)", "dim")))]


def _members(
    name: str, before: Any, after: Any, differences: Sequence[MemberDifference], context: RenderContext
) -> list[Row]:
    """The members that differ, in their order, and how many do not."""
    by_member: dict[Any, list[MemberDifference]] = {}
    for difference in differences:
        by_member.setdefault(difference.path[0], []).append(replace(difference, path=difference.path[1:]))
    is_mapping = isinstance(before, dict)
    members = list(dict.fromkeys([*before, *after])) if is_mapping else range(max(len(before), len(after)))
    rows = []
    for member in members:
        label = key(context.privacy.text(str(member))) if is_mapping else f"[{member}]"
        inner, inner_name = by_member.get(member, []), str(member) if is_mapping else name
        if inner and inner[0].path:
            rows.append(Row(label, children=_members(inner_name, before[member], after[member], inner, context)))
        elif inner and (row := _leaf_row(inner_name, label, inner[0], context)) is not None:
            rows.append(row)
    unchanged = len(members) - len(rows)
    remarks = [f"({count(unchanged, 'unchanged item')})"] if unchanged or not rows else []
    if not is_mapping and len(rows) > MOST_ITEMS:
        remarks.insert(0, f"(... {len(rows) - MOST_ITEMS:,} more)")
        rows = rows[:MOST_ITEMS]
    return [*rows, *(Row("", remark=line(Segment(text, "dim"))) for text in remarks)]


def _leaf_row(name: str, label: str, difference: MemberDifference, context: RenderContext) -> Row | None:
    """A member that differs; None for a live id that is the object of the reference in its place."""
    before, after = (context.privacy.value(name, value) for value in (difference.before, difference.after))
    if before != after and _is_long(before, after):
        return Row(label, [tuple(word_diff(before, after))])
    if isinstance(before, list) and isinstance(after, list) and max(len(before), len(after)) > 1:
        return Row(label, list(_item_difference(name, [*map(flow, before)], [*map(flow, after)])))
    old, new = _leaf(before, after, context), scalar(after) if isinstance(after, Ref) else flow(after)
    if isinstance(after, Ref) and after.address in context.new_ids and isinstance(before, str):
        new += " (known after apply)"
    if old != new or not isinstance(after, Ref):
        return Row(label, [line(old, ARROW, new)])
    live_id = context.ids.get(after.address)
    if live_id is None or live_id == before:
        return None
    # Another object has the same address now: nothing but the ids distinguishes the two.
    return Row(label, [line(f"{old} (id {quote(before)})", ARROW, f"{new} (id {quote(live_id)})")])


def _leaf(before: Any, after: Any, context: RenderContext) -> str:
    """A live value on one line: an id as the address of its object where the field is a reference and the object is known."""
    if not isinstance(after, Ref) or not isinstance(before, str):
        return flow(before)
    address = context.names.get((after.section, before))
    if address is None:
        return f"id {quote(before)}"
    return f"{scalar(Ref(address.section, str(address).split('.', 1)[1]))}" + (
        f" (id {quote(before)})" if address in context.new_ids else ""
    )


# ---- conditions ------------------------------------------------------------------------------------------------------


def _condition_difference(before: Sequence[Any], after: Sequence[Any], context: RenderContext) -> Iterator[Line]:
    """Conditions whose value changed, those removed, those added, and how many stay."""
    old, new = _by_question(before), _by_question(after)
    differing = {difference.path[0] for difference in changed_members(old, new)}
    if not differing:
        yield from _item_difference("conditions", _conditions(before, context), _conditions(after, context))
        return
    changed = [question for question in old if question in differing and question in new]
    for question in changed[:MOST_ITEMS]:
        yield line(Segment("~ ", "yellow"), *_operands(old[question], new[question], context))
    if len(changed) > MOST_ITEMS:
        yield line(f"... {len(changed) - MOST_ITEMS:,} more")
    removed = _conditions([row for question, row in old.items() if question not in new], context)
    added = _conditions([row for question, row in new.items() if question not in old], context)
    for symbol, items in ((Segment("- ", "red"), removed), (Segment("+ ", "green"), added)):
        for item in _cut("conditions", items):
            yield line(symbol, item)
    unchanged = len(old) - len(removed) - len(changed)
    if unchanged:
        yield line(Segment(f"({count(unchanged, 'unchanged item')})", "dim"))


def _by_question(conditions: Sequence[Any]) -> dict[tuple[str, str, int], Any]:
    """Conditions by field, operator, and number among those of the same field and operator."""
    counts: Counter[tuple[str, str]] = Counter()
    by_question = {}
    for row in conditions:
        question = (scalar(row["field"]), scalar(row["operator"])) if is_condition(row) else (flow(row), "")
        by_question[*question, counts[question]] = row
        counts[question] += 1
    return by_question


def _operands(before: Mapping[str, Any], after: Mapping[str, Any], context: RenderContext) -> Iterator[Segment]:
    """`yearOfBirth <= 2007 -> 2008`; of a list the items that differ."""
    old_row, new_row = (context.privacy.value("conditions", row) for row in (before, after))
    yield from line(f"{bare(new_row['field'])} {bare(new_row['operator'])} ")
    old, new = old_row["value"], new_row["value"]
    if not (isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) > 1):
        yield from line(flow(old), ARROW, flow(new))
        return
    for at, item in enumerate(_item_difference("conditions", [*map(flow, old)], [*map(flow, new)])):
        yield from line(*([", "] if at else []), *item)


def _conditions(rows: Sequence[Any], context: RenderContext) -> tuple[str, ...]:
    return tuple(condition(context.privacy.value("conditions", row)) for row in rows)
