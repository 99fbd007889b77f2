"""A create of which only a person can say what became of it: shown, held, settled by hand, and written down."""

from __future__ import annotations

import io
import json
import stat
from typing import Any

import pytest

from mscode.engine.create import protocol as create
from mscode.engine.create import resolve
from mscode.model.kind import Kind
from mscode.plan.identity import lost_create as lost
from mscode.plan.identity import matching as scope
from mscode.state.local.lock import StateLock
from tests.acceptance.campaigns import AFTER, PHONES, drive, quiet
from tests.acceptance.conftest import Ended, World

INVITE = "rsvpCalls.invite"


@pytest.fixture
def held(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The create of a campaign had no answer, and is of a kind that reaches people when it is created."""

    def is_held(kind: Kind) -> bool:
        return kind.section == "rsvpCalls"

    for module in (lost, scope, create, resolve):
        monkeypatch.setattr(module, "needs_manual_resolution", is_held)
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", status=503)
    ended = world.launch()
    assert ended.code == 7, ended.said
    words = " ".join(ended.said.split())
    assert "POST /rsvp_calls answered 503" in words and "--adopt ID or --not-created" in words
    return world


def resolved(world: World, *options: str) -> Ended:
    return world.cli("resolve", INVITE, world.folder, *options)


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def audit(world: World) -> list[dict[str, Any]]:
    path = world.folder / ".mscode" / "audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# ---- held ------------------------------------------------------------------------------------------------------------


def test_what_is_held_is_shown_and_is_7_until_it_is_settled(held: World) -> None:
    held.service.forget_requests()
    for options in ((), ("--detailed-exitcode",)):
        ended = held.plan(*options)
        assert ended.code == 7, ended.said
        assert "? unknown outcome" in ended.out and "? rsvpCalls.invite outcome unknown" in ended.out
    assert held.launch().code == 7
    assert held.service.requests(writes=True) == []


def test_a_program_reads_that_the_plan_is_not_complete(held: World) -> None:
    ended = held.plan("--json")
    assert ended.code == 7
    assert ended.json["complete"] is False and [one["kind"] for one in ended.json["notes"]] == ["unknown-outcome"]


def test_what_is_held_does_not_stop_the_rest(held: World) -> None:
    manifest = drive()
    manifest["groups"]["more"] = {"description": "Added later"}
    held.write(manifest)
    assert held.launch().code == 7
    assert [one["name"] for one in held.service.get("/groups")] == ["donors", "more"]


# ---- it was not created ----------------------------------------------------------------------------------------------


def test_the_number_of_people_must_be_typed(held: World, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, "4\n")
    ended = resolved(held, "--not-created")
    assert ended.code == 0, ended.said
    assert "reaches 4 people" in ended.err and "it was not created" in ended.out
    assert held.changes() == {INVITE: (["create"], ["dials"])}
    assert held.launch().code == 0
    held.service.at(AFTER)
    assert {ring["phone"] for ring in held.service.rings()} == set(PHONES[:4])


@pytest.mark.parametrize("typed", ["yes\n", "5\n", "\n", ""])
def test_anything_else_changes_nothing(held: World, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    types(monkeypatch, typed)
    ended = resolved(held, "--not-created")
    assert ended.code == 1, ended.said
    assert "Nothing was changed" in ended.err
    assert held.plan().code == 7 and audit(held) == audit_of_launch(held)


def audit_of_launch(world: World) -> list[dict[str, Any]]:
    """The launch that was answered before the create failed is all there is."""
    return [line for line in audit(world) if line["action"] == "launch"]


def test_nobody_to_ask_is_an_error(held: World) -> None:
    ended = resolved(held, "--not-created", "--no-input")
    assert ended.code == 1 and "nobody to say" in ended.err
    assert held.plan().code == 7


def test_it_cannot_be_said_of_what_is_there(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", when="after", status=503)
    world.service.fault(method="GET", path="/rsvp_calls", status=400, skip=4, times=1)
    ended = world.launch()
    assert ended.code == 7, ended.said
    ended = resolved(world, "--not-created")
    assert ended.code == 1 and "is there after all: id 1" in ended.err
    assert world.launch().code == 0
    assert len(world.service.get("/rsvp_calls")) == 1


# ---- it was created --------------------------------------------------------------------------------------------------


def made_by_hand(world: World, marker: str = "") -> str:
    fields = ("acceptsWanted", "maxRedials")
    invite = drive()["rsvpCalls"]["invite"]
    body = {name: invite[name] for name in fields} | {
        "state": "halt",
        "activeFrom": "08:00:00",
        "activeTo": "15:00:00",
        "startTime": "2026-12-01 08:00:00",
        "endTime": "2026-12-04 17:00:00",
        "activeWeekdays": [{"weekday": day, "active": "1"} for day in invite["activeWeekdays"]],
        "voiceFiles": [{"type": "start", "voiceFileId": "1"}],
        "actionButtons": [{"button": "5", "action": "accept"}, {"button": "9", "action": "decline"}],
        "receivers": [{"groupId": "1"}],
        "meta": {"season": "winter"} | ({"mscode": marker} if marker else {}),
    }
    return str(world.service.send("POST", "/rsvp_calls", body)["rsvpCallId"])


def test_the_one_that_a_person_names_is_taken_in(held: World) -> None:
    live_id = made_by_hand(held)
    ended = resolved(held, "--adopt", live_id)
    assert ended.code == 0, ended.said
    assert held.state_entries()[INVITE] == live_id
    assert held.plan().code == 0
    (line,) = [one for one in audit(held) if one["action"] == "resolve"]
    assert (line["address"], line["decision"], line["id"]) == (INVITE, "adopt", live_id)


def test_only_what_exists_and_is_nobody_elses_is_taken_in(held: World) -> None:
    theirs = made_by_hand(held, "1:other/test:rsvpCalls.invite:1:new")
    for live_id, said in (("99", "There is no RSVP call with id 99"), (theirs, "managed elsewhere")):
        ended = resolved(held, "--adopt", live_id)
        assert ended.code == 1 and said in ended.err, ended.said
    assert held.plan().code == 7


def test_what_another_address_manages_is_not_taken_in(held: World) -> None:
    live_id = made_by_hand(held)
    manifest = drive()
    manifest["rsvpCalls"]["second"] = drive()["rsvpCalls"]["invite"]
    held.write(manifest)
    assert held.cli("import", "rsvpCalls.second", live_id, held.folder).code == 0
    ended = resolved(held, "--adopt", live_id)
    assert ended.code == 1 and "managed already, as rsvpCalls.second" in ended.err


# ---- the command line ------------------------------------------------------------------------------------------------


def test_nothing_unknown_is_an_error(world: World) -> None:
    world.launched(drive())
    ended = resolved(world, "--adopt", "1")
    assert ended.code == 1 and "rsvpCalls.invite has no unresolved create; nothing to resolve." in ended.err


@pytest.mark.parametrize("options", [(), ("--not-created", "--adopt", "1"), ("--adopt", "../1")], ids=str)
def test_one_of_the_two_must_be_said(held: World, options: tuple[str, ...]) -> None:
    assert resolved(held, *options).code == 64


def test_it_waits_for_no_apply_that_runs(held: World) -> None:
    with StateLock(held.folder / ".mscode" / "test", "apply"):
        assert resolved(held, "--adopt", "1").code == 4


def test_it_sends_nothing_but_get(held: World) -> None:
    live_id = made_by_hand(held)
    held.service.forget_requests()
    assert resolved(held, "--adopt", live_id).code == 0
    assert held.service.requests(writes=True) == []


# ---- the audit log ---------------------------------------------------------------------------------------------------


def test_what_was_decided_against_a_default_is_written_down(world: World) -> None:
    world.write(drive(acceptsWanted=9))
    assert world.launch("--override", "acceptsWanted").code == 0
    world.write(quiet())
    assert world.apply("--allow-deletes", "20").code == 0
    found = audit(world)
    assert [one["action"] for one in found] == ["override", "launch", "allow-deletes"]
    assert found[0]["guards"] == ["acceptsWanted"]
    assert found[1]["answered"] == "--allow-launch" and found[1]["launches"][INVITE]["people"] == 4
    assert (found[2]["allowed"], found[2]["deletes"]) == (20, 1)
    for line in found:
        assert line["environment"] == "test" and "@" in line["who"] and line["at"].endswith("+00:00")


def test_the_log_is_for_its_owner_alone_and_names_nobody(world: World) -> None:
    world.launched(drive())
    path = world.folder / ".mscode" / "audit.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(phone in path.read_text() for phone in PHONES)


def test_an_apply_that_decides_nothing_writes_nothing(world: World) -> None:
    world.write(quiet())
    assert world.apply().code == 0
    assert audit(world) == []
