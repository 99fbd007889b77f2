"""The campaigns that a plan launches or lets go on, as tasks of the light replay. They come of the plan alone: nothing more is
read for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any

from mscode.model import service_json
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.service_facts import USUAL_PACE, USUAL_REDIAL_MINUTES
from mscode.model.world import VIA_GROUP, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Making, NoOp, Plan, Reach, Update, Wanted
from mscode.plan.forecast.forecast import RUNS, Forecast, forecast
from mscode.plan.forecast.rates import Rates, finished_counts, rates_of
from mscode.plan.forecast.replay import History, Task
from mscode.plan.forecast.timeline import Timeline
from mscode.plan.lifecycle.send_status import receiver_rows, send_status_of
from mscode.plan.people.prices import cents_per_person
from mscode.plan.people.reach import (
    campaign_reach,
    end_of,
    fields_after,
    receiver_names,
    redials_of,
    resolved_beside,
    starts,
    window_of,
)

#: A campaign that is launched calls from the next second on.
_NEXT_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LaunchedCampaign:
    """A campaign that a plan launches, or lets go on. `reach` is that of the whole campaign, whatever a launch adds to it,
    `wanted` are its accepts. `zone` is the project's. `cents_per_person` is None where no price is known.
    """

    address: str
    reach: Reach
    wanted: int
    task: Task
    rates: Rates
    zone: tzinfo
    cents_per_person: float | None

    def forecast(self, *, seed: int, runs: int = RUNS, progress: Callable[[], None] = lambda: None) -> Forecast:
        """Its forecast; the same seed and number of runs give the same one. `progress` is called after each run."""
        return forecast(
            self.task,
            self.rates,
            seed=seed,
            name=self.address,
            runs=runs,
            zone=self.zone,
            cents_per_person=self.cents_per_person,
            progress=progress,
        )


def launched_campaigns(
    plan: Plan, *, pace: int | None = None, redial_minutes: int | None = None
) -> list[LaunchedCampaign]:
    """Every campaign that calls over a while and that this plan launches, in the order of work.

    `pace` (calls a minute) and `redial_minutes` are the service's; where they are None, the sandbox's. What was done for people so
    far is told by the rows of a campaign's receivers; who of a group was called they do not say, so that is estimated.
    """
    launches = [change for change in plan.launches if change.desired is not None]
    return _campaigns(plan, launches, _Service.of(pace, redial_minutes))


def campaigns_under_way(
    plan: Plan, *, pace: int | None = None, redial_minutes: int | None = None
) -> list[LaunchedCampaign]:
    """Every campaign of the manifests that calls already and goes on without a launch of its own; the arguments are as above."""
    changes = plan.builder.changes if plan.builder is not None else ()
    going_on = [
        change
        for change in changes
        if isinstance(change, NoOp | Update) and change.launch is None and change.live.status.running
    ]
    return _campaigns(plan, going_on, _Service.of(pace, redial_minutes))


def _campaigns(plan: Plan, changes: Iterable[Wanted], service: _Service) -> list[LaunchedCampaign]:
    builder = plan.builder
    if builder is None:
        return []
    finished = finished_counts(builder.inputs)
    return [
        _campaign(builder, change, service, rates_of(change.desired.expect, finished))
        for change in changes
        if change.address.kind.calls_for_a_while
    ]


@dataclass(frozen=True, slots=True)
class _Service:
    pace: int
    redial_seconds: int

    @classmethod
    def of(cls, pace: int | None, redial_minutes: int | None) -> _Service:
        minutes = USUAL_REDIAL_MINUTES if redial_minutes is None else redial_minutes
        return cls(USUAL_PACE if pace is None else pace, 60 * minutes)


def _campaign(builder: PlanBuilder, change: Wanted, service: _Service, rates: Rates) -> LaunchedCampaign:
    inputs, kind, fields = builder.inputs, change.address.kind, fields_after(change)
    live = None if isinstance(change, Making) else change.live
    entry = inputs.known.entries.get(change.address)
    receivers = resolved_beside(fields, builder.ids, builder.people, kind, live, entry)
    numbers = [number for _, _, reached in receivers for number in sorted(reached)]
    histories = {} if live is None or not live.status.dials else _histories_of(live, builder, kind)
    window, now, wanted = window_of(fields, inputs), inputs.now, _wanted(fields, kind)
    task = Task.of(
        Timeline(window, service.pace, max(starts(fields, now), now + _NEXT_SECOND), end_of(fields, now)),
        service.redial_seconds,
        1 + redials_of(fields, kind),
        numbers,
        histories,
        wanted=wanted,
        accepted=0 if live is None else send_status_of(kind, live).accepted,
    )
    return LaunchedCampaign(
        str(change.address),
        campaign_reach(fields, receivers, receiver_names(fields["receivers"]), inputs, kind),
        wanted,
        task,
        rates,
        inputs.desired.project.zone,
        cents_per_person(inputs, kind),
    )


def _wanted(fields: Mapping[str, Any], kind: Kind) -> int:
    """The accepts that end it; what counts none ends with the first (docs/service-notes.md#click-to-calls)."""
    return int(fields.get("acceptsWanted") or 1) if kind.counts_accepts else 1


# ---- a campaign under way ----------------------------------------------------------------------------------------------


def _histories_of(live: Live, builder: PlanBuilder, kind: Kind) -> dict[str, History]:
    """By number, as the rows of its receivers say; of groups an estimate."""
    people, histories = builder.people, dict[str, History]()
    groups: list[tuple[str, Mapping[str, Any]]] = []
    for receiver, row in zip(live.fields.get("receivers", ()), receiver_rows(live), strict=False):
        if "groupId" in receiver and VIA_GROUP not in receiver:
            groups.append((str(receiver["groupId"]), row))
            continue
        number = people.phone(receiver.get("accountId")) or str(receiver.get("phone") or "")
        calls, at = service_json.dial_count(row), _latest(row)
        if number and calls:
            histories[number] = History(calls, service_json.flag(service_json.pick(row, "answered")), at)
    answered = send_status_of(kind, live).answered - sum(history.is_answered for history in histories.values())
    dials = sum(service_json.dial_count(row) for _, row in groups)
    for group, row in groups:
        mine = service_json.dial_count(row)
        numbers = sorted(set(people.reached_in_group(group, kind.reached_by)))
        if mine and numbers:
            histories.update(_of_group(numbers, mine, max(answered, 0) * mine // dials, _latest(row)))
    return histories


def _of_group(numbers: Sequence[str], dials: int, answered: int, at: int) -> Iterator[tuple[str, History]]:
    """First calls go in order, then come redials; those who answered are taken to be spread evenly over those who were called."""
    reached = numbers[:dials]
    answered = min(answered, len(reached))
    places = {number * len(reached) // answered for number in range(answered)}
    left, again = len(reached) - answered, max(dials - len(reached), 0)
    more, rest = divmod(again, left) if left else (0, 0)
    unanswered = 0
    for place, number in enumerate(reached):
        if place in places:
            yield number, History(1, True, at)
            continue
        yield number, History(1 + more + (unanswered < rest), False, at)
        unanswered += 1


def _latest(row: Mapping[str, Any]) -> int:
    """The epoch second of a row's last call, 0 where it does not say."""
    text = service_json.instant(service_json.pick(row, "latestCallAt"))
    return int(parse_instant(text).timestamp()) if text else 0
