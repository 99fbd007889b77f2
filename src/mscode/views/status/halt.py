"""What `mscode halt` prints when it has ended: its last line, and the JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson

NOTHING = "Nothing to halt."
#: So many names stand in the last line; the JSON has all of them.
MOST_NAMES = 50


class HaltedJson(TypedDict):
    """A campaign that was to be halted: `was` is the state that it had, `halted` whether it is halted now."""

    id: str
    address: str
    was: str
    halted: bool


class AtRestJson(TypedDict):
    """A campaign that was halted or finished before."""

    id: str
    address: str
    state: str


class WithoutHaltJson(TypedDict):
    """What is still to go out, and has no halt."""

    id: str
    address: str
    type: str


class HaltCountsJson(TypedDict):
    """The numbers of the last line."""

    halted: int
    already_halted: int
    not_halted: int


class HaltJson(TypedDict):
    """What `halt --json` prints. `missing` are names that the account does not have, `not_halted` everything that was asked for
    and may go on calling, `summary` is the last line. `running` maps project/environment to the ids of what may call; it is null
    where the project is known.
    """

    environment: str
    url: str
    campaigns: list[HaltedJson]
    at_rest: list[AtRestJson]
    missing: list[str]
    not_halted: list[str]
    without_halt: list[WithoutHaltJson]
    running: dict[str, list[str]] | None
    counts: HaltCountsJson
    summary: str
    errored: bool
    diagnostics: list[DiagnosticJson]


def last_line(counts: HaltCountsJson, not_halted: Sequence[str]) -> str:
    """`3 halted, 1 already halted, 2 NOT halted (may still be calling): …` without the parts that are 0."""
    parts = []
    if counts["halted"]:
        parts.append(f"{counts['halted']:,} halted")
    if counts["already_halted"]:
        parts.append(f"{counts['already_halted']:,} already halted")
    if not_halted:
        names = ", ".join([*not_halted[:MOST_NAMES], *(["…"] if len(not_halted) > MOST_NAMES else [])])
        parts.append(f"{len(not_halted):,} NOT halted (may still be calling): {names}")
    return ", ".join(parts) or NOTHING
