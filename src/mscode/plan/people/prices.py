"""What messages may cost: the service's own estimate for an earlier object, per person (`priceEstimateInCents`)."""

from __future__ import annotations

from mscode.model.kind import Kind
from mscode.model.world import Live
from mscode.plan.inputs import PlanInput

#: What a service may send for a number, but nobody for a price.
_NO_PRICE = 1e15


def cents_of(live: Live) -> float | None:
    """The estimate that the service gives of an object, in cents; None where it gives none."""
    value = live.raw.get("priceEstimateInCents")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _NO_PRICE:
        return None
    return float(value)


def cents_per_person(inputs: PlanInput, kind: Kind) -> float | None:
    """From the newest object of the kind whose receivers are all single people; None where there is none.

    A group is one receiver to the service, and it does not say how many people its estimate counted.
    """
    newest: Live | None = None
    for live in inputs.objects(kind.section).values():
        rows = live.fields.get("receivers") or ()
        singles = bool(rows) and all("groupId" not in row for row in rows)
        if singles and cents_of(live) is not None and (newest is None or live.created_at >= newest.created_at):
            newest = live
    return None if newest is None else (cents_of(newest) or 0.0) / len(newest.fields["receivers"])
