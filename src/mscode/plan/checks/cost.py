"""Rules of the area `cost`: what a launch costs, by what earlier ones did."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.model.plurals import count
from mscode.plan.checks.context import CheckContext, field_region
from mscode.plan.checks.rule import Finding, rule


@rule(
    "cost/estimate",
    "warn",
    "a launch that costs more than its value in cents, by the price per person of earlier objects",
    wrong="checks: {cost/estimate: {value: 5000}}   # and a text message to 1,204 people at 6 cents: 7,224 cents",
    right="checks: {cost/estimate: {value: 10000}}",
    form="number",
    unit="cents",
    needs="account",
    about="Without a value it finds nothing. The price is the service's own estimate for the newest object of the kind whose "
    "receivers are single people, for each of them; where there is none, a plan shows no price and the rule is silent. Money "
    "is in cents, as the service counts it.",
)
def estimate(context: CheckContext) -> Iterator[Finding]:
    """Each launch whose price is known."""
    limit = context.limit()
    if limit is None:
        return
    for campaign in context.campaigns():
        change = context.change_of(campaign.address)
        reach = change.launch.reach if change is not None and change.launch is not None else None
        if reach is None or reach.cents is None or reach.cents <= limit:
            continue
        yield Finding(
            f"{campaign.address} costs about {reach.cents:,.0f} cents for {count(reach.people, 'person')}, by the price of an "
            f"earlier one, and at most {limit:,} is expected.",
            field_region(campaign, "receivers"),
            (campaign.address,),
            "Reach fewer people, write a shorter message, or raise the value in mscode.yaml.",
            people=reach.people,
        )
