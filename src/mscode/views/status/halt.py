"""What `mscode halt` prints when it has ended: its last line, and the JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mscode.views.status.halt_shapes import HaltCountsJson

NOTHING = "Nothing to halt."
#: So many names stand in the last line; the JSON has all of them.
MOST_NAMES = 50


def last_line(counts: HaltCountsJson, not_halted: Sequence[str], *, may_call: bool = True) -> str:
    """`3 halted, 1 already halted, 2 NOT halted (may still be calling): …` without the parts that are 0. `may_call`: any of those
    that are not halted is a campaign, or may be one.
    """
    parts = []
    if counts["halted"]:
        parts.append(f"{counts['halted']:,} halted")
    if counts["already_halted"]:
        parts.append(f"{counts['already_halted']:,} already halted")
    if not_halted:
        names = ", ".join([*not_halted[:MOST_NAMES], *(["…"] if len(not_halted) > MOST_NAMES else [])])
        parts.append(f"{len(not_halted):,} NOT halted{' (may still be calling)' if may_call else ''}: {names}")
    return ", ".join(parts) or NOTHING
