"""Where the engine works: an environment's settings, resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from mscode.errors import MscodeError
from mscode.kind import ID


@dataclass(frozen=True, slots=True)
class Target:
    """`paths` maps a key (a kind's `paths`, overlaid by the environment's) to an API path. `checks_clock`: the service's
    and the machine's clock must agree before anything rings (not on loopback or the sandbox, whose clock is set).
    `durable_state`: what is written locally will still be there at the next run (a CI job's folder is thrown away).
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
    chunk: int = 500

    def item(self, key: str, live_id: str) -> str:
        """The path of one object: `/groups/12`. An id that is no plain id is refused, for it would become another path."""
        return f"{self.paths[key]}/{plain_id(live_id)}"


def plain_id(live_id: str) -> str:
    """An id that may stand in a path (reconcile §5)."""
    if not ID.match(live_id) or live_id in ("accounts", "filters", "receivers", "stats", "text_to_speech"):
        raise MscodeError(f'"{live_id[:80]}" is not an id that mscode puts into a path')
    return live_id
