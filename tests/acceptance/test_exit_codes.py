"""How commands end, and what holds after each ending. 2 and 5 have most of their tests elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, drive, quiet
from tests.acceptance.conftest import World

REFUSED = {"error": {"code": "invalid", "message": "no", "field": None}}
COLLECTIONS = {
    "/accounts": 6,
    "/accounts/filters": 1,
    "/groups": 1,
    "/voice_files": 1,
    "/rsvp_calls": 1,
}
POSTS = {
    "accounts": "/accounts",
    "filters": "/accounts/filters",
    "groups": "/groups",
    "members": "/groups/1/accounts",
    "voice files": "/voice_files/text_to_speech",
    "campaigns": "/rsvp_calls",
}
LOST = {
    "503 after it was done": {"when": "after", "status": 503},
    "connection lost after it was done": {"when": "after", "drop": True},
    "503 before it was done": {"when": "before", "status": 503},
    "an answer that is no JSON": {
        "when": "after",
        "status": 201,
        "body": "<html>",
        "headers": {"content-type": "text/html"},
    },
}


def _is_whole(world: World) -> None:
    """Everything is there, once, and there is nothing more to do."""
    world.holds_the_law()
    assert {path: len(world.service.get(path)) for path in COLLECTIONS} == COLLECTIONS


# 0, 1, 2, 64


def test_changes_are_2_only_when_asked_for_in_detail(world: World) -> None:
    world.write(quiet())
    assert world.plan().code == 0
    assert world.plan("--detailed-exitcode").code == 2
    assert world.apply().code == 0
    assert world.plan("--detailed-exitcode").code == 0


def test_a_broken_manifest_is_1_and_sends_nothing(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["donors"]["descripton"] = "x"
    world.write(manifest)
    for ended in (world.plan(), world.apply(), world.destroy(), world.cli("validate", world.folder)):
        assert ended.code == 1, ended.said
        assert "description" in ended.err
        assert "Traceback" not in ended.said
    assert world.service.requests() == []


@pytest.mark.parametrize(
    "line",
    [
        ["plan", "--detailed-exitcod"],
        ["plan", "--jsn"],
        ["aply"],
        ["apply", "--parallelism", "none"],
        ["apply", "--parallelism", "0"],
        ["apply", "--allow-launch", "--no-launch"],
        ["plan", "--resume", "no address"],
        ["halt"],
        ["--environment", "x", "plan"],
    ],
    ids=" ".join,
)
def test_a_mistyped_command_line_is_64(world: World, line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.folder)
    ended = world.cli(*line)
    assert ended.code == 64, ended.said
    assert world.service.requests() == []


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_service_that_lists_nothing_is_1_and_nothing_is_taken_as_absent(world: World, status: int) -> None:
    world.launched(drive())
    world.service.forget_requests()
    world.service.fault(method="GET", path="/groups", status=status, body=REFUSED, times=None)
    assert world.plan().code == 1
    assert world.launch().code == 1
    assert world.service.requests(writes=True) == []


def test_reads_are_repeated_when_the_service_is_busy(world: World) -> None:
    world.launched(quiet())
    world.service.fault(method="GET", path="/groups", status=503)
    world.holds_the_law()


def test_deletes_are_repeated_when_the_service_is_busy(world: World) -> None:
    manifest = quiet()
    manifest["groups"]["spare"] = {}
    world.launched(manifest)
    world.write(quiet())
    world.service.fault(method="DELETE", path="/groups/.*", when="after", status=503)
    ended = world.apply()
    assert ended.code == 0, ended.said
    world.holds_the_law()


# 4


def _mscode(world: World, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "mscode", *arguments],
        cwd=world.folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _until(holds: Callable[[], bool]) -> None:
    """Polls, for a fact in another process has no event to wait for."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def applying(world: World) -> Iterator[subprocess.Popen[str]]:
    """An apply in another process that hangs in the create of its group."""
    world.write(quiet())
    world.service.fault(method="POST", path="/groups", delay_ms=1500)
    process = _mscode(world, "apply", "--auto-approve", "--parallelism", "1")
    _until(lambda: world.service.control("GET", "/faults")[0]["times"] == 0)
    yield process
    with process:
        process.kill()


def test_a_second_apply_is_4_while_the_first_one_runs_and_a_plan_is_not(
    world: World, applying: subprocess.Popen[str]
) -> None:
    second = world.apply()
    assert second.code == 4, second.said
    assert "apply" in second.err
    assert world.plan().code == 0
    out, err = applying.communicate(timeout=20)
    assert applying.returncode == 0, out + err
    world.holds_the_law()


# 130


def test_an_interrupted_apply_ends_what_is_under_way_and_gives_the_lock_back(
    world: World, applying: subprocess.Popen[str]
) -> None:
    applying.send_signal(signal.SIGINT)
    out, err = applying.communicate(timeout=20)
    assert applying.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert not (world.folder / ".mscode" / "test" / "lock").exists()
    managed = world.state_entries()
    assert {"accounts.aino", "filters.helsinki"} <= set(managed)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.get("/groups")) == 1
    world.holds_the_law()


def test_an_apply_that_was_killed_leaves_no_twin_and_its_lock_is_taken_over(
    world: World, applying: subprocess.Popen[str]
) -> None:
    applying.kill()
    applying.communicate(timeout=20)
    _until(lambda: len(world.service.get("/groups")) == 1)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "Took over the lock" in ended.err
    assert len(world.service.get("/groups")) == 1
    world.holds_the_law()


def test_a_second_interrupt_ends_at_once_and_the_next_apply_finds_what_was_made(
    world: World, applying: subprocess.Popen[str]
) -> None:
    applying.send_signal(signal.SIGINT)
    time.sleep(0.1)
    applying.send_signal(signal.SIGINT)
    applying.communicate(timeout=20)
    assert applying.returncode == 130
    _until(lambda: len(world.service.get("/groups")) == 1)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.get("/groups")) == 1
    world.holds_the_law()


# 6


@pytest.mark.parametrize("path", POSTS.values(), ids=POSTS)
def test_a_refused_step_is_6_and_the_next_apply_does_the_rest(world: World, path: str) -> None:
    world.write(drive())
    world.service.fault(method="POST", path=path, status=400, body=REFUSED)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert "Apply incomplete:" in ended.said
    again = world.launch()
    assert again.code == 0, again.said
    _is_whole(world)


def test_what_depends_on_a_failed_step_is_skipped_and_named(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/accounts/filters", status=400, body=REFUSED)
    ended = world.launch()
    assert "filters.helsinki" in ended.said
    for skipped in ("groups.donors", "rsvpCalls.invite"):
        assert skipped in ended.said
    assert world.service.get("/groups") == []
    assert len(world.service.get("/voice_files")) == 1


def test_fail_fast_starts_nothing_after_a_failure(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/accounts", status=400, body=REFUSED)
    ended = world.launch("--fail-fast", "--parallelism", "1")
    assert ended.code in (1, 6), ended.said
    assert len(world.service.requests(writes=True)) == 1


def test_when_nothing_was_done_a_failure_is_1(world: World) -> None:
    world.write({"apiVersion": "mscode/v1", "groups": {"lonely": {}}})
    world.service.fault(method="POST", path="/groups", status=400, body=REFUSED)
    assert world.apply().code == 1


def test_a_launch_that_is_refused_is_6_and_rings_nobody(world: World) -> None:
    world.write(drive())
    world.service.fault(method="PUT", path="/rsvp_calls/1", status=400, body=REFUSED)
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert world.service.campaign()["state"] == "halt"
    assert world.launch().code == 0
    _is_whole(world)


# 7


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
@pytest.mark.parametrize("path", [path for name, path in POSTS.items() if name != "members"])
def test_a_create_whose_answer_was_lost_is_settled_by_looking_and_has_no_twin(
    world: World, path: str, fault: dict[str, Any]
) -> None:
    world.write(drive())
    world.service.fault(method="POST", path=path, **fault)
    ended = world.launch()
    assert ended.code == 0, ended.said
    _is_whole(world)


@pytest.mark.parametrize("path", [path for name, path in POSTS.items() if name != "members"])
def test_a_create_that_cannot_be_settled_is_7_and_the_next_apply_settles_it(world: World, path: str) -> None:
    world.write(drive())
    world.service.fault(method="POST", path=path, when="after", status=503)
    world.service.fault(method="GET", path=path.removesuffix("/text_to_speech"), status=400, times=None, skip=2)
    ended = world.launch()
    assert ended.code == 7, ended.said
    world.service.no_more_faults()
    again = world.launch()
    assert again.code == 0, again.said
    _is_whole(world)


def test_added_members_are_settled_by_looking(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/groups/1/accounts", when="after", status=503)
    assert world.launch().code in (0, 7)
    assert world.launch().code == 0
    _is_whole(world)


def test_added_receivers_whose_answer_was_lost_are_not_added_twice(world: World) -> None:
    world.launched(drive(acceptsWanted=2))
    world.write(drive(acceptsWanted=2, receivers=[{"group": "donors"}, {"account": "lauri"}]))
    world.service.fault(method="POST", path="/rsvp_calls/1/receivers", when="after", status=503)
    assert world.launch().code in (0, 7)
    assert world.launch().code == 0
    world.holds_the_law()
    assert len(world.service.campaign()["receivers"]) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_launch_whose_answer_was_lost_is_settled_by_looking_and_rings_nobody_twice(world: World, when: str) -> None:
    world.write(drive())
    world.service.fault(method="PUT", path="/rsvp_calls/1", when=when, status=503)
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
    world.service.at(AFTER)
    rings = [ring["phone"] for ring in world.service.rings()]
    assert max(rings.count(phone) for phone in rings) <= 3


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_edit_whose_answer_was_lost_never_leaves_a_campaign_calling_by_itself(
    world: World, when: str, skip: int
) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    world.write(drive(activeTo="14:00"))
    world.service.fault(method="PUT", path="/rsvp_calls/1", when=when, status=503, skip=skip)
    ended = world.apply()
    assert ended.code in (0, 6, 7), ended.said
    again = world.launch()
    assert again.code == 0, again.said
    assert (world.service.campaign()["state"], world.service.campaign()["activeTo"]) == ("active", "14:00:00")
    world.holds_the_law()


def test_a_failed_edit_restores_the_campaign(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    before = world.service.campaign()
    world.write(drive(activeTo="14:00"))
    world.service.fault(method="PUT", path="/rsvp_calls/1", status=400, body=REFUSED, skip=1)
    ended = world.apply()
    assert ended.code in (1, 6), ended.said
    after = world.service.campaign()
    assert (after["state"], after["activeTo"]) == (before["state"], before["activeTo"])
    assert world.launch().code == 0
    world.holds_the_law()


# Through the real entry point


def test_the_program_ends_with_the_same_codes(world: World, tmp_path: Path) -> None:
    world.write(quiet())
    codes = []
    for line in (["plan", "--detailed-exitcode"], ["plan", "--detailed-exitcod"], ["plan", str(tmp_path / "nowhere")]):
        with _mscode(world, *line) as process:
            process.communicate(timeout=20)
        codes.append(process.returncode)
    assert codes == [2, 64, 1]
