"""What a rehearsal expects of campaigns, read from its JSON: accepts over time, the median and the 90 % range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.json_file import read_json_file
from mscode.errors import MscodeError
from mscode.views.plan.reading import items, moment, number, text

if TYPE_CHECKING:
    from mscode.views.html.plots import BandPoint

_MAX_BYTES = 64 * 1024 * 1024


def read_bands(path: Path | None) -> dict[str, list[BandPoint]]:
    """By the campaign's address; of a file that `mscode rehearse --json` or `mscode plan --rehearse --json` has printed.
    None: there is no rehearsal. MscodeError where the file cannot be read or is no rehearsal."""
    if path is None:
        return {}
    from mscode.views.rehearsal.reading import is_drawable

    data = read_json_file(path, _MAX_BYTES)
    rehearsal = data.get("rehearsal", data) if isinstance(data, dict) else None
    campaigns = rehearsal.get("campaigns") if isinstance(rehearsal, dict) else None
    if not isinstance(rehearsal, dict) or not isinstance(campaigns, list) or not is_drawable(campaigns):
        hint = "Make one: mscode rehearse --json > FILE"
        raise MscodeError(f"{path} is no rehearsal of mscode", hint=hint, code="no-rehearsal")
    return {text(row, "address"): list(_points(row)) for row in items(rehearsal, "campaigns")}


def _points(campaign: Mapping[str, Any]) -> Iterator[BandPoint]:
    from mscode.views.html.plots import BandPoint

    for row in items(campaign, "acceptsOverTime"):
        values = [number(row, name) for name in ("median", "low", "high")]
        at = moment(row, "at")
        if at is not None and None not in values:
            yield BandPoint(at, *(value or 0 for value in values))
