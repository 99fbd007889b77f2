"""What drawing a change needs beside the change: zones, masking, addresses by id, counts of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.plan.change import Change, Plan
from mscode.plan.launch_facts import Fact
from mscode.plan.words import Words
from mscode.views.text.masking import Mask, Privacy, privacy_of
from mscode.views.text.times import zone_of


@dataclass(frozen=True, slots=True)
class RenderContext:
    """How a plan is shown. `day` is the day on which times of a calling window are converted to the project's zone.

    `names` maps (section, live id) to an address, `new_ids` are addresses whose id will change or is not known yet.
    `ids` maps an address to the id of its live object at the time of the plan.
    `people` maps a receiver's name to the number of people it reaches, where a launch has counted them. `words` are what people
    will hear of the plan's campaigns.
    """

    zone: tzinfo
    zone_name: str
    window_zone: tzinfo
    window_zone_name: str
    now: datetime
    privacy: Privacy
    names: Mapping[tuple[str, str], Address]
    new_ids: frozenset[Address]
    ids: Mapping[Address, str]
    day: date
    people: Mapping[str, int]
    words: Mapping[Address, Sequence[Words]]
    facts: Mapping[Address, Sequence[Fact]]

    def at(self, change: Change) -> RenderContext:
        """The context of one change: its launch decides the day and the counts."""
        reach = change.launch.reach if change.launch else None
        first = (reach.first_call if reach else None) or _start_time(change)
        if reach is None and first is None:
            return self
        first = first or self.now
        return replace(self, day=first.astimezone(self.window_zone).date(), people=dict(reach.via) if reach else {})


def plan_context(plan: Plan, *, show_people: bool, mask: Mask | None) -> RenderContext:
    """The context of a whole plan; `mask` is for free text (default: phone numbers and e-mail addresses)."""
    zone = zone_of(plan.zone_name)
    window_zone = zone_of(plan.window_zone_name)
    privacy = privacy_of(show_people, mask)
    return RenderContext(
        zone=zone,
        zone_name=plan.zone_name,
        window_zone=window_zone,
        window_zone_name=plan.window_zone_name,
        now=plan.now,
        privacy=privacy,
        names={(c.live.section, c.live.id): c.address for c in plan.changes if c.live is not None},
        new_ids=frozenset(c.address for c in plan.changes if c.action.creates),
        ids={c.address: c.live.id for c in plan.changes if c.live is not None and c.desired is not None},
        day=plan.now.astimezone(window_zone).date(),
        people={},
        words=plan.words,
        facts=plan.facts,
    )


def _start_time(change: Change) -> datetime | None:
    start = change.desired.fields.get("startTime") if change.desired else None
    try:
        return parse_instant(start) if isinstance(start, str) else None
    except ValueError:
        return None
