"""What a reviewer asks first of what reaches people: how long a text is to hear, what a message costs in parts, who is not reached,
whether it goes out at once, and what its hours are on either side of a change of the clocks. A plan always shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.local_hours import LocalHours
from mscode.model.plurals import count
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Halt, Making
from mscode.plan.checks.gsm0338 import segments
from mscode.plan.checks.language_tables import language_of
from mscode.plan.checks.speech import shown_seconds
from mscode.plan.inputs import PlanInput
from mscode.plan.people.exposure import by_address
from mscode.plan.people.match_receivers import resolve_receivers
from mscode.plan.people.reach import (
    Unreached,
    fields_after,
    first_and_last,
    receiver_names,
    stretches,
    way_of,
    window_of,
)

#: A message that is sent sooner than this can hardly be stopped by whoever reads the plan.
AT_ONCE = timedelta(minutes=10)
#: Beyond so many days a window is not searched for changes of the clocks; there are two a year.
_MOST_DAYS = 800


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what it is about, and what there is to say."""

    label: str
    text: str


def launch_facts(builder: PlanBuilder) -> Mapping[Address, tuple[Fact, ...]]:
    """By address, of what a plan makes, launches or lets reach others."""
    groups = Unreached(builder.people)
    by_address = {
        change.address: tuple(_of_change(builder, change, groups)) for change in builder.changes if change.is_shown
    }
    return {address: facts for address, facts in by_address.items() if facts}


def _of_change(builder: PlanBuilder, change: Change, groups: Unreached) -> Iterator[Fact]:
    if change.desired is None or isinstance(change, Halt):
        return
    kind, fields = change.address.kind, fields_after(change)
    if kind.role == "voice" and isinstance(change, Making):
        seconds = sum(shown_seconds(part.text, voice_of(fields)) for part in kind.texts(fields))
        if seconds:
            yield Fact("heard", f"about {count(seconds, 'second')}")
    if not kind.reaches_people or not (isinstance(change, Making) or change.launch is not None):
        return
    yield from _parts(kind, fields, change)
    for name, missing, members in _unreached(builder, fields, kind, groups):
        verb = "has" if missing == 1 else "have"
        yield Fact("not reached", f"{missing:,} of {count(members, 'member')} of {name} {verb} no {way_of(kind)}")
    if change.launch is not None and goes_out_at_once(kind, fields, builder.inputs.now):
        yield Fact("at once", "goes out the moment it is applied")
    if windows := windows_around_changes(fields, kind, builder.inputs):
        yield Fact("local hours", "; ".join(windows))


def voice_of(fields: Mapping[str, Any]) -> str:
    """The language in which a voice file is spoken."""
    return language_of(str(fields.get("voiceCode") or ""))


def _parts(kind: Kind, fields: Mapping[str, Any], change: Change) -> Iterator[Fact]:
    """Of a text message: parts × people."""
    written = [part.text for part in kind.texts(fields) if not part.heard]
    if kind.reached_by != "phone" or not written:
        return
    sent = segments(written[0])
    people = change.launch.reach.people if change.launch else 0
    total = f" × {count(people, 'person')} = {count(sent.parts * people, 'part')}" if people else ""
    yield Fact("parts", f"{sent.parts} per message{total} ({sent.encoding})")


def _unreached(
    builder: PlanBuilder, fields: Mapping[str, Any], kind: Kind, groups: Unreached
) -> Iterator[tuple[str, int, int]]:
    """The groups among the receivers of which not everybody can be reached: (name, members without a phone or address, members)."""
    receivers = fields.get("receivers") or ()
    names = receiver_names(receivers)
    for name, (receiver_kind, value) in zip(names, resolve_receivers(receivers, builder.ids), strict=True):
        if receiver_kind != "group":
            continue
        missing, members = groups.of(value, kind.reached_by)
        if missing:
            yield by_address(builder, [name])[0], missing, members


def goes_out_at_once(kind: Kind, fields: Mapping[str, Any], now: datetime) -> bool:
    """Does it reach people the moment it is applied: without a start, or with an instant that is nearly here?"""
    if kind.goes_out_once:
        at = fields.get("actionTime")
        return bool(at) and parse_instant(str(at)) - now < AT_ONCE
    return "startTime" in kind.fields_by_name and not fields.get("startTime")


def windows_around_changes(fields: Mapping[str, Any], kind: Kind, inputs: PlanInput) -> list[str]:
    """The daily hours of a campaign on the project's clock, where a change of daylight saving moves them: one text for each
    stretch of days. Hours that are written in a zone of their own stay what they are.
    """
    if kind.goes_out_once or "activeFrom" not in fields or LocalHours.of(fields):
        return []
    first, last = first_and_last(fields, inputs)
    if first is None or last is None:
        return []
    zone, days = inputs.desired.project.zone, (first + timedelta(days=_MOST_DAYS))
    openings = window_of(fields, inputs).openings(
        first.astimezone(inputs.window_zone).date(), min(last, days).astimezone(inputs.window_zone).date()
    )
    texts = [f"{hours} {inputs.desired.project.zone_name} from {day}" for hours, day in stretches(openings, zone)]
    return texts if len(texts) > 1 else []
