"""The project that most tests start from: six people, two groups, one voice file and one campaign."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Manifest = dict[str, Any]

#: A Monday morning, a day before the campaign starts.
MONDAY = "2026-11-30T06:00:00Z"
#: The day after its end.
AFTER = "2026-12-05T06:00:00Z"
WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
NAMES = ("aino", "eero", "helmi", "ilmari", "kaisa", "lauri")
PHONES = tuple(f"+35840555010{at}" for at in range(len(NAMES)))


def people() -> Manifest:
    return {
        name: {
            "firstName": name.title(),
            "phone": phone,
            "city": "Helsinki" if at < 4 else "Tampere",
            "yearOfBirth": 1960 + at,
        }
        for at, (name, phone) in enumerate(zip(NAMES, PHONES, strict=True))
    }


def invite(**changes: Any) -> Manifest:
    """A campaign as a manifest; a field whose value is `...` is left out."""
    fields = {
        "startTime": "2026-12-01T08:00:00Z",
        "endTime": "2026-12-04T17:00:00Z",
        "activeFrom": "08:00",
        "activeTo": "15:00",
        "activeWeekdays": WORKDAYS,
        "voiceFiles": {"start": "greeting"},
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"group": "donors"}],
        "acceptsWanted": 4,
        "maxRedials": 2,
        "meta": {"season": "winter"},
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not ...}


def desk(receivers: list[dict[str, str]], **more: Any) -> Manifest:
    """A click-to-call as a manifest, at the hours of the campaign."""
    return {
        "expiresAt": "2026-12-04T17:00:00Z",
        "activeFrom": "08:00",
        "activeTo": "15:00",
        "activeWeekdays": WORKDAYS,
        "voiceFile": "greeting",
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": receivers,
        **more,
    }


_PROJECT: Manifest = {
    "apiVersion": "mscode/v1",
    "accounts": people(),
    "filters": {"helsinki": {"conditions": [{"field": "city", "operator": "==", "value": "Helsinki"}]}},
    "groups": {"donors": {"description": "Donors in Helsinki", "members": {"filter": "helsinki"}}},
    "voiceFiles": {"greeting": {"description": "First", "text": "Hello from the blood service", "voiceCode": "en"}},
    "rsvpCalls": {"invite": invite()},
}


def drive(**changes: Any) -> Manifest:
    """The whole project. `changes` are fields of its campaign."""
    project = deepcopy(_PROJECT)
    project["rsvpCalls"]["invite"] = invite(**changes)
    return project


def quiet() -> Manifest:
    """The same without its campaign: nothing in it can ring."""
    project = deepcopy(_PROJECT)
    del project["rsvpCalls"]
    return project
