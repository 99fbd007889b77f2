"""`clickToCalls`: calls its receivers one after the other until one accepts.

There is no update, so every change is a replacement (docs/service-notes.md#click-to-calls).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from pydantic import Field as ModelField
from pydantic import model_validator

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
from mscode.kinds.fields.types import Instant, VoiceFileRef, Webhook, Weekdays, described
from mscode.model import service_json
from mscode.model.address import Address
from mscode.model.kind import Field, Kind, MessageLifecycle, Plays, Post, TextPart, as_is
from mscode.model.world import CampaignStatus, Desired, Fields


class ClickToCallSpec(Spec):
    """Calls receivers in the given order until one of them accepts. It begins as soon as it is made."""

    expiresAt: Instant | None = described("After this no more calls are made. Left out: a week after it is made.")
    activeFrom: WindowStart
    activeTo: WindowEnd
    activeWeekdays: Weekdays = ModelField(description="Days on which it calls.")
    voiceFile: VoiceFileRef = ModelField(
        description="The declared voice file that is played, or `{voiceFileId: id}` of one that is not."
    )
    actionButtons: Buttons = ModelField(description="The button, or list of buttons, for accept and decline.")
    receivers: list[Receiver] = ModelField(
        min_length=1, description="Who is called, one after the other. A number may be reached once."
    )
    maxRedials: Redials | None = described("Redials when somebody does not answer; 3 when left out.")
    receiverWebhookUrl: Webhook | None = described(
        "Receives each person's reply; `{listen: true}`: `mscode watch --listen` does."
    )
    meta: Meta | None = described("Your own data, passed on to the webhook.")
    expect: Expect | None = EXPECT

    @model_validator(mode="after")
    def _window_opens(self) -> ClickToCallSpec:
        refuse_shut_window(self.activeFrom, self.activeTo)
        return self

    def fields(self) -> dict[str, Any]:
        fields = super().fields() | {"receivers": plain(self.receivers)}
        fields.pop("expect", None)
        return fields

    def expected(self) -> dict[str, float]:
        return self.expect.shares() if self.expect else {}

    def warnings(self) -> Iterable[Warned]:
        yield from buttons_missing(self.actionButtons)
        yield from unknown_ranges(self.receivers)


def _encode(fields: Fields) -> dict[str, Any]:
    # The examples show a number here, where every other id is a string (docs/service-notes.md#ids).
    voice_file = fields["voiceFile"]
    is_number = voice_file.isascii() and voice_file.isdigit()
    body = encode_window(fields) | {"voiceFileId": int(voice_file) if is_number else voice_file}
    body |= {name: fields[name] for name in ("receiverWebhookUrl", "meta") if fields.get(name)}
    if fields.get("expiresAt"):
        body["expiresAt"] = service_json.instant_out(fields["expiresAt"])
    return body | {"receivers": encode_receivers(fields["receivers"])}


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    return {
        "expiresAt": service_json.instant(service_json.pick(raw, "expiresAt")) or None,
        **decode_window(raw),
        "voiceFile": service_json.id_text(service_json.pick(raw, "voiceFileId")),
        "receivers": decode_receivers(service_json.pick(raw, "receivers"), region),
        "receiverWebhookUrl": str(service_json.pick(raw, "receiverWebhookUrl") or ""),
    }


def _read_status(raw: Fields) -> CampaignStatus:
    """The service shows no state: the object is complete with the first accept, and when every receiver has been called to the end
    (docs/service-notes.md#click-to-calls).

    A receiver that is a group is one row, which does not say whether everybody in it was called.
    """
    receivers = list(rows(service_json.pick(raw, "receivers")))
    redials = service_json.number(service_json.pick(raw, "maxRedials"))
    dials_at_most = 1 + (DEFAULT_REDIALS if redials is None else redials)
    is_over = any(service_json.reply(row) == "accept" for row in receivers) or (
        bool(receivers) and all(_is_done(row, dials_at_most) for row in receivers)
    )
    return CampaignStatus("complete" if is_over else "active", dials_of(raw), marker_of(raw))


def _is_done(row: Mapping[str, Any], dials_at_most: int) -> bool:
    """Has this person answered, or been dialled as often as redials allow? Never of a group."""
    if service_json.id_text(row.get("groupId")) and not service_json.id_text(row.get("accountId")):
        return False
    return service_json.flag(service_json.pick(row, "answered")) or service_json.dial_count(row) >= dials_at_most


def _fixed(name: str, normal: Any, default: Any = "") -> Field:
    return calling(name, normal, default, mutable=False)


def _check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterator[Diagnostic]:
    return reached_once(item, world)


def _played(fields: Fields) -> Sequence[str]:
    return [fields["voiceFile"]] if fields.get("voiceFile") else []


def _replayed(fields: Fields, replacement: Callable[[str], str]) -> Fields:
    return {**fields, "voiceFile": replacement(fields["voiceFile"])} if fields.get("voiceFile") else fields


def _texts(fields: Fields) -> Sequence[TextPart]:
    return [TextPart("voiceFile", heard=True, voice_file=fields["voiceFile"])] if fields.get("voiceFile") else []


CLICK_TO_CALLS = Kind(
    section="clickToCalls",
    singular="click-to-call",
    spec=ClickToCallSpec,
    id_field="clickToCallId",
    collection="clickToCalls",
    paths={"clickToCalls": "/click_to_calls"},
    fields=(
        calling("expiresAt", text_or_empty, None, mutable=False, computed=True),
        _fixed("activeFrom", normal_time),
        _fixed("activeTo", normal_time),
        _fixed("activeWeekdays", normal_days, []),
        _fixed("voiceFile", text_or_empty),
        _fixed("actionButtons", normal_map, {}),
        Field(
            "receivers", default=[], normalize=as_is, affects_calling=True, hashed=True, custom_diff=True, mutable=False
        ),
        _fixed("maxRedials", as_is, DEFAULT_REDIALS),
        Field("receiverWebhookUrl", normalize=normal_webhook, mutable=False),
        Field("meta", default={}, normalize=normal_meta, mutable=False),
    ),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [],
    create=lambda fields: Post("clickToCalls", _encode(fields)),
    order=9,
    create_first=False,
    lifecycle=MessageLifecycle("call", once=False),
    carries_marker=True,
    ends="expiresAt",
    read_status=_read_status,
    plays=Plays("voiceFile", _played, _replayed),
    texts=_texts,
    check=_check,
    doc="Calls receivers one after the other until one accepts.",
    example="""\
clickToCalls:
  desk:
    expiresAt: 2026-12-04T17:00:00+02:00
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFile: greeting
    actionButtons: {accept: 5, decline: 9}
    receivers:
      - account: anna
      - phone: "+358405550199"
""",
)
