"""What came of launches: when it is recorded, by which command, and for whom."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.app import state
from mscode.app.invocation import Invocation
from mscode.app.launch_results import OtherRings, refresh_results
from mscode.app.records import read_records
from mscode.app.schemas import schema_of
from mscode.app.state import lock_records, lock_state
from mscode.app.workspace import load_environment
from mscode.state.records.people import PersonResult
from mscode.state.records.shape import Totals
from mscode.state.records.store import RecordStore
from tests.acceptance.campaigns import AFTER, NAMES, PHONES, desk, drive, quiet
from tests.acceptance.conftest import World

#: The campaign calls from eight on; everybody is called once in the first minutes.
DURING = "2026-12-01T08:20:00Z"
INVITE = "rsvpCalls.invite"


def invocation(world: World) -> Invocation:
    return Invocation(variables={"ACCEPTANCE_TOKEN": world.service.token})


def records(world: World) -> RecordStore:
    return read_records(load_environment(invocation(world), world.folder))


def totals(world: World, back: int = 0) -> Totals | None:
    """Of the last launch, or of one before it."""
    store = records(world)
    record = store.results().get(store.launches()[back].n)
    return record.result.totals if record is not None else None


def of_people(world: World, back: int = 0) -> Mapping[str, PersonResult | None]:
    store = records(world)
    launch = store.launches()[back]
    return store.results_of(launch, store.results().get(launch.n), PHONES)


def results_written(world: World) -> int:
    return sum(entry.line.type == "result" for entry in records(world).entries())


def look(world: World, *command: str) -> Any:
    place = (str(world.folder),) if command[0] == "status" else ("--dir", str(world.folder))
    return world.look(*command, *place)


def refresh(world: World) -> list[OtherRings]:
    return list(refresh_results(invocation(world), world.folder))


COMMANDS = [
    ("status",),
    ("results",),
    ("results", INVITE),
    ("watch", "--timeout", "1s"),
    ("status", "--format", "html"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_that_reads_records_what_came_of_a_campaign_that_is_over(
    world: World, command: tuple[str, ...]
) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    assert results_written(world) == 0
    assert look(world, *command).code in (0, 1)
    assert results_written(world) == 1
    store = records(world)
    (record,) = store.results().values()
    stats, counted = world.service.get("/rsvp_calls/1")["stats"], record.result.totals
    assert (record.result.state, record.result.live_id, record.result.is_final) == ("complete", "1", True)
    assert counted.dials == stats["totalDialedCalls"] > 0
    assert (counted.answered, counted.accepts) == (stats["answeredCalls"], stats["acceptsReceived"])
    assert counted.dialled == len({ring["phone"] for ring in world.service.rings()})
    assert (counted.people, counted.unknown) == (4, 0)
    for _ in range(2):
        look(world, *command)
    assert results_written(world) == 1
    assert look(world, "status").err == ""


def test_each_person_gets_their_own_result(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    look(world, "status")
    numbers = {row["accountId"]: row["phone"] for row in world.service.get("/accounts")}
    rows = {numbers[row["accountId"]]: row for row in world.service.get("/rsvp_calls/1/receivers")}
    people = of_people(world)
    assert set(people) == set(rows) == set(PHONES[:4])
    for phone, person in people.items():
        row = rows[phone]
        assert person is not None
        assert person.reply == (row["rsvpReply"] if row["rsvpReply"] in ("accept", "decline") else "none")
        assert person.seconds == row["callDuration"]
        assert (person.last_call is not None) == bool(row["latestCallAt"])


def test_of_somebody_who_is_called_alone_every_call_is_counted(world: World) -> None:
    world.launched(drive(receivers=[{"account": name} for name in NAMES]))
    world.service.at(AFTER)
    look(world, "status")
    people, rings = of_people(world), world.service.rings()
    for phone in PHONES:
        person = people[phone]
        assert person is not None
        assert person.dials == sum(ring["phone"] == phone for ring in rings)


def test_looking_at_a_campaign_does_not_make_a_saved_plan_stale(world: World, tmp_path: Path) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    manifest = drive()
    manifest["groups"]["donors"]["description"] = "Donors"
    world.write(manifest)
    plan = str(tmp_path / "plan.json")
    assert world.cli("plan", world.folder, "--out", plan).code == 0
    look(world, "status")
    assert results_written(world) == 1
    assert world.cli("apply", plan).code == 0


def test_a_campaign_that_calls_is_recorded_only_where_that_is_asked_for(world: World) -> None:
    world.launched(drive(acceptsWanted=6, receivers=[{"account": name} for name in NAMES]))
    world.service.at(DURING)
    look(world, "status")
    look(world, "results", INVITE)
    assert results_written(world) == 0
    assert refresh(world) == []
    during = totals(world)
    assert during is not None
    assert during.dials == len(world.service.rings()) > 0
    (record,) = records(world).results().values()
    assert not record.result.is_final
    refresh(world)
    assert results_written(world) == 1, "nothing has happened since"
    world.service.at(AFTER)
    look(world, "status")
    (record,) = records(world).results().values()
    assert record.result.is_final
    assert record.result.totals.dials >= during.dials


def test_a_campaign_that_was_halted_is_recorded_as_it_stands_and_again_when_it_is_over(world: World) -> None:
    world.launched(drive())
    world.service.at(DURING)
    assert world.cli("halt", INVITE, "--dir", world.folder).code == 0
    look(world, "status")
    look(world, "status")
    (record,) = records(world).results().values()
    assert (results_written(world), record.result.is_final, record.result.state) == (1, False, "halt")
    world.service.at(AFTER)
    look(world, "status")
    (record,) = records(world).results().values()
    assert (results_written(world), record.result.is_final) == (2, True)


def test_the_next_apply_records_it_too(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    assert world.apply().code == 0
    assert results_written(world) == 1
    assert world.apply().code == 0
    assert results_written(world) == 1


def test_what_a_destroy_takes_away_is_recorded_before(world: World) -> None:
    world.launched(drive())
    world.service.at(DURING)
    dialled = world.service.get("/rsvp_calls/1")["stats"]["totalDialedCalls"]
    ended = world.destroy()
    assert ended.code == 0, ended.said
    assert world.service.get("/rsvp_calls") == []
    counted = totals(world)
    assert counted is not None
    assert counted.dials == dialled > 0


def test_calls_count_for_the_launch_that_let_them_happen(world: World) -> None:
    """Halted by a person on the first day, and resumed on the second."""
    world.launched(drive(acceptsWanted=6, receivers=[{"account": name} for name in NAMES]))
    world.service.at(DURING)
    world.service.halt_as_a_person()
    first = world.service.rings()
    assert first
    world.service.at("2026-12-02T06:00:00Z")
    ended = world.launch("--resume", INVITE, "--override", "calledAlready")
    assert ended.code == 0, ended.said
    world.service.at(AFTER)
    look(world, "status")
    launches = records(world).launches()
    assert len(launches) == 2
    rings = world.service.rings()
    before, after = totals(world, 1), totals(world, 0)
    assert before is not None
    assert after is not None
    called_again = {ring["phone"] for ring in rings[len(first) :]}
    assert before.dials == len(first)
    assert after.dialled == len(called_again)
    accepts = {phone for phone, person in of_people(world, 1).items() if person and person.reply == "accept"}
    again = {phone for phone, person in of_people(world, 0).items() if person and person.reply == "accept"}
    assert not accepts & again
    assert len(accepts | again) == world.service.get("/rsvp_calls/1")["stats"]["acceptsReceived"]


def test_rings_that_are_not_counted_person_by_person_are_shown_as_a_minimum(world: World) -> None:
    """Of the people of a group the service does not tell how often it called."""
    world.launched(drive(maxRedials=3))
    world.service.at(DURING)
    world.service.halt_as_a_person()
    look(world, "status")
    first = len(world.service.rings())
    world.service.at("2026-12-02T06:00:00Z")
    assert world.launch("--resume", INVITE, "--override", "calledAlready").code == 0
    world.service.at(AFTER)
    look(world, "status")
    second, before = world.look("history", "--dir", str(world.folder), "--json").json["launches"]
    assert before["ringsAreMinimum"] and 0 < before["rings"] <= first
    assert second["ringsAreMinimum"] and 0 < second["rings"] <= len(world.service.rings()) - first
    text = world.look("history", "--dir", str(world.folder)).out
    assert f"at least {second['rings']} ring" in text
    for form in ("markdown", "html"):
        assert f"{second['rings']}+" in world.look("history", "--dir", str(world.folder), "--format", form).out


def test_whoever_was_added_later_counts_for_the_later_launch(world: World) -> None:
    manifest = drive(receivers=[{"account": name} for name in NAMES[:4]])
    world.launched(manifest)
    world.service.at(DURING)
    manifest["rsvpCalls"]["invite"]["receivers"] = [{"account": name} for name in NAMES]
    world.launched(manifest)
    world.service.at(AFTER)
    look(world, "status")
    called = {ring["phone"] for ring in world.service.rings()}
    newest, first = of_people(world, 0), of_people(world, 1)
    assert set(PHONES[4:]) <= set(newest)
    assert set(first) == set(PHONES[:4])
    for phone in called & set(PHONES[:4]):
        results = [people[phone] for people in (newest, first) if phone in people]
        assert any(person is not None and person.last_call for person in results)


def test_of_a_message_nothing_is_known_but_that_it_was_sent(world: World) -> None:
    manifest = quiet()
    receivers = [{"group": "donors"}]
    manifest["smses"] = {
        "note": {"message": "See you", "sender": "Blood", "actionTime": "2026-12-01T10:00:00Z", "receivers": receivers}
    }
    world.launched(manifest)
    look(world, "status")
    assert results_written(world) == 0
    world.service.at(AFTER)
    look(world, "status")
    look(world, "status")
    (record,) = records(world).results().values()
    assert (record.result.state, record.result.is_final, results_written(world)) == ("sent", True, 1)
    assert record.result.totals == Totals(people=4, unknown=4)


def test_a_click_to_call_that_has_expired(world: World) -> None:
    manifest = quiet()
    manifest["clickToCalls"] = {"desk": desk([{"account": "aino"}, {"account": "eero"}])}
    world.launched(manifest)
    world.service.at(AFTER)
    look(world, "status")
    (record,) = records(world).results().values()
    assert record.result.is_final
    assert record.result.totals.dials == len(world.service.rings())


def test_where_another_command_holds_the_lock_the_next_one_records(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    inv = invocation(world)
    with lock_state(inv, load_environment(inv, world.folder), "apply"):
        ended = look(world, "status")
        assert (ended.code, ended.err) == (0, "")
        assert results_written(world) == 0
    look(world, "status")
    assert results_written(world) == 1


def test_an_apply_waits_for_a_command_that_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.launched(drive())
    inv, entered, leaves = invocation(world), threading.Event(), threading.Event()
    monkeypatch.setattr(state, "LOCK_POLL", 0.01)
    environment = load_environment(inv, world.folder)

    def recording() -> None:
        with lock_records(inv, environment):
            entered.set()
            leaves.wait(20)

    other = threading.Thread(target=recording)
    other.start()
    assert entered.wait(20)
    monkeypatch.setattr(state, "RECORDING_SECONDS", 0.0)
    assert world.apply().code == 4
    monkeypatch.setattr(state, "RECORDING_SECONDS", 20.0)
    threading.Timer(0.2, leaves.set).start()
    assert world.apply().code == 0
    other.join()


def test_records_that_cannot_be_read_or_written_stop_nobody_who_looks(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    (lines,) = (world.folder / ".mscode" / "test" / "records").glob("*.jsonl")
    kept = lines.read_bytes()
    lines.write_bytes(kept.replace(b'"type":"launch"', b'"type":"lunch!"'))
    ended = look(world, "status")
    assert (ended.code, "complete" in ended.out) == (0, True)
    assert "could not be recorded" in ended.err or "cannot be read" in ended.err
    lines.write_bytes(kept)
    world.service.fault(method="GET", path="/rsvp_calls/1/receivers", status=500, times=99)
    assert look(world, "status").code == 0
    assert results_written(world) == 0
    world.service.no_more_faults()
    look(world, "status")
    assert results_written(world) == 1


def test_people_in_a_group_of_whom_the_service_tells_nothing_are_unknown(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    world.service.fault(method="GET", path="/rsvp_calls/1/receivers", status=404, times=99)
    look(world, "status")
    (record,) = records(world).results().values()
    dialled = world.service.get("/rsvp_calls/1")["stats"]["totalDialedCalls"]
    assert record.result.totals == Totals(people=4, dials=dialled, unknown=4)
    world.service.no_more_faults()


# ---- rings of the web interface --------------------------------------------------------------------------------------


def test_calls_that_a_person_started_in_the_web_interface_are_counted_apart(world: World) -> None:
    world.write(drive(receivers=[{"account": name} for name in NAMES]))
    assert world.apply("--no-launch").code == 0
    assert refresh(world) == []
    campaign = world.service.campaign()
    world.service.put_campaign(campaign, state="active", startTime="2026-12-01 08:00:00", endTime="2026-12-04 17:00:00")
    world.service.at(AFTER)
    rings = len(world.service.rings())
    assert rings > 0
    assert refresh(world) == [OtherRings(INVITE, "rsvpCalls", "1", rings)]
    assert results_written(world) == 0


def test_people_whom_somebody_added_in_the_web_interface_are_counted_apart(world: World) -> None:
    world.launched(drive(receivers=[{"account": name} for name in NAMES[:4]]))
    ids = {row["phone"]: row["accountId"] for row in world.service.get("/accounts")}
    world.service.send("POST", "/rsvp_calls/1/receivers", [{"accountId": ids[PHONES[5]]}])
    world.service.at(AFTER)
    rings = world.service.rings()
    others = [ring for ring in rings if ring["phone"] == PHONES[5]]
    assert others
    assert refresh(world) == [OtherRings(INVITE, "rsvpCalls", "1", len(others))]
    counted = totals(world)
    assert counted is not None
    assert counted.dials == len(rings) - len(others)


def test_history_refreshes_and_names_them(world: World) -> None:
    world.write(drive(receivers=[{"account": name} for name in NAMES]))
    assert world.apply("--no-launch").code == 0
    campaign = world.service.campaign()
    world.service.put_campaign(campaign, state="active", startTime="2026-12-01 08:00:00", endTime="2026-12-04 17:00:00")
    world.service.at(AFTER)
    rings = len(world.service.rings())
    data = look(world, "history", "--refresh", "--json").json
    assert (data["launches"], data["otherRings"]) == (
        [],
        [{"address": INVITE, "type": "rsvpCalls", "id": "1", "rings": rings}],
    )
    assert look(world, "history", "smses.*", "--refresh", "--json").json["otherRings"] == []
    assert f"{rings} rings without a launch here" in look(world, "history", "--refresh").out
    assert "otherRings" not in look(world, "history", "--json").json
    jsonschema.Draft202012Validator(schema_of("history")).validate(data)


def test_history_shows_what_came_of_a_launch(world: World) -> None:
    world.launched(drive())
    world.service.at(DURING)
    (launch,) = look(world, "history", "--json").json["launches"]
    assert (launch["rings"], launch["accepts"], launch["resultAt"], launch["final"]) == (None, None, None, False)
    (launch,) = look(world, "history", "--refresh", "--json").json["launches"]
    assert (launch["rings"], launch["final"]) == (len(world.service.rings()), False)
    world.service.at(AFTER)
    look(world, "status")
    (launch,) = look(world, "history", "--json").json["launches"]
    stats = world.service.get("/rsvp_calls/1")["stats"]
    assert (launch["rings"], launch["accepts"]) == (stats["totalDialedCalls"], stats["acceptsReceived"])
    assert (launch["final"], launch["untold"]) == (True, 0)


def test_a_refresh_that_meets_the_lock_says_so(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    inv = invocation(world)
    with lock_state(inv, load_environment(inv, world.folder), "apply"):
        assert look(world, "history", "--refresh").code == 4
        assert look(world, "history").code == 0


# ---- whose data ------------------------------------------------------------------------------------------------------


def test_a_result_holds_no_number_and_no_name(world: World) -> None:
    world.launched(drive(receivers=[{"account": name} for name in NAMES]))
    world.service.at(AFTER)
    look(world, "status")
    assert results_written(world) == 1
    for path in (world.folder / ".mscode" / "test" / "records").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for name, phone in zip(NAMES, PHONES, strict=True):
            assert phone.encode() not in content
            assert phone[1:].encode() not in content
            assert name.title().encode() not in content


def test_a_lock_that_is_waited_for_elsewhere_is_not_waited_for_here(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    inv = replace(invocation(world), lock_timeout=600.0)
    with lock_state(inv, load_environment(inv, world.folder), "apply"):
        ended = world.cli("status", world.folder)
    assert ended.code == 0


def test_somebody_who_was_erased_stays_out_of_later_results(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.launched(drive(receivers=[{"account": name} for name in NAMES]))
    world.service.at(DURING)
    refresh(world)
    (tmp_path / "number").write_text(f"{PHONES[0]}\n")
    with (tmp_path / "number").open() as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        assert world.cli("history", "forget", "--dir", world.folder).code == 0
    world.service.at(AFTER)
    look(world, "status")
    assert results_written(world) == 2
    counted = totals(world)
    assert counted is not None
    assert (counted.people, counted.unknown) == (6, 1)
    assert set(of_people(world)) == set(PHONES[1:])
    assert refresh(world) == [], "whoever was erased is nobody whom the web interface has called"
    assert world.cli("history", "verify", world.folder).code == 0
    with (tmp_path / "number").open() as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        assert world.cli("history", "person", "--dir", world.folder, "--json").json["launches"] == []


def test_records_that_cannot_be_read_are_waited_for_once(world: World) -> None:
    world.launched(drive())
    world.service.at(AFTER)
    place = world.folder / ".mscode" / "test" / "records"
    shutil.rmtree(place)
    place.write_text("no folder")
    for command in ("status", "results"):
        ended = look(world, command)
        assert ended.code == 0, ended.said
        assert ended.err.count("The records cannot be read, so no launch is named") == 1
        assert "could not be recorded" not in ended.err
