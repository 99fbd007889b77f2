"""The emergency brake: it needs no valid manifests, no state and no lock, and no later apply lets go of it."""

from __future__ import annotations

import shutil

import pytest

from mscode.state.lock import StateLock
from tests.acceptance.campaigns import AFTER, PHONES, drive, invite
from tests.acceptance.conftest import World

CALLING = "2026-12-01T08:00:06Z"
BY = {"address": ["rsvpCalls.invite"], "id": ["--id", "1"], "all": ["--all"], "everybody's": ["--all-in-account"]}


@pytest.fixture(params=["waiting", "calling"])
def launched(world: World, request: pytest.FixtureRequest) -> World:
    world.launched(drive())
    if request.param == "calling":
        world.service.at(CALLING)
    return world


@pytest.mark.parametrize("which", BY.values(), ids=BY)
def test_it_halts_by(launched: World, which: list[str]) -> None:
    ended = launched.cli("halt", *which, "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert launched.service.campaign()["state"] == "halt"
    rung = len(launched.service.rings())
    launched.service.at(AFTER)
    assert len(launched.service.rings()) == rung


def test_no_later_apply_lets_go_of_it_but_with_resume(launched: World) -> None:
    assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0
    launched.holds_the_law()
    assert launched.launch().code == 0
    assert launched.service.campaign()["state"] == "halt"
    launched.write(drive(activeTo="14:00"))
    assert launched.launch().code == 0
    assert launched.service.campaign()["state"] == "halt"
    ended = launched.launch("--resume", "rsvpCalls.invite")
    assert ended.code == 0, ended.said
    assert launched.service.campaign()["state"] in ("active", "waitingToActive")


def test_it_writes_who_halted(launched: World) -> None:
    assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["meta"] == {
        "season": "winter",
        "mscode": "1:drive/test:rsvpCalls.invite:1:held",
    }


def test_it_works_with_broken_manifests(launched: World) -> None:
    (launched.folder / "all.yaml").write_text("rsvpCalls: [")
    assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


@pytest.mark.parametrize("which", [["rsvpCalls.invite"], ["--all"]], ids=["address", "all"])
def test_it_works_without_a_state(launched: World, which: list[str]) -> None:
    shutil.rmtree(launched.folder / ".mscode")
    assert launched.cli("halt", *which, "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_it_works_with_an_unreadable_state(launched: World) -> None:
    for file in (launched.folder / ".mscode" / "test").rglob("*"):
        file.write_text("broken")
    assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_it_does_not_wait_for_a_lock(launched: World) -> None:
    with StateLock(launched.folder / ".mscode" / "test", "apply"):
        assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_it_works_with_nothing_but_url_and_token(
    launched: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("MSCODE_URL", launched.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", launched.service.token)
    (launched.folder / "mscode.yaml").write_text("environments: [")
    assert launched.cli("halt", "--id", "1", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_all_means_this_projects_campaigns(world: World) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["rsvpCalls"]["second"] = invite(receivers=[{"account": "lauri"}], acceptsWanted=1)
    world.launched(manifest)
    first = world.service.campaign()
    world.service.put_campaign(first, meta={**first["meta"], "mscode": "1:other/test:rsvpCalls.invite:1:live"})
    shutil.rmtree(world.folder / ".mscode")
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    states = {campaign["rsvpCallId"]: campaign["state"] for campaign in world.service.get("/rsvp_calls")}
    assert states == {"1": "waitingToActive", "2": "halt"}


def test_nothing_to_halt_is_no_failure(world: World) -> None:
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    world.launched(drive())
    world.service.at(AFTER)
    world.service.forget_requests()
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "complete"
    assert world.service.requests(writes=True) == []


def test_halting_twice_is_no_failure(launched: World) -> None:
    for _ in range(2):
        assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_an_address_that_is_not_there_is_told(launched: World) -> None:
    ended = launched.cli("halt", "rsvpCalls.other", "--dir", launched.folder)
    assert "rsvpCalls.other" in ended.said
    assert launched.service.campaign()["state"] != "halt"


def test_one_that_waits_for_its_launch_is_held_back_too(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.service.campaign()["state"] == "halt"


def test_a_halt_whose_answer_is_lost_is_repeated(launched: World) -> None:
    launched.service.fault(method="PUT", path="/rsvp_calls/1", when="before", status=503)
    assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_one_campaign_that_cannot_be_halted_does_not_keep_the_others_running(world: World) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["rsvpCalls"]["second"] = invite(receivers=[{"account": "lauri"}], acceptsWanted=1)
    world.launched(manifest)
    world.service.fault(method="PUT", path="/rsvp_calls/1", status=400, body={"error": {}}, times=None)
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code == 6, ended.said
    assert world.service.campaign(1)["state"] == "halt"


def test_it_says_what_it_halted_in_json(launched: World) -> None:
    ended = launched.cli("halt", "--all", "--json", "--dir", launched.folder)
    (campaign,) = ended.json["campaigns"]
    assert (campaign["id"], campaign["address"], campaign["halted"]) == ("1", "rsvpCalls.invite", True)
    assert not any(phone in ended.said for phone in PHONES)


def test_one_whose_voice_file_was_deleted_is_halted_too(launched: World) -> None:
    made = {"name": "Other", "text": "x", "voiceCode": "en"}
    launched.service.send("POST", "/voice_files/text_to_speech", made)
    launched.service.send("DELETE", "/voice_files/1")
    ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert "one of its voice files is gone; id 2 stands in for it" in ended.err
    campaign = launched.service.campaign()
    assert campaign["state"] == "halt" and campaign["meta"]["mscode"].endswith(":held")


def test_where_no_voice_file_is_left_it_says_that_it_could_not_halt(launched: World) -> None:
    launched.service.send("DELETE", "/voice_files/1")
    ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 1, ended.said
    assert "no such voice file" in ended.err
