"""Ctrl-C and SIGTERM in the middle of an apply: an answer at once, and at the end what was done, who was called, what goes on."""

from __future__ import annotations

import os
import re
import signal
import threading

import pytest

from mscode.views.console import Out
from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

#: The group, and perhaps the list that tells whether the voice file is ready.
ANSWER = r"Stopping: finishing (1 request|[23] requests) under way; press again to leave them unknown"


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was said on stderr so far."""
    said: list[str] = []
    info = Out.info

    def watched(out: Out, text: str, style: str = "") -> None:
        said.append(text)
        info(out, text)

    monkeypatch.setattr(Out, "info", watched)
    return said


def interrupt(world: World, heard: list[str], request: str, which: str = "SIGINT") -> list[str]:
    """The signal comes while this request is under way, which ends only when the person was answered."""
    answers: list[str] = []

    def act() -> None:
        os.kill(os.getpid(), getattr(signal, which))
        for _ in range(300):
            answers[:] = [text for text in heard if text.startswith("Stopping: ")]
            if answers:
                return
            threading.Event().wait(0.01)

    world.service.before(request, act)
    return answers


@pytest.mark.parametrize("which", ["SIGINT", "SIGTERM"])
def test_it_answers_at_once_and_says_what_is_left(world: World, heard: list[str], which: str) -> None:
    world.write(drive())
    interrupt(world, heard, "POST /groups", which)
    ended = world.launch()
    assert ended.code == 130, ended.said
    lines = ended.said.splitlines()
    assert re.search(ANSWER, ended.err), ended.err
    assert (
        ended.out.splitlines()[-1]
        == f"Nobody was called or written to. Run mscode apply {world.folder} again to go on."
    )
    assert "  Done: " in ended.out and ": Creation complete" in ended.out
    skipped = [line for line in lines if "rsvpCalls.invite" in line and "skipped" in line]
    assert skipped == ["  rsvpCalls.invite skipped: the run was stopped"]
    assert "pending" not in ended.said and "Error" not in ended.said
    assert not world.service.rings() and not world.service.get("/rsvp_calls")
    world.service.meanwhile.clear()
    assert world.launch().code == 0
    world.holds_the_law()


def test_the_answer_comes_before_the_request_ends(world: World, heard: list[str]) -> None:
    world.write(drive())
    answers = interrupt(world, heard, "POST /groups")
    assert world.launch().code == 130
    assert len(answers) == 1 and re.fullmatch(ANSWER, answers[0])


def test_it_names_who_was_called(world: World, heard: list[str]) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["rsvpCalls"]["second"] = {
        **manifest["rsvpCalls"]["invite"],
        "receivers": [{"account": "lauri"}],
        "acceptsWanted": 1,
    }
    world.write(manifest)
    interrupt(world, heard, "PUT /rsvp_calls/.*")
    ended = world.cli("apply", world.folder, "--auto-approve", "--allow-launch", "--parallelism", "1")
    assert ended.code == 130, ended.said
    last = ended.out.splitlines()[-1]
    launched = [row for row in world.service.get("/rsvp_calls") if row["state"] != "halt"]
    if launched:
        assert last.startswith("Launched: rsvpCalls.") and "Nobody else was called or written to." in last
    else:
        assert last.startswith("Nobody was called or written to.")
    assert last.endswith("again to go on.")


@pytest.mark.parametrize("which", ["SIGINT", "SIGTERM"])
def test_the_events_say_it_too(world: World, heard: list[str], which: str) -> None:
    world.write(drive())
    interrupt(world, heard, "POST /groups", which)
    ended = world.launch("--json")
    assert ended.code == 130, ended.said
    codes = {event["diagnostic"]["code"]: event["@message"] for event in ended.events if event["type"] == "diagnostic"}
    assert codes["stopping"].startswith("Stopping: finishing ")
    assert codes["interrupted"].startswith("Nobody was called or written to. Run mscode apply ")
    skipped = [event["hook"]["resource"]["addr"] for event in ended.events if event["type"] == "apply_skipped"]
    assert len(skipped) == len(set(skipped)) and "rsvpCalls.invite" in skipped
    assert ended.events[-1]["type"] == "change_summary" and ended.events[-1]["outcome"]["interrupted"] is True


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_before_the_run_it_says_that_nobody_was_called(world: World, options: list[str]) -> None:
    world.write(drive())
    world.service.before("GET /groups", lambda: os.kill(os.getpid(), signal.SIGINT))
    ended = world.launch(*options)
    assert ended.code == 130, ended.said
    assert "nobody was called or written to" in ended.err
    if options:
        assert ended.events[-1]["errored"] is True and ended.events[-1]["diagnostic"]["code"] == "interrupted"
    assert world.service.requests(writes=True) == []


def test_a_voice_file_that_is_not_ready_is_no_error(world: World, heard: list[str]) -> None:
    """It was made; the next apply waits for it."""
    world.write(drive())
    interrupt(world, heard, "POST /voice_files/text_to_speech")
    ended = world.launch()
    assert ended.code == 130 and "Error" not in ended.said, ended.said
    assert "voiceFiles.greeting failed" not in ended.said
    assert world.launch().code == 0
    world.holds_the_law()


def test_the_command_that_goes_on_has_the_environment_and_the_folder(world: World, heard: list[str]) -> None:
    world.write(drive())
    interrupt(world, heard, "POST /groups")
    ended = world.cli("-C", world.folder, "--env", "test", "apply", "--auto-approve", "--allow-launch")
    expected = f"Nobody was called or written to. Run mscode -C {world.folder} --env test apply again to go on."
    assert ended.out.splitlines()[-1] == expected, ended.said


def test_a_job_that_is_cancelled_while_it_reads_ends_in_order(world: World) -> None:
    world.write(drive())
    world.service.before("GET /groups", lambda: os.kill(os.getpid(), signal.SIGTERM))
    ended = world.launch()
    assert ended.code == 130 and "Interrupted: nobody was called or written to" in ended.err, ended.said


def test_after_the_run_it_does_not_say_that_nobody_was_called(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    world.write(drive())
    monkeypatch.setattr("mscode.app.apply.exit_code", interrupted)
    ended = world.launch()
    assert ended.code == 130 and "nobody was called" not in ended.err, ended.said
    assert "Interrupted: what was done is recorded" in ended.err
