"""`smses`: a text message to all its receivers, at one instant. Catalogue §4.11."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field as ModelField

from mscode import wire
from mscode.kind import Field, Kind, Post, Sends
from mscode.kinds.receivers import Receiver, unknown_ranges
from mscode.kinds.sending import RECEIVERS, check_receivers, life, read_sending, when, wire_sending
from mscode.kinds.spec import Spec, Warned, plain
from mscode.kinds.types import Instant, LongText, Text, described
from mscode.world import Fields

_TEXTS = ("message", "sender")


class SmsSpec(Spec):
    """A text message to all receivers at one instant."""

    message: LongText = ModelField(min_length=1, description="The text; or {file: path} of a text file.")
    sender: Text | None = described("Who it is from, as the phone shows it.")
    actionTime: Instant = ModelField(description="When it is sent. It can be changed until then.")
    receivers: list[Receiver] = ModelField(
        min_length=1, description="Who gets it. A number may be reached once per message."
    )

    def fields(self) -> dict[str, Any]:
        return super().fields() | {"receivers": plain(self.receivers)}

    def warnings(self) -> Iterable[Warned]:
        return unknown_ranges(self.receivers)


def _wire(fields: Fields) -> dict[str, Any]:
    return {name: fields.get(name) or "" for name in _TEXTS} | wire_sending(fields)


def _unwire(raw: Fields) -> dict[str, Any]:
    return {name: str(wire.pick(raw, name) or "") for name in _TEXTS} | read_sending(raw)


SMSES = Kind(
    section="smses",
    singular="text message",
    spec=SmsSpec,
    id_field="smsId",
    collection="smses",
    paths={"smses": "/smses"},
    fields=(Field("message", long=True), Field("sender"), when(), RECEIVERS),
    wire=_wire,
    unwire=_unwire,
    identities=lambda fields: [tuple(fields.get(name) or "" for name in (*_TEXTS, "actionTime"))],
    create=lambda fields: Post("smses", _wire(fields)),
    order=7,
    looks_at=("accounts", "groups"),
    create_first=False,
    sends=Sends("message", rings=False),
    ends="actionTime",
    life=life,
    has_detail=True,
    check=check_receivers("phone"),
    doc="Text messages: all receivers get one, at one instant.",
    example="""\
smses:
  reminder:
    message: Welcome tomorrow at ten!
    sender: Blood
    actionTime: 2026-12-01T09:00:00+02:00
    receivers:
      - group: donors
""",
)
