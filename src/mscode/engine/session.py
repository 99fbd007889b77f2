"""From a project to a plan, and from an approved plan to its end: what the commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mscode.api.client import Client
from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account, Target
from mscode.engine.lifecycle.voice_files import refuse_unlisted
from mscode.errors import MscodeError
from mscode.model.address import Address
from mscode.model.world import DesiredWorld, Known, Live, LiveWorld, remembered
from mscode.plan.change import Plan
from mscode.plan.drift.detect import find_drift
from mscode.plan.inputs import Options, PlanInput
from mscode.plan.planner import make_plan

if TYPE_CHECKING:
    from mscode.state.store import StateStore

#: More than this between the service's clock and ours stops what rings.
CLOCK_TOLERANCE = timedelta(minutes=2)


class Memory:
    """What one command has read of everything that reaches people: what was read before the lock was taken, and is deleted
    by the time it is held, was read all the same. `keep` writes it down where the state is open for that.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Live] = {}

    def learn(self, live: LiveWorld, keep: Callable[[Iterable[Live]], object]) -> None:
        """Add what was just read, and keep all of it."""
        for section, objects in live.objects.items():
            for one in objects.values():
                before = self._seen.get((section, one.id))
                if not one.status.has_begun or (before and _dials(before) > one.status.dials):
                    continue
                self._seen[section, one.id] = Live(section, one.id, {}, {}, one.created_at, status=one.status)
        keep(self._seen.values())

    def added_to(self, known: Known) -> Known:
        """The state with what was read so far."""
        entries = dict(known.entries)
        for address, entry in known.entries.items():
            seen = self._seen.get((address.section, entry.id))
            if seen is not None:
                entries[address] = remembered(entry, seen)
        return replace(known, entries=entries)


def _dials(live: Live) -> int:
    return live.status.dials


def read_and_plan(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    seal: Callable[[Any], str],
    options: Options,
    at: datetime | None = None,
    *,
    with_drift: bool = False,
    saw: Callable[[LiveWorld], Known] | None = None,
) -> Plan:
    """Read live and plan. Sends nothing but GET: a Reader cannot. `with_drift` also compares with what was last applied.
    `saw` learns what is read, and gives the state with what its reader knows of it besides.
    """
    live = read_world(account, desired, known, at, everything=options.list_unmanaged)
    known = saw(live) if saw else known
    now = at or account.now()
    inputs = plan_input_of(live, account, desired, known, seal, options, now)
    plan = make_plan(inputs)
    refuse_unlisted(account, plan)
    return replace(plan, drift=find_drift(inputs)) if with_drift else plan


def plan_input_of(
    live: LiveWorld,
    account: Account,
    desired: DesiredWorld,
    known: Known,
    seal: Callable[[Any], str],
    options: Options,
    now: datetime,
) -> PlanInput:
    """What was read, wanted and known, as the planner takes it."""
    return PlanInput(
        desired=desired,
        live=live,
        known=known,
        environment=account.target.environment,
        url=account.target.url,
        window_zone=account.target.window_zone,
        window_zone_name=account.target.window_zone_name,
        now=now,
        keyed_hash=seal,
        options=options,
        durable_state=account.target.durable_state,
    )


def recover_pending_creates(
    client: Client,
    target: Target,
    desired: DesiredWorld,
    store: StateStore,
    options: Options,
    *,
    wait: Callable[[float], object],
    tell: Callable[[Address, str], object],
) -> None:
    """The first thing that an apply does under its lock: creates of former runs that have no known end (see `recovery`)."""
    from mscode.engine.create.recovery import Recovery

    account = Account(client, target)

    def inputs(live: LiveWorld) -> PlanInput:
        return plan_input_of(live, account, desired, store.known, store.keyed_hash, options, account.now())

    Recovery(client, store, target, inputs, wait, tell).settle_all()


def refuse_wrong_clock(account: Account, plan: Plan) -> None:
    """Creates and launches of what rings need clocks that agree; not on loopback or the sandbox, whose clock is set on purpose."""
    skew = account.reader.skew()
    rings = any(c.launch is not None or (c.action.creates and c.address.kind.reaches_people) for c in plan.changes)
    if account.target.checks_clock and rings and skew is not None and abs(skew) > CLOCK_TOLERANCE:
        raise MscodeError(
            f"The service's clock and this machine's are {abs(skew).total_seconds() / 60:.0f} minutes apart",
            detail="Campaigns are neither made nor launched while it is not certain what time it is.",
            hint="Set this machine's clock.",
            code="clock",
        )
