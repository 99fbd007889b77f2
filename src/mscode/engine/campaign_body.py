"""The body of a PUT of a campaign, for whoever sends one: a launch, an edit, a halt of an apply, `mscode halt`.

A PUT carries every updatable field (docs/service-notes.md#put-carries-everything), the state among them: what is left out is
lost. So every body is made here, of the fields as they were read right before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind
from mscode.model.world import MARKER_KEY, Fields, Marker
from mscode.plan.people.reach import LATEST_START


def campaign_body(
    kind: Kind, fields: Fields, state: str, meta: Mapping[str, Any], now: datetime | None
) -> dict[str, Any]:
    """The body with these fields (spec form), this state and this `meta`.

    A start that is more than 55 minutes past is left out, for the service refuses it
    (docs/service-notes.md#creating-an-rsvp-call); with no clock (`now` is None) it is sent as it is. Receivers are added by
    a request of their own.
    """
    values = {
        name: value
        for name, value in fields.items()
        if name in kind.fields_by_name and not kind.fields_by_name[name].append_only
    }
    values |= {"state": state, "meta": meta}
    start = values.get("startTime")
    if now and start and parse_instant(start) < now - LATEST_START:
        del values["startTime"]
    return kind.encode(values)


def marked_meta(fields: Fields, marker: Marker | None) -> dict[str, Any]:
    """`meta` of these fields with this marker in it; as it is where there is none to write."""
    meta = fields.get("meta")
    return {**(meta if isinstance(meta, dict) else {}), **({MARKER_KEY: str(marker)} if marker else {})}


def unmarked_meta(fields: Fields) -> dict[str, Any]:
    """`meta` of these fields without any marker: what the user wrote."""
    meta = fields.get("meta")
    return {name: value for name, value in meta.items() if name != MARKER_KEY} if isinstance(meta, dict) else {}
