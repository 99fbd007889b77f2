"""Where every step of a run stands, and which may begin.

The `TopologicalSorter` of graphlib gives the steps whose needs are settled. One of a later round waits in `_ready` until
that round begins. So a run of many steps costs in proportion to them, and not to their square.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import field
from graphlib import TopologicalSorter
from typing import Literal

from mscode.engine.apply.steps import Step
from mscode.engine.lifecycle.part import Phase
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Live
from mscode.plan.events import Reason

Status = Literal["done", "failed", "skipped", "held", "unknown"]
Round = tuple[Phase, int]
_BLOCKS = {"failed": "failed", "skipped": "was skipped", "unknown": "has an unknown outcome"}


@dataclass(slots=True)
class Schedule:
    """`waiting`: sent and done, but not usable yet. `queue`: steps of the present round that may begin. `partly`: a step
    that failed did a part of its work. `refused`: one failed because a guard refuses it now.
    """

    steps: list[Step]
    status: dict[int, Status] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    began: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, Live] = field(default_factory=dict)
    queue: deque[Step] = field(default_factory=deque)
    partly: bool = False
    refused: bool = False
    _order: TopologicalSorter[int] = field(default_factory=TopologicalSorter)
    _ready: defaultdict[Round, list[int]] = field(default_factory=lambda: defaultdict(list))
    _round: Round | None = None
    _stayed: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        for step in self.steps:
            self._order.add(step.index, *step.needs)
        self._order.prepare()
        self._take_ready()

    def rounds(self) -> list[Round]:
        """Phases one after the other, and inside REMOVE the users before what they use."""
        return sorted({_round_of(step) for step in self.steps}, key=lambda pair: (pair[0], -pair[1]))

    def enter(self, current: Round) -> None:
        """Begin a round: what waits for nothing may begin, in the plan's order."""
        self._round = current
        self.queue.extend(self.steps[index] for index in sorted(self._ready.pop(current, ())))

    def end_step(self, step: Step, status: Status, why: str = "") -> None:
        """A step has ended; what waited for it alone may begin."""
        self.status[step.index], self.why[step.index] = status, why
        if status in ("failed", "unknown") and step.action in ("delete", "halt"):
            self._stayed.append(step)
        self._order.done(step.index)
        self._take_ready()

    def _take_ready(self) -> None:
        for index in self._order.get_ready():
            step = self.steps[index]
            if self._round == _round_of(step):
                self.queue.append(step)
            else:
                self._ready[_round_of(step)].append(index)

    def blocker(self, step: Step) -> str:
        """Why a step must not begin: what it needs was not done. What is held blocks nothing but its own launch."""
        for index in sorted(step.needs):
            status = self.status[index]
            if status in _BLOCKS:
                return f"{self.steps[index].change.address} {_BLOCKS[status]}"
        # What should have been removed first and was not may still use what would be removed now.
        for user in self._stayed if step.phase is Phase.REMOVE and step.action == "delete" else ():
            if user.phase is Phase.NARROW or user.rank > step.rank:
                return f"{user.change.address}, which may use it, could not be removed"
        return ""

    def elapsed(self, step: Step) -> float:
        """Seconds since a step began."""
        return time.monotonic() - self.began.get(step.index, time.monotonic())

    def done(self) -> Iterator[Step]:
        return (step for step in self.steps if self.status.get(step.index) == "done")

    def count(self, status: Status) -> int:
        return sum(step_status == status for step_status in self.status.values())

    def reasons(self, status: Status) -> tuple[Reason, ...]:
        """Addresses with this status, each once, and why."""
        reasons: dict[Address, str] = {}
        for step in self.steps:
            if self.status.get(step.index) == status:
                reasons.setdefault(step.change.address, self.why[step.index])
        return tuple(reasons.items())


def _round_of(step: Step) -> Round:
    return step.phase, step.rank
