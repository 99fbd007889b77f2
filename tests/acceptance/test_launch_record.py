"""Each launch is in the records before its first request; what is no launch is not; and whatever rings nobody waits for neither."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mscode.app.invocation import Invocation
from mscode.app.records import read_records
from mscode.app.workspace import load_environment
from mscode.state.records.shape import Decision
from mscode.state.records.store import LaunchRecord, RecordStore
from tests.acceptance.campaigns import PHONES, Manifest, drive, invite
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_sending import PATHS, every, only, project

INVITE = "rsvpCalls.invite"
THURSDAY = "2026-12-03T08:00:00Z"


def records(world: World) -> RecordStore:
    invocation = Invocation(variables={"ACCEPTANCE_TOKEN": world.service.token})
    return read_records(load_environment(invocation, world.folder))


def launches(world: World) -> list[LaunchRecord]:
    """The oldest first."""
    return list(reversed(records(world).launches()))


def decisions(world: World, action: str) -> list[Decision]:
    return [decision for decision in records(world).decisions() if decision.action == action]


def folder(world: World) -> Path:
    return world.folder / ".mscode" / "test" / "records"


def break_records(world: World) -> None:
    """Nothing can be written there, by root neither."""
    shutil.rmtree(folder(world), ignore_errors=True)
    folder(world).write_text("no folder")


def with_members(*names: str) -> Manifest:
    """The group is a list of people, and the campaign calls it."""
    manifest = drive(acceptsWanted=1)
    manifest["groups"]["donors"]["members"] = {"accounts": list(names)}
    return manifest


# ---- what is recorded ------------------------------------------------------------------------------------------------


def test_a_launch_is_recorded_as_it_was_approved(world: World) -> None:
    (world.folder / ".git").mkdir()
    (world.folder / ".git" / "HEAD").write_text(f"{'c0ffee' * 6}c0de\n")
    world.launched(drive())
    [record] = launches(world)
    launch, campaign = record.launch, world.service.campaign()
    assert (str(launch.address), launch.live_id, launch.environment) == (INVITE, campaign["rsvpCallId"], "test")
    assert (launch.reason, launch.generation, launch.unit) == ("first", 1, "call")
    assert (launch.people, launch.max_calls, record.people) == (4, 12, 4)
    assert [(part.role, part.words) for part in launch.parts] == [("start", "Hello from the blood service")]
    window = launch.window
    assert (window.start, window.end) == ("2026-12-01T08:00:00Z", "2026-12-04T17:00:00Z")
    assert (window.active_from, window.active_to, window.zone) == ("08:00:00", "15:00:00", "UTC")
    assert window.weekdays == tuple(drive()["rsvpCalls"]["invite"]["activeWeekdays"])
    assert (launch.first_call, launch.last_call) == ("2026-12-01T08:00:00Z", "2026-12-04T15:00:00Z")
    assert launch.context.commit == "c0ffee" * 6 + "c0de"
    assert [(approval.scope, approval.detail) for approval in launch.context.approvals] == [
        ("plan", "--auto-approve"),
        ("launch", "--allow-launch"),
    ]
    assert all(approval.by == launch.context.started_by != "" for approval in launch.context.approvals)
    assert launch.mscode_version and launch.tzdata_version
    assert len(launch.manifests_digest) == len(launch.plan_digest) == 64
    assert [len(records(world).by_person(phone)) for phone in PHONES] == [1, 1, 1, 1, 0, 0]


def test_the_digests_are_those_of_the_plan_and_of_the_files(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    digest = world.plan("--json").json["digest"]
    assert world.launch().code == 0
    first = launches(world)[0].launch
    assert first.plan_digest == digest
    world.write(drive(maxRedials=3))
    assert world.launch().code == 0
    second = launches(world)[1].launch
    assert second.manifests_digest != first.manifests_digest and second.plan_digest != first.plan_digest


def test_a_saved_plan_is_named_as_the_approval(world: World) -> None:
    world.write(drive())
    file = world.folder / "plan.json"
    assert world.plan("--out", str(file)).code == 0
    assert world.cli("apply", file, "--allow-launch").code == 0
    [record] = launches(world)
    assert [(approval.scope, approval.how) for approval in record.launch.context.approvals] == [
        ("plan", "saved plan"),
        ("launch", "flag"),
    ]


def test_an_overridden_guard_is_recorded_with_its_reason_and_as_a_decision(world: World) -> None:
    world.write_project(guards={"maxPeople": {"value": 2, "reason": "Ask the desk first"}})
    world.write(drive())
    assert world.launch().code == 5
    assert not launches(world)
    assert world.launch("--override", "maxPeople").code == 0
    [override] = launches(world)[0].launch.overrides
    assert (override.sort, override.name, override.reason) == ("guard", "maxPeople", "Ask the desk first")
    assert [decision.details for decision in decisions(world, "override")] == [{"guards": ["maxPeople"]}]


@every
def test_what_reaches_people_by_its_create_is_recorded_before_it_and_its_id_after_it(
    world: World, section: str
) -> None:
    manifest = project(section)
    world.launched(manifest)
    [record] = launches(world)
    address = f"{section}.{next(iter(manifest[section]))}"
    assert (str(record.launch.address), record.launch.live_id) == (address, "")
    [live] = world.service.get(PATHS[section])
    assert [decision.details for decision in decisions(world, "made")] == [
        {"address": address, "launch": record.id, "id": str(next(iter(live.values())))}
    ]
    assert all(record.launch.parts[0].words for record in launches(world))


def test_nobody_is_named_in_any_file(world: World) -> None:
    manifest = project("emails", "smses")
    world.launched(manifest)
    for file in folder(world).rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for fields in manifest["accounts"].values():
            assert fields["phone"].encode() not in content and fields["email"].encode() not in content, file
            assert fields["firstName"].encode() not in content, file


def test_a_secret_variable_is_not_kept_with_the_words(world: World) -> None:
    world.write_project(variables={"door": {"secret": True}})
    manifest = project("smses")
    only(manifest, "smses")["message"] = "The code is ${var.door}"
    world.write(manifest)
    ended = world.launch("--var", "door=swordfish-4711")
    assert ended.code == 0, ended.said
    assert world.service.get("/smses/1")["message"] == "The code is swordfish-4711"
    assert launches(world)[0].launch.parts[0].words == "The code is (secret)"


# ---- every launch there is -------------------------------------------------------------------------------------------


def _changed(section: str, name: str, **fields: Any) -> Callable[[Manifest], None]:
    return lambda manifest: manifest[section][name].update(fields)


#: what is edited -> (the manifest before, the edit, its address, the reason, how many people)
WIDENING: dict[str, tuple[Manifest, Callable[[Manifest], None], str, str, int]] = {
    "an earlier start": (
        drive(startTime="2026-12-02T08:00:00Z"),
        _changed("rsvpCalls", "invite", startTime="2026-12-01T08:00:00Z"),
        INVITE,
        "edit",
        4,
    ),
    "a later end": (drive(), _changed("rsvpCalls", "invite", endTime="2026-12-07T17:00:00Z"), INVITE, "edit", 4),
    "more hours": (drive(), _changed("rsvpCalls", "invite", activeTo="17:00"), INVITE, "edit", 4),
    "another weekday": (
        drive(activeWeekdays=["tuesday"]),
        _changed("rsvpCalls", "invite", activeWeekdays=["tuesday", "friday"]),
        INVITE,
        "edit",
        4,
    ),
    "more accepts": (drive(acceptsWanted=2), _changed("rsvpCalls", "invite", acceptsWanted=3), INVITE, "edit", 4),
    "more redials": (drive(), _changed("rsvpCalls", "invite", maxRedials=3), INVITE, "edit", 4),
    "a receiver more": (
        drive(),
        _changed("rsvpCalls", "invite", receivers=[{"group": "donors"}, {"account": "kaisa"}]),
        INVITE,
        "reaches-more",
        1,
    ),
    "a member more": (
        with_members("aino"),
        _changed("groups", "donors", members={"accounts": ["aino", "kaisa"]}),
        "groups.donors",
        "reaches-more",
        1,
    ),
    "another phone": (
        drive(),
        _changed("accounts", "aino", phone="+358405550177"),
        "accounts.aino",
        "reaches-more",
        1,
    ),
    "an earlier message": (
        {**project("smses"), "smses": {"reminder": {**only(project("smses"), "smses"), "actionTime": THURSDAY}}},
        _changed("smses", "reminder", actionTime="2026-12-02T08:00:00Z"),
        "smses.reminder",
        "edit",
        4,
    ),
}
widening = pytest.mark.parametrize("name", WIDENING)


@widening
def test_an_edit_that_widens_is_recorded(world: World, name: str) -> None:
    manifest, edit, address, reason, people = deepcopy(WIDENING[name])
    world.launched(manifest)
    edit(manifest)
    world.write(manifest)
    assert world.launch().code == 0
    first, second = launches(world)
    assert (str(second.launch.address), second.launch.reason, second.people) == (address, reason, people)
    assert second.launch.live_id and second.launch.parts == first.launch.parts
    if address != str(first.launch.address):
        assert second.launch.campaigns == (str(first.launch.address),)
    world.holds_the_law()


@widening
def test_where_it_cannot_be_recorded_nothing_of_the_edit_is_sent(world: World, name: str) -> None:
    manifest, edit, address, _, _ = deepcopy(WIDENING[name])
    world.launched(manifest)
    edit(manifest)
    world.write(manifest)
    break_records(world)
    world.service.forget_requests()
    ended = world.launch()
    assert ended.code == 1, ended.said
    assert f"{address} is not launched: its record cannot be written" in ended.err
    assert world.service.requests(writes=True) == []


def test_a_row_of_a_list_with_another_number_is_recorded(world: World) -> None:
    rows = world.folder / "people.csv"
    rows.write_text(f"email,phone\naino@example.com,{PHONES[0]}\neero@example.com,{PHONES[1]}\n")
    manifest = drive(acceptsWanted=1)
    manifest |= {"accounts": {}, "filters": {}, "accountLists": {"people": {"file": "people.csv", "key": "email"}}}
    manifest["groups"]["donors"]["members"] = {"accountList": "people"}
    world.launched(manifest)
    rows.write_text(rows.read_text().replace(PHONES[0], "+358405550177"))
    assert world.launch().code == 0
    record = launches(world)[-1]
    assert (str(record.launch.address), record.launch.campaigns) == ("accountLists.people", (INVITE,))
    assert record.people == len(records(world).by_person("+358405550177")) == 1


def test_what_comes_in_the_place_of_another_is_a_launch_of_its_own(world: World) -> None:
    manifest = drive(receivers=[{"group": "donors"}, {"account": "kaisa"}])
    world.launched(manifest)
    manifest["rsvpCalls"]["invite"]["receivers"] = [{"group": "donors"}]
    world.write(manifest)
    assert world.launch().code == 0
    first, second = launches(world)
    assert (first.launch.live_id, second.launch.live_id) == ("1", "2") and second.launch.generation == 2
    assert [record.n for record in records(world).launches() if record.people == 4] == [second.n]


def test_a_click_to_call_that_is_replaced_is_recorded_anew(world: World) -> None:
    manifest = project("clickToCalls")
    world.launched(manifest)
    only(manifest, "clickToCalls")["activeTo"] = "16:00"
    world.write(manifest)
    assert world.launch().code == 0
    assert [decision.details["id"] for decision in reversed(decisions(world, "made"))] == ["1", "2"]
    assert [record.launch.generation for record in launches(world)] == [1, 2]


def test_a_resume_is_recorded(world: World) -> None:
    world.launched(drive())
    world.service.halt_as_a_person()
    assert world.launch("--resume", INVITE).code == 0
    assert [record.launch.reason for record in launches(world)] == ["first", "resume"]


@pytest.mark.parametrize(
    "edit",
    [{"meta": {"season": "spring"}}, {"acceptsWanted": 2}, {"activeTo": "12:00"}, {"state": "halt"}],
    ids=str,
)
def test_an_edit_that_widens_nothing_needs_no_record(world: World, edit: dict[str, Any]) -> None:
    world.launched(drive())
    break_records(world)
    world.write(drive(**edit))
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == ("halt" if "state" in edit else "waitingToActive")


def test_a_launch_that_is_held_is_not_recorded(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    assert world.apply("--no-launch").code == 0
    assert not folder(world).exists()


def test_a_rehearsal_and_a_plan_record_nothing(world: World) -> None:
    world.write(drive())
    assert world.cli("rehearse", world.folder).code == 0
    assert world.plan().code == 0
    assert not folder(world).exists()


# ---- where the records cannot be written -----------------------------------------------------------------------------


def test_what_rings_nobody_goes_on(world: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["second"] = invite(receivers=[{"account": "kaisa"}], acceptsWanted=1)
    world.launched(manifest)
    manifest["rsvpCalls"]["third"] = manifest["rsvpCalls"]["second"] | {"receivers": [{"account": "lauri"}]}
    manifest["rsvpCalls"]["second"]["state"] = "halt"
    manifest["groups"]["donors"]["description"] = "Changed"
    del manifest["rsvpCalls"]["invite"]
    world.write(manifest)
    break_records(world)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert "rsvpCalls.third is not launched: its record cannot be written" in ended.err
    assert "Nothing of this step was sent" in " ".join(ended.err.split())
    assert [one["state"] for one in world.service.get("/rsvp_calls")] == ["halt", "halt"], (
        "halted, deleted, not launched"
    )
    assert world.service.get("/groups")[0]["description"] == "Changed"


def test_the_launch_comes_back_when_they_can_be_written_again(world: World) -> None:
    world.write(drive())
    (world.folder / ".mscode" / "test").mkdir(parents=True)
    break_records(world)
    assert world.launch().code == 6
    assert world.service.campaign()["state"] == "halt"
    folder(world).unlink()
    assert world.launch().code == 0
    assert len(launches(world)) == 1
    world.holds_the_law()


@every
def test_a_message_without_a_record_leaves_nothing_open(world: World, section: str) -> None:
    world.write(project(section))
    (world.folder / ".mscode" / "test").mkdir(parents=True)
    break_records(world)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert world.service.get(PATHS[section]) == []
    folder(world).unlink()
    assert world.launch().code == 0, "no intent holds it"


def test_a_message_is_not_taken_back_for_one_that_has_no_record(world: World) -> None:
    manifest = project("clickToCalls")
    world.launched(manifest)
    only(manifest, "clickToCalls")["activeTo"] = "16:00"
    world.write(manifest)
    break_records(world)
    world.service.forget_requests()
    assert world.launch().code == 1
    assert world.service.requests(writes=True) == []


def test_what_was_halted_for_other_hours_is_not_edited_without_a_record(world: World) -> None:
    """It calls at none of the hours that it is to have: it is halted first, as what takes away always is."""
    world.launched(drive(activeFrom="08:00", activeTo="10:00"))
    world.write(drive(activeFrom="12:00", activeTo="14:00"))
    break_records(world)
    world.service.forget_requests()
    ended = world.launch()
    assert "is not launched: its record cannot be written" in ended.err
    assert world.service.requests(writes=True) == ["PUT /rsvp_calls/1"]
    campaign = world.service.campaign()
    assert (campaign["state"], campaign["activeFrom"]) == ("halt", "08:00:00")
    folder(world).unlink()
    assert world.launch().code == 0
    assert [record.launch.reason for record in launches(world)] == ["interrupted"]


def test_a_decision_that_cannot_be_recorded_is_told_and_stops_nothing(world: World) -> None:
    manifest = drive()
    world.launched(manifest)
    break_records(world)
    world.write({"apiVersion": "mscode/v1", "accounts": manifest["accounts"]})
    ended = world.apply("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    assert "The records cannot be written, so nothing is launched" in ended.err
    assert world.service.get("/rsvp_calls") == [], "it had called nobody"


def test_a_line_that_a_killed_run_left_half_written_is_removed_by_the_next_command(world: World) -> None:
    world.launched(drive())
    lines = folder(world) / "2026.jsonl"
    whole = lines.read_bytes()
    lines.write_bytes(whole + whole.splitlines()[-1][:200].replace(b'{"n":2', b'{"n":3'))
    assert world.cli("history", "verify", "--dir", world.folder).code == 1
    assert world.apply().code == 0
    assert lines.read_bytes() == whole
    assert world.cli("history", "verify", "--dir", world.folder).code == 0


# ---- one record a launch ---------------------------------------------------------------------------------------------


def test_a_second_try_after_a_lost_answer_is_the_same_launch(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    world.service.fault(method="PUT", path="/rsvp_calls/.*", status=503)
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert len(launches(world)) == 1 and not decisions(world, "not-launched")


def test_of_a_launch_that_was_killed_before_its_request_and_made_again_one_was_sent(
    world: World, tmp_path: Path
) -> None:
    world.write(drive())
    assert world.apply().code == 5
    account = world.service.copy()
    shutil.copytree(folder(world).parent, tmp_path / "before")
    assert world.launch().code == 0
    shutil.copytree(folder(world), tmp_path / "before" / "records", dirs_exist_ok=True)
    shutil.rmtree(folder(world).parent)
    shutil.copytree(tmp_path / "before", folder(world).parent)
    world.service.put_back(account)
    assert world.launch().code == 0
    assert len(launches(world)) == 2
    assert sent(world) == [False, True]
    assert world.cli("history", "verify", "--dir", world.folder).code == 0


def sent(world: World) -> list[bool]:
    """Whether each launch was sent, the oldest first."""
    shown = json.loads(world.cli("history", "--json", "--dir", world.folder).out)
    return [launch["sent"] for launch in reversed(shown["launches"])]


def test_a_launch_that_is_refused_at_the_last_look_is_said_not_to_have_happened(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    live_id = world.service.campaign()["rsvpCallId"]

    def edit() -> None:
        world.service.put_campaign(world.service.campaign(), activeTo="16:00:00")

    world.service.before(f"GET /rsvp_calls/{live_id}", edit, nth=_reads_of_a_launch(world, live_id))
    ended = world.launch()
    assert ended.code == 1, ended.said
    [record] = launches(world)
    assert [decision.details for decision in decisions(world, "not-launched")] == [
        {"address": INVITE, "launch": record.id, "reason": "stale"}
    ]


def _reads_of_a_launch(world: World, live_id: str) -> int:
    """How often a launch reads its campaign until the very last look before its request: counted on a copy of the project."""
    twin, account = world.folder.with_name("twin"), world.service.copy()
    shutil.copytree(world.folder, twin)
    world.service.forget_requests()
    assert world.cli("apply", twin, "--auto-approve", "--allow-launch").code == 0
    sent = world.service.requests()
    world.service.put_back(account)
    return sent[: sent.index(f"PUT /rsvp_calls/{live_id}")].count(f"GET /rsvp_calls/{live_id}")


# ---- halts and other decisions ---------------------------------------------------------------------------------------


def halt(world: World, *names: str) -> Ended:
    return world.cli("halt", *names, "--dir", world.folder)


def test_a_halt_is_put_into_the_chain_by_the_next_command_that_holds_the_lock(world: World) -> None:
    world.launched(drive())
    assert halt(world, INVITE).code == 0
    assert not decisions(world, "halt")
    assert world.plan().code == 0
    assert not decisions(world, "halt"), "a plan takes no lock"
    assert world.apply().code == 0
    [decision] = decisions(world, "halt")
    assert decision.details == {"ids": [world.service.campaign()["rsvpCallId"]]}
    assert world.apply().code == 0
    assert len(decisions(world, "halt")) == 1


def test_a_halt_needs_no_records(world: World) -> None:
    world.launched(drive())
    break_records(world)
    (world.folder / ".mscode" / "test" / "halts").write_text("no folder")
    ended = halt(world, INVITE)
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "halt"
    assert "The halt is done" in ended.err


def test_a_halt_that_waits_makes_no_saved_plan_stale(world: World) -> None:
    world.launched(drive())
    assert halt(world, INVITE).code == 0
    file = world.folder / "plan.json"
    assert world.plan("--resume", INVITE, "--out", str(file)).code == 0
    ended = world.cli("apply", file, "--allow-launch")
    assert ended.code == 0, ended.said
    assert len(decisions(world, "halt")) == 1


def test_a_note_of_a_halt_that_is_none_is_left_alone(world: World) -> None:
    world.launched(drive())
    assert halt(world, INVITE).code == 0
    note = world.folder / ".mscode" / "test" / "halts" / "0.json"
    note.write_text('{"id": [')
    assert world.apply().code == 0
    assert len(decisions(world, "halt")) == 1 and note.exists()


@pytest.mark.parametrize("decision", ["adopt", "not-created"])
def test_what_is_settled_by_hand_is_recorded_or_left_as_it_was(
    world: World, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(project("smses"))
    when = "after" if decision == "adopt" else "before"
    world.service.fault(method="POST", path="/smses", status=503, when=when)
    world.service.fault(method="GET", path="/smses", omit=1000, times=1000)
    assert world.launch().code == 7
    world.service.no_more_faults()
    option = ("--adopt", "1") if decision == "adopt" else ("--not-created",)
    aside = folder(world).with_name("aside")
    folder(world).rename(aside)
    folder(world).write_text("no folder")

    def resolve() -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO("4\n"))
        return world.cli("resolve", "smses.reminder", world.folder, *option)

    assert resolve().code == 1
    folder(world).unlink()
    aside.rename(folder(world))
    ended = resolve()
    assert ended.code == 0, ended.said
    [recorded] = decisions(world, "resolve")
    assert (recorded.details["address"], recorded.details["decision"]) == ("smses.reminder", decision)
    assert sent(world) == [decision == "adopt"]
    if decision == "not-created":
        assert world.launch().code == 0
        assert sent(world) == [False, True]


def test_allowed_deletes_are_recorded(world: World) -> None:
    world.launched(project("smses"))
    world.write({"apiVersion": "mscode/v1", "accounts": {"aino": {"phone": PHONES[0]}}})
    ended = world.apply("--allow-deletes", "50")
    assert ended.code == 0, ended.said
    [decision] = decisions(world, "allow-deletes")
    assert decision.details["allowed"] == 50


# ---- what is known of a launch later --------------------------------------------------------------------------------


def person(world: World, monkeypatch: pytest.MonkeyPatch, phone: str = PHONES[0]) -> list[dict[str, Any]]:
    """The launches that were let reach somebody."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{phone}\n"))
    ended = world.look("history", "person", "--dir", str(world.folder), "--json")
    assert ended.code == 0, ended.said
    return list(ended.json["launches"])


def later_words(launch: dict[str, Any]) -> list[list[str]]:
    return [[words["text"] for words in change["words"]] for change in launch["laterWords"]]


def test_other_words_by_an_edit_that_is_no_launch_are_in_the_records(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = drive()
    world.launched(manifest)
    manifest["voiceFiles"]["greeting"]["text"] = "Hello, this is Anna"
    world.write(manifest)
    assert world.apply().code == 0
    assert len(launches(world)) == 1, "nobody is called more often or at another time"
    [launch] = person(world, monkeypatch)
    assert launch["words"][0]["text"] == "Hello from the blood service"
    assert later_words(launch) == [["Hello, this is Anna"]]
    shown = world.look("history", "show", launch["id"], "--dir", str(world.folder)).out
    assert 'Words:         start: "Hello from the blood service"\n  Words since:   Mon 2026-11-30 08:00\n' in shown
    manifest["voiceFiles"]["greeting"]["description"] = "Second"
    world.write(manifest)
    assert world.apply().code == 0
    assert len(decisions(world, "words-changed")) == 1


def test_other_words_of_a_message_that_waits_are_in_the_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = project("smses")
    world.launched(manifest)
    only(manifest, "smses")["message"] = f"Call {PHONES[5]}"
    world.write(manifest)
    assert world.apply().code == 0
    [launch] = person(world, monkeypatch)
    [[text]] = later_words(launch)
    assert text.startswith("Call ") and PHONES[5] not in text


def test_the_words_of_a_later_launch_are_named_at_the_one_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = drive()
    world.launched(manifest)
    manifest["voiceFiles"]["greeting"]["text"] = "Hello, this is Anna"
    manifest["rsvpCalls"]["invite"]["maxRedials"] = 3
    world.launched(manifest)
    assert not decisions(world, "words-changed")
    later, first = person(world, monkeypatch)
    assert (later_words(first), later_words(later)) == ([["Hello, this is Anna"]], [])


def test_other_words_that_cannot_be_recorded_are_told_and_hold_nothing_up(world: World) -> None:
    manifest = drive()
    world.launched(manifest)
    break_records(world)
    manifest["voiceFiles"]["greeting"]["text"] = "Hello, this is Anna"
    world.write(manifest)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "its record could not be completed" in ended.err
    assert world.service.campaign()["state"] == "waitingToActive"


def test_an_edit_that_was_cut_short_and_made_again_was_sent_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.launched(drive())
    world.service.at("2026-11-30T07:00:00Z")
    world.write(drive(maxRedials=3))

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mscode.engine.lifecycle.campaign._halt_for_edit", killed)
        assert world.launch().code == 130
    assert len(launches(world)) == 2
    world.service.at("2026-11-30T07:30:00Z")
    assert world.launch().code == 0
    assert sent(world) == [True, False, True]


def test_an_edit_that_was_taken_back_and_made_again_was_sent_twice(world: World) -> None:
    world.launched(drive())
    for hour, redials in ((7, 3), (8, 2), (9, 3)):
        world.service.at(f"2026-11-30T{hour:02}:00:00Z")
        world.write(drive(maxRedials=redials))
        assert world.launch().code == 0
    assert sent(world) == [True, True, True]


@pytest.mark.parametrize("by", ["apply", "resolve"])
def test_a_message_that_was_found_after_a_lost_answer_has_its_live_id(
    world: World, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(project("clickToCalls"))
    world.service.fault(method="POST", path="/click_to_calls", status=503, when="after")
    world.service.fault(method="GET", path="/click_to_calls", omit=1000, times=1000)
    assert world.launch().code == 7
    world.service.no_more_faults()
    if by == "resolve":
        ended = world.cli("resolve", "clickToCalls.desk", world.folder, "--adopt", "1")
        assert ended.code == 0, ended.said
    assert world.launch().code == 0
    [launch] = world.look("history", "--dir", str(world.folder), "--json").json["launches"]
    assert (launch["liveId"], launch["sent"]) == ("1", True)
