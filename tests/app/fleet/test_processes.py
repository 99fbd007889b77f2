"""A process for each project: what it has, what it may take, and how it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mscode.app.fleet.processes import Ended, Job, Limits, _work, environment_of, run_side_by_side
from tests.app.fleet import work

MIB = 1024**2
LIMITS = Limits()


def _job(folder: Path, function: Callable[..., Any], *arguments: Any, path: str = "clients/a", **variables: str) -> Job:
    base = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return Job(path, function, {**base, **variables}, folder / f"{path.replace('/', '__')}.log", arguments)


def _only(*jobs: Job, limits: Limits = LIMITS) -> Ended:
    (ended,) = run_side_by_side(jobs, 2, limits)
    return ended


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


def test_a_process_has_its_own_token_and_no_other() -> None:
    variables = {
        "TOKEN_A": "token-of-a",
        "TOKEN_B": "token-of-b",
        "MSCODE_TOKEN": "token-of-the-caller",
        "MSCODE_FLEET_KEY": "k" * 32,
        "GITHUB_OUTPUT": "/tmp/output",
        "MSCODE_ALLOWED_HOSTS": "api.example.com",
        "TF_HTTP_PASSWORD": "of the state",
    }
    assert environment_of("token-of-a", variables, ["TOKEN_A", "TOKEN_B"]) == {
        "MSCODE_TOKEN": "token-of-a",
        "MSCODE_ALLOWED_HOSTS": "api.example.com",
        "TF_HTTP_PASSWORD": "of the state",
    }
    assert "MSCODE_TOKEN" not in environment_of("", variables, ["TOKEN_A", "TOKEN_B"])


def test_nothing_of_a_token_reaches_the_process_of_another_project(tmp_path: Path) -> None:
    """In a fresh process, whose fork server is begun beside the tokens."""
    script = f"""
import os, pathlib
from mscode.app.fleet.processes import Job, environment_of, run_side_by_side
from tests.app.fleet.work import look_around
tokens = ("TOKEN_A", "TOKEN_B")
jobs = [
    Job(name, look_around, environment_of(os.environ[f"TOKEN_{{name}}"], os.environ, tokens), pathlib.Path({str(tmp_path)!r}, name))
    for name in "AB"
]
for ended in run_side_by_side(jobs, 2, secret_variables=tokens):
    assert ended.exit_code == 0, ended.diagnostics
    other = "secret-of-b" if ended.path == "A" else "secret-of-a"
    assert ended.result["variables"]["MSCODE_TOKEN"] == f"secret-of-{{ended.path.lower()}}"
    assert ended.result["variables"]["MSCODE_ALLOWED_HOSTS"] == "api.example.com:443"
    assert not [name for name, value in ended.result["variables"].items() if other in value or "of-the-caller" in value]
    assert b"secret-of" not in ended.result["initial"] and b"of-the-caller" not in ended.result["initial"]
    assert ended.result["loaded"] and ended.result["input"] == ""
assert os.environ["TOKEN_A"] == "secret-of-a" and os.environ["MSCODE_TOKEN"] == "of-the-caller"
print("done")
"""
    tokens = {"TOKEN_A": "secret-of-a", "TOKEN_B": "secret-of-b", "MSCODE_TOKEN": "of-the-caller"}
    variables = {**os.environ, **tokens, "MSCODE_ALLOWED_HOSTS": "api.example.com:443"}
    variables["PYTHONPATH"] = os.pathsep.join([str(Path.cwd() / "src"), str(Path.cwd())])
    done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_each_project_has_a_process(tmp_path: Path) -> None:
    jobs = [_job(tmp_path, work.look_around, path=f"clients/{at}") for at in range(5)]
    ends = list(run_side_by_side(jobs, 3))
    assert sorted(ended.path for ended in ends) == [job.path for job in jobs]
    assert len({ended.result["pid"] for ended in ends} | {os.getpid()}) == 6


def test_what_it_prints_is_kept_and_its_code_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ended = _only(_job(tmp_path, work.speak, "grüße hunter22"))
    log = tmp_path / "clients__a.log"
    assert (ended.exit_code, ended.diagnostics) == (5, ())
    lines = log.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == ["from a program", "result grüße (secret)", "talk grüße (secret)"]
    assert log.stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr() == ("", "")


def test_an_error_is_told_without_secrets(tmp_path: Path) -> None:
    ended = _only(_job(tmp_path, work.refuse, "hunter22hunter22"))
    assert (ended.exit_code, ended.result) == (5, None)
    assert [(one.summary, one.hint) for one in ended.diagnostics] == [("refused with (secret)", "Do otherwise.")]
    assert (tmp_path / "clients__a.log").read_text().startswith("Error: refused with (secret)\n")


def test_a_bug_is_told_by_its_place_alone(tmp_path: Path) -> None:
    ended = _only(_job(tmp_path, work.fail))
    assert ended.exit_code == 1
    assert "ValueError in tests.app.fleet.work" in ended.diagnostics[0].summary
    assert "Traceback" not in (text := (tmp_path / "clients__a.log").read_text()) and "+358" not in text


def test_a_process_that_dies_stops_no_other(tmp_path: Path) -> None:
    ends = {
        ended.path: ended
        for ended in run_side_by_side(
            [_job(tmp_path, work.die, path="a"), _job(tmp_path, work.look_around, path="b")], 1
        )
    }
    assert ends["a"].exit_code == 1 and "signal 9" in ends["a"].diagnostics[0].summary
    assert ends["b"].exit_code == 0


def test_memory_is_bounded(tmp_path: Path) -> None:
    limits = Limits(memory=400 * MIB)
    assert _only(_job(tmp_path, work.take_memory, 20 * MIB), limits=limits).result == 20 * MIB
    ended = _only(_job(tmp_path, work.take_memory, 500 * MIB), limits=limits)
    assert (ended.exit_code, ended.diagnostics[0].code) == (1, "memory-limit")


def test_time_is_bounded_and_it_may_end_in_its_own_way(tmp_path: Path) -> None:
    marker = str(tmp_path / "marker")
    ended = _only(_job(tmp_path, work.wait_for_signal, marker), limits=Limits(seconds=0.5, grace=20))
    assert (ended.exit_code, ended.result) == (6, "stopped")
    assert ended.diagnostics[0].code == "time-limit"


def test_whoever_is_stopped_for_its_time_has_not_interrupted_the_run(tmp_path: Path) -> None:
    ended = _only(_job(tmp_path, work.wait), limits=Limits(seconds=0.3, grace=20))
    assert (ended.exit_code, ended.result) == (1, None)
    assert [diagnostic.code for diagnostic in ended.diagnostics] == ["time-limit"]


def test_one_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    ended = _only(_job(tmp_path, work.never_end, str(tmp_path / "marker")), limits=Limits(seconds=0.3, grace=0.3))
    assert ended.exit_code == 1
    assert [diagnostic.code for diagnostic in ended.diagnostics] == ["time-limit", "process"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_and_nothing_new_begins(tmp_path: Path, number: signal.Signals) -> None:
    marker = tmp_path / "marker"
    jobs = [
        _job(tmp_path, work.wait_for_signal, str(marker), path="a"),
        _job(tmp_path, work.look_around, path="b"),
    ]

    def send() -> None:
        _until(marker.exists)
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    ends = {ended.path: ended for ended in run_side_by_side(jobs, 1)}
    sender.join()
    assert (ends["a"].exit_code, ends["a"].result) == (6, "stopped")
    assert (ends["b"].exit_code, ends["b"].began) == (130, False)


def test_a_signal_that_comes_before_the_work_is_an_end_like_any_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    here, there = multiprocessing.Pipe()

    def begin_late() -> None:
        signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        )  # as of the fork server
        os.kill(os.getpid(), signal.SIGTERM)
        _work(there, _job(tmp_path, work.look_around), LIMITS)

    process = multiprocessing.get_context("fork").Process(target=begin_late)
    process.start()
    there.close()
    exit_code, result, diagnostics = here.recv()
    process.join()
    assert (exit_code, result, process.exitcode) == (130, None, 0)
    assert [diagnostic.code for diagnostic in diagnostics] == ["interrupted"]
    assert "Traceback" not in capfd.readouterr().err


def test_whoever_stops_to_listen_ends_the_processes(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    jobs = [_job(tmp_path, work.look_around, path="a"), _job(tmp_path, work.never_end, str(marker), path="b")]
    ends = run_side_by_side(jobs, 2)
    assert next(ends).path == "a"
    _until(marker.exists)
    ends.close()
    _until(lambda: not Path(f"/proc/{marker.read_text()}").exists())


def test_a_process_stops_when_its_parent_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    script = f"""
import os, pathlib
from mscode.app.fleet.processes import Job, run_side_by_side
from tests.app.fleet.work import wait_for_signal
job = Job("a", wait_for_signal, dict(os.environ), pathlib.Path({str(tmp_path / "log")!r}), ({str(marker)!r},))
list(run_side_by_side([job], 1))
"""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd() / "src"), str(Path.cwd())])}
    with subprocess.Popen([sys.executable, "-c", script], env=variables) as parent:
        _until(lambda: marker.exists() and bool(marker.read_text()))
        parent.kill()
    _until(Path(f"{marker}.ended").exists)
