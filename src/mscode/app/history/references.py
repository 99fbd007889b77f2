"""The launch that let a campaign ring last, for what shows campaigns: `status`, `results`, the live page and a plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.plan.change import Plan
    from mscode.state.records.store import RecordStore
    from mscode.views.history.reference import LaunchReferenceJson

#: Seconds after which the records are read anew.
_SECONDS = 60.0
#: Seconds to wait for records that do not answer, once: what shows campaigns works without them.
_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class LastLaunches:
    """The last launch of each object in the records, by section and live id, and by address."""

    by_id: dict[tuple[str, str], LaunchReferenceJson] = field(default_factory=dict)
    by_address: dict[str, LaunchReferenceJson] = field(default_factory=dict)

    @classmethod
    def of(cls, store: RecordStore) -> LastLaunches:
        """Of all launches in the records that were sent."""
        from mscode.app.history.records_json import reference_json
        from mscode.state.records.later import known_later

        overview = store.overview()
        launches, later = cls(), known_later(overview)
        for record in overview.launches:
            if record.id in later.not_launched:
                continue
            reference, launch = reference_json(record), record.launch
            if live_id := later.live_id_of(record):
                launches.by_id.setdefault((launch.address.section, live_id), reference)
            # People who are added to a group are a launch of the campaigns that reach it.
            for address in (str(launch.address), *launch.campaigns):
                launches.by_address.setdefault(address, reference)
        return launches

    def of_object(self, section: str, live_id: str, address: str, *, managed: bool) -> LaunchReferenceJson | None:
        """The last launch of a live object. By its address only where the state says that the address is this object: an earlier
        object of the same address may be live, too."""
        launches = [self.by_id.get((section, live_id)), self.by_address.get(address) if managed else None]
        return max((launch for launch in launches if launch), key=lambda launch: launch["at"], default=None)


class NoLaunches:
    """In the place of `LaunchesRead`, where no launch is named."""

    has_failed = False

    def __call__(self) -> LastLaunches:
        """None."""
        return LastLaunches()


class LaunchesRead:
    """The last launches of an environment, read when they are asked for. Who follows campaigns for days asks again and again: they
    are read anew once a minute.

    Where the records cannot be read, what was read before counts (at first nothing), and a line for the person says so once: what
    shows live campaigns must work without them. `has_failed`: so it was the last time.
    """

    def __init__(self, inv: Invocation, environment: Environment, clock: Callable[[], float] = time.monotonic) -> None:
        self._inv, self._environment, self._clock = inv, environment, clock
        self._launches = LastLaunches()
        self._due = clock()
        self._is_told = False
        self.has_failed = False

    def __call__(self) -> LastLaunches:
        """As they are now, or were a minute ago."""
        from mscode.app.records import read_records

        if self._environment.has_project and self._clock() >= self._due:
            self._due = self._clock() + _SECONDS
            try:
                self._launches = LastLaunches.of(read_records(self._environment, patience=_PATIENCE))
                self.has_failed = False
            except (MscodeError, OSError) as error:
                self.has_failed = True
                if not self._is_told:
                    self._inv.out.info(f"The records cannot be read, so no launch is named: {error}", "yellow")
                self._is_told = True
        return self._launches


def earlier_launches(inv: Invocation, environment: Environment, plan: Plan) -> dict[str, LaunchReferenceJson]:
    """By address, of what a plan changes, its last launch until now; the records are read only where that can be any."""
    changes = [change for change in plan.shown if change.address.kind.reaches_people]
    launches = LaunchesRead(inv, environment)() if changes else LastLaunches()
    earlier = {}
    for change in changes:
        # What the address had before it was moved counts, and so does an earlier object that it had.
        name = str(change.previous_address or change.address)
        live_id = change.live.id if change.live is not None else ""
        if launch := launches.of_object(change.address.section, live_id, name, managed=True):
            earlier[str(change.address)] = launch
    return earlier
