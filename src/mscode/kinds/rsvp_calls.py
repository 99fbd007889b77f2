"""`rsvpCalls`: calls that dial people until enough have accepted. See docs/service-notes.md#rsvp-calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from pydantic import Field as ModelField

from mscode.errors import Diagnostic
from mscode.kinds.fields.calling import (
    DEFAULT_REDIALS,
    EXPECT,
    Buttons,
    Expect,
    Meta,
    Redials,
    WindowEnd,
    WindowStart,
    buttons_missing,
    calling,
    decode_window,
    dials_of,
    encode_window,
    marker_of,
    normal_days,
    normal_map,
    normal_meta,
    normal_time,
    normal_webhook,
    refuse_shut_window,
    text_or_empty,
)
from mscode.kinds.fields.receivers import (
    Receiver,
    decode_receivers,
    encode_receivers,
    reached_once,
    rows,
    unknown_ranges,
)
from mscode.kinds.fields.spec import Spec, Warned, plain
from mscode.kinds.fields.types import (
    NOW,
    Instant,
    Start,
    VoiceFileRef,
    Webhook,
    Weekdays,
    described,
    whole_number,
)
from mscode.model import service_json
from mscode.model.address import Address
from mscode.model.calling_window import Window, parse_instant
from mscode.model.kind import CampaignLifecycle, Field, Kind, Plays, Post, TextPart, as_is
from mscode.model.local_hours import LocalHours
from mscode.model.world import CampaignStatus, Desired, Fields

#: The types that the page's example shows, in playing order; its list of types is lost
#: (docs/service-notes.md#buttons-and-voice-types).
VOICE_TYPES = ("start", "data", "actionButtons", "accept", "end")


def _voice_types(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a mapping of type to voice file, like {start: greeting}")
    return value


VoiceTypes = Annotated[dict[str, VoiceFileRef], BeforeValidator(_voice_types)]


class RsvpCallSpec(Spec):
    """A campaign that dials its receivers until enough have accepted."""

    state: Literal["active", "halt"] | None = described("active (default): it calls. halt: it does not.")
    startTime: Start | None = described(
        "When calling starts. null or left out: at once; one that was launched keeps the start it has. `now`: at once, on purpose; "
        "where one that was launched has a later start, it starts now. Sent in UTC."
    )
    endTime: Instant = ModelField(description="After this no more calls are made.")
    activeFrom: WindowStart
    activeTo: WindowEnd
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
    maxRedials: Redials | None = described("Redials when somebody does not answer; 3 when left out.")
    receiverWebhookUrl: Webhook | None = described(
        "Receives each person's reply; `{listen: true}`: `mscode watch --listen` does."
    )
    stateWebhookUrl: Webhook | None = described(
        "Receives each change of the campaign's state; `{listen: true}`: `mscode watch --listen` does."
    )
    meta: Meta | None = described("Your own data, passed on to the webhooks.")
    expect: Expect | None = EXPECT

    @model_validator(mode="after")
    def _times_fit(self) -> RsvpCallSpec:
        if self.startTime and not self.starts_now() and self.startTime >= self.endTime:
            raise ValueError("`endTime` must be after `startTime`")
        refuse_shut_window(self.activeFrom, self.activeTo)
        return self

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        fields.pop("expect", None)
        fields.setdefault("state", "active")
        if self.starts_now():
            del fields["startTime"]
        fields["receivers"] = plain(self.receivers)
        return fields

    def expected(self) -> dict[str, float]:
        return self.expect.shares() if self.expect else {}

    def starts_now(self) -> bool:
        return self.startTime == NOW

    def warnings(self) -> Iterable[Warned]:
        for kind in self.voiceFiles:
            if kind not in VOICE_TYPES:
                yield (
                    ("voiceFiles", kind),
                    f'"{kind}" is not a type of voice file that the API names',
                    f"Known are {', '.join(VOICE_TYPES)}.",
                )
        yield from buttons_missing(self.actionButtons)
        yield from unknown_ranges(self.receivers)


# ---- the API's form --------------------------------------------------------------------------------------------------


def _encode(fields: Fields) -> dict[str, Any]:
    names = ("state", "acceptsWanted", "receiverWebhookUrl", "stateWebhookUrl", "meta")
    body: dict[str, Any] = {name: fields[name] for name in names if fields.get(name) is not None}
    body |= encode_window(fields)
    body["endTime"] = service_json.instant_out(fields["endTime"])
    if "startTime" in fields:
        body["startTime"] = service_json.instant_out(fields["startTime"]) if fields["startTime"] else None
    body["voiceFiles"] = [
        {"type": kind, "voiceFileId": fields["voiceFiles"][kind]} for kind in _in_playing_order(fields["voiceFiles"])
    ]
    if "receivers" in fields:
        body["receivers"] = encode_receivers(fields["receivers"])
    return body


def _encode_update(fields: Fields) -> dict[str, Any]:
    """The buttons under both names: the page's table of the update has `actionButtons`, its example `actionbuttons`, and a
    service may heed one of them alone (docs/service-notes.md#creating-an-rsvp-call).
    """
    body = _encode(fields)
    return body | {"actionbuttons": body["actionButtons"]}


def _in_playing_order(voice_files: Mapping[str, Any]) -> list[str]:
    """The types of voice files as they are played; unknown ones at the end."""
    return sorted(
        voice_files, key=lambda kind: (VOICE_TYPES.index(kind) if kind in VOICE_TYPES else len(VOICE_TYPES), kind)
    )


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: service_json.instant(service_json.pick(raw, name)) or None for name in ("startTime", "endTime")
    }
    fields |= decode_window(raw)
    for name in ("state", "receiverWebhookUrl", "stateWebhookUrl"):
        fields[name] = str(service_json.pick(raw, name) or "")
    fields["voiceFiles"] = {
        str(row.get("type")): service_json.id_text(row.get("voiceFileId"))
        for row in rows(service_json.pick(raw, "voiceFiles"))
    }
    fields["receivers"] = decode_receivers(service_json.pick(raw, "receivers"), region)
    fields["acceptsWanted"] = service_json.number(service_json.pick(raw, "acceptsWanted"))
    return fields


# ---- what is played --------------------------------------------------------------------------------------------------


def _played(fields: Fields) -> Sequence[str]:
    return list(fields.get("voiceFiles", {}).values())


def _replayed(fields: Fields, replacement: Callable[[str], str]) -> Fields:
    files = fields.get("voiceFiles") or {}
    return {**fields, "voiceFiles": {role: replacement(live_id) for role, live_id in files.items()}}


def _texts(fields: Fields) -> Sequence[TextPart]:
    files = fields.get("voiceFiles") or {}
    return [TextPart(role, heard=True, voice_file=files[role]) for role in _in_playing_order(files)]


def _read_status(raw: Fields) -> CampaignStatus:
    return CampaignStatus(str(service_json.pick(raw, "state") or ""), dials_of(raw), marker_of(raw))


# ---- checks of the manifests as a whole ------------------------------------------------------------------------------


def _check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterator[Diagnostic]:
    yield from _window_opens(item, window_zone)
    yield from reached_once(item, world)
    yield from _can_reach(item)


def _error(item: Desired, field: str, summary: str, detail: str, hint: str, code: str) -> Diagnostic:
    return Diagnostic(
        summary, item.field_places.get(field, item.place), detail, hint, code=code, address=str(item.address)
    )


def _window_opens(item: Desired, zone: tzinfo) -> Iterator[Diagnostic]:
    """Only with a start: "at once" depends on the day of the apply, and is checked by the plan."""
    fields = item.fields
    if not fields.get("startTime"):
        return
    hours = LocalHours.of(fields)
    window = (
        hours.window
        if hours is not None
        else Window.of(fields["activeFrom"], fields["activeTo"], fields["activeWeekdays"], zone)
    )
    if window.first_call(parse_instant(fields["startTime"]), parse_instant(fields["endTime"])) is None:
        yield _error(
            item,
            "activeWeekdays",
            "The calling window never opens",
            "Between startTime and endTime there is no moment on the active weekdays within activeFrom and activeTo.",
            "Widen the window, add a weekday, or move endTime.",
            "window-never-opens",
        )


def _can_reach(item: Desired) -> Iterator[Diagnostic]:
    """`acceptsWanted` against the number of receivers, where none of them is a group."""
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
        Field("state", normalize=text_or_empty, affects_calling=True, custom_diff=True),
        calling("startTime", text_or_empty, None, computed=True),
        calling("endTime", text_or_empty, None),
        calling("activeFrom", normal_time),
        calling("activeTo", normal_time),
        calling("activeWeekdays", normal_days, []),
        calling("voiceFiles", normal_map, {}),
        calling("actionButtons", normal_map, {}),
        Field(
            "receivers",
            default=[],
            normalize=as_is,
            affects_calling=True,
            append_only=True,
            hashed=True,
            custom_diff=True,
        ),
        calling("acceptsWanted", as_is, None),
        calling("maxRedials", as_is, DEFAULT_REDIALS),
        Field("receiverWebhookUrl", normalize=normal_webhook),
        Field("stateWebhookUrl", normalize=normal_webhook),
        Field("meta", default={}, normalize=normal_meta),
    ),
    encode=_encode_update,
    decode=_decode,
    identities=lambda fields: [],
    create=lambda fields: Post("rsvpCalls", _encode(fields)),
    order=4,
    lifecycle=CampaignLifecycle("rsvpReceivers", encode_receivers),
    carries_marker=True,
    plays=Plays("voiceFiles", _played, _replayed),
    texts=_texts,
    read_status=_read_status,
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
