"""`rsvpCalls`: calls that dial people until enough have accepted. Catalogue §4.9, §4.10 and §6.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic import Field as ModelField

from mscode import wire
from mscode.address import Address
from mscode.errors import Diagnostic
from mscode.kind import Field, Kind, Post, as_is
from mscode.kinds.accounts import live_phone
from mscode.kinds.spec import Spec, Warned, plain
from mscode.kinds.types import (
    AccountRef,
    FreeForm,
    GroupRef,
    Instant,
    LiveId,
    Phone,
    TimeOfDay,
    VoiceFileRef,
    Webhook,
    Weekdays,
    Written,
    described,
    is_valid_phone,
    whole_number,
)
from mscode.values import Ref
from mscode.windows import WEEKDAYS, Window, parse_instant
from mscode.world import MARKER_KEY, Desired, Fields, Life, Marker

#: The types that the page's example shows, in playing order; its list of types is lost (Q18).
VOICE_TYPES = ("start", "data", "actionButtons", "accept", "end")
ACTIONS = ("accept", "decline")
DEFAULT_REDIALS = 3


class Receiver(Spec):
    """Someone to be called: exactly one of the five."""

    group: GroupRef | None = described("A declared group.")
    groupId: LiveId | None = described("The id of a group that is not managed, or a mapping of environments to ids.")
    account: AccountRef | None = described("A declared account.")
    accountId: LiveId | None = described(
        "The id of an account that is not managed, or a mapping of environments to ids."
    )
    phone: Phone | None = described("A phone number in E.164. The service makes an account of it where none has it.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Receiver:
        if len(self.model_fields_set) != 1:
            raise ValueError("a receiver is exactly one of group, groupId, account, accountId and phone")
        return self


def _voice_types(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a mapping of type to voice file, like {start: greeting}")
    return value


def _buttons(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a mapping of action to button, like {accept: 5, decline: 9}")
    buttons: dict[str, list[str]] = {}
    for action, pressed in value.items():
        if action not in ACTIONS:
            raise ValueError(f'"{action}" is no action; they are accept and decline')
        buttons[str(action)] = [_button(b) for b in (pressed if isinstance(pressed, list) else [pressed])]
    _refuse_repeats([b for several in buttons.values() for b in several])
    return {action: sorted(several) for action, several in buttons.items()}


def _buttons_written(value: Mapping[str, Sequence[str]], zone: tzinfo) -> dict[str, Any]:
    """`{accept: 5, decline: [8, 9]}`; what is no button stays as it is."""
    buttons = {action: [int(b) if b.isdigit() else b for b in several] for action, several in value.items()}
    return {action: several[0] if len(several) == 1 else several for action, several in buttons.items()}


def _button(value: Any) -> str:
    if value is None or str(value) not in tuple("0123456789"):
        raise ValueError(f'"{value}" is no button; they are 0 to 9')
    return str(value)


def _refuse_repeats(buttons: Sequence[str]) -> None:
    for button in buttons:
        if buttons.count(button) > 1:
            raise ValueError(f"button {button} is used twice")


def _meta(value: Any) -> dict[str, Any]:
    from mscode.values import core

    meta = core(value)
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
VoiceTypes = Annotated[dict[str, VoiceFileRef], BeforeValidator(_voice_types)]
Meta = Annotated[FreeForm, BeforeValidator(_meta), WithJsonSchema({"type": "object"})]


class RsvpCallSpec(Spec):
    """A campaign that dials its receivers until enough have accepted."""

    state: Literal["active", "halt"] | None = described("active (default): it calls. halt: it does not.")
    startTime: Instant | None = described("When calling starts. null or left out: at once. Sent in UTC.")
    endTime: Instant = ModelField(description="After this no more calls are made.")
    activeFrom: TimeOfDay = ModelField(
        description="Start of the daily window, as the service reads it (windowZone of the environment)."
    )
    activeTo: TimeOfDay = ModelField(description="End of the daily window.")
    activeWeekdays: Weekdays = ModelField(description="Days on which it calls.")
    voiceFiles: VoiceTypes = ModelField(
        description="What is played when: start, data, actionButtons, accept, end; each a declared voice file, "
        "or `{voiceFileId: id}` of one that is not (a mapping of environments to ids too)."
    )
    actionButtons: Buttons = ModelField(description="The button, or list of buttons, for accept and decline.")
    receivers: list[Receiver] = ModelField(
        min_length=1, description="Who is called. A number may be reached once per campaign."
    )
    acceptsWanted: Annotated[int, ModelField(ge=1), BeforeValidator(whole_number)] = ModelField(
        description="Calling stops when so many have accepted."
    )
    maxRedials: Annotated[int, ModelField(ge=0, le=100), BeforeValidator(whole_number)] | None = described(
        "Redials when somebody does not answer; 3 when left out."
    )
    receiverWebhookUrl: Webhook | None = described("Receives each person's reply.")
    stateWebhookUrl: Webhook | None = described("Receives each change of the campaign's state.")
    meta: Meta | None = described("Your own data, passed on to the webhooks.")

    @model_validator(mode="after")
    def _times_fit(self) -> RsvpCallSpec:
        if self.startTime and self.startTime >= self.endTime:
            raise ValueError("`endTime` must be after `startTime`")
        if self.activeFrom >= self.activeTo:
            raise ValueError("`activeFrom` must be before `activeTo`: a window over midnight is not possible")
        return self

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        fields.setdefault("state", "active")
        fields["receivers"] = plain(self.receivers)
        return fields

    def warnings(self) -> Iterable[Warned]:
        for kind in self.voiceFiles:
            if kind not in VOICE_TYPES:
                yield (
                    ("voiceFiles", kind),
                    f'"{kind}" is not a type of voice file that the API names',
                    f"Known are {', '.join(VOICE_TYPES)}.",
                )
        for action in ACTIONS:
            if action not in self.actionButtons:
                yield ("actionButtons",), f"No button for {action}", "People who are called have no way to answer so."
        for at, receiver in enumerate(self.receivers):
            if receiver.phone and not is_valid_phone(receiver.phone):
                yield (
                    ("receivers", at, "phone"),
                    "The phone number is possible, but its range is not known to be in use",
                    "Check it: a call to it may fail.",
                )


# ---- wire form -------------------------------------------------------------------------------------------------------


def _wire(fields: Fields) -> dict[str, Any]:
    body: dict[str, Any] = {
        name: fields[name]
        for name in (
            "state",
            "activeFrom",
            "activeTo",
            "acceptsWanted",
            "receiverWebhookUrl",
            "stateWebhookUrl",
            "meta",
        )
        if fields.get(name) is not None
    }
    body["maxRedials"] = DEFAULT_REDIALS if fields.get("maxRedials") is None else fields["maxRedials"]
    body["endTime"] = wire.instant_out(fields["endTime"])
    if "startTime" in fields:
        body["startTime"] = wire.instant_out(fields["startTime"]) if fields["startTime"] else None
    body["activeWeekdays"] = [
        {"weekday": day, "active": "1" if day in fields["activeWeekdays"] else "0"} for day in WEEKDAYS
    ]
    body["voiceFiles"] = [
        {"type": kind, "voiceFileId": fields["voiceFiles"][kind]} for kind in _in_playing_order(fields["voiceFiles"])
    ]
    body["actionButtons"] = [
        {"button": button, "action": action} for action in ACTIONS for button in fields["actionButtons"].get(action, ())
    ]
    if "receivers" in fields:
        body["receivers"] = wire_receivers(fields["receivers"])
    return body


def _in_playing_order(voice_files: Mapping[str, Any]) -> list[str]:
    return sorted(
        voice_files, key=lambda kind: (VOICE_TYPES.index(kind) if kind in VOICE_TYPES else len(VOICE_TYPES), kind)
    )


def wire_receivers(receivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Receivers with ids in place of references, as ops 37 and 40 take them."""
    names = {"group": "groupId", "account": "accountId"}
    return [{names.get(key, key): value for key, value in receiver.items()} for receiver in receivers]


def _unwire(raw: Fields) -> dict[str, Any]:
    fields: dict[str, Any] = {name: wire.instant(wire.pick(raw, name)) or None for name in ("startTime", "endTime")}
    fields["state"] = str(wire.pick(raw, "state") or "")
    for name in ("activeFrom", "activeTo", "receiverWebhookUrl", "stateWebhookUrl"):
        fields[name] = str(wire.pick(raw, name) or "")
    fields["activeWeekdays"] = [
        str(row.get("weekday")) for row in _rows(wire.pick(raw, "activeWeekdays")) if wire.flag(row.get("active"))
    ]
    fields["voiceFiles"] = {
        str(row.get("type")): wire.id_text(row.get("voiceFileId")) for row in _rows(wire.pick(raw, "voiceFiles"))
    }
    fields["actionButtons"] = _read_buttons(_rows(wire.pick(raw, "actionButtons")))
    fields["receivers"] = [_read_receiver(row) for row in _rows(wire.pick(raw, "receivers"))]
    fields["acceptsWanted"] = wire.number(wire.pick(raw, "acceptsWanted"))
    redials = wire.number(wire.pick(raw, "maxRedials"))
    fields["maxRedials"] = DEFAULT_REDIALS if redials is None else redials
    fields["meta"] = wire.pick(raw, "meta") or {}
    return fields


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    return (row for row in (value if isinstance(value, list) else ()) if isinstance(row, dict))


def _read_buttons(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    buttons: dict[str, list[str]] = {}
    for row in rows:
        buttons.setdefault(str(row.get("action")), []).append(str(row.get("button")))
    return {action: sorted(several) for action, several in buttons.items()}


def _read_receiver(row: Mapping[str, Any]) -> dict[str, str]:
    """A row with a group is that group, whatever else it holds (Q39)."""
    group, account = wire.id_text(row.get("groupId")), wire.id_text(row.get("accountId"))
    phone = live_phone(str(row.get("phone") or ""))
    if group:
        return {"groupId": group}
    return {key: value for key, value in (("accountId", account), ("phone", phone)) if value}


def _life(raw: Fields) -> Life:
    stats = wire.pick(raw, "stats")
    dials = max(
        [
            wire.dial_count(stats) if isinstance(stats, dict) else 0,
            sum(wire.dial_count(row) for row in _rows(wire.pick(raw, "receivers"))),
        ]
    )
    meta = wire.pick(raw, "meta")
    marker = Marker.parse(meta.get(MARKER_KEY)) if isinstance(meta, dict) else None
    return Life(str(wire.pick(raw, "state") or ""), dials, marker)


# ---- normal forms ----------------------------------------------------------------------------------------------------


def normal_meta(value: Any) -> str:
    """User keys alone, as canonical JSON; null, {} and [] are the same (catalogue §10.8)."""
    import json

    users = {k: v for k, v in value.items() if k != MARKER_KEY} if isinstance(value, dict) else value
    return json.dumps(users or {}, sort_keys=True, ensure_ascii=False)


def _normal_days(value: Any) -> tuple[str, ...]:
    return tuple(sorted(value or ()))


def _normal_map(value: Any) -> tuple[Any, ...]:
    return tuple(
        sorted(
            ((k, tuple(v) if isinstance(v, list) else v) for k, v in (value or {}).items()), key=lambda pair: pair[0]
        )
    )


def _time(value: Any) -> str:
    text = str(value or "")
    return text if text.count(":") != 1 else f"{text}:00"


def _text_or_empty(value: Any) -> str:
    return str(value or "")


def _calling(name: str, normal: Any, default: Any = "") -> Field:
    return Field(name, default=default, normal=normal, calling=True)


# ---- checks of the manifests as a whole ------------------------------------------------------------------------------


def _check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterator[Diagnostic]:
    yield from _window_opens(item, window_zone)
    yield from _number_once(item, world)
    yield from _can_reach(item, world)


def _error(item: Desired, field: str, summary: str, detail: str, hint: str, code: str) -> Diagnostic:
    return Diagnostic(
        summary, item.field_places.get(field, item.place), detail, hint, code=code, address=str(item.address)
    )


def _window_opens(item: Desired, zone: tzinfo) -> Iterator[Diagnostic]:
    """Only with a start: "at once" depends on the day of the apply, and is looked at by the plan."""
    fields = item.fields
    if not fields.get("startTime"):
        return
    window = Window.of(fields["activeFrom"], fields["activeTo"], fields["activeWeekdays"], zone)
    if window.first_call(parse_instant(fields["startTime"]), parse_instant(fields["endTime"])) is None:
        yield _error(
            item,
            "activeWeekdays",
            "The calling window never opens",
            "Between startTime and endTime there is no moment on the active weekdays within activeFrom and activeTo.",
            "Widen the window, add a weekday, or move endTime.",
            "window-never-opens",
        )


def _direct_number(receiver: Mapping[str, Any], world: Mapping[Address, Desired]) -> str:
    if "phone" in receiver:
        return str(receiver["phone"])
    account = receiver.get("account")
    found = world.get(account.address) if isinstance(account, Ref) else None
    return str(found.fields.get("phone") or "") if found else ""


def _number_once(item: Desired, world: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    seen: dict[Any, int] = {}
    for at, receiver in enumerate(item.fields["receivers"], 1):
        key = _direct_number(receiver, world) or repr(sorted(receiver.items(), key=str))
        if key in seen:
            yield _error(
                item,
                "receivers",
                "The same receiver stands twice",
                f"Receivers {seen[key]} and {at} reach the same number; a number may be reached once per campaign.",
                "Remove one of them.",
                "duplicate-receiver",
            )
        seen.setdefault(key, at)


def _can_reach(item: Desired, world: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    receivers = item.fields["receivers"]
    if any(key in receiver for receiver in receivers for key in ("group", "groupId")):
        return
    if item.fields["acceptsWanted"] > len(receivers):
        yield _error(
            item,
            "acceptsWanted",
            "The campaign cannot reach acceptsWanted",
            f"acceptsWanted is {item.fields['acceptsWanted']}, and the receivers are {len(receivers)}.",
            "Lower acceptsWanted or add receivers.",
            "accepts-out-of-reach",
        )


RSVP_CALLS = Kind(
    section="rsvpCalls",
    singular="RSVP call",
    spec=RsvpCallSpec,
    id_field="rsvpCallId",
    collection="rsvpCalls",
    paths={"rsvpCalls": "/rsvp_calls", "rsvpReceivers": "/rsvp_calls/{id}/receivers"},
    fields=(
        _calling("state", _text_or_empty),
        _calling("startTime", _text_or_empty, None),
        _calling("endTime", _text_or_empty, None),
        _calling("activeFrom", _time),
        _calling("activeTo", _time),
        _calling("activeWeekdays", _normal_days, []),
        _calling("voiceFiles", _normal_map, {}),
        _calling("actionButtons", _normal_map, {}),
        Field("receivers", default=[], normal=as_is, calling=True, grows=True, sealed=True),
        _calling("acceptsWanted", as_is, None),
        _calling("maxRedials", as_is, DEFAULT_REDIALS),
        Field("receiverWebhookUrl"),
        Field("stateWebhookUrl"),
        Field("meta", default={}, normal=normal_meta),
    ),
    wire=_wire,
    unwire=_unwire,
    identities=lambda fields: [],
    create=lambda fields: Post("rsvpCalls", _wire(fields)),
    order=4,
    looks_at=("accounts", "groups"),
    is_campaign=True,
    grow=wire_receivers,
    grow_path="rsvpReceivers",
    life=_life,
    check=_check,
    doc="Calls that dial people until enough have accepted.",
    example="""\
rsvpCalls:
  invite:
    startTime: 2026-12-01T09:00:00+02:00
    endTime: 2026-12-04 17:00:00
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {start: greeting}
    actionButtons: {accept: 5, decline: 9}
    receivers:
      - group: donors
    acceptsWanted: 40
""",
)
