"""The guard `minChance`: a launch that will probably not reach the accepts that it wants is refused.

It is judged from a forecast (plan/forecast/), and so not with the other guards: `rehearse`, `plan --rehearse` and `apply` make one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.shares import share_of
from mscode.plan.change import Check, Note
from mscode.plan.guards.setting import GuardSetting

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder
    from mscode.plan.change import Plan

#: The guard's name in mscode.yaml.
NAME = "minChance"


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a campaign reaches `wanted` accepts before its end, from 0 to 1. `is_guessed`: by wide default rates alone, since
    neither its manifest nor a finished campaign says how people react.
    """

    address: str
    chance: float
    wanted: int
    is_guessed: bool = False


def is_set(builder: PlanBuilder) -> bool:
    """Does mscode.yaml set the guard?"""
    return GuardSetting(builder, NAME).value is not None


def min_chance(builder: PlanBuilder, chances: Iterable[Chance]) -> Iterator[Check]:
    """The guard's verdict on the launches of a plan; nothing where it is not set. A guess only warns."""
    rule = GuardSetting(builder, NAME)
    if rule.value is None:
        return
    least = share_of(str(rule.value))
    too_low = [one for one in chances if one.chance < least]
    known = [one for one in too_low if not one.is_guessed]
    guessed = [one for one in too_low if one.is_guessed]
    if known or not guessed:
        yield rule.verdict_on([(one.address, _text(one)) for one in known], allowed=f"{rule.value} or more")
    if guessed:
        rule.level = "warn"
        reason = "; nothing is known of how people react, so this only warns"
        yield rule.verdict_on(
            [(one.address, f"{_text(one)}{reason}") for one in guessed], allowed=f"{rule.value} or more"
        )


def _text(one: Chance) -> str:
    return f"reaches {count(one.wanted, 'accept')} in time with a chance of {percent(one.chance)}"


def percent(chance: float) -> str:
    """`54.5%`: rounded down, so that what is below a limit does not read as the limit."""
    return f"{int(chance * 1000 + 1e-9) / 10:g}%"  # 0.57 * 1000 is a little less than 570


def not_judged(plan: Plan) -> Iterator[Note]:
    """That a plan does not judge the guard, where it is set and the plan launches what could want accepts."""
    if plan.builder is None or not is_set(plan.builder):
        return
    if any(change.address.kind.counts_accepts for change in plan.launches):
        text = "is judged by `mscode plan --rehearse`, `mscode rehearse` and `mscode apply`, and not by this plan"
        yield Note(f"guards.{NAME}", text, "not-judged")
