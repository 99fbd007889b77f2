"""A plan while it is made: the data that the steps of the planner pass on to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.values import Unknown
from mscode.model.world import Live
from mscode.plan.change import Change, Check, Note
from mscode.plan.inputs import Diagnostics, Match, PlanInput
from mscode.plan.people.projection import People

if TYPE_CHECKING:
    from mscode.plan.people.left_out import LeftOut

Made = TypeVar("Made")


@dataclass(slots=True)
class PlanBuilder:
    """The parts of a plan so far.

    `going` are ids of accounts that this plan deletes. `listed` maps the addresses of accounts that are no longer declared to the
    address of the list that has them as rows now. `left_out` is whom each group leaves out. `waiting` are addresses that depend on
    one whose create has an unknown outcome.
    """

    inputs: PlanInput
    matches: dict[Address, Match]
    diagnostics: Diagnostics
    ids: dict[Address, str | Unknown] = field(default_factory=dict)
    people: People = field(default_factory=People)
    going: frozenset[str] = frozenset()
    listed: Mapping[Address, Address] = field(default_factory=dict)
    left_out: dict[Address, LeftOut] = field(default_factory=dict)
    waiting: set[Address] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What is made once of a builder whose plan is finished, for all who ask by this name. A copy makes its own."""
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made

    def match_of(self, live: Live) -> Match | None:
        """The match whose live object this is, None where no manifest manages it."""
        key = (live.section, live.id)
        return next(
            (m for m in self.matches.values() if m.live is not None and (m.live.section, m.live.id) == key), None
        )
