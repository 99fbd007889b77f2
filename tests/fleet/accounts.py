"""Fleets whose projects have campaigns, in the embedded sandbox and in accounts behind real HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import WORKDAYS


def campaign(phones: Sequence[str], *, day: str = "2027-03-02", until: str = "", **changes: Any) -> dict[str, Any]:
    """A manifest with one campaign that calls these numbers, on one day."""
    fields = {
        "startTime": f"{day}T08:00:00Z",
        "endTime": f"{until or day}T14:00:00Z",
        "activeFrom": "08:00",
        "activeTo": "14:00",
        "activeWeekdays": [*WORKDAYS, "saturday", "sunday"],
        "voiceFiles": {"start": "greeting"},
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"phone": phone} for phone in phones],
        "acceptsWanted": 1,
        "maxRedials": 1,
        **changes,
    }
    return {
        "apiVersion": "mscode/v1",
        "voiceFiles": {"greeting": {"text": "Hello from the blood service", "voiceCode": "en"}},
        "rsvpCalls": {"invite": fields},
    }


def phones(first: int, number: int) -> list[str]:
    """Numbers of different people."""
    return [f"+35840555{at:04}" for at in range(first, first + number)]


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / "campaign.yaml").write_text(json.dumps(manifest, indent=1))
