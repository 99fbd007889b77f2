"""`calls`: a voice broadcast that calls all its receivers once, at one instant.

See docs/service-notes.md#calls-e-mails-and-text-messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import Field as ModelField

from mscode.kinds.fields.one_shot import RECEIVERS, check_receivers, decode_sending, encode_sending, read_status, when
from mscode.kinds.fields.receivers import Receiver, unknown_ranges
from mscode.kinds.fields.spec import Spec, Warned, plain
from mscode.kinds.fields.types import FreeForm, Instant
from mscode.model import service_json
from mscode.model.kind import Field, Kind, MessageLifecycle, Post, TextPart
from mscode.model.world import Fields


class CallSpec(Spec):
    """A call to all receivers at one instant."""

    operations: FreeForm = ModelField(
        description="What the call does, as any YAML; it is sent as a string of JSON. The API does not say what it holds."
    )
    actionTime: Instant = ModelField(description="When it calls. It can be changed until then.")
    receivers: list[Receiver] = ModelField(
        min_length=1, description="Who is called. A number may be reached once per call."
    )

    def fields(self) -> dict[str, Any]:
        return {"operations": self.operations, "actionTime": self.actionTime, "receivers": plain(self.receivers)}

    def warnings(self) -> Iterable[Warned]:
        return unknown_ranges(self.receivers)


def normal_operations(value: Any) -> str:
    """As parsed JSON, not as text (docs/service-notes.md#comparison)."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _encode(fields: Fields) -> dict[str, Any]:
    operations = json.dumps(fields["operations"], ensure_ascii=False, separators=(",", ":"))
    return {"operations": operations, **encode_sending(fields)}


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    operations = service_json.pick(raw, "operations")
    if isinstance(operations, str):  # what is no JSON stays the text that it is
        with suppress(ValueError, RecursionError):
            operations = json.loads(operations)
    return {"operations": operations, **decode_sending(raw, region)}


def _spoken(operations: Any, path: str) -> Iterator[TextPart]:
    """Every text of the operations, in their order. The API's page does not say which of them are spoken."""
    if isinstance(operations, str):
        yield TextPart(path, operations, heard=True)
    elif isinstance(operations, dict):
        for name, value in operations.items():
            yield from _spoken(value, f"{path}.{name}")
    elif isinstance(operations, list):
        for at, value in enumerate(operations):
            yield from _spoken(value, f"{path}[{at}]")


CALLS = Kind(
    section="calls",
    singular="call",
    spec=CallSpec,
    id_field="callId",
    collection="calls",
    paths={"calls": "/calls"},
    fields=(Field("operations", default=None, normalize=normal_operations), when(), RECEIVERS),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [(normal_operations(fields.get("operations")), fields.get("actionTime"))],
    create=lambda fields: Post("calls", _encode(fields)),
    order=6,
    create_first=False,
    lifecycle=MessageLifecycle("call"),
    ends="actionTime",
    read_status=read_status,
    texts=lambda fields: [*_spoken(fields.get("operations"), "operations")],
    list_is_partial=True,
    check=check_receivers("phone"),
    doc="Voice broadcasts: all receivers are called once, at one instant.",
    example="""\
calls:
  closing-notice:
    operations: [{say: The library closes early today.}]
    actionTime: 2026-12-01T09:00:00+02:00
    receivers:
      - group: donors
""",
)
