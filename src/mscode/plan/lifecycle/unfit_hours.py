"""Hours in a zone of their own that one pair of times cannot say to the service: the errors, in words.

`validate` asks this of everything that is written, a plan of what it launches or widens (plan/lifecycle/local_hours.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from mscode.errors import Diagnostic
from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.local_hours import LocalHours, SentHours, Stretch
from mscode.model.plurals import count
from mscode.model.world import Desired
from mscode.plan.people.reach import end_of

#: At most this many dates are named in one error.
_MOST_DATES = 6
_WHICH_DAY = {0: "", 1: " on the next day", -1: " on the day before"}


def as_written(item: Desired, now: datetime, zone: tzinfo, zone_name: str) -> Diagnostic | None:
    """What is wrong with the hours of a manifest, from its start (where it has none, from `now` on) to its end."""
    hours = LocalHours.of(item.fields)
    if hours is None:
        return None
    start = item.fields.get("startTime")
    return problem(item, hours, item.fields, parse_instant(start) if start else now, zone, zone_name)


def problem(
    item: Desired, hours: LocalHours, fields: Mapping[str, Any], earliest: datetime, zone: tzinfo, zone_name: str
) -> Diagnostic | None:
    """What is wrong with the hours of something with these fields, from `earliest` on; None where they can be sent.

    What no split mends comes first.
    """
    stretches = hours.stretches(earliest, end_of(fields, earliest), zone)
    report = _Report(item, hours, zone_name)
    for stretch in stretches:
        if not stretch.sent.fits:
            return report.unfit(stretch.first, stretch.sent)
        if not stretch.is_certain:
            return report.uncertain(stretch)
    return report.split(stretches) if len(stretches) > 1 else None


@dataclass(frozen=True, slots=True)
class _Report:
    """The errors of one object; `zone_name` is the zone in which the service reads hours."""

    item: Desired
    hours: LocalHours
    zone_name: str

    @property
    def span(self) -> str:
        times = "-".join(at.removesuffix(":00") for at in (self.hours.start, self.hours.end))
        return f"{times} {self.hours.zone_name}"

    def unfit(self, day: object, sent: SentHours) -> Diagnostic:
        passes = sent.start_days != sent.end_days or not sent.is_sendable
        what = "pass midnight" if passes else "fall on another weekday"
        from_day, to_day = (_WHICH_DAY.get(days, "") for days in (sent.start_days, sent.end_days))
        hours = f"{sent.start:%H:%M}{from_day if passes else ''} to {sent.end:%H:%M}{to_day}"
        return self._error(
            f"The hours of {self.item.address} would {what} in {self.zone_name}",
            f"The service reads them in {self.zone_name}, as one pair of times on the weekdays that are written. "
            f"On {day} {self.span} is {hours} there.",
            f"Write hours that lie within one day in {self.zone_name}, in two campaigns where it takes two."
            if passes
            else f"Write the hours and the weekdays without a zone, as they are in {self.zone_name}.",
            "hours-over-midnight" if passes else "hours-on-another-weekday",
        )

    def uncertain(self, stretch: Stretch) -> Diagnostic:
        return self._error(
            f"The clocks are changed within the hours of {self.item.address}",
            f"On {stretch.first} a time of {self.span}, there or in {self.zone_name}, comes twice or not at all.",
            f"Leave out {stretch.first}: let one campaign end before it, and another one begin after it.",
            "hours-change",
        )

    def split(self, stretches: tuple[Stretch, ...]) -> Diagnostic:
        named = stretches[:_MOST_DATES]
        parts = [f"{s.sent.start:%H:%M}-{s.sent.end:%H:%M} {self.zone_name} from {s.first} to {s.last}" for s in named]
        dates = ", ".join(str(stretch.changed) for stretch in named[1:])
        more = f" and {count(len(stretches) - len(named), 'later date')}" if len(stretches) > len(named) else ""
        return self._error(
            f"The hours of {self.item.address} cannot be sent as one pair of times",
            f"The difference between {self.hours.zone_name} and {self.zone_name} changes while it calls: "
            f"{self.span} is {', then '.join(parts)}{', and so on' if more else ''}.",
            f"Split it at {dates}{more}: the first campaign ends on {named[0].last}, the next begins on {named[1].first}.",
            "hours-change",
        )

    def _error(self, summary: str, detail: str, hint: str, code: str) -> Diagnostic:
        place = self.item.field_places.get("activeFrom", self.item.place)
        return Diagnostic(summary, place, detail, hint, code=code, address=str(self.item.address))
