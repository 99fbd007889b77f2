"""What counts as drift, and what is taken into the state of it: pure cases over the state's forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.model.address import Address
from mscode.model.world import CampaignStatus, DesiredWorld, Entry, Known, Live, LiveWorld, Marker, Project
from mscode.plan.drift.accept import refreshed
from mscode.plan.drift.detect import Drift, find_drift
from mscode.plan.inputs import PlanInput
from mscode.state.document import seal as hashed

KEY = "ab" * 32
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
DONORS, INVITE = Address("groups", "donors"), Address("rsvpCalls", "invite")


def seal(value: Any) -> str:
    return hashed(KEY, value)


def drift(entry: Entry, live: Live | None) -> tuple[Drift, ...]:
    """The drift of one object."""
    section = entry.address.section
    return find_drift(
        PlanInput(
            desired=DesiredWorld(Project("drive", ZoneInfo("UTC"), "UTC"), {}),
            live=LiveWorld({section: {live.id: live} if live else {}}),
            known=Known({entry.address: entry}),
            environment="test",
            url="sandbox:",
            window_zone=UTC,
            window_zone_name="UTC",
            now=NOW,
            keyed_hash=seal,
        )
    )


def group(description: str, **more: Any) -> Live:
    return Live("groups", "7", {"name": "Donors", "description": description}, {}, **more)


def known(**more: Any) -> Entry:
    return Entry(DONORS, "7", **{"applied": {"description": "Donors"}, **more})


def campaign(state: str, phase: str, **fields: Any) -> Live:
    marker = Marker("drive", "test", str(INVITE), 1, phase) if phase else None
    return Live("rsvpCalls", "1", {"state": state, **fields}, {}, status=CampaignStatus(state, 0, marker))


def launched(**more: Any) -> Entry:
    return Entry(INVITE, "1", launched=True, **{"applied": {"state": "active"}, **more})


def kinds(found: tuple[Drift, ...]) -> list[str]:
    return [one.kind for one in found]


def test_what_the_service_is_known_to_echo_is_no_drift() -> None:
    entry = known(server_values={"description": ("Donors", "donors")})
    assert drift(entry, group("donors")) == ()
    assert kinds(drift(entry, group("DONORS"))) == ["changed"]


def test_a_field_that_was_never_applied_is_nobodys_business() -> None:
    assert drift(known(applied={"name": "Donors"}), group("Anything")) == ()


def test_a_field_that_held_a_secret_shows_neither_side() -> None:
    entry = known(applied={"description": seal("open sesame")})
    assert drift(entry, group("open sesame")) == ()
    [found] = drift(entry, group("another secret"))
    [field] = found.fields
    assert (field.hidden, field.applied, field.live) == (True, None, None)
    new = refreshed([found], seal)[DONORS]
    assert new is not None
    assert new.applied == {"description": seal("another secret")}


def test_accepting_forgets_the_echo_of_what_was_sent() -> None:
    entry = known(server_values={"description": ("Donors", "donors"), "name": ("a", "b")})
    [found] = drift(entry, group("Other"))
    new = refreshed([found], seal)[DONORS]
    assert new is not None
    assert (new.applied, new.server_values) == ({"description": "Other"}, {"name": ("a", "b")})


def test_an_object_that_was_made_at_another_time_is_none_of_ours() -> None:
    entry = known(created_at="2026-11-01T00:00:00Z")
    assert drift(entry, group("Other", created_at="2026-11-02T00:00:00Z")) == ()


def test_a_deleted_object_whose_older_one_is_in_use_stays_in_the_state() -> None:
    [found] = drift(known(superseded=("5",)), None)
    assert (found.kind, found.accepted) == ("deleted", False)
    assert refreshed([found], seal) == {}


def test_a_start_that_the_service_chose_is_no_drift() -> None:
    entry = launched(applied={"state": "active", "startTime": ""})
    assert drift(entry, campaign("waitingToActive", "live", startTime="2026-12-01T09:00:00Z")) == ()


def test_the_stand_in_times_before_a_launch_are_no_drift() -> None:
    applied = {"state": "active", "startTime": "2026-12-01T08:00:00Z", "endTime": "2026-12-02T08:00:00Z"}
    entry = Entry(INVITE, "1", applied=applied)
    live = campaign("halt", "new", startTime="2026-12-03T08:00:00Z", endTime="2026-12-03T09:00:00Z")
    assert drift(entry, live) == ()


@pytest.mark.parametrize(
    ("phase", "kind", "accepted"),
    [("live", "halted", True), ("held", "halted", True), ("", "halted", True), ("edit", "interrupted", False)],
)
def test_the_phase_of_the_mark_tells_who_halted_it(phase: str, kind: str, accepted: bool) -> None:
    [found] = drift(launched(), campaign("halt", phase))
    assert (found.kind, found.accepted) == (kind, accepted)


def test_a_mark_of_another_project_tells_nothing() -> None:
    marker = Marker("other", "test", str(INVITE), 1, "edit")
    live = Live("rsvpCalls", "1", {"state": "halt"}, {}, status=CampaignStatus("halt", 0, marker))
    assert [one.text for one in drift(launched(), live)] == ["was halted by a person"]


def test_two_things_that_happened_to_one_object_are_accepted_together() -> None:
    entry = launched(applied={"state": "active", "acceptsWanted": 4})
    found = drift(entry, campaign("halt", "live", acceptsWanted=9))
    assert kinds(found) == ["halted", "edited"]
    new = refreshed(found, seal)[INVITE]
    assert new is not None
    assert new.applied == {"state": "halt-by-a-person", "acceptsWanted": 9}


@pytest.mark.parametrize("first_call", ["2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z"])
def test_what_was_launched_stays_in_the_state_when_it_is_gone_whatever_the_forecast_said(first_call: str) -> None:
    [found] = drift(launched(first_call=first_call), None)
    assert not found.accepted
