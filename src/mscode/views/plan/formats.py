"""How fields with a meaning of their own are shown, by the API's field names; every other one is shown as YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mscode.model.values import Ref, Unknown
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.scalars import flow, quote, scalar
from mscode.views.text.times import clock, elsewhere, instant, time_of_day, weekdays
from mscode.views.text.words import count


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text: one item, or several for a list that is shown an item a line; `suffix` says more of the last."""

    items: tuple[str, ...]
    suffix: str = ""

    @property
    def text(self) -> str:
        return ", ".join(self.items) or "[]"


Format = Callable[[Any, RenderContext], Shown]


def _instant(value: Any, context: RenderContext) -> Shown:
    text = instant(value, context.zone) if isinstance(value, str) else None
    return Shown((text,), f" {context.zone_name}") if text else Shown((scalar(value),))


def _start(value: Any, context: RenderContext) -> Shown:
    return _instant(value, context) if value else Shown(("at once",))


def _time_of_day(value: Any, context: RenderContext) -> Shown:
    """As written, with the zone in which the service reads it, and what the project's clock shows then."""
    at = time_of_day(value) if isinstance(value, str) else None
    if at is None:
        return Shown((scalar(value),))
    there = elsewhere(at, context.window_zone, context.zone, context.day)
    other = f"; {there} {context.zone_name}" if context.zone_name != context.window_zone_name else ""
    return Shown((quote(clock(at)),), f" ({context.window_zone_name}{other})")


def _weekdays(value: Any, context: RenderContext) -> Shown:
    days = [day for day in value if isinstance(day, str)] if isinstance(value, list) else []
    return Shown((weekdays(days) or flow(value),))


def _buttons(value: Any, context: RenderContext) -> Shown:
    """Buttons are digits kept as text: `{accept: 5, decline: [8, 9]}`."""
    if not isinstance(value, dict):
        return Shown((flow(value),))
    return Shown((flow({action: _digits(pressed) for action, pressed in value.items()}),))


def _digits(pressed: Any) -> Any:
    several = [int(b) if str(b).isdecimal() else b for b in (pressed if isinstance(pressed, list) else [pressed])]
    return several[0] if len(several) == 1 else several


def _conditions(value: Any, context: RenderContext) -> Shown:
    rows = value if isinstance(value, list) else [value]
    return Shown(tuple(condition(row) for row in rows))


def is_condition(row: Any) -> bool:
    return isinstance(row, dict) and set(row) == {"field", "operator", "value"}


def condition(row: Any) -> str:
    """`yearOfBirth <= 2008`; what is no condition is shown as it is."""
    if not is_condition(row):
        return flow(row)
    return f"{bare(row['field'])} {bare(row['operator'])} {flow(row['value'])}"


def bare(value: Any) -> str:
    """One leaf without the quotes around a string."""
    text = scalar(value)
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text


def _receivers(value: Any, context: RenderContext) -> Shown:
    rows = value if isinstance(value, list) else [value]
    return Shown(tuple(_receiver(row, context) for row in rows))


def _receiver(row: Any, context: RenderContext) -> str:
    """`groups.donors (1,204 people)`, `group 12`, `phone "+35840•••0199"`."""
    if not isinstance(row, dict) or not row:
        return flow(row)
    what, who = next(((k, v) for k, v in row.items() if isinstance(v, Ref | Unknown)), None) or _literal(row)
    if isinstance(who, Ref | Unknown):
        return scalar(who) + _people(context, str(who.address))
    name = f"{bare(what.removesuffix('Id'))} {bare(who)}" if what.endswith("Id") else f"{bare(what)} {scalar(who)}"
    return name + (_people(context, f"{what.removesuffix('Id')} {who}") if what.endswith("Id") else "")


def _literal(row: Mapping[str, Any]) -> tuple[str, Any]:
    """What a receiver is known by: its phone where it has one, for an account's id says nothing to people."""
    return ("phone", row["phone"]) if row.get("phone") else next((str(k), v) for k, v in row.items())


def _people(context: RenderContext, name: str) -> str:
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
