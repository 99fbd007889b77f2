"""A person's halt stays: what a halted campaign's marker and the state say together of who halted it.

A campaign is halted because nobody launched it yet (phase `new`), because an edit was cut short (`edit`), because its manifest
says so (`live`, and the state has `halt` as applied), or because a person wanted it: with `mscode halt` (`held`), in the web
interface, or by letting drift be accepted. Only a person's --resume starts it again then. When nothing says who it was, it was a
person: to leave silent what may be started is one command away, and to ring where somebody said stop cannot be taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mscode.model.world import Entry
from mscode.plan.change import LaunchReason

#: What the state has as the applied `state` of a campaign whose halt by a person was accepted: the manifest's `active` is not
#: in force, and no launch makes it so.
ACCEPTED_HALT = "halt-by-a-person"


def reason_to_start(phase: str, applied: Any) -> LaunchReason | None:
    """Why a halted campaign that its manifest wants active may be launched without --resume; None: a person's halt.

    `phase` is that of a marker of ours ("" where none can be read), `applied` the state's `state` of it (None: none).
    """
    if phase == "new":
        return None if applied == ACCEPTED_HALT else "first"
    if phase == "edit":
        return "interrupted"
    return "resume" if phase == "live" and applied == "halt" else None


def was_stopped(phase: str, applied: Any) -> bool:
    """Did a person halt a campaign that is complete now, as far as its marker or the state tells?"""
    return phase == "held" or applied == ACCEPTED_HALT


def is_halt(applied: Any) -> bool:
    """Is it halted as far as the state knows, by its manifest or by a person whose halt was accepted?"""
    return applied in ("halt", ACCEPTED_HALT)


def accepted(entry: Entry) -> Entry:
    """The entry with the halt of its campaign as a person's, so that no plan starts it."""
    return replace(entry, applied={**entry.applied, "state": ACCEPTED_HALT})


def shown_state(applied: Any) -> Any:
    """The service's word for the state that was applied."""
    return "halt" if applied == ACCEPTED_HALT else applied
