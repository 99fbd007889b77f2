"""What a plan says of times is what the emulator does, whatever the zone of the calling hours: first and last call, and the hours
of every day, over changes of the clocks in both directions, hours that touch midnight, and starts inside and outside of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from mscode.app.invocation import Invocation
from mscode.app.rehearsal.lab import Lab
from mscode.app.workspace import load_environment
from mscode.model.calling_window import WEEKDAYS, Window
from mscode.plan.change import Create, Reach
from mscode.plan.inputs import Options
from mscode.plan.people.reach import openings
from mscode.sandbox.answers import Answers
from mscode.sandbox.window import Window as SandboxWindow

YEAR = 2027
#: Hours that touch midnight on either side, or on both; that hold the hour of a change of the clocks, or lie in it; by day.
HOURS = (
    ("00:00", "06:00"),
    ("18:00", "23:59:59"),
    ("00:00", "23:59:59"),
    ("00:00", "00:30"),
    ("01:15", "03:45"),
    ("02:10", "02:50"),
    ("09:00", "17:00"),
)
#: When a campaign begins, as days and hours from midnight (UTC) before the day of the change: three of these lie in some hours.
STARTS = (timedelta(days=-2), timedelta(days=-1, hours=2, minutes=20), timedelta(days=-1, hours=21), timedelta(hours=1))
DAYS = (list(WEEKDAYS), ["saturday", "sunday"], ["sunday", "monday"])
REDIAL_MINUTES = 70
#: A few zones for every run: an hour, half an hour, and a change at midnight.
SOME = ("Europe/Helsinki", "Australia/Lord_Howe", "America/Havana")
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The instants of a year at which the clocks of a zone change; a day in June where they never do."""
    hours = [datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(hours=at) for at in range(365 * 24)]
    offsets = [moment.astimezone(zone).utcoffset() for moment in hours]
    found = [hours[at] for at in range(1, len(hours)) if offsets[at] != offsets[at - 1]]
    yield from found or [datetime(YEAR, 6, 6, tzinfo=UTC)]


@dataclass(frozen=True, slots=True)
class Case:
    """A campaign with one person, who never answers and is called again every so often."""

    name: str
    phone: str
    hours: tuple[str, str]
    days: list[str]
    start: datetime
    end: datetime

    def manifest(self) -> dict[str, Any]:
        return {
            "startTime": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            "endTime": f"{self.end:%Y-%m-%dT%H:%M:%SZ}",
            "activeFrom": self.hours[0],
            "activeTo": self.hours[1],
            "activeWeekdays": self.days,
            "voiceFiles": {"start": "hello"},
            "actionButtons": {"accept": 5, "decline": 9},
            "receivers": [{"phone": self.phone}],
            "acceptsWanted": 1,
            "maxRedials": 100,
        }


def cases(change: datetime) -> list[Case]:
    midnight = change.replace(hour=0, minute=0)
    found = []
    for at, hours in enumerate(HOURS):
        for begins, offset in enumerate(STARTS):
            start, end = midnight + offset, midnight + timedelta(days=2, hours=11, minutes=7)
            days = DAYS[(at + begins) % len(DAYS)]
            number = f"+3584055{at:02}{begins:03}"
            found.append(Case(f"c{at}{begins}", number, hours, days, start, end))
    return found


def project(folder: Path, zone: str, campaigns: list[Case]) -> Path:
    environment = {"url": "sandbox:", "windowZone": zone, "service": {"pace": 60, "redial_minutes": REDIAL_MINUTES}}
    guards = dict.fromkeys(("maxRedials", "maxCalls"), 100_000)
    settings = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "timezone": "UTC",
        "defaultEnvironment": "test",
        "environments": {"test": environment},
        "guards": guards,
    }
    manifest = {
        "apiVersion": "mscode/v1",
        "voiceFiles": {"hello": {"text": "Press five to accept, nine to decline.", "voiceCode": "en"}},
        "rsvpCalls": {case.name: case.manifest() for case in campaigns},
    }
    (folder / "mscode.yaml").write_text(json.dumps(settings))
    (folder / "all.yaml").write_text(json.dumps(manifest, indent=1))
    return folder


def play(folder: Path, zone: str, change: datetime) -> int:
    """Plan, apply and play all campaigns around one change of the clocks; how many calls were compared."""
    some = [case for case in cases(change) if opens_at_all(case, zone)]
    inv = Invocation(variables={})
    environment = load_environment(inv, project(folder, zone, some))
    with Lab(environment, inv, some[0].start - timedelta(days=1), answers=Answers(answer=0.0)) as lab:
        run = lab.apply(lab.work(folder, Options()))
        assert run.exit_code == 0, (zone, run.plan.totals, lab.out.lines)
        lab.advance(max(case.end for case in some) + timedelta(hours=1))
        rings: dict[str, list[datetime]] = {}
        for ring in lab.ledger():
            rings.setdefault(ring.address.rpartition(".")[2], []).append(ring.at)
    made = [one for one in run.plan.changes if isinstance(one, Create) and one.launch is not None]
    reach = {one.address.name: one.launch.reach for one in made if one.launch is not None}
    for case in some:
        compare(case, ZoneInfo(zone), reach[case.name], rings.get(case.name, []))
    return sum(map(len, rings.values()))


def opens_at_all(case: Case, zone: str) -> bool:
    return window(case, ZoneInfo(zone)).first_call(case.start, case.end) is not None


def window(case: Case, zone: ZoneInfo) -> Window:
    return Window.of(*(f"{text}:00"[:8] for text in case.hours), case.days, zone)


def compare(case: Case, zone: ZoneInfo, planned: Reach, rings: list[datetime]) -> None:
    """The first call is the planned one to the second. The last lies less than a redial before the planned end, and a call a second
    before it would still be made, none at it or after it. Every call lies in the hours that are planned for its day, and each of
    those has one.
    """
    first, last = planned.first_call, planned.last_call
    assert first is not None and last is not None
    assert rings and rings[0] == first, (zone, case, first, rings[:1])
    assert last - timedelta(minutes=REDIAL_MINUTES) <= rings[-1] < last, (zone, case, last, rings[-1])
    fields = {
        "activeFrom": f"{case.hours[0]}:00"[:8],
        "activeTo": f"{case.hours[1]}:00"[:8],
        "activeWeekdays": case.days,
    }
    stretches = list(openings(fields, case.start, case.end, zone))
    for moment in rings:
        assert any(opens <= moment < shuts for opens, shuts in stretches), (zone, case, moment)
    for opens, shuts in stretches:
        due = shuts - opens > timedelta(minutes=REDIAL_MINUTES) or opens == first
        assert not due or any(opens <= moment < shuts for moment in rings), (zone, case, opens)
    flags = ["1" if day in case.days else "0" for day in WEEKDAYS]
    emulated = SandboxWindow.of(fields["activeFrom"], fields["activeTo"], flags, zone)
    latest, end = int(last.timestamp()), int(case.end.timestamp())
    assert emulated.slot(latest - 1, 60) == latest - 1, (zone, case, last)
    following = emulated.slot(latest, 60)
    assert following is None or following >= end, (zone, case, last)


@pytest.mark.parametrize("zone", SOME)
def test_a_plans_times_are_those_of_the_calls(tmp_path: Path, zone: str) -> None:
    for change in changes(ZoneInfo(zone)):
        assert play(tmp_path, zone, change) > 100


@pytest.mark.torture
@pytest.mark.parametrize("zone", ZONES)
def test_a_plans_times_are_those_of_the_calls_in_every_zone(tmp_path: Path, zone: str) -> None:
    for change in changes(ZoneInfo(zone)):
        assert play(tmp_path, zone, change) > 100
