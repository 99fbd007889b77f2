"""The rule about the comments that allow findings. What it finds is known only when all others are judged: see `judge`."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.plan.checks.context import CheckContext
from mscode.plan.checks.rule import Finding, rule


@rule(
    "checks/unused-allow",
    "warn",
    "a comment `# mscode:allow` that allows nothing (any more), or gives no reason",
    wrong="# mscode:allow text/numbers",
    right="# mscode:allow text/numbers, the year is spoken on purpose",
)
def unused_allow(context: CheckContext) -> Iterator[Finding]:
    """Judged in `judge`, by what the comments of the other rules' findings have allowed."""
    return iter(())
