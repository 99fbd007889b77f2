"""The lock: one writer, and whose turn it is when that one died."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

import mscode
from mscode.errors import LockedError, StateError
from mscode.state.local import lock as lock_module
from mscode.state.local.lock import StateLock, read_holder, unlock
from mscode.state.lock_info import age

HOLDING = """
import sys
from pathlib import Path
from mscode.state.local.lock import StateLock
lock = StateLock(Path(sys.argv[1]), "apply")
lock.acquire()
print(lock.id, flush=True)
sys.stdin.read()
lock.release()
"""


@contextmanager
def other_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another mscode that holds the lock until its input ends; with the lock's ID."""
    env = os.environ | {"PYTHONPATH": str(Path(mscode.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder)], stdin=-1, stdout=-1, text=True, env=env
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def refusal(folder: Path) -> str:
    with pytest.raises(LockedError) as caught:
        StateLock(folder, "apply").acquire()
    assert caught.value.exit_code == 4
    (one,) = caught.value.diagnostics
    return f"{one.summary}\n{one.detail}\n{one.hint}"


def write_lock(folder: Path, **members: object) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "ID": "abc",
        "Operation": "apply",
        "Who": "anna@elsewhere",
        "Pid": 1,
        "Created": "2026-12-01T07:00:00+00:00",
        "Version": "1",
        "Info": "",
    }
    (folder / "lock").write_text(json.dumps(data | members))
    return "abc"


def test_the_lock_tells_who_holds_it(tmp_path: Path) -> None:
    env = {"GITHUB_SERVER_URL": "https://git.example.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"}
    with StateLock(tmp_path, "apply", env) as lock:
        data = json.loads((tmp_path / "lock").read_text())
    assert data["ID"] == lock.id and len(lock.id) == 32
    assert (data["Operation"], data["Pid"], data["Version"]) == ("apply", os.getpid(), mscode.__version__)
    assert data["Who"].endswith(f"@{socket.gethostname()}")
    assert data["Info"] == "https://git.example.com/a/b/actions/runs/7"


def test_the_lock_is_gone_after_the_run_and_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with StateLock(tmp_path, "apply") as lock:
            assert lock.notice == "" and lock.is_ours()
        assert not (tmp_path / "lock").exists()


def test_the_lock_is_given_back_after_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), StateLock(tmp_path, "apply"):
        raise RuntimeError
    assert not (tmp_path / "lock").exists()


def test_a_living_holder_is_named_with_everything_one_needs(tmp_path: Path) -> None:
    with other_process(tmp_path) as (process, id):
        said = refusal(tmp_path)
    for part in (
        id,
        f"process {process.pid}",
        socket.gethostname(),
        "Operation: apply",
        "less than a minute",
        f"mscode state unlock {id}",
    ):
        assert part in said


def test_a_killed_holder_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    with other_process(tmp_path) as (process, _):
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / "lock").exists()
        with StateLock(tmp_path, "apply") as lock:
            assert f"whose process {process.pid} is gone" in lock.notice


def test_the_lock_of_another_machine_is_never_taken_over_however_old_it_is(tmp_path: Path) -> None:
    write_lock(tmp_path)
    with time_machine.travel(datetime(2036, 12, 1, tzinfo=UTC)):
        said = refusal(tmp_path)
    assert "anna@elsewhere" in said and "3,652 days" in said


def test_a_lock_that_does_not_tell_its_holder_is_not_taken_over(tmp_path: Path) -> None:
    for content in ("", "{", "[]", '{"ID": 1}', "null"):
        (tmp_path / "lock").write_text(content)
        assert "by hand" in refusal(tmp_path)


def test_the_ci_run_is_named_in_the_refusal(tmp_path: Path) -> None:
    write_lock(tmp_path, Info="https://ci.example.com/jobs/7")
    assert "https://ci.example.com/jobs/7" in refusal(tmp_path)


def test_unlocking_needs_the_very_id(tmp_path: Path) -> None:
    write_lock(tmp_path)
    with pytest.raises(StateError, match="The lock has the ID abc, not ab"):
        unlock(tmp_path, "ab")
    assert read_holder(tmp_path) is not None
    assert unlock(tmp_path, "abc").Who == "anna@elsewhere"
    with StateLock(tmp_path, "apply"):
        pass


def test_what_is_not_locked_cannot_be_unlocked_and_no_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="not locked"):
        unlock(tmp_path / "none", "abc")
    assert not (tmp_path / "none").exists()


def test_whoever_lost_the_lock_knows_it_and_leaves_the_next_holders_alone(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path, "apply"), StateLock(tmp_path, "destroy")
    first.acquire()
    unlock(tmp_path, first.id)
    second.acquire()
    assert not first.is_ours() and second.is_ours()
    first.release()
    holder = read_holder(tmp_path)
    assert holder is not None and second.id == holder.ID
    second.release()


def test_of_many_takers_one_gets_the_lock(tmp_path: Path) -> None:
    start, results = threading.Barrier(8), list[StateLock | None]()

    def take() -> None:
        lock = StateLock(tmp_path, "apply")
        start.wait()
        try:
            lock.acquire()
            results.append(lock)
        except LockedError:
            results.append(None)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lock for lock in results if lock]) == 1
    for lock in filter(None, results):
        lock.release()


def test_of_many_takers_of_a_dead_holders_lock_one_gets_it(tmp_path: Path) -> None:
    write_lock(tmp_path, Who=f"anna@{socket.gethostname()}")
    test_of_many_takers_one_gets_the_lock(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be made"):
        StateLock(tmp_path / "file" / "env", "apply").acquire()


@pytest.mark.parametrize(
    ("created", "words"),
    [
        ("2026-12-01T07:00:00+00:00", "less than a minute"),
        ("2026-12-01T06:48:00Z", "12 minutes"),
        ("2026-12-01T05:59:00+00:00", "1 hour"),
        ("2026-11-28T07:00:00+00:00", "3 days"),
        ("2027-01-01T00:00:00+00:00", "less than a minute"),
        ("2026-12-01T07:00:00", "unknown"),
        ("x", "unknown"),
    ],
)
def test_the_age_is_said_in_words(created: str, words: str) -> None:
    with time_machine.travel(datetime(2026, 12, 1, 7, 0, 30, tzinfo=UTC), tick=False):
        assert age(created) == words


def test_a_full_disk_leaves_no_lock_that_tells_nobodys_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lock_module, "write_all", full)
        with pytest.raises(StateError, match="No space left on device"):
            StateLock(tmp_path, "apply").acquire()
    with StateLock(tmp_path, "apply") as lock:
        assert not lock.notice


def test_whoever_is_killed_while_writing_the_lock_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lock_module, "write_all", lambda *_: os._exit(9))
        child = os.fork()
        if child == 0:
            StateLock(tmp_path, "apply").acquire()
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not (tmp_path / "lock").exists() and list(tmp_path.glob("lock.draft-*"))
    with StateLock(tmp_path, "apply") as lock:
        assert not lock.notice and not list(tmp_path.glob("lock.draft-*"))


def test_a_lock_needs_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with StateLock(tmp_path, "apply") as lock:
        assert lock.is_ours() and lock.id in refusal(tmp_path)
    assert not (tmp_path / "lock").exists()
