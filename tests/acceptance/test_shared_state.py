"""A state on a server that two people and a CI job share: one run at a time, and whatever breaks, nothing is made twice."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, drive, quiet
from tests.acceptance.conftest import World
from tests.acceptance.test_exit_codes import _mscode, _until
from tests.state.state_server import Kept, state_server

PATH = "/states/drive"


@dataclass
class Shared:
    """Two clones of one project, and the server that keeps their state."""

    anna: World
    erik: World
    kept: Kept

    def ids(self) -> dict[str, str]:
        return {one["address"]: one["id"] for one in json.loads(self.kept.documents[PATH])["resources"]}

    def pending(self) -> list[str]:
        return [one["address"] for one in json.loads(self.kept.documents[PATH])["pending"]]


def _with_state(world: World, state: dict[str, Any]) -> None:
    file = world.folder / "mscode.yaml"
    project = json.loads(file.read_text())
    project["environments"]["test"]["state"] = state
    file.write_text(json.dumps(project))


@pytest.fixture
def shared(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shared]:
    with state_server() as (url, kept):
        other = tmp_path / "other"
        other.mkdir()
        pair = Shared(world, World(other, world.service, capsys), kept)
        for one in (pair.anna, pair.erik):
            _with_state(one, {"backend": "http", "address": url + PATH})
        yield pair


def _write(shared: Shared, manifest: Any) -> None:
    for one in (shared.anna, shared.erik):
        one.write(manifest)


@pytest.fixture
def applying(shared: Shared) -> Iterator[subprocess.Popen[str]]:
    """Anna's apply, in another process, hangs in the create of its group."""
    _write(shared, quiet())
    shared.anna.service.fault(method="POST", path="/groups", delay_ms=1500)
    process = _mscode(shared.anna, "apply", "--auto-approve", "--parallelism", "1")
    _until(lambda: shared.anna.service.control("GET", "/faults")[0]["times"] == 0)
    yield process
    with process:
        process.kill()


def _one_group_and_nothing_to_do(shared: Shared) -> None:
    assert len(shared.anna.service.get("/groups")) == 1
    for one in (shared.anna, shared.erik):
        one.holds_the_law()


def test_what_one_applied_is_no_change_for_the_other(shared: Shared) -> None:
    _write(shared, drive())
    ended = shared.anna.launch()
    assert ended.code == 0, ended.said
    shared.erik.holds_the_law()
    assert shared.erik.state_entries() == shared.ids() and not shared.pending() and not shared.kept.locks
    shutil.rmtree(shared.anna.folder / ".mscode")
    shared.anna.holds_the_law()
    assert shared.erik.destroy("--allow-launch").code == 0
    assert shared.ids() == {}


def test_the_document_holds_no_number_and_no_token(shared: Shared) -> None:
    _write(shared, drive())
    assert shared.anna.launch().code == 0
    text = shared.kept.documents[PATH].decode()
    assert "+358" not in text and shared.anna.service.token not in text


def test_the_intent_of_a_create_is_on_the_server_while_the_create_is_under_way(
    shared: Shared, applying: subprocess.Popen[str]
) -> None:
    assert "groups.donors" in shared.pending()
    applying.communicate(timeout=30)
    assert applying.returncode == 0 and not shared.pending()


def test_a_second_apply_is_4_and_names_the_holder(shared: Shared, applying: subprocess.Popen[str]) -> None:
    second = shared.erik.apply()
    assert second.code == 4, second.said
    (lock,) = shared.kept.locks.values()
    assert lock["ID"] in second.err and lock["Who"] in second.err
    assert shared.erik.plan().code == 0
    applying.communicate(timeout=30)
    _one_group_and_nothing_to_do(shared)


def test_a_cancelled_job_gives_the_lock_back_and_another_clone_goes_on(
    shared: Shared, applying: subprocess.Popen[str]
) -> None:
    applying.send_signal(signal.SIGTERM)
    out, err = applying.communicate(timeout=30)
    assert applying.returncode == 130, out + err
    assert not shared.kept.locks and "Traceback" not in out + err
    ended = shared.erik.apply()
    assert ended.code == 0, ended.said
    _one_group_and_nothing_to_do(shared)


def test_a_second_interrupt_gives_the_lock_back_at_once_and_leaves_the_intent(
    shared: Shared, applying: subprocess.Popen[str]
) -> None:
    applying.send_signal(signal.SIGINT)
    time.sleep(0.1)
    applying.send_signal(signal.SIGINT)
    applying.communicate(timeout=30)
    assert applying.returncode == 130 and not shared.kept.locks
    assert "groups.donors" in shared.pending()
    _until(lambda: len(shared.anna.service.get("/groups")) == 1)
    ended = shared.erik.apply()
    assert ended.code == 0, ended.said
    _one_group_and_nothing_to_do(shared)


def test_a_second_interrupt_waits_no_longer_for_a_state_server_that_hangs(
    shared: Shared, applying: subprocess.Popen[str]
) -> None:
    applying.send_signal(signal.SIGINT)
    time.sleep(0.1)
    with shared.kept.guard:
        applying.send_signal(signal.SIGINT)
        applying.communicate(timeout=15)
    assert applying.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_an_interrupted_run_ends_as_that_although_its_state_cannot_be_written(
    shared: Shared, applying: subprocess.Popen[str], number: signal.Signals
) -> None:
    with shared.kept.guard:
        applying.send_signal(number)
        out, err = applying.communicate(timeout=45)
    assert applying.returncode == 130, out + err
    assert "gave no answer" in err and "Traceback" not in err


def test_a_killed_run_keeps_the_lock_until_it_is_broken_by_its_id(
    shared: Shared, applying: subprocess.Popen[str]
) -> None:
    applying.kill()
    applying.communicate(timeout=20)
    _until(lambda: len(shared.anna.service.get("/groups")) == 1)
    refused = shared.erik.apply()
    assert refused.code == 4, refused.said
    (lock,) = shared.kept.locks.values()
    wrong = shared.erik.cli("state", "unlock", lock["ID"][:8], shared.erik.folder)
    assert wrong.code == 1 and lock["ID"] in wrong.err and shared.kept.locks
    broken = shared.erik.cli("state", "unlock", lock["ID"], shared.erik.folder)
    assert broken.code == 0 and "The lock is gone." in broken.out
    ended = shared.erik.apply()
    assert ended.code == 0, ended.said
    _one_group_and_nothing_to_do(shared)


def test_nothing_is_sent_without_a_state_that_can_be_written(shared: Shared) -> None:
    _write(shared, quiet())
    assert shared.anna.plan().code == 0
    shared.kept.trouble["POST"] = [500] * 99
    ended = shared.anna.apply()
    assert ended.code == 1, ended.said
    assert "could not be written" in ended.err and not shared.kept.locks
    assert shared.anna.service.requests(writes=True) == []
    shared.kept.trouble = {}
    assert shared.anna.apply().code == 0
    _one_group_and_nothing_to_do(shared)


def test_a_state_server_that_fails_half_way_stops_what_would_be_sent_and_the_next_run_does_the_rest(
    shared: Shared,
) -> None:
    _write(shared, quiet())
    assert shared.anna.apply("--parallelism", "1").code == 0
    manifest = quiet()
    manifest["groups"]["second"] = {"description": "x"}
    _write(shared, manifest)
    shared.anna.service.forget_requests()
    shared.kept.trouble["POST"] = [500]
    ended = shared.anna.apply()
    assert ended.code in (1, 6), ended.said
    assert "groups.second" in ended.said and "could not be written" in ended.said
    assert shared.anna.service.requests(writes=True) == [] and not shared.kept.locks
    assert shared.erik.apply().code == 0
    assert len(shared.anna.service.get("/groups")) == 2
    shared.anna.holds_the_law()


def test_the_brake_works_without_the_state_server(shared: Shared) -> None:
    _write(shared, drive())
    assert shared.anna.launch().code == 0
    shared.kept.trouble["GET"] = [503] * 99
    ended = shared.erik.cli("halt", "--all", "--dir", shared.erik.folder)
    assert ended.code == 0, ended.said
    assert shared.anna.service.campaign()["state"] == "halt"


def test_a_state_moves_to_the_server_and_back_without_a_change(shared: Shared) -> None:
    world = shared.anna
    server = json.loads((world.folder / "mscode.yaml").read_text())["environments"]["test"]["state"]
    _with_state(world, {"backend": "local"})
    world.write(quiet())
    assert world.apply().code == 0
    _with_state(world, server)
    refused = world.plan()
    assert refused.code == 1 and "but there is one in" in refused.err
    pushed = world.cli("state", "push", world.folder / ".mscode" / "test" / "state.json", world.folder)
    assert pushed.code == 0, pushed.said
    world.holds_the_law()
    copy = world.folder / "copy.json"
    copy.write_text(world.cli("state", "pull", world.folder).out)
    shutil.rmtree(world.folder / ".mscode")
    _with_state(world, {"backend": "local"})
    assert world.cli("state", "push", copy, world.folder).code == 0
    world.holds_the_law()


def test_what_came_of_a_launch_is_recorded_on_the_server_by_whoever_looks(shared: Shared) -> None:
    _write(shared, drive())
    assert shared.anna.launch().code == 0
    shared.anna.service.at(AFTER)
    assert shared.erik.cli("status", shared.erik.folder).code == 0
    (launch,) = shared.anna.cli("history", "--dir", shared.anna.folder, "--json").json["launches"]
    assert launch["rings"] == len(shared.anna.service.rings()) > 0
    assert launch["final"]
    assert shared.anna.cli("history", "verify", shared.anna.folder).code == 0
    before = dict(shared.kept.documents)
    assert shared.erik.cli("status", shared.erik.folder).code == 0
    assert shared.kept.documents == before
    assert shared.anna.apply().code == 0
    assert shared.anna.cli("history", "verify", shared.anna.folder).code == 0


def test_a_long_state_has_a_journal_beside_it_that_is_empty_in_the_end(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mscode.state.remote.journal.SHORT", 0)
    _write(shared, drive())
    ended = shared.anna.launch()
    assert ended.code == 0, ended.said
    shared.erik.holds_the_law()
    document, journal = (json.loads(shared.kept.documents[path]) for path in (PATH, f"{PATH}-journal"))
    assert document["version"] == 1 and not journal["resources"] and not journal["pending"]
    assert "+358" not in "".join(content.decode() for content in shared.kept.documents.values())


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_server_that_takes_no_journal_is_written_to_as_before_and_one_warning_says_so(
    shared: Shared, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("mscode.state.remote.journal.SHORT", 0)
    shared.kept.refused["-journal"] = status
    _write(shared, drive())
    ended = shared.anna.launch()
    assert ended.code == 0, ended.said
    assert ended.err.count("Each create writes the whole state") == 1
    assert f"{PATH}-journal could not be written: the server answered {status}" in ended.err
    shared.erik.holds_the_law()
