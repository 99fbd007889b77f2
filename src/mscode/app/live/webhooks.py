"""What a webhook's body says, in every spelling of the API's page (docs/service-notes.md#webhooks).

Anybody who knows a campaign's path can post anything, so nothing of a body is believed: it becomes a `Hint`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from typing import Any

from mscode.app.live.follow import Hint
from mscode.model import service_forms
from mscode.model import service_json as wire
from mscode.model.calling_window import parse_instant


def read_hint(body: bytes, zone: tzinfo = UTC) -> Hint:
    """The hint that a body is; one that says nothing where the body is no JSON object. Never an error. `zone` is that of the
    service's date-times.
    """
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        return Hint()
    if not isinstance(data, dict):
        return Hint()
    row = {name: value for name, value in data.items() if isinstance(value, str | int | float)}
    reply, state = wire.reply(row), wire.pick(row, "state")
    kind = "receiver" if reply or wire.pick(row, "accountId") is not None else "state" if state else ""
    at = wire.instant(wire.pick(service_forms.in_utc(row, zone, datetime.now(UTC)), "timestamp"))
    return Hint(
        kind,
        _id(wire.pick(row, "accountId")),
        reply if len(reply) < _LONGEST else "",
        parse_instant(at) if at else None,
    )


#: Characters of the longest reply that is looked at.
_LONGEST = 64


def _id(value: object) -> str:
    try:
        text = wire.id_text(value)
    except (ValueError, OverflowError):  # a number that is none: JSON in Python has NaN and Infinity
        return ""
    return text if wire.is_id(text) else ""
