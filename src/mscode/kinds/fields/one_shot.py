"""What calls, text messages and e-mails share: they go out once, at their `actionTime`.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from mscode.errors import Diagnostic
from mscode.kinds.fields.calling import calling, text_or_empty
from mscode.kinds.fields.receivers import decode_receivers, encode_receivers, reached_once
from mscode.model import service_json
from mscode.model.address import Address
from mscode.model.kind import Field, as_is
from mscode.model.world import CampaignStatus, Desired, Fields

RECEIVERS = Field("receivers", default=[], normalize=as_is, affects_calling=True, hashed=True, custom_diff=True)


def when() -> Field:
    """`actionTime`: the instant at which it goes out."""
    return calling("actionTime", text_or_empty, None)


def read_status(raw: Fields) -> CampaignStatus:
    """`editable` is `y` until it goes out. A list may not say (docs/service-notes.md#lists): then the instant alone decides
    (Kind.ends).
    """
    editable = service_json.pick(raw, "editable")
    if editable is None:
        return CampaignStatus("waitingToActive", 0, None)
    return CampaignStatus("waitingToActive" if service_json.flag(editable) else "complete", 0, None)


def encode_sending(fields: Fields, by: str = "phone") -> dict[str, Any]:
    """Instant and receivers in the API's form."""
    body: dict[str, Any] = {"actionTime": service_json.instant_out(fields["actionTime"])}
    if "receivers" in fields:
        body["receivers"] = encode_receivers(fields["receivers"], by)
    return body


def decode_sending(raw: Fields, region: str) -> dict[str, Any]:
    """The same in spec form. The list form has no receivers, and then there is no such field (docs/service-notes.md#lists)."""
    fields: dict[str, Any] = {"actionTime": service_json.instant(service_json.pick(raw, "actionTime")) or None}
    receivers = service_json.pick(raw, "receivers")
    return fields if receivers is None else fields | {"receivers": decode_receivers(receivers, region)}


def encode_message(texts: Sequence[str], by: str = "phone") -> Callable[[Fields], dict[str, Any]]:
    """The API's form of a message with these texts: every one of them is sent, empty where it is not set."""
    return lambda fields: {name: fields.get(name) or "" for name in texts} | encode_sending(fields, by)


def decode_message(texts: Sequence[str]) -> Callable[[Fields, str], dict[str, Any]]:
    """Spec form of the same."""
    return lambda raw, region: (
        {name: str(service_json.pick(raw, name) or "") for name in texts} | decode_sending(raw, region)
    )


def same_message(*texts: str) -> Callable[[Fields], Sequence[Any]]:
    """A message is found by what people read and its instant.

    Not by who it is from, which a service may fill in, nor by spaces and line ends, which it may change: one that is
    found and differs in these is reported to a person; one that is not found is sent, and people get it twice.
    """
    return lambda fields: [
        (*(" ".join(str(fields.get(name) or "").split()) for name in texts), fields.get("actionTime"))
    ]


def check_receivers(by: str) -> Any:
    """The check of a kind that no receiver stands twice."""

    def check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterator[Diagnostic]:
        return reached_once(item, world, by)

    return check
