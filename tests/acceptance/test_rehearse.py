"""`mscode rehearse`: the plan is played to its end in memory, and the live account gets nothing but GET."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mscode.views.rehearsal.progress import RehearsalProgress
from tests.acceptance.campaigns import AFTER, PHONES, desk, drive, invite
from tests.acceptance.conftest import World

INVITE = "rsvpCalls.invite"


def rehearsed(world: World, *options: str, code: int = 0) -> Any:
    """The JSON of a rehearsal that checks the calls alone, and changes neither account nor project."""
    before = files(world.folder)
    ended = world.look("rehearse", world.folder, "--json", "--runs", "0", *options)
    assert ended.code == code, (
        broken(ended.json) if ended.out.startswith("{") and "invariants" in ended.out else ended.said
    )
    assert files(world.folder) == before
    requests = world.service.requests()
    assert requests and all(request.startswith("GET ") for request in requests)
    assert not any(phone[1:] in ended.said for phone in PHONES)
    return ended.json


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def broken(data: Any) -> list[tuple[str, str, str]]:
    return [(one["address"], one["name"], one["message"]) for one in data["invariants"] if not one["holds"]]


def ledger(data: Any, address: str = INVITE) -> Any:
    return next(row for row in data["ledger"] if row["address"] == address)


def test_a_new_campaign_is_played_to_its_end(world: World) -> None:
    world.write(drive())
    data = rehearsed(world)
    assert broken(data) == []
    assert {one["name"] for one in data["invariants"]} == {
        *("people", "attempts", "window", "callingHours", "doNotCallList", "acceptsWanted", "firstAndLastCall"),
    }
    row = ledger(data)
    assert row["rung"] == 4 and 4 <= row["calls"] <= 12
    assert row["first"] == "2026-12-01T08:00:00Z"
    assert row["state"] == "complete" and row["end"] == row["last"]
    assert world.service.rings() == []


def test_the_rehearsal_is_the_course_of_events_of_its_seed(world: World) -> None:
    """The same plan gives the same rehearsal; and an apply into an emulator with that seed gives the same ledger."""
    world.write(drive())
    first, again, other = rehearsed(world), rehearsed(world), rehearsed(world, "--seed", "7")
    assert first["ledger"] == again["ledger"] and first["seed"] == again["seed"]
    assert other["seed"] == 7 and other["digest"] == first["digest"]
    assert world.plan("--json").json["digest"] == first["digest"]


def test_a_campaign_under_way_goes_on_from_where_it_is(world: World) -> None:
    """Who has answered is not called again, and who was called twice is called once more at most."""
    world.launched(drive(acceptsWanted=4, maxRedials=2))
    world.service.at("2026-12-01T08:00:12Z")  # three of four were called
    campaign = world.service.campaign()
    assert campaign["stats"]["totalDialedCalls"] == 3
    data = rehearsed(world)
    assert broken(data) == []
    forecast = ledger(data)

    world.service.at(AFTER)
    real = world.service.campaign()["stats"]
    answered = campaign["stats"]["answeredCalls"]
    assert real["totalDialedCalls"] - 3 >= 1
    assert 1 <= forecast["calls"] <= (4 - answered) * 3 - (3 - answered)
    assert forecast["accepts"] >= campaign["stats"]["acceptsReceived"]


def test_more_people_in_a_running_campaign(world: World) -> None:
    """A fork has the same ids, so that an edit of what is there is the edit that was planned."""
    world.launched(drive())
    world.service.at("2026-12-01T08:00:12Z")
    manifest = drive()
    manifest["filters"]["helsinki"]["conditions"][0] = {
        "field": "city",
        "operator": "in",
        "value": ["Helsinki", "Tampere"],
    }
    manifest["rsvpCalls"]["invite"]["maxRedials"] = 3
    world.write(manifest)
    data = rehearsed(world, "--seed", "7")  # of which so many are called before enough have accepted
    assert broken(data) == []
    assert ledger(data)["rung"] >= 3


def test_a_halted_campaign_calls_nobody(world: World) -> None:
    world.launched(drive())
    world.service.halt_as_a_person()
    data = rehearsed(world)
    assert broken(data) == []
    assert [row for row in data["ledger"] if row["calls"]] == []
    resumed = rehearsed(world, "--resume", INVITE)
    assert broken(resumed) == [] and ledger(resumed)["calls"] >= 4


def test_a_guard_refuses_as_it_refuses_a_plan(world: World) -> None:
    world.write_project(guards={"maxPeople": 3})
    world.write(drive())
    refused = world.plan()
    ended = world.look("rehearse", world.folder, "--runs", "0")
    assert (refused.code, ended.code) == (5, 5)
    guard = [line for line in refused.said.splitlines() if "maxPeople" in line]
    assert guard and all(line in ended.said.splitlines() for line in guard)
    for shown in (ended, world.look("plan", world.folder, "--rehearse")):
        assert "A guard refuses the plan, so it was not rehearsed." in shown.err
    data = rehearsed(world, code=5)
    assert data["ledger"] == [] and [one["status"] for one in data["checks"] if one["name"] == "maxPeople"] == ["fail"]
    assert broken(rehearsed(world, "--override", "maxPeople")) == []


def test_what_a_guard_only_warns_of_is_named_and_is_no_breach(world: World) -> None:
    (world.folder / "never.csv").write_text(f"{PHONES[0]}\n{PHONES[1]}\n")
    hours = {"from": "09:00", "to": "10:15", "timezone": "Europe/Helsinki"}
    world.write_project(
        guards={
            "doNotCall": {"value": "never.csv", "level": "warn"},
            "callingHours": {"value": hours, "level": "warn"},
        }
    )
    world.write(drive())
    # With this seed somebody does not answer at once, and is called again after the hours.
    data = rehearsed(world, "--seed", "1")
    assert broken(data) == []
    named = {one["name"]: one["message"] for one in data["invariants"] if one["message"]}
    assert "2 people" in named["doNotCallList"] and "only warns" in named["doNotCallList"]
    assert "callingHours only warns" in named["callingHours"]

    world.write_project(guards={"doNotCall": "never.csv", "callingHours": hours})
    overridden = rehearsed(world, "--override", "doNotCall", "--override", "callingHours")
    assert broken(overridden) == []
    assert "was overridden" in {one["name"]: one["message"] for one in overridden["invariants"]}["doNotCallList"]


def test_a_saved_plan_is_rehearsed_and_a_stale_one_is_not(world: World, tmp_path: Path) -> None:
    world.write(drive())
    path = tmp_path / "plan.json"
    assert world.plan("--out", str(path)).code == 0
    ended = world.look("rehearse", path, "--json", "--runs", "0")
    assert ended.code == 0, ended.said
    assert ledger(ended.json)["rung"] == 4
    assert ended.json["digest"] == json.loads(path.read_text())["digest"]

    assert world.look("rehearse", path, "--only", "groups.*").code == 64
    world.write(drive(acceptsWanted=3))
    assert world.look("rehearse", path, "--runs", "0").code == 3


def test_only_what_is_chosen_is_rehearsed(world: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["second"] = invite(receivers=[{"account": "kaisa"}], acceptsWanted=1)
    world.write(manifest)
    assert {row["address"] for row in rehearsed(world)["ledger"]} == {INVITE, "rsvpCalls.second"}
    assert [row["address"] for row in rehearsed(world, "--exclude", INVITE)["ledger"]] == ["rsvpCalls.second"]


def test_messages_are_sent_once(world: World) -> None:
    manifest = drive()
    manifest["smses"] = {
        "reminder": {
            "message": "See you on Friday",
            "sender": "Drive",
            "actionTime": "2026-12-02T10:00:00Z",
            "receivers": [{"group": "donors"}, {"phone": "+358405550199"}],
        }
    }
    manifest["clickToCalls"] = {"desk": desk([{"account": "kaisa"}, {"account": "lauri"}])}
    world.write(manifest)
    data = rehearsed(world)
    assert broken(data) == []
    assert ledger(data, "smses.reminder")["calls"] == 5
    assert ledger(data, "smses.reminder")["first"] == "2026-12-02T10:00:00Z"
    assert ledger(data, "clickToCalls.desk")["accepts"] <= 1


def test_the_windows_zone_is_that_of_the_environment(world: World) -> None:
    environment = {
        "url": world.service.url,
        "token": {"env": "ACCEPTANCE_TOKEN"},
        "windowZone": "Europe/Helsinki",
        "service": {"pace": 60, "redial_minutes": 1},
    }
    world.write_project(environments={"test": environment})
    world.write(drive(startTime="2026-12-01T00:00:00Z"))
    data = rehearsed(world)
    assert broken(data) == []
    row = ledger(data)
    assert row["first"] == "2026-12-01T06:00:00Z"  # 8 o'clock in Helsinki
    assert row["last"] < "2026-12-01T06:05:00Z"


def test_the_embedded_sandbox_stays_as_it_is(world: World) -> None:
    """Not a row of it changes, nor a byte, although a campaign is calling and its clock runs."""
    world.write_project(environments={"test": {"url": "sandbox:"}})
    world.write(drive())
    for words in (["sandbox", "clock", "2026-11-30T06:00:00Z", "--dir"], ["apply", "--auto-approve", "--allow-launch"]):
        assert world.cli(*words, world.folder).code == 0
    assert world.cli("sandbox", "clock", "2026-12-01T08:00:12Z", "--dir", world.folder).code == 0
    database = world.folder / ".mscode" / "sandbox.db"
    before, rows = files(world.folder), content(database)

    ended = world.cli("rehearse", world.folder, "--json", "--runs", "0")

    assert ended.code == 0 and ledger(ended.json)["calls"] >= 1
    assert files(world.folder) == before
    assert content(database) == rows


def content(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_create_whose_answer_was_lost(world: World, when: str) -> None:
    """The state has it as begun; the rehearsal settles that as the next apply does, in no time."""
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", when=when, status=504)
    world.service.fault(method="GET", path="/rsvp_calls", status=500, times=None, skip=2)
    assert world.launch().code == 7
    world.service.no_more_faults()
    data = rehearsed(world)
    assert broken(data) == [] and ledger(data)["rung"] == 4


def test_a_plan_shows_its_rehearsal_in_every_format(world: World, tmp_path: Path) -> None:
    world.write(drive())
    path = tmp_path / "plan.json"
    planned = world.look("plan", world.folder, "--rehearse", "--runs", "20", "--seed", "7", "--json", "--out", path)
    assert planned.code == 0
    rehearsal = planned.json["rehearsal"]
    assert (rehearsal["runs"], rehearsal["seed"]) == (20, 7)
    assert rehearsal["digest"] == planned.json["digest"]
    [campaign] = rehearsal["campaigns"]
    assert campaign["people"] == 4 and campaign["maxCalls"] == 12 and 0 <= campaign["chance"] <= 1
    assert json.loads(path.read_text())["rehearsal"] == rehearsal

    for form in ("text", "markdown", "html"):
        alone = world.look("plan", world.folder, "--format", form).out
        shown = world.look("plan", world.folder, "--rehearse", "--runs", "20", "--seed", "7", "--format", form).out
        assert "4 accepts" in shown.replace("4 wanted", "4 accepts") and len(shown) > len(alone)
        assert not any(phone[1:] in shown for phone in PHONES)
        assert "accepts" in world.look("show", path, "--format", form).out
    assert world.look("plan", world.folder, "--runs", "20").code == 64
    assert world.look("plan", world.folder, "--rehearse", "--refresh-only").code == 64


def test_an_interrupt_leaves_nothing_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(drive())
    before = files(world.folder)

    def interrupt(self: RehearsalProgress, stage: str, done: int, total: int) -> None:
        if stage == "Playing the calls":
            raise KeyboardInterrupt

    monkeypatch.setattr(RehearsalProgress, "__call__", interrupt)
    ended = world.look("rehearse", world.folder)
    assert ended.code == 130, ended.said
    assert files(world.folder) == before
    assert world.service.rings() == []


def test_the_log_has_the_requests_to_the_live_account_alone(world: World) -> None:
    world.write(drive())
    ended = world.look("rehearse", world.folder, "--runs", "0", "-v")
    logged = [line for line in ended.err.splitlines() if ", try 1" in line]
    assert len(logged) == len(world.service.requests()) and all(line.startswith("GET ") for line in logged)


def test_what_the_service_would_refuse_is_an_error(world: World) -> None:
    """A text of 81 words is a warning of mscode's at most, and the service takes 80."""
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = " ".join(["word"] * 81)
    world.write(manifest)
    ended = world.look("rehearse", world.folder, "--json")
    assert ended.code == 1
    assert "The plan could not be carried out in the rehearsal" in ended.said
    assert "voiceFiles.greeting" in ended.said and "Traceback" not in ended.said
