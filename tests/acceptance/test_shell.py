"""What a person sees while mscode works: requests, repeats, long steps, whose lock it waits for, and which account it is."""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from mscode.app import state
from mscode.state.local.lock import StateLock
from tests.acceptance.campaigns import drive, quiet
from tests.acceptance.conftest import World

REQUEST = re.compile(r"(GET|POST|PUT|DELETE) (/\S*) (\d{3}|no-answer|no-connection) \d+ ms, try (\d+)")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.http.session.backoff", lambda tries: 0.0)


def test_a_line_says_why_a_request_is_repeated(world: World) -> None:
    world.write(quiet())
    world.service.fault(method="GET", path="/groups", status=503, times=1)
    ended = world.plan()
    assert ended.code == 0
    assert "GET /groups: answered 503; trying again in 1 s (try 2)..." in ended.err
    assert "trying again" not in world.plan().err


@pytest.mark.parametrize("way", ["-v", "--verbose", "MSCODE_LOG"])
def test_each_request_is_a_line_without_token_and_number(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    world.write(drive())
    if way == "MSCODE_LOG":
        monkeypatch.setenv(way, "debug")
    ended = world.launch(*([way] if way.startswith("-") else []))
    assert ended.code == 0
    lines = [match for row in ended.err.splitlines() if (match := REQUEST.fullmatch(row))]
    assert {match[1] for match in lines} == {"GET", "POST", "PUT"}
    assert len(lines) > 10
    assert world.service.token not in ended.err
    assert not re.search(r"\d{7}", ended.err)


def test_a_try_that_failed_is_a_line_of_its_own(world: World) -> None:
    world.write(quiet())
    world.service.fault(method="GET", path="/groups", status=503, times=1)
    rows = [row for row in world.plan("-v").err.splitlines() if " /v1/groups " in row]
    assert [REQUEST.fullmatch(row)[3] for row in rows] == ["503", "200"]  # type: ignore[index]
    assert [REQUEST.fullmatch(row)[4] for row in rows] == ["1", "2"]  # type: ignore[index]


def test_the_log_goes_to_a_file_of_its_owner(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world.write(quiet())
    log = tmp_path / "mscode.log"
    monkeypatch.setenv("MSCODE_LOG", "DEBUG")
    monkeypatch.setenv("MSCODE_LOG_PATH", str(log))
    assert "ms, try" not in world.plan().err
    first = log.read_text()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z DEBUG GET /v1/", first)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    world.plan()
    assert log.read_text().startswith(first), "it is written at its end"


def test_what_is_wrong_with_the_log_keeps_nothing_from_being_halted(
    launched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSCODE_LOG", "debug")
    monkeypatch.setenv("MSCODE_LOG_PATH", str(launched.folder / "nowhere" / "x.log"))
    ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert "MSCODE_LOG_PATH cannot be written" in ended.err
    assert "PUT /v1/rsvp_calls/" in ended.err
    monkeypatch.setenv("MSCODE_LOG", "loud")
    assert "MSCODE_LOG can only be debug" in launched.plan().err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_every_object_that_takes_long_is_named(world: World, monkeypatch: pytest.MonkeyPatch, form: list[str]) -> None:
    monkeypatch.setattr("mscode.engine.apply.executor.STILL_SECONDS", -1.0)
    monkeypatch.setattr("mscode.views.apply.apply_text.STILL_EVERY", -1.0)
    world.write(quiet())
    ended = world.apply("--no-launch", *form)
    still = {match[1] for match in re.finditer(r"([\w.-]+): Still creating\.\.\. \[-?\d+s elapsed\]", ended.out)}
    assert {"groups.donors", "voiceFiles.greeting"} <= still


def test_a_command_waits_for_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(quiet())
    lock = StateLock(world.folder / ".mscode" / "test", "apply")
    lock.acquire()
    monkeypatch.setattr(state.time, "sleep", lambda seconds: lock.release())
    ended = world.apply("--no-launch", "--lock-timeout", "5m")
    assert ended.code == 0, ended.said
    assert "The state is locked by " in ended.err and "Waiting for it, 300 s at most..." in ended.err


def test_it_ends_with_4_once_the_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(quiet())
    slept: list[float] = []
    monkeypatch.setattr(state.time, "sleep", slept.append)
    now = iter(range(100))
    monkeypatch.setattr(state.time, "monotonic", lambda: float(next(now)))
    with StateLock(world.folder / ".mscode" / "test", "apply"):
        ended = world.apply("--lock-timeout", "5s")
        assert ended.code == 4
        assert 0 < len(slept) <= 5
        assert world.apply("--lock-timeout", "0").code == 4


@pytest.mark.parametrize("text", ["5", "5 m", "-5m", "m", "1d", "٥m", ""])
def test_a_duration_that_is_none_is_64(world: World, text: str) -> None:
    ended = world.apply("--lock-timeout", text)
    assert ended.code == 64
    assert "must be a duration like 30s, 5m or 1h30m" in ended.err


def test_what_a_selection_leaves_out_is_managed_all_the_same(world: World) -> None:
    (world.folder / "people.csv").write_text("phone,firstName\n+358405550101,Anna\n+358405550102,Erik\n")
    manifest: dict[str, Any] = {
        "apiVersion": "mscode/v1",
        "accountLists": {"people": {"file": "people.csv", "key": "phone", "columns": {"phone": "phone"}}},
        "groups": {"a": {}, "b": {}},
    }
    world.write(manifest)
    assert world.apply().code == 0
    world.service.send("POST", "/groups", {"name": "elsewhere", "description": ""})
    assert "Not managed: 1 group." in world.plan().out
    assert "Not managed: 1 group." in world.plan("--only", "groups.a").out
    shutil.rmtree(world.folder / ".mscode" / "test")
    assert "Not managed: 1 group." in world.plan("--only", "groups.a").out, "without a state, by what it declares"


def test_msc_url_is_named_whenever_it_decides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(quiet())
    monkeypatch.setenv("MSCODE_URL", world.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", world.service.token)
    says = "MSCODE_URL decides where to go: "
    for line in (["plan"], ["status"], ["state", "list"], ["drift"], ["voices"]):
        ended = world.cli(*line, world.folder)
        assert says in ended.err, line
        assert says not in ended.out
    assert says in world.cli("halt", "--all", "--dir", world.folder).err
    assert says not in world.plan("--env", "test").err


def test_the_launch_line_is_printed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(drive())
    answers = iter(["yes", "yes"])
    monkeypatch.setattr("mscode.cli.base.read_answer", lambda: next(answers))
    ended = world.cli("apply", world.folder)
    assert ended.code == 0, ended.said
    assert ended.said.count("Launch: 1 campaign") == 1
