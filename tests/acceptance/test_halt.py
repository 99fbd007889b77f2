"""The emergency brake: it needs no valid manifests, no state and no lock, and no later apply lets go of it."""

from __future__ import annotations

import json
import shutil
import socket
import time

import pytest

from mscode.state.local.lock import StateLock
from mscode.views.console import Out
from tests.acceptance.campaigns import AFTER, PHONES, Manifest, drive, invite
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
        if file.is_file():
            file.write_text("broken")
    assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_it_does_not_wait_for_a_lock(launched: World) -> None:
    with StateLock(launched.folder / ".mscode" / "test", "apply"):
        assert launched.cli("halt", "rsvpCalls.invite", "--dir", launched.folder).code == 0
    assert launched.service.campaign()["state"] == "halt"


def test_an_apply_under_way_is_named_after_all_is_halted(launched: World) -> None:
    """What it is about to create and launch is not there yet."""
    lock = StateLock(launched.folder / ".mscode" / "test", "apply")
    with lock:
        ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 7, ended.said
    assert "An apply is under way (" in ended.err and lock.id in ended.err
    assert "stop it too, then halt again." in ended.err
    assert launched.service.campaign()["state"] == "halt"
    assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0


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


def test_where_no_voice_file_is_left_one_is_made_to_stand_in(launched: World) -> None:
    launched.service.send("DELETE", "/voice_files/1")
    ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    (made,) = launched.service.get("/voice_files")
    assert "stand-in" in made["name"] and "halt a campaign" in made["description"]
    assert f"Voice file id {made['voiceFileId']} was made to stand in" in ended.err
    assert f"id {made['voiceFileId']} stands in for it" in ended.err
    _, line, last = ended.out.splitlines()
    assert line.startswith("rsvpCalls.invite: Halted [id=1, was ") and last == "1 halted"
    assert halted(launched)
    rung = len(launched.service.rings())
    launched.service.at(AFTER)
    assert len(launched.service.rings()) == rung


def test_one_voice_file_stands_in_for_all_that_are_gone(world: World) -> None:
    three(world)
    world.service.send("DELETE", "/voice_files/1")
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code == 0, ended.said
    assert all(halted(world, which) for which in (1, 2, 3)), ended.said
    assert len(world.service.get("/voice_files")) == 1


def test_a_voice_file_of_its_own_is_made_though_the_lists_about_it_fail(waiting: World) -> None:
    waiting.service.send("DELETE", "/voice_files/1")
    waiting.service.fault(method="GET", path="/voice_files/text_to_speech/voice_codes", status=500, times=None)
    waiting.service.fault(method="GET", path="/voice_files", status=500, times=None)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0 and halted(waiting), ended.said


def test_what_is_refused_for_another_reason_makes_no_voice_file(waiting: World) -> None:
    waiting.service.fault(method="PUT", path="/rsvp_calls/1", status=400, body={"error": {}}, times=None)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 1 and "NOTHING WAS HALTED" in ended.err
    assert waiting.service.requests(writes=True) and len(waiting.service.get("/voice_files")) == 1


# ---- a service that asks for pauses, or says nothing for long --------------------------------------------------------


def three(world: World) -> None:
    """Three campaigns that wait for their start."""
    manifest = drive(acceptsWanted=2)
    manifest["rsvpCalls"]["second"] = invite(receivers=[{"account": "lauri"}], acceptsWanted=1)
    manifest["rsvpCalls"]["third"] = invite(receivers=[{"account": "lauri"}], acceptsWanted=1)
    world.launched(manifest)


@pytest.mark.parametrize("which", BY.values(), ids=BY)
@pytest.mark.parametrize("asked", ["GET /rsvp_calls", "GET /rsvp_calls/1", "PUT /rsvp_calls/1"])
def test_a_long_pause_that_one_answer_asked_for_keeps_none_from_being_tried(
    world: World, asked: str, which: list[str]
) -> None:
    three(world)
    method, path = asked.split()
    world.service.fault(method=method, path=path, status=429, retry_after=900, body={}, times=None)
    which = [part for one in (1, 2, 3) for part in ("--id", str(one))] if which[0] == "--id" else which
    which = (
        ["rsvpCalls.invite", "rsvpCalls.second", "rsvpCalls.third"] if len(which) == 1 and "." in which[0] else which
    )
    world.service.forget_requests()
    ended = world.cli("halt", *which, "--dir", world.folder)
    sent = world.service.requests()
    world.service.control("DELETE", "/faults")
    assert asked in sent
    assert all(halted(world, one) for one in (2, 3)), ended.said
    if asked == "PUT /rsvp_calls/1":
        assert ended.code == 6 and "answered 429" in ended.err, ended.said
        assert ended.out.count(": Halted [id=") == 2


@pytest.mark.parametrize("asked", ["GET /rsvp_calls", "GET /rsvp_calls/1", "PUT /rsvp_calls/1"])
@pytest.mark.parametrize("seconds", [1, 900])
def test_one_pause_alone_keeps_no_campaign_from_being_halted(waiting: World, seconds: int, asked: str) -> None:
    """A short one is waited for; of a long one the brake asks again, since nothing was done."""
    shutil.rmtree(waiting.folder / ".mscode")
    method, path = asked.split()
    waiting.service.fault(method=method, path=path, status=429, retry_after=seconds, body={}, times=1)
    began = time.monotonic()
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0 and halted(waiting), ended.said
    assert (1 if seconds == 1 else 0) <= time.monotonic() - began < 30


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_each_halt_is_told_as_it_happens(world: World, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """While one campaign gives no answer, the others are told already, and a document is told once."""
    three(world)
    told: list[str] = []
    met: list[str] = []

    def look() -> None:
        met.extend(told)

    result = Out.result

    def watched(out: Out, text: str) -> None:
        told.append(text)
        result(out, text)

    monkeypatch.setattr(Out, "result", watched)
    world.service.fault(method="PUT", path="/rsvp_calls/1", status=503, retry_after=1, body={}, times=2)
    world.service.before("PUT /v1/rsvp_calls/1|PUT /rsvp_calls/1", look, nth=3)
    ended = world.cli("halt", "--all", "--dir", world.folder, *(["--json"] if as_json else []))
    assert ended.code == 0, ended.said
    if as_json:
        assert not told and [one["halted"] for one in ended.json["campaigns"]] == [True] * 3
        return
    ids = world.state_entries()
    lines = {
        f"{name}: Halted [id={one}, was waitingToActive]" for name, one in ids.items() if name.startswith("rsvpCalls.")
    }
    assert told == ended.out.splitlines() and set(told[1:-1]) == lines and told[-1] == "3 halted"
    assert sorted(met[1:]) == sorted(line for line in lines if "id=1," not in line)


# ---- a campaign's own page that is out of form -----------------------------------------------------------------------


@pytest.mark.parametrize("which", BY.values(), ids=BY)
@pytest.mark.parametrize("value", [None, "nonsense", 9, [], ...], ids=repr)
@pytest.mark.parametrize("name", ["activeFrom", "activeWeekdays", "endTime", "voiceFiles", "acceptsWanted", "meta"])
def test_what_its_own_page_lacks_is_taken_from_its_row(
    waiting: World, name: str, value: object, which: list[str]
) -> None:
    page = {**waiting.service.get("/rsvp_calls/1"), name: value}
    page = {key: one for key, one in page.items() if one is not ...}
    before = waiting.service.campaign()
    waiting.service.fault(method="GET", path="/rsvp_calls/1", status=200, body=page, times=1)
    ended = waiting.cli("halt", *which, "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    after = waiting.service.get("/rsvp_calls/1")
    assert after["state"] == "halt"
    if value in (None, [], ...) and name != "meta":
        assert after[name] == before[name]
    if value in (None, [], ...):
        assert halted(waiting) and after["meta"]["season"] == "winter"


# ---- nothing else disarms it -----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(world: World) -> World:
    """A campaign that was launched and waits for its start."""
    world.launched(drive())
    return world


LIST = {"method": "GET", "path": "/rsvp_calls", "times": None}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def halted(world: World, which: int = 1) -> bool:
    campaign = world.service.get(f"/rsvp_calls/{which}")
    return campaign["state"] == "halt" and campaign["meta"]["mscode"].endswith(":held")


BAD_NAMES = {
    "one that has no halt": ["clickToCalls.desk"],
    "no address": ["invite"],
    "nothing at all": [""],
    "not there": ["rsvpCalls.other"],
    "another kind": ["groups.donors"],
    "an id that is not there": ["--id", "99"],
    "an id that is none": ["--id", "../accounts"],
}


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("bad", BAD_NAMES.values(), ids=BAD_NAMES)
def test_one_bad_name_does_not_stop_the_brake(waiting: World, bad: list[str], first: bool) -> None:
    good = ["rsvpCalls.invite"]
    ended = waiting.cli("halt", *(bad + good if first else good + bad), "--dir", waiting.folder)
    assert halted(waiting)
    assert ended.code == 6, ended.said
    assert "NOTHING WAS HALTED" not in ended.said


@pytest.mark.parametrize("bad", BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_bad_name_beside_all_is_told_after_the_halt(waiting: World, bad: list[str]) -> None:
    ended = waiting.cli("halt", "--all", *bad, "--dir", waiting.folder)
    assert halted(waiting) and ended.code == 6, ended.said


def strangers(world: World, *rows: object) -> None:
    """The list shows these rows before what is there."""
    world.service.fault(**LIST, status=200, body=[*rows, *world.service.get("/rsvp_calls")])


def twisted(world: World, **members: object) -> dict[str, object]:
    """A stranger's campaign, some of its members out of form (`...`: not there)."""
    row = {**world.service.campaign(), "rsvpCallId": "77", "meta": {}, **members}
    return {name: value for name, value in row.items() if value is not ...}


TWISTED: dict[str, dict[str, object]] = {
    "state is a number": {"state": 7},
    "no state": {"state": ...},
    "window is a number": {"activeFrom": 9},
    "weekdays are a text": {"activeWeekdays": "monday"},
    "voice files are null": {"voiceFiles": None},
    "no end": {"endTime": ...},
    "receivers are a number": {"receivers": 3},
    "no id": {"rsvpCallId": ...},
    "stats are a text": {"stats": "many"},
    "meta is a list": {"meta": [1]},
}


@pytest.mark.parametrize("which", BY.values(), ids=BY)
@pytest.mark.parametrize("members", TWISTED.values(), ids=TWISTED)
def test_a_strangers_campaign_out_of_form_does_not_stop_the_brake(
    waiting: World, members: dict[str, object], which: list[str]
) -> None:
    strangers(waiting, twisted(waiting, **members))
    ended = waiting.cli("halt", *which, "--dir", waiting.folder)
    assert halted(waiting), ended.said
    assert "Traceback" not in ended.said and "internal error" not in ended.said
    if which == BY["everybody's"] or members == {"rsvpCallId": ...}:
        return  # the one that does not exist cannot be halted; one without an id may be anybody's
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("row", [None, "text", 3, []], ids=repr)
def test_a_row_that_is_no_object_does_not_stop_the_brake(waiting: World, row: object) -> None:
    strangers(waiting, row)
    shutil.rmtree(waiting.folder / ".mscode")
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert halted(waiting)
    assert ended.code == 7, ended.said


@pytest.mark.parametrize("members", TWISTED.values(), ids=TWISTED)
def test_ones_own_campaign_out_of_form_is_halted_as_it_came(waiting: World, members: dict[str, object]) -> None:
    """Only what it looks like is out of form; without a state file its mark alone tells whose it is."""
    if "meta" in members or "rsvpCallId" in members:
        pytest.skip("without its mark or its id nobody knows it")
    shutil.rmtree(waiting.folder / ".mscode")
    row = {**waiting.service.campaign(), **members}
    waiting.service.fault(**LIST, status=200, body=[{k: v for k, v in row.items() if v is not ...}])
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert halted(waiting), ended.said
    assert ended.code == 0, ended.said


@pytest.mark.parametrize("status", [500, 403, 404, 302])
@pytest.mark.parametrize(("which", "code"), [("id", 0), ("address", 0), ("all", 7)])
def test_a_list_that_fails_does_not_stop_the_brake(waiting: World, status: int, which: str, code: int) -> None:
    waiting.service.fault(**LIST, status=status, body={"error": {"message": "no list today"}})
    ended = waiting.cli("halt", *BY[which], "--dir", waiting.folder)
    assert halted(waiting), ended.said
    assert ended.code == code, ended.said


@pytest.mark.parametrize("which", BY.values(), ids=BY)
def test_one_whose_page_fails_is_halted_by_its_row(waiting: World, which: list[str]) -> None:
    waiting.service.fault(method="GET", path="/rsvp_calls/1", status=500, times=1)
    ended = waiting.cli("halt", *which, "--dir", waiting.folder)
    assert waiting.service.campaign()["state"] == "halt", ended.said


def test_where_nothing_can_be_read_it_says_that_nothing_was_halted(waiting: World) -> None:
    waiting.service.fault(method="GET", path="/rsvp_calls.*", status=500, times=None)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 1 and "NOTHING WAS HALTED" in ended.err, ended.said
    assert "Nothing to halt" not in ended.said


def test_a_list_of_several_pages_is_no_reason_to_say_that_all_is_halted(waiting: World) -> None:
    rows = waiting.service.get("/rsvp_calls")
    waiting.service.fault(**LIST, status=206, body=rows)
    shutil.rmtree(waiting.folder / ".mscode")
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert halted(waiting) and ended.code == 7, ended.said


def test_a_halt_of_which_nobody_knows_is_told_as_unknown(waiting: World) -> None:
    waiting.service.fault(method="PUT", path="/rsvp_calls/1", when="before", status=500, times=None)
    waiting.service.fault(method="GET", path="/rsvp_calls/1", skip=1, status=500, times=None)
    ended = waiting.cli("halt", "rsvpCalls.invite", "--dir", waiting.folder)
    assert ended.code == 7, ended.said
    assert "may or may not have been halted" in ended.err


def test_a_halt_that_an_edit_wrote_over_is_sent_again(waiting: World) -> None:
    waiting.service.fault(method="PUT", path="/rsvp_calls/1", status=200, body={}, times=1)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert halted(waiting) and ended.code == 0, ended.said


BROKEN_PROJECTS = {
    "cut": "apiVersion: mscode/v1\nproject: drive\nenvironments: [",
    "a key twice": "apiVersion: mscode/v1\nproject: drive\ntimezone: UTC\ntimezone: UTC\n",
    "the name twice": "apiVersion: mscode/v1\nproject: drive\nproject: other\n",
    "a merge": "apiVersion: mscode/v1\n<<<<<<< ours\nproject: 'drive'  # the name\n=======\nproject: other\n>>>>>>> theirs\n",
    "a tab": "apiVersion: mscode/v1\n\tx: y\nproject: drive\n",
    "in braces": '{"apiVersion": "mscode/v1",\n "project": "drive", "environments": [',
    "no text": b"\xff\xfe" + "project: drive\n".encode("utf-16-le"),
    "a bad byte": b"# \xe4\nproject: drive\n",
}


@pytest.mark.parametrize("text", BROKEN_PROJECTS.values(), ids=BROKEN_PROJECTS)
@pytest.mark.parametrize("which", BY.values(), ids=BY)
def test_the_name_in_a_broken_project_file_is_enough(
    waiting: World, monkeypatch: pytest.MonkeyPatch, text: str | bytes, which: list[str]
) -> None:
    monkeypatch.setenv("MSCODE_URL", waiting.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", waiting.service.token)
    monkeypatch.setenv("MSCODE_ENV", "production")
    (waiting.folder / "mscode.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    ended = waiting.cli("halt", *which, "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    assert halted(waiting)


BROKEN_SETTINGS = {
    "a guard": {"guards": {"maxPeople": "many"}},
    "an unknown key": {"colour": "red"},
    "another zone": {"timezone": "Mars/Olympus"},
    "another version": {"apiVersion": "mscode/v9"},
    "no default": {"defaultEnvironment": "other"},
    "a variable": {"variables": {"x": {"type": "nonsense"}}},
}


SETTINGS = """\
apiVersion: mscode/v1
project: drive
defaultEnvironment: test
environments:
{0}  test:
{1}    url: {url}
    token: {{env: BRAKE_TOKEN}}
{2}"""
#: Each spoils the block of the environments, or stands right behind it.
SPOILT = {
    "a merge behind it": ("", "", "<<<<<<< ours\nguards: {}\n=======\n>>>>>>> theirs\n"),
    "a merge in it": ("", "<<<<<<< ours\n    windowZone: UTC\n||||||| base\n=======\n>>>>>>> theirs\n", ""),
    "a merge of environments": ("<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n"),
    "NULs of a crash": ("", "", "\0" * 512),
    "a tab for the indentation": ("", "\twindowZone: UTC\n", ""),
    "a control character": ("", "", "# \x1b[31m\n"),
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_where_the_account_is_is_read_although_marks_stand_beside_it(
    waiting: World, monkeypatch: pytest.MonkeyPatch, spoilt: tuple[str, str, str]
) -> None:
    monkeypatch.setenv("BRAKE_TOKEN", waiting.service.token)
    text = SETTINGS.format(*spoilt, url=waiting.service.url)
    (waiting.folder / "mscode.yaml").write_text(text, encoding="utf-8")
    assert waiting.plan().code == 1
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    assert halted(waiting)


@pytest.mark.parametrize(
    ("given", "told"), [("", '"" is not an address'), (".", "Say what to halt")], ids=["a variable not set", "a folder"]
)
def test_whoever_names_nothing_is_told_so(
    waiting: World, monkeypatch: pytest.MonkeyPatch, given: str, told: str
) -> None:
    monkeypatch.chdir(waiting.folder)
    ended = waiting.cli("halt", given)
    assert ended.code == 64 and told in ended.err, ended.said


def test_a_folder_that_is_called_like_a_campaign_does_not_hide_it(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (waiting.folder / "rsvpCalls.invite").mkdir()
    monkeypatch.chdir(waiting.folder)
    ended = waiting.cli("halt", "rsvpCalls.invite")
    assert ended.code == 0 and halted(waiting), ended.said


@pytest.mark.parametrize("more", BROKEN_SETTINGS.values(), ids=BROKEN_SETTINGS)
def test_a_mistake_in_the_project_file_does_not_stop_the_brake(waiting: World, more: dict[str, object]) -> None:
    waiting.write_project(**more)
    assert waiting.plan().code == 1
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    assert halted(waiting)
    assert "mscode.yaml cannot be used as it is" in ended.err


def test_a_block_that_cannot_be_read_leaves_the_others(waiting: World) -> None:
    text = f"""\
apiVersion: mscode/v1
project: drive
guards: [
environments:
  test:
    url: {waiting.service.url}
    token: {{env: ACCEPTANCE_TOKEN}}
"""
    (waiting.folder / "mscode.yaml").write_text(text)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    assert halted(waiting)


@pytest.mark.parametrize("which", [["--all"], ["rsvpCalls.invite"]], ids=["all", "address"])
def test_a_url_alone_names_an_environment_of_its_own_and_halts_all_the_same(
    waiting: World, monkeypatch: pytest.MonkeyPatch, which: list[str]
) -> None:
    monkeypatch.setenv("MSCODE_URL", waiting.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", waiting.service.token)
    ended = waiting.cli("halt", *which, "--dir", waiting.folder)
    assert ended.code == 0, ended.said
    assert halted(waiting)


def test_what_has_no_mark_is_known_by_the_state_of_an_environment_with_the_same_url(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting.service.put_campaign(waiting.service.campaign(), meta={})
    monkeypatch.setenv("MSCODE_URL", waiting.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", waiting.service.token)
    assert waiting.cli("halt", "--all", "--dir", waiting.folder).code == 0
    assert waiting.service.campaign()["state"] == "halt"


def test_a_mark_of_another_environment_of_this_project_counts(world: World) -> None:
    world.launched(drive())
    campaign = world.service.campaign()
    world.service.put_campaign(campaign, meta={"mscode": "1:drive/production:rsvpCalls.invite:1:live"})
    shutil.rmtree(world.folder / ".mscode")
    assert world.cli("halt", "--all", "--dir", world.folder).code == 0
    assert halted(world)


@pytest.mark.parametrize("form", ["below", "argument", "gone"])
def test_a_wrong_folder_below_the_project_does_not_stop_the_brake(
    waiting: World, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    below = waiting.folder / "campaigns"
    below.mkdir()
    monkeypatch.chdir(below)
    given = {"below": [], "argument": ["."], "gone": ["--dir", str(below / "not" / "there")]}[form]
    ended = waiting.cli("halt", "--all", *given)
    assert ended.code == 0, ended.said
    assert halted(waiting)


def test_where_no_project_is_known_it_counts_what_runs_and_names_the_ways_on(
    waiting: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("MSCODE_URL", waiting.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", waiting.service.token)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    for which in (["--all"], ["rsvpCalls.invite"]):
        ended = waiting.cli("halt", *which)
        assert ended.code == 1, ended.said
        assert "Nothing to halt" not in ended.said
        for said in ("NOTHING WAS HALTED", "1 of drive/test", "--id 1", "--all-in-account"):
            assert said in ended.err
    assert waiting.cli("halt", "--id", "1").code == 0
    assert halted(waiting)


def test_an_id_is_halted_although_no_project_is_known(
    waiting: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("MSCODE_URL", waiting.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", waiting.service.token)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    ended = waiting.cli("halt", "rsvpCalls.other", "--id", "1")
    assert halted(waiting) and ended.code == 6, ended.said


def test_nothing_to_halt_is_not_said_of_what_carries_no_mark_while_the_state_cannot_be_read(waiting: World) -> None:
    waiting.service.put_campaign(waiting.service.campaign(), meta={})
    for file in (waiting.folder / ".mscode" / "test").rglob("*"):
        if file.is_file():
            file.write_text("broken")
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 1, ended.said
    assert "NOTHING WAS HALTED" in ended.err and "--id 1" in ended.err and "Nothing to halt" not in ended.said


def test_where_the_service_does_not_answer_it_says_where_and_that_nothing_was_halted(world: World) -> None:
    port = closed_port()
    environment = {"url": f"http://127.0.0.1:{port}/v1", "token": {"env": "ACCEPTANCE_TOKEN"}}
    world.write_project(environments={"test": environment})
    for which in BY.values():
        ended = world.cli("halt", *which, "--dir", world.folder)
        assert ended.code == 1, ended.said
        assert f"NOTHING WAS HALTED: could not connect to http://127.0.0.1:{port} (" in ended.err
        assert "tried 3 times" in ended.err


def test_a_token_that_is_missing_is_told_as_nothing_halted(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCEPTANCE_TOKEN")
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 1 and "NOTHING WAS HALTED: " in ended.err


def test_an_audit_log_that_cannot_be_written_does_not_stop_the_brake(waiting: World) -> None:
    audit = waiting.folder / ".mscode" / "audit.jsonl"
    audit.unlink(missing_ok=True)
    audit.mkdir()
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert ended.code == 0 and halted(waiting), ended.said
    assert "not in the audit log" in ended.err


def test_the_halt_stands_in_the_audit_log(waiting: World) -> None:
    assert waiting.cli("halt", "--all", "--dir", waiting.folder).code == 0
    last = json.loads((waiting.folder / ".mscode" / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["ids"]) == ("halt", ["1"])


@pytest.mark.parametrize("state", ["{}", "[]", "null", '{"version": 99}', "", "\x00", "[" * 5000], ids=lambda s: s[:9])
def test_any_state_leaves_the_brake_working(waiting: World, state: str) -> None:
    (waiting.folder / ".mscode" / "test" / "state.json").write_text(state)
    ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
    assert halted(waiting) and ended.code == 0, ended.said


def test_settings_of_a_state_that_cannot_be_used_leave_the_brake_working(waiting: World) -> None:
    for backend in (
        {"backend": "object", "url": "s3://bucket/x", "endpoint": f"http://127.0.0.1:{closed_port()}"},
        {"backend": "http", "address": f"http://127.0.0.1:{closed_port()}/x"},
        {"backend": "http", "address": "http://state.example.com/plain"},
        {"backend": "gitlab"},
    ):
        environment = {"url": waiting.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}, "state": backend}
        waiting.write_project(environments={"test": environment})
        ended = waiting.cli("halt", "--all", "--dir", waiting.folder)
        assert waiting.service.campaign()["state"] == "halt" and ended.code == 0, ended.said


def test_two_environments_of_one_name_for_the_account_share_their_brake(waiting: World) -> None:
    """Two environments with one url are one account: whoever pulls the brake in one of them means what calls."""
    one = {"url": waiting.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}}
    waiting.service.put_campaign(waiting.service.campaign(), meta={})
    waiting.write_project(environments={"other": one, "test": one}, defaultEnvironment="other")
    assert waiting.cli("halt", "--all", "--dir", waiting.folder).code == 0
    assert waiting.service.campaign()["state"] == "halt"


# ---- an apply halts as well as the brake does ------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["state: halt", "removal", "destroy"])
@pytest.mark.parametrize(
    "members", [{"state": 7}, {"activeFrom": 9}, {"activeWeekdays": 5}, {"rsvpCallId": None}], ids=str
)
def test_a_page_out_of_form_keeps_no_apply_from_halting(waiting: World, members: dict[str, object], act: str) -> None:
    waiting.service.at("2026-12-01T08:05:00Z")
    page = {**waiting.service.get("/rsvp_calls/1"), **members}
    waiting.service.fault(method="GET", path="/rsvp_calls/1", status=200, body=page, times=2)
    if act == "state: halt":
        waiting.write(drive(state="halt"))
    elif act == "removal":
        project = drive()
        del project["rsvpCalls"]
        waiting.write(project)
    ended = waiting.destroy() if act == "destroy" else waiting.apply()
    waiting.service.no_more_faults()
    if not waiting.service.get("/rsvp_calls"):
        return
    campaign = waiting.service.campaign()
    assert campaign["state"] == "halt", ended.said
    assert {day["weekday"]: int(day["active"]) for day in campaign["activeWeekdays"]}["monday"], "it keeps its weekdays"


def _without(section: str) -> Manifest:
    project = drive()
    del project[section]
    return project


#: What an apply is to do with a campaign that calls, by which somebody is to be called no more, or not at some moment.
LESS: dict[str, Manifest] = {
    "state: halt": drive(state="halt"),
    "removal": _without("rsvpCalls"),
    "less": drive(activeTo="13:00"),
    "less and more": drive(activeTo="13:00", activeFrom="07:00"),
    "nothing between": drive(activeFrom="15:00", activeTo="16:00"),
}
UNREAD: dict[str, dict[str, object]] = {
    "no state": {"status": 200, "body": {"state": 7}},
    "no id": {"status": 200, "body": {"rsvpCallId": None}},
    "no object": {"status": 200, "body": [1]},
    "an error": {"status": 500, "body": {"error": {}}},
    "another page": {"status": 200, "body": "<html>", "headers": {"content-type": "text/html"}},
}


@pytest.mark.parametrize("times", [1, 3, None])
@pytest.mark.parametrize("page", UNREAD)
@pytest.mark.parametrize("act", LESS)
def test_a_page_that_cannot_be_read_keeps_nobody_from_being_called_less(
    waiting: World, act: str, page: str, times: int | None
) -> None:
    """What cannot be read rings no more as it did: it is halted, or it is as the manifest wants it."""
    waiting.service.at("2026-12-01T08:05:00Z")
    fault = dict(UNREAD[page])
    if isinstance(fault["body"], dict) and fault["status"] == 200:
        fault["body"] = {**waiting.service.get("/rsvp_calls/1"), **fault["body"]}
    waiting.service.fault(method="GET", path="/rsvp_calls/1", times=times, **fault)
    waiting.write(LESS[act])
    ended = waiting.launch()
    waiting.service.no_more_faults()
    for campaign in waiting.service.get("/rsvp_calls"):
        wanted = LESS[act].get("rsvpCalls", {}).get("invite", {})
        is_less = "state" not in wanted and campaign["activeTo"] == f"{wanted.get('activeTo')}:00"
        assert campaign["state"] == "halt" or is_less, ended.said
        phase = campaign["meta"]["mscode"].rpartition(":")[2]
        assert phase != "edit" or any(
            words in ended.said for words in ("in the middle of an edit", "after it was halted")
        )
    if ended.code == 0:
        waiting.holds_the_law()


def test_a_campaign_whose_page_cannot_be_read_keeps_the_mark_of_the_brake(waiting: World) -> None:
    """Somebody pulls the brake meanwhile: no later plan takes that for an edit of its own and offers to go on."""
    waiting.service.at("2026-12-01T08:05:00Z")
    page = waiting.service.get("/rsvp_calls/1")

    def brake() -> None:
        waiting.service.put_campaign(
            page, state="halt", meta={"mscode": page["meta"]["mscode"].replace("live", "held")}
        )
        body = {**page, "state": 7, "meta": {**page["meta"], "mscode": page["meta"]["mscode"].replace("live", "held")}}
        waiting.service.fault(method="GET", path="/rsvp_calls/1", status=200, body=body, times=None)

    waiting.service.before("GET /rsvp_calls/1$", brake)
    waiting.write(LESS["nothing between"])
    ended = waiting.launch()
    waiting.service.no_more_faults()
    campaign = waiting.service.campaign()
    assert campaign["state"] == "halt" and campaign["meta"]["mscode"].endswith(":held"), ended.said
