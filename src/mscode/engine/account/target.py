"""Where the engine works: an environment's settings, resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from mscode.api.ids import item


@dataclass(frozen=True, slots=True)
class Target:
    """`paths` maps a key (a kind's `paths`, overlaid by the environment's) to an API path. `checks_clock`: the service's
    and the machine's clock must agree before anything rings (not on loopback or the sandbox, whose clock is set).
    `settle_seconds`: two reads of a list that agree this far apart tell what came of a create whose answer was lost.
    `durable_state`: what is written locally will still be there at the next run (a CI job's folder is thrown away).
    `settle_seconds`: how far apart the reads are by which a lost answer is settled. `region`: where the national numbers
    that the service shows are at home.
    """

    project: str
    environment: str
    url: str
    paths: Mapping[str, str]
    results: Path
    root: Path
    window_zone: tzinfo = UTC
    window_zone_name: str = "UTC"
    checks_clock: bool = True
    durable_state: bool = True
    ready_seconds: float = 600.0
    settle_seconds: float = 30.0
    chunk: int = 500
    region: str = ""

    def item(self, key: str, live_id: str) -> str:
        """The path of one object: `/groups/12`. An id that is no plain id is refused, for it would become another path."""
        return item(self.paths[key], live_id)
