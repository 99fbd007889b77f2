"""`smses`: a text message to all its receivers, at one instant.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field as ModelField

from mscode.kinds.fields.one_shot import (
    RECEIVERS,
    check_receivers,
    decode_message,
    encode_message,
    read_status,
    same_message,
    when,
)
from mscode.kinds.fields.receivers import Receiver, unknown_ranges
from mscode.kinds.fields.spec import Spec, Warned, plain
from mscode.kinds.fields.types import Instant, LongText, Text, described
from mscode.model.kind import Field, Kind, MessageLifecycle, Post, TextPart

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


SMSES = Kind(
    section="smses",
    singular="text message",
    spec=SmsSpec,
    id_field="smsId",
    collection="smses",
    paths={"smses": "/smses"},
    fields=(Field("message", multiline=True), Field("sender"), when(), RECEIVERS),
    encode=encode_message(_TEXTS),
    decode=decode_message(_TEXTS),
    identities=same_message("message"),
    create=lambda fields: Post("smses", encode_message(_TEXTS)(fields)),
    order=7,
    create_first=False,
    lifecycle=MessageLifecycle("message", rings=False),
    ends="actionTime",
    read_status=read_status,
    texts=lambda fields: [TextPart("message", str(fields.get("message") or ""))],
    list_is_partial=True,
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
