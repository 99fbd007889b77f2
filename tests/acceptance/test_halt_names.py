"""What `halt` takes by its names, what its last line says of it, and the exit code; and whatever is hostile to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.app.schemas import schema_of
from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import project
from tests.views.closed_schema import closed

SENT = (
    *("startTime", "endTime", "activeFrom", "activeTo", "activeWeekdays", "voiceFiles", "actionButtons"),
    *("acceptsWanted", "maxRedials"),
)


def add(world: World, *owners: str, state: str = "active") -> None:
    """A campaign for each mark (`drive/test:rsvpCalls.x`; "" for none), as another launch would have left it."""
    first = world.service.campaign()
    for owner in owners:
        body = {name: first[name] for name in SENT} | {"state": state, "receivers": [{"phone": "+358405550900"}]}
        body["meta"] = {"mscode": f"1:{owner}:1:live"} if owner else {}
        world.service.send("POST", "/rsvp_calls", body)


def states(world: World) -> dict[str, str]:
    """State by id."""
    return {row["rsvpCallId"]: row["state"] for row in world.service.get("/rsvp_calls")}


def last(text: str) -> str:
    return text.splitlines()[-1]


@pytest.fixture
def several(world: World) -> World:
    """`rsvpCalls.invite` (1), three of a forEach (2, 3, 4), one of another environment (5), another project's (6), nobody's (7)."""
    world.launched(drive())
    add(world, *(f"drive/test:rsvpCalls.spring.{city}" for city in ("espoo", "turku", "oulu")))
    add(world, "drive/production:rsvpCalls.summer", "other/test:rsvpCalls.invite", "")
    return world


NAMES: dict[str, tuple[list[str], set[str]]] = {
    "a name of forEach": (["rsvpCalls.spring"], {"2", "3", "4"}),
    "one of them": (["rsvpCalls.spring.turku"], {"3"}),
    "a glob": (["rsvpCalls.s*"], {"2", "3", "4", "5"}),
    "a glob of keys": (["rsvpCalls.spring.?urk*"], {"3"}),
    "a glob of sections": (["*.spring.oulu"], {"4"}),
    "several": (["rsvpCalls.invite", "rsvpCalls.*.espoo", "rsvpCalls.summer"], {"1", "2", "5"}),
    "one twice": (["rsvpCalls.invite", "rsvpCalls.inv*"], {"1"}),
    "a name and an id": (["rsvpCalls.invite", "--id", "7"], {"1", "7"}),
    "all": (["--all"], {"1", "2", "3", "4", "5"}),
    "everybody's": (["--all-in-account"], {"1", "2", "3", "4", "5", "6", "7"}),
}


@pytest.mark.parametrize("has_state", [True, False], ids=["with a state", "without"])
@pytest.mark.parametrize(("given", "ids"), NAMES.values(), ids=NAMES)
def test_it_halts_what_is_named_and_nothing_else(
    several: World, given: list[str], ids: set[str], has_state: bool
) -> None:
    if not has_state:
        shutil.rmtree(several.folder / ".mscode")
    ended = several.cli("halt", *given, "--dir", several.folder)
    assert {live_id for live_id, state in states(several).items() if state == "halt"} == ids
    assert (ended.code, last(ended.out)) == (0, f"{len(ids)} halted"), ended.said
    again = several.cli("halt", *given, "--dir", several.folder)
    assert (again.code, last(again.out)) == (0, f"{len(ids)} already halted"), again.said


def test_the_output_names_the_environment(several: World) -> None:
    ended = several.cli("halt", "--all", "--dir", several.folder)
    assert ended.out.splitlines()[0] == f"Halting in environment test ({several.service.url})."
    document = several.cli("halt", "--all", "--json", "--dir", several.folder)
    assert document.json["environment"] == "test" and "environment test" in document.err


def test_what_is_no_campaign_is_named_for_what_it_is(several: World) -> None:
    ended = several.cli("halt", "accounts.aino", "groups.donors", "--dir", several.folder)
    assert ended.code == 1
    assert "NOTHING WAS HALTED: accounts.aino cannot be halted: it is an account, and no campaign" in ended.err
    assert "groups.donors cannot be halted: it is a group, and no campaign" in ended.err
    assert last(ended.out) == "2 NOT halted: accounts.aino (no campaign), groups.donors (no campaign)"
    ended = several.cli("halt", "groups.donors", "rsvpCalls.nope", "rsvpCalls.invite", "--dir", several.folder)
    assert ended.code == 6
    assert last(ended.out) == (
        "1 halted, 2 NOT halted (may still be calling): rsvpCalls.nope, groups.donors (no campaign)"
    )


def test_the_last_line_has_every_part(several: World) -> None:
    several.cli("halt", "rsvpCalls.invite", "--dir", several.folder)
    several.service.fault(method="PUT", path="/rsvp_calls/3", status=400, body={"error": {}}, times=None)
    ended = several.cli("halt", "rsvpCalls.*", "rsvpCalls.wintr", "--dir", several.folder)
    assert ended.code == 6
    expected = (
        "3 halted, 1 already halted, 2 NOT halted (may still be calling): rsvpCalls.spring.turku, rsvpCalls.wintr"
    )
    assert last(ended.out) == expected, ended.said
    assert "NOTHING WAS HALTED" not in ended.said


def test_a_finished_campaign_is_no_part_of_the_last_line(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-05T06:00:00Z")
    ended = world.cli("halt", "rsvpCalls.invite", "--dir", world.folder)
    assert (ended.code, last(ended.out)) == (0, "Nothing to halt."), ended.said
    assert "rsvpCalls.invite: Finished [id=1]" in ended.out
    mistyped = world.cli("halt", "rsvpCalls.invite", "rsvpCalls.invit", "--dir", world.folder)
    assert mistyped.code == 1 and "NOTHING WAS HALTED" in mistyped.err


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rsvpCalls.invit", "rsvpCalls.invite"),
        ("rsvpCals.invite", "rsvpCalls.invite"),
        ("invite", "rsvpCalls.invite"),
        ("invitte", "rsvpCalls.invite"),
        ("rsvpCalls.sprig", "rsvpCalls.spring"),
        ("rsvpCalls.spring.turk", "rsvpCalls.spring.turku"),
    ],
)
def test_a_mistyped_name_is_answered_with_what_was_probably_meant(several: World, name: str, meant: str) -> None:
    ended = several.cli("halt", name, "--dir", several.folder)
    assert ended.code == 1
    assert f'Did you mean "{meant}"?' in ended.err and "NOTHING WAS HALTED" in ended.err
    assert last(ended.out) == f"1 NOT halted (may still be calling): {name}"
    assert set(states(several).values()) == {"waitingToActive"}
    beside = several.cli("halt", name, "rsvpCalls.summer", "--dir", several.folder)
    assert beside.code == 6 and f'Did you mean "{meant}"?' in beside.err


@pytest.mark.parametrize("name", ["rsvpCalls.*x*", "rsvpCalls.nope", "nope.*"])
def test_a_name_that_means_nothing_is_not_halted(several: World, name: str) -> None:
    ended = several.cli("halt", name, "--dir", several.folder)
    assert (ended.code, last(ended.out)) == (1, f"1 NOT halted (may still be calling): {name}")


def test_what_has_no_halt_is_one_line_with_its_count(world: World) -> None:
    world.launched(project("clickToCalls", "smses"))
    for given in (["smses.reminder", "clickToCalls.desk"], ["*"]):
        ended = world.cli("halt", *given, "--dir", world.folder)
        lines = [line for line in ended.err.splitlines() if "cannot be halted" in line]
        assert ended.code == 1 and len(lines) == 1, ended.said
        assert "2 objects cannot be halted (the API has no halt for a text message or a click-to-call)" in lines[0]
        assert last(ended.out).startswith("2 NOT halted (may still be calling): ")
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert (ended.code, last(ended.out)) == (0, "Nothing to halt.")
    assert "2 objects cannot be halted" in ended.err


def test_the_json_says_all_of_it(several: World) -> None:
    several.cli("halt", "rsvpCalls.invite", "--dir", several.folder)
    ended = several.cli(
        "halt", "rsvpCalls.invite", "rsvpCalls.summer", "rsvpCalls.nope", "--json", "--dir", several.folder
    )
    report = ended.json
    assert report["counts"] == {"halted": 1, "already_halted": 1, "not_halted": 1}
    assert (report["not_halted"], report["missing"]) == (["rsvpCalls.nope"], ["rsvpCalls.nope"])
    assert report["summary"] == last(ended.err)
    assert report["errored"] is True and report["diagnostics"][0]["code"] == "not-found"


# ---- no project ------------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(several: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same account from a folder without a project."""
    monkeypatch.setenv("MSCODE_URL", several.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", several.service.token)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    return several


@pytest.mark.parametrize("given", [["--all"], ["rsvpCalls.invite"], ["rsvpCalls.*"], ["invite"]], ids=str)
def test_without_a_project_nothing_is_said_to_be_halted(elsewhere: World, given: list[str]) -> None:
    ended = elsewhere.cli("halt", *given)
    assert ended.code == 1 and "Nothing to halt" not in ended.said
    for text in ("NOTHING WAS HALTED", "4 of drive/test", "1 of drive/production", "1 of other/test", "1 of nobody"):
        assert text in ended.err
    assert "--all-in-account" in ended.err and "--id" in ended.err
    assert "NOT halted (may still be calling)" in last(ended.out)


@pytest.mark.parametrize(
    "content",
    [
        b"project: drive\n" + bytes(range(256)) * 8,
        b"\x00\xff\xfe" * 100 + b"\nproject: drive\n\x80",
        b"project: drive",
        b"\xef\xbb\xbfproject: drive\r\n- [",
        b"project: 'drive' # ours\n" + b"[" * 50_000,
    ],
    ids=["binary behind it", "binary before it", "one line", "a mark", "deep"],
)
def test_the_line_of_the_project_is_enough(elsewhere: World, content: bytes) -> None:
    Path("mscode.yaml").write_bytes(content)
    ended = elsewhere.cli("halt", "--all")
    assert ended.code == 0 and last(ended.out) == "5 halted", ended.said
    assert "\x00" not in ended.said and "Traceback" not in ended.said


@pytest.mark.parametrize("content", [bytes(range(256)) * 40, b"", b"\x00" * 5000, b"project: Not A Name\n"], ids=len)
def test_a_file_that_names_no_project_is_none(elsewhere: World, content: bytes) -> None:
    Path("mscode.yaml").write_bytes(content)
    ended = elsewhere.cli("halt", "--all")
    assert ended.code == 1 and "NOTHING WAS HALTED" in ended.err, ended.said
    assert elsewhere.cli("halt", "--id", "6", "--id", "7").code == 0


def test_a_folder_that_was_deleted_meanwhile_does_not_stop_it(elsewhere: World, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    ended = elsewhere.cli("halt", "--id", "7")
    assert ended.code == 0 and states(elsewhere)["7"] == "halt", ended.said


# ---- a service that does not answer ----------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes every request and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    listener.close()


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.http.session.backoff", lambda tries: 0.0 if tries < 3 else 100.0)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("given", [["--all"], ["rsvpCalls.invite"], ["rsvpCalls.*"], ["--id", "1"]], ids=str)
def test_a_request_that_may_have_gone_out_is_7(world: World, silent: str, given: list[str]) -> None:
    world.launched(drive())
    world.write_project(environments={"test": {"url": silent, "token": {"env": "ACCEPTANCE_TOKEN"}}})
    ended = world.cli("halt", *given, "--dir", world.folder)
    assert ended.code == 7 and "NOTHING WAS HALTED" in ended.err, ended.said
    assert "1 NOT halted (may still be calling): " in last(ended.out)


@pytest.mark.parametrize("given", [["--all"], ["rsvpCalls.invite"], ["rsvpCalls.*"], ["--id", "1"]], ids=str)
def test_no_connection_is_1_and_said_once(world: World, given: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    world.launched(drive())
    world.write_project(
        environments={"test": {"url": f"http://127.0.0.1:{port}/v1", "token": {"env": "ACCEPTANCE_TOKEN"}}}
    )
    ended = world.cli("halt", *given, "--dir", world.folder)
    assert ended.code == 1
    assert (
        f"Error: NOTHING WAS HALTED: could not connect to http://127.0.0.1:{port} (connection refused; tried 3 times). "
        "Nothing was changed. Check url: of environment test, or your VPN. Halt in the web interface, and try again."
    ) in ended.err
    assert ended.err.lower().count("could not connect") == 1
    assert last(ended.out).startswith("1 NOT halted (may still be calling): ")


def test_a_halt_without_an_answer_is_unknown(several: World) -> None:
    several.service.fault(method="PUT", path="/rsvp_calls/1", when="before", status=500, times=None)
    ended = several.cli("halt", "--all", "--dir", several.folder)
    several.service.no_more_faults()
    assert ended.code == 7 and "rsvpCalls.invite may or may not have been halted" in ended.err, ended.said
    assert last(ended.out) == "4 halted, 1 NOT halted (may still be calling): rsvpCalls.invite"


# ---- hostile accounts ------------------------------------------------------------------------------------------------


def test_hundreds_of_campaigns_some_of_which_refuse(world: World) -> None:
    world.launched(drive())
    add(world, *(f"drive/test:rsvpCalls.many.k{at}" for at in range(120)))
    world.service.fault(method="PUT", path="/rsvp_calls/(4[0-9]|9)", status=400, body={"error": {}}, times=None)
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code == 6, ended.said
    assert last(ended.out).startswith("110 halted, 11 NOT halted (may still be calling): rsvpCalls.many.k")
    assert sum(state == "halt" for state in states(world).values()) == 110


def test_a_later_page_that_is_not_there_leaves_it_open_who_else_calls(several: World) -> None:
    rows = several.service.get("/rsvp_calls")[:2]
    body = {"data": rows, "next": "/rsvp_calls?page=2"}
    several.service.fault(method="GET", path="/rsvp_calls", status=200, body=body, times=None)
    ended = several.cli("halt", "--all", "--dir", several.folder)
    several.service.no_more_faults()
    assert ended.code == 7, ended.said
    assert last(ended.out) == "2 halted, 1 NOT halted (may still be calling): rsvpCalls (the list could not be read)"


def test_names_with_control_characters_are_printed_visibly(several: World) -> None:
    row: dict[str, Any] = {**several.service.campaign(), "rsvpCallId": "8\x1b[2J", "state": "act\x1b]0;x\x07"}
    row["meta"] = {"mscode": "1:drive/test:rsvpCalls.bad\x1b[2J:1:live"}
    several.service.fault(method="GET", path="/rsvp_calls", status=200, body=[row], times=None)
    ended = several.cli("halt", "rsvpCalls.a\x1b[31m", "\u202ersvpCalls.x", "--all-in-account", "--dir", several.folder)
    assert ended.code in (1, 6), ended.said
    assert not set("\x1b\x07\u202e") & set(ended.said), repr(ended.said)


@pytest.mark.parametrize("name", ["rsvpCalls." + "a" * 100_000, "*" * 50_000, "\x00", "rsvpCalls.\ud800", "?" * 30_000])
def test_no_name_breaks_it(several: World, name: str) -> None:
    ended = several.cli("halt", name, "rsvpCalls.summer", "--dir", several.folder)
    assert states(several)["5"] == "halt", ended.said
    assert "internal error" not in ended.said


@pytest.mark.parametrize("which", ["SIGINT", "SIGTERM"])
def test_interrupted_it_says_what_is_halted_and_what_is_not(world: World, which: str) -> None:
    world.launched(drive())
    add(world, *(f"drive/test:rsvpCalls.many.k{at}" for at in range(40)))
    world.service.before("PUT /rsvp_calls/1", lambda: os.kill(os.getpid(), getattr(signal, which)))
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    ended = world.cli("halt", "--all", "--json", "--dir", world.folder)
    assert ended.code == 130, ended.said
    assert "Stopping: " in ended.err
    counts = ended.json["counts"]
    halted = {live_id for live_id, state in states(world).items() if state == "halt"}
    assert 0 < counts["halted"] <= len(halted) < 41 and counts["halted"] + counts["not_halted"] == 41
    assert last(ended.err).startswith(
        f"{counts['halted']} halted, {counts['not_halted']} NOT halted (may still be calling): "
    )
    assert ended.err.count("the command was stopped before") == 1
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_the_report_has_no_member_that_is_not_described(several: World) -> None:
    document = several.cli("halt", "--all", "nope", "--json", "--dir", several.folder).json
    jsonschema.Draft202012Validator(closed(schema_of("halt"))).validate(document)
