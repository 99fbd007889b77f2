"""Times that come twice on the clocks of the service: the errors, in words.

The service takes a time without an offset. Where its zone sets the clocks back, such a time may mean either of two instants, and
nothing says which of them it takes: it might call people an hour before they may be called, or go on an hour too long. So what is
wanted at such a time is not sent. `validate` asks this of everything that is written, a plan of what it makes or changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mscode.errors import Diagnostic
from mscode.model.calling_window import parse_instant
from mscode.model.service_facts import ServiceFacts
from mscode.model.service_forms import NAMES, is_ambiguous
from mscode.model.world import Desired
from mscode.plan.change import Making, Update
from mscode.plan.people.reach import fields_after

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

START = datetime.min.replace(tzinfo=UTC)


def refuse_unfit_times(builder: PlanBuilder) -> None:
    """An error for each time that this plan would send, and that the service could read in two ways."""
    for change in builder.changes:
        if isinstance(change, Making | Update):
            fields = change.desired.fields if isinstance(change, Making) else fields_after(change)
            builder.diagnostics.errors.extend(unfit_times(change.desired, fields, builder.inputs.service))


def unfit_times(
    item: Desired, fields: Mapping[str, Any], service: ServiceFacts, *, after: datetime = START
) -> Iterator[Diagnostic]:
    """The errors of something that has these fields; times up to `after` are over, and are not sent any more."""
    for name in sorted(NAMES & fields.keys()):
        moment = parse_instant(fields[name]) if fields[name] else None
        if moment is None or moment <= after or not is_ambiguous(moment, service.zone):
            continue
        local = moment.astimezone(service.zone)
        yield Diagnostic(
            f"{name} of {item.address} is a time that comes twice on the clocks of the service",
            item.field_places.get(name, item.place),
            f"The service reads it in {service.zone_name}, without an offset. The clocks are set back on {local:%Y-%m-%d}, and "
            f"{local:%H:%M} comes twice: it may take the one for the other, an hour too early or too late.",
            "Write a time of that day that comes once there.",
            code="time-comes-twice",
            address=str(item.address),
        )
