"""What a lifecycle makes of a change: one part or several, each a step once it has its place among all the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from mscode.engine.apply.run import Run
from mscode.model.world import Live
from mscode.plan.change import Change, Launch
from mscode.plan.events import StepAction


class Phase(IntEnum):
    """When a step runs (see engine/apply/steps.py)."""

    NARROW = 0
    MAKE = 1
    LAUNCH = 2
    REMOVE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step gives back: the object it leaves, and whether that is still to become ready."""

    live: Live | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """`work` does it. `launches`: it needs the launch's yes. `takes_away`: it is the part of a change that takes people or
    moments away, and another one does the rest.
    """

    action: StepAction
    phase: Phase
    work: Callable[[Run], Outcome]
    launches: bool = False
    takes_away: bool = False

    @classmethod
    def with_launch(cls, action: StepAction, launch: Launch | None, work: Callable[[Run], Outcome]) -> Part:
        """What is the launch as well, where the change has one."""
        return cls(action, Phase.LAUNCH if launch else Phase.MAKE, work, launches=launch is not None)


def is_pending(run: Run, change: Change, live: Live) -> bool:
    """Is it not usable yet (a voice file that is being made)?"""
    readiness = run.kind(change).readiness
    return readiness is not None and live.raw.get(readiness.field) != readiness.ready
