"""Formats of fields that have a special one (instants, windows, buttons, conditions, receivers), by the API's names of fields.
Every other field is shown as YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.local_hours import split_zone
from mscode.model.plurals import count
from mscode.model.values import Ref, Unknown
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.scalars import flow, quote, scalar
from mscode.views.text.times import clock, elsewhere, instant, time_of_day, weekdays


@dataclass(frozen=True, slots=True)
class FieldText:
    """A value as text: one item, or several for a list that is shown one item a line; `suffix` follows the last item."""

    items: tuple[str, ...]
    suffix: str = ""

    @property
    def text(self) -> str:
        """All items on one line, without the suffix."""
        return ", ".join(self.items) or "[]"


Format = Callable[[Any, RenderContext], FieldText]


def _instant(value: Any, context: RenderContext) -> FieldText:
    text = instant(value, context.zone) if isinstance(value, str) else None
    return FieldText((text,), f" {context.zone_name}") if text else FieldText((scalar(value),))


def _start(value: Any, context: RenderContext) -> FieldText:
    return _instant(value, context) if value else FieldText(("at once",))


def _time_of_day(value: Any, context: RenderContext) -> FieldText:
    """As written, with the zone in which the service reads it, and what the project's clock shows then."""
    at = time_of_day(value) if isinstance(value, str) else None
    if at is None:
        return FieldText((scalar(value),))
    local_time = elsewhere(at, context.window_zone, context.zone, context.day)
    translation = f"; {local_time} {context.zone_name}" if context.zone_name != context.window_zone_name else ""
    return FieldText((quote(clock(at)),), f" ({context.window_zone_name}{translation})")


def as_sent(written: str, value: Any, context: RenderContext) -> FieldText:
    """`"10:00 Europe/Helsinki" (sent as 08:00 UTC)`: a time of day as the manifest writes it, and as the service gets it."""
    at, zone_name = split_zone(written)
    shown, sent = (clock(moment) if (moment := time_of_day(text)) else text for text in (at, str(value)))
    return FieldText((quote(f"{shown} {zone_name}"),), f" (sent as {sent} {context.window_zone_name})")


def _weekdays(value: Any, context: RenderContext) -> FieldText:
    days = [day for day in value if isinstance(day, str)] if isinstance(value, list) else []
    return FieldText((weekdays(days) or flow(value),))


def _buttons(value: Any, context: RenderContext) -> FieldText:
    """Buttons are digits kept as text: `{accept: 5, decline: [8, 9]}`."""
    if not isinstance(value, dict):
        return FieldText((flow(value),))
    actions: dict[str, Any] = {}
    for action, buttons in value.items():
        digits = [int(b) if str(b).isdecimal() else b for b in (buttons if isinstance(buttons, list) else [buttons])]
        actions[action] = digits[0] if len(digits) == 1 else digits
    return FieldText((flow(actions),))


def _conditions(value: Any, context: RenderContext) -> FieldText:
    rows = value if isinstance(value, list) else [value]
    return FieldText(tuple(condition(row) for row in rows))


def is_condition(row: Any) -> bool:
    """Has it the three members of a condition, and no others?"""
    return isinstance(row, dict) and set(row) == {"field", "operator", "value"}


def condition(row: Any) -> str:
    """`yearOfBirth <= 2008`; a value of another form is shown as YAML."""
    if not is_condition(row):
        return flow(row)
    return f"{bare(row['field'])} {bare(row['operator'])} {flow(row['value'])}"


def bare(value: Any) -> str:
    """One leaf without the quotes around a string."""
    text = scalar(value)
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text


def _receivers(value: Any, context: RenderContext) -> FieldText:
    rows = value if isinstance(value, list) else [value]
    return FieldText(tuple(_receiver(row, context) for row in rows))


def _receiver(row: Any, context: RenderContext) -> str:
    """`groups.donors (1,204 people)`, `group 12`, `phone "+35840•••0199"`."""
    if not isinstance(row, dict) or not row:
        return flow(row)
    reference = next((value for value in row.values() if isinstance(value, Ref | Unknown)), None)
    if reference is not None:
        return scalar(reference) + _people(context, str(reference.address))
    if row.get("phone"):  # rather than an account's id, which means nothing to people
        return f"phone {scalar(row['phone'])}"
    member, value = next((str(name), value) for name, value in row.items())
    if not member.endswith("Id"):
        return f"{bare(member)} {scalar(value)}"
    noun = member.removesuffix("Id")
    return f"{bare(noun)} {bare(value)}{_people(context, f'{noun} {value}')}"


def _people(context: RenderContext, name: str) -> str:
    """` (1,204 people)` for a receiver that a launch has counted, else ""."""
    return f" ({count(context.people[name], 'person')})" if name in context.people else ""


FORMATS: Mapping[str, Format] = {
    "startTime": _start,
    "endTime": _instant,
    "actionTime": _instant,
    "expiresAt": _instant,
    "activeFrom": _time_of_day,
    "activeTo": _time_of_day,
    "activeWeekdays": _weekdays,
    "actionButtons": _buttons,
    "conditions": _conditions,
    "receivers": _receivers,
}
