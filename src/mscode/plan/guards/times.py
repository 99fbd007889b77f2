"""Guards of the calling hours and the public holidays of the people's own country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mscode.model.plurals import count
from mscode.plan.change import Check
from mscode.plan.guards.hours import Holidays, Outside, hours_text, on_holidays, outside_country
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.people.exposure import fed_by
from mscode.plan.people.reach import fields_after

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

Moment = tuple[str, Mapping[str, Any], frozenset[str]]


def country_hours(builder: PlanBuilder) -> Iterator[Check]:
    """Nobody is rung outside the hours of the country of their number."""
    rule, reasons = GuardSetting(builder, "countryHours"), list[tuple[str, str]]()
    if not isinstance(rule.value, dict):
        return
    laws: dict[str, str] = {}
    for name, fields, phones in ringing_people(builder):
        for violation in outside_country(fields, phones, rule.value, builder.inputs):
            pack = rule.value[violation.law]
            laws[violation.law] = f"{hours_text(pack.spans)} in {violation.law}"
            text = f"outside the hours for {pack.purpose} ({_first(violation)}; {pack.source})"
            reasons.append((name, f"may call {_people(violation)} {text}"))
    yield rule.verdict_on(reasons, allowed="; ".join(laws.values()))


def public_holidays(builder: PlanBuilder) -> Iterator[Check]:
    """Nobody is rung on a public holiday."""
    rule, reasons = GuardSetting(builder, "publicHolidays"), list[tuple[str, str]]()
    if not isinstance(rule.value, Holidays):
        return
    for name, fields, phones in ringing_people(builder):
        for violation in on_holidays(fields, phones, rule.value, builder.inputs):
            subject = "" if rule.value.countries else f" {_people(violation)}"
            text = f"on a public holiday of {violation.country} ({_first(violation)}: {violation.why})"
            reasons.append((name, f"may call{subject} {text}"))
    countries = ", ".join(rule.value.countries) or "each number's own country"
    yield rule.verdict_on(reasons, allowed=f"days that are no public holiday of {countries}")


def ringing_people(builder: PlanBuilder) -> Iterator[Moment]:
    """What this plan lets ring: its address, the fields that say when, and the numbers reached."""
    for change in builder.changes:
        if change.launch is None:
            continue
        if change.address.kind.reaches_people:
            if change.desired is not None and change.address.kind.rings:
                yield str(change.address), fields_after(change), change.launch.reach.phones
            continue
        senders = [sender for sender in fed_by(builder, change.launch) if sender.kind.rings]
        yield from ((str(change.address), sender.live.fields, change.launch.reach.phones) for sender in senders)


def _people(violation: Outside) -> str:
    return f"{count(violation.people, 'person')} in {violation.country}"


def _first(violation: Outside) -> str:
    return f"first on {violation.moment:%a %Y-%m-%d %H:%M}"
