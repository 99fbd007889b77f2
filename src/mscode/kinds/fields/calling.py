"""What RSVP calls and click-to-calls share: windows, buttons, redials, `meta` and its marker.

See docs/service-notes.md#calling-hours and docs/service-notes.md#buttons-and-voice-types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic import Field as ModelField

from mscode.kinds.fields.receivers import rows
from mscode.kinds.fields.spec import Spec
from mscode.kinds.fields.types import FreeForm, Share, TimeOfDay, Written, described, whole_number
from mscode.model import service_json
from mscode.model.calling_window import WEEKDAYS
from mscode.model.kind import Field
from mscode.model.listener_url import ListenerUrl
from mscode.model.local_hours import split_zone
from mscode.model.values import free_form
from mscode.model.world import MARKER_KEY, Fields, Marker

ACTIONS = ("accept", "decline")
DEFAULT_REDIALS = 3


def _buttons(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a mapping of action to button, like {accept: 5, decline: 9}")
    buttons: dict[str, list[str]] = {}
    for action, pressed in value.items():
        if action not in ACTIONS:
            raise ValueError(f'"{action}" is no action; they are accept and decline')
        buttons[str(action)] = [_button(button) for button in (pressed if isinstance(pressed, list) else [pressed])]
    every_button = [button for several in buttons.values() for button in several]
    for button in every_button:
        if every_button.count(button) > 1:
            raise ValueError(f"button {button} is used twice")
    return {action: sorted(several) for action, several in buttons.items()}


def _buttons_written(value: Mapping[str, Sequence[str]], zone: tzinfo) -> dict[str, Any]:
    """`{accept: 5, decline: [8, 9]}`; what is no button stays as it is."""
    buttons = {
        action: [int(button) if button.isdigit() else button for button in several] for action, several in value.items()
    }
    return {action: several[0] if len(several) == 1 else several for action, several in buttons.items()}


def _button(value: Any) -> str:
    if value is None or str(value) not in tuple("0123456789"):
        raise ValueError(f'"{value}" is no button; they are 0 to 9')
    return str(value)


def _meta(value: Any) -> dict[str, Any]:
    meta = free_form(value)
    if not isinstance(meta, dict):
        raise ValueError("must be a mapping")
    if MARKER_KEY in meta:
        raise ValueError("must not have the key `mscode`: mscode keeps its ownership marker there")
    return meta


_BUTTON_SCHEMA = {
    "anyOf": [
        {"type": ["integer", "string"]},
        {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1},
    ]
}
Buttons = Annotated[
    dict[str, list[str]],
    BeforeValidator(_buttons),
    Written(_buttons_written),
    WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(ACTIONS, _BUTTON_SCHEMA),
            "additionalProperties": False,
            "minProperties": 1,
        }
    ),
]
Meta = Annotated[FreeForm, BeforeValidator(_meta), WithJsonSchema({"type": "object"})]
#: The ends of a daily window.
WindowStart = Annotated[
    TimeOfDay,
    ModelField(
        description="Start of the daily window. Without a zone it is sent as it is written, and the service reads it in the "
        'environment\'s windowZone. `"10:00 Europe/Helsinki"` (or `"10:00 local"`, for the project\'s zone) is converted to that.'
    ),
]
WindowEnd = Annotated[TimeOfDay, ModelField(description="End of the daily window, in the same zone as its start.")]

Redials = Annotated[int, ModelField(ge=0, le=100), BeforeValidator(whole_number)]


class Expect(Spec):
    """How people are expected to react."""

    answer: Share | None = described("The share of all calls, redials among them, that is answered.")
    accept: Share | None = described("The share of those who answer that accepts.")

    @model_validator(mode="after")
    def _says_something(self) -> Expect:
        if self.answer is None and self.accept is None:
            raise ValueError("must have answer, accept or both, like {answer: 60%, accept: 40%}")
        return self

    def shares(self) -> dict[str, float]:
        """Those that are written, from 0 to 1."""
        both = {"answer": self.answer, "accept": self.accept}
        return {name: share for name, share in both.items() if share is not None}


#: `expect:` of a kind that calls people over a while.
EXPECT = described(
    "How people are expected to react, for forecasts (`mscode rehearse`). It is not sent, and editing it changes nothing live."
)


def refuse_shut_window(active_from: str, active_to: str) -> None:
    """ValueError for a daily window that never opens (docs/service-notes.md#calling-hours), or whose ends are in two zones."""
    zones = [split_zone(at)[1] for at in (active_from, active_to)]
    if zones[0] != zones[1]:
        first, last = (zone or "no zone" for zone in zones)
        raise ValueError(f"`activeFrom` and `activeTo` must name the same zone; they name {first} and {last}")
    if active_from >= active_to:
        raise ValueError("`activeFrom` must be before `activeTo`: a window over midnight is not possible")


# ---- the API's form --------------------------------------------------------------------------------------------------


def encode_window(fields: Fields) -> dict[str, Any]:
    """The members that both kinds send alike: window, buttons, redials."""
    return {
        "activeFrom": fields["activeFrom"],
        "activeTo": fields["activeTo"],
        "activeWeekdays": [
            {"weekday": day, "active": "1" if day in fields["activeWeekdays"] else "0"} for day in WEEKDAYS
        ],
        "actionButtons": [
            {"button": button, "action": action}
            for action in ACTIONS
            for button in fields["actionButtons"].get(action, ())
        ],
        "maxRedials": DEFAULT_REDIALS if fields.get("maxRedials") is None else fields["maxRedials"],
    }


def decode_window(raw: Fields) -> dict[str, Any]:
    """The same in spec form, and `meta`."""
    redials = service_json.number(service_json.pick(raw, "maxRedials"))
    buttons: dict[str, list[str]] = {}
    for row in rows(service_json.pick(raw, "actionButtons")):
        buttons.setdefault(str(row.get("action")), []).append(str(row.get("button")))
    return {
        "activeFrom": str(service_json.pick(raw, "activeFrom") or ""),
        "activeTo": str(service_json.pick(raw, "activeTo") or ""),
        "activeWeekdays": [
            str(row.get("weekday"))
            for row in rows(service_json.pick(raw, "activeWeekdays"))
            if service_json.flag(row.get("active"))
        ],
        "actionButtons": {action: sorted(several) for action, several in buttons.items()},
        "maxRedials": DEFAULT_REDIALS if redials is None else redials,
        "meta": service_json.pick(raw, "meta") or {},
    }


def dials_of(raw: Fields) -> int:
    """How often it has dialled: the higher of `stats` and the sum over the receivers."""
    stats = service_json.pick(raw, "stats")
    in_stats = service_json.dial_count(stats) if isinstance(stats, dict) else 0
    return max(in_stats, sum(service_json.dial_count(row) for row in rows(service_json.pick(raw, "receivers"))))


def marker_of(raw: Fields) -> Marker | None:
    """The ownership marker in its `meta`."""
    meta = service_json.pick(raw, "meta")
    return Marker.parse(meta.get(MARKER_KEY)) if isinstance(meta, dict) else None


# ---- normal forms ----------------------------------------------------------------------------------------------------


def normal_meta(value: Any) -> str:
    """User keys alone, as canonical JSON; null, {} and [] are the same (docs/service-notes.md#meta)."""
    own = {key: item for key, item in value.items() if key != MARKER_KEY} if isinstance(value, dict) else value
    return json.dumps(own or {}, sort_keys=True, ensure_ascii=False)


def normal_days(value: Any) -> tuple[str, ...]:
    """Weekdays, in any order."""
    return tuple(sorted(value or ()))


def normal_map(value: Any) -> tuple[Any, ...]:
    """A mapping (and lists in it) without regard to the order of its keys."""
    pairs = ((key, tuple(item) if isinstance(item, list) else item) for key, item in (value or {}).items())
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def normal_time(value: Any) -> str:
    """A time of day as `HH:MM:SS`; the service may leave the seconds out."""
    text = str(value or "")
    return text if text.count(":") != 1 else f"{text}:00"


def normal_webhook(value: Any) -> str:
    """A URL, or the listener's, which is compared by rules of its own."""
    return value if isinstance(value, ListenerUrl) else text_or_empty(value)


def text_or_empty(value: Any) -> str:
    """Text; "" for null and for whatever else counts as false."""
    return str(value or "")


def calling(name: str, normal: Any, default: Any = "", *, mutable: bool = True, computed: bool = False) -> Field:
    """A field on which calling depends."""
    return Field(name, default=default, normalize=normal, affects_calling=True, mutable=mutable, computed=computed)


def buttons_missing(buttons: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """A warning for each action without a button."""
    for action in ACTIONS:
        if action not in buttons:
            yield ("actionButtons",), f"No button for {action}", "People who are called have no way to answer so."
