"""`emails`: an e-mail to all its receivers, at one instant.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator
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
from mscode.kinds.fields.receivers import EmailReceiver
from mscode.kinds.fields.spec import Spec, plain
from mscode.kinds.fields.types import Email, Instant, LongText, Text, described
from mscode.model.kind import Field, Kind, MessageLifecycle, Post, TextPart
from mscode.model.world import Fields

_TEXTS = ("subject", "messageText", "messageHtml", "fromEmail", "fromName")
#: Everything that some reader takes for the end of a line.
_LINE_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def _one_line(value: str) -> str:
    """What follows a line break in a subject would be another header of the e-mail."""
    if not _LINE_BREAKS.isdisjoint(value):
        raise ValueError("must be one line, without a line break; in YAML `>-` folds several lines into one")
    return value


class EmailSpec(Spec):
    """An e-mail to all receivers at one instant."""

    subject: Annotated[Text, AfterValidator(_one_line)] = ModelField(
        min_length=1, description="The subject, in one line."
    )
    messageText: LongText | None = described("The plain text; or {file: path} of a text file.")
    messageHtml: LongText | None = described("The HTML; or {file: path} of a file. One of the two texts must be there.")
    fromEmail: Email | None = described("The sender's address.")
    fromName: Text | None = described("The sender's name.")
    actionTime: Instant = ModelField(description="When it is sent. It can be changed until then.")
    receivers: list[EmailReceiver] = ModelField(
        min_length=1, description="Who gets it. An address may be reached once per e-mail."
    )

    @model_validator(mode="after")
    def _has_text(self) -> EmailSpec:
        if not self.messageText and not self.messageHtml:
            raise ValueError("needs `messageText` or `messageHtml`")
        return self

    def fields(self) -> dict[str, Any]:
        return super().fields() | {"receivers": plain(self.receivers)}


def _texts(fields: Fields) -> Sequence[TextPart]:
    return [TextPart(name, str(fields[name])) for name in ("subject", "messageText", "messageHtml") if fields.get(name)]


EMAILS = Kind(
    section="emails",
    singular="e-mail",
    spec=EmailSpec,
    id_field="emailId",
    collection="emails",
    paths={"emails": "/emails"},
    fields=(
        Field("subject"),
        Field("messageText", multiline=True),
        Field("messageHtml", multiline=True),
        Field("fromEmail"),
        Field("fromName"),
        when(),
        RECEIVERS,
    ),
    encode=encode_message(_TEXTS, "email"),
    decode=decode_message(_TEXTS),
    identities=same_message("subject", "messageText", "messageHtml"),
    create=lambda fields: Post("emails", encode_message(_TEXTS, "email")(fields)),
    order=8,
    create_first=False,
    lifecycle=MessageLifecycle("message", by="email", rings=False),
    ends="actionTime",
    read_status=read_status,
    texts=_texts,
    check=check_receivers("email"),
    doc="E-mails: all receivers get one, at one instant.",
    example="""\
emails:
  invitation:
    subject: The blood bus comes to town
    messageText: We are at the market square on Tuesday.
    fromEmail: blood@example.com
    actionTime: 2026-12-01T09:00:00+02:00
    receivers:
      - group: donors
""",
)
