"""Who halted a campaign, as its marker and the state tell it; a person's halt is the answer where nothing else is."""

from __future__ import annotations

import pytest

from mscode.model.address import Address
from mscode.model.world import PHASES, Entry
from mscode.plan.lifecycle.operator_halt import ACCEPTED_HALT, accepted, is_halt, reason_to_start, shown_state


@pytest.mark.parametrize(
    ("phase", "applied", "reason"),
    [
        ("new", None, "first"),
        ("new", "active", "first"),
        ("new", "halt", "first"),
        ("edit", "active", "interrupted"),
        ("live", "halt", "resume"),
    ],
)
def test_what_mscode_or_the_manifest_halted_may_start(phase: str, applied: str | None, reason: str) -> None:
    assert reason_to_start(phase, applied) == reason


@pytest.mark.parametrize("phase", ["held", "", "live"])
@pytest.mark.parametrize("applied", ["active", None, ACCEPTED_HALT])
def test_whatever_else_is_halted_stays_so(phase: str, applied: str | None) -> None:
    assert reason_to_start(phase, applied) is None


@pytest.mark.parametrize("phase", [phase for phase in (*PHASES, "") if phase != "edit"])
def test_an_accepted_halt_stays_whatever_the_phase(phase: str) -> None:
    entry = accepted(Entry(Address("rsvpCalls", "invite"), "1", applied={"state": "active", "maxRedials": 2}))
    assert entry.applied["maxRedials"] == 2
    assert reason_to_start(phase, entry.applied["state"]) is None


def test_it_is_shown_as_the_service_s_halt() -> None:
    assert [is_halt(applied) for applied in ("halt", ACCEPTED_HALT, "active", None)] == [True, True, False, False]
    assert shown_state(ACCEPTED_HALT) == "halt"
    assert shown_state("active") == "active"
