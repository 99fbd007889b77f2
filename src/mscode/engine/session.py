"""What the commands share around a plan: reading and planning, the recovery before it, and the check of the clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mscode.api.client import Client
from mscode.engine.account.read import read_world
from mscode.engine.account.target import Account, Target
from mscode.engine.lifecycle.voice_files import refuse_unlisted
from mscode.errors import MscodeError
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
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
    """What one command has read of everything that reaches people. An object that was read before the lock was taken counts even
    if it is deleted by the time the lock is held.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Live] = {}

    def learn(self, live: LiveWorld, keep: Callable[[Iterable[Live]], object]) -> None:
        """Add what was just read; `keep` writes all of it down, where the state is open for that."""
        for section, objects in live.objects.items():
            for reading in objects.values():
                before = self._seen.get((section, reading.id))
                if not reading.status.has_begun or (before and before.status.dials > reading.status.dials):
                    continue
                self._seen[section, reading.id] = Live(
                    section, reading.id, {}, {}, reading.created_at, status=reading.status, made_at=reading.made_at
                )
        keep(self._seen.values())

    def added_to(self, known: Known) -> Known:
        """The state with what was read so far."""
        entries = dict(known.entries)
        for address, entry in known.entries.items():
            live = self._seen.get((address.section, entry.id))
            if live is not None:
                entries[address] = remembered(entry, live)
        return replace(known, entries=entries)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the live account is compared with: the manifests, the state, and the options of the command. `keyed_hash` is that of
    the state, by which personal values are compared.
    """

    desired: DesiredWorld
    known: Known
    keyed_hash: Callable[[Any], str]
    options: Options = field(default_factory=Options)

    def inputs(self, account: Account, live: LiveWorld, now: datetime) -> PlanInput:
        """The planner's input, with what was read of the account."""
        target = account.target
        return PlanInput(
            desired=self.desired,
            live=live,
            known=self.known,
            environment=target.environment,
            url=target.url,
            window_zone=target.window_zone,
            window_zone_name=target.window_zone_name,
            now=now,
            keyed_hash=self.keyed_hash,
            options=self.options,
            durable_state=target.durable_state,
            service=target.service,
        )


def read_and_plan(
    account: Account,
    request: PlanRequest,
    at: datetime | None = None,
    *,
    with_drift: bool = False,
    on_read: Callable[[LiveWorld], Known] | None = None,
) -> Plan:
    """Read live and plan. Sends nothing but GET: a Reader cannot. `at`: plan as if it were then; `with_drift`: also compare with
    what was last applied. `on_read` is called with what was read, and returns the state that the plan is made from.

    PlanError where the lists cannot be trusted, or a value is not among those that the service lists.
    """
    live = read_world(account, request.desired, request.known, at, everything=request.options.list_unmanaged)
    if on_read is not None:
        request = replace(request, known=on_read(live))
    inputs = request.inputs(account, live, at or account.now())
    plan = make_plan(inputs)
    refuse_unlisted(account, plan)
    return replace(plan, drift=find_drift(inputs)) if with_drift else plan


def recover_pending_creates(
    client: Client,
    target: Target,
    store: StateStore,
    request: PlanRequest,
    *,
    wait: Callable[[float], object],
    tell: Callable[[Address, str], object],
) -> None:
    """The first thing that an apply does under its lock: settle the creates of former runs that have no known end (see
    engine/create/recovery.py). `wait` sleeps for so many seconds, `tell` reports what was done to an address.
    """
    from mscode.engine.create.recovery import Recovery

    account = Account(client, target)

    def inputs(live: LiveWorld) -> PlanInput:
        current = replace(request, known=store.known)  # each intent that ends changes the state
        return current.inputs(account, live, account.now())

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
