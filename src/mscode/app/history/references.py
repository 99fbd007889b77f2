"""The launch that let a campaign ring last, for what shows campaigns: `status`, `results`, the live page and a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.plan.change import Plan
    from mscode.state.records.store import RecordStore
    from mscode.views.history.reference import LaunchReferenceJson

#: Seconds to wait for records that do not answer, once: what shows campaigns works without them.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class LastLaunches:
    """The last launch of each object in the records, by section and live id, and by address."""

    by_id: dict[tuple[str, str], LaunchReferenceJson] = field(default_factory=dict)
    by_address: dict[str, LaunchReferenceJson] = field(default_factory=dict)

    @classmethod
    def of(cls, store: RecordStore) -> LastLaunches:
        """Of all launches in the records that were sent."""
        from mscode.app.history.records_json import reference_json
        from mscode.app.launch_results import known_later

        launches, later = cls(), known_later(store.decisions())
        for record in store.launches():
            if record.id in later.not_launched:
                continue
            reference, launch = reference_json(record), record.launch
            if live_id := launch.live_id or later.made.get(record.id):
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


def last_launches(inv: Invocation, environment: Environment) -> LastLaunches:
    """Those of an environment's records; none, and a line for the person, where they cannot be read: what shows live campaigns must
    work without them."""
    from mscode.app.records import read_records

    try:
        return LastLaunches.of(read_records(environment, patience=_PATIENCE))
    except (MscodeError, OSError) as error:
        inv.out.info(f"The records cannot be read, so no launch is named: {error}", "yellow")
        return LastLaunches()


def earlier_launches(inv: Invocation, environment: Environment, plan: Plan) -> dict[str, LaunchReferenceJson]:
    """By address, of what a plan changes, its last launch until now; the records are read only where that can be any."""
    changes = [change for change in plan.shown if change.address.kind.reaches_people]
    launches = last_launches(inv, environment) if changes else LastLaunches()
    earlier = {}
    for change in changes:
        names = (change.address, change.previous_address or change.address)
        known = (launches.by_address.get(str(name)) for name in names)
        if launch := next(filter(None, known), None):
            earlier[str(change.address)] = launch
    return earlier
