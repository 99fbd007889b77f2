"""What a lifecycle makes of a change: one part or several, each a step once it has its place among all the others."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from mscode.engine.apply.run import Run
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Live
from mscode.plan.change import Launch, Wanted
from mscode.plan.events import StepAction


class Phase(IntEnum):
    """When a step runs (see engine/apply/steps.py)."""

    NARROW = 0
    MAKE = 1
    LAUNCH = 2
    REMOVE = 3


#: Does it; gives the object that it leaves, None where it leaves none.
Work = Callable[[Run], Live | None]


@dataclass(frozen=True, slots=True)
class Part:
    """`launches`: it needs the confirmation of the launch. `takes_away`: it is the part of a change that takes people or
    moments away, and another one does the rest.
    """

    action: StepAction
    phase: Phase
    work: Work
    launches: bool = False
    takes_away: bool = False

    @classmethod
    def with_launch(cls, action: StepAction, launch: Launch | None, work: Work) -> Part:
        """What is the launch as well, where the change has one."""
        return cls(action, Phase.LAUNCH if launch else Phase.MAKE, work, launches=launch is not None)


def not_of_lifecycle(change: Wanted) -> ValueError:
    """Nothing is done rather than something else: the planner makes no such change of an object of this lifecycle."""
    return ValueError(
        f"{change.address}: there is no {type(change).__name__} of a {change.address.kind.lifecycle.name}"
    )
