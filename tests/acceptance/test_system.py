"""What the system does to a run: folders that cannot be written, full disks, terminals that are closed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode import __file__ as package
from mscode.views import console
from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

#: As root nothing is refused, but for one who has given that right away.
AS_NOBODY = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if os.geteuid() == 0
    else []
)
needs_setpriv = pytest.mark.skipif(bool(AS_NOBODY) and not shutil.which("setpriv"), reason="root may write everywhere")


@pytest.fixture(autouse=True)
def _these_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of their own run the sources that are tested, not those that are installed."""
    monkeypatch.setenv("PYTHONPATH", str(Path(package).parents[1]))


def mscode(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MSCODE_") and name != "CI"}
    command = [*AS_NOBODY, sys.executable, "-m", "mscode", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, env=variables)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Path]:
    """A project with the embedded emulator; whatever a test takes away may be written again at its end."""
    folder = tmp_path / "project"
    assert mscode(tmp_path, "init", str(folder)).returncode == 0
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o700)


def lock_up(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)


NEEDS = ["plan", "apply --auto-approve --no-launch", "destroy --auto-approve", "halt --all", "sandbox clock +1h"]


@needs_setpriv
@pytest.mark.parametrize("command", NEEDS)
@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
def test_a_folder_that_cannot_be_written_is_named_and_no_bug(sandbox: Path, command: str, made: bool) -> None:
    shutil.rmtree(sandbox / ".mscode")
    if made:
        assert mscode(sandbox, "apply", "--auto-approve", "--no-launch").returncode == 0
    lock_up(sandbox)
    ended = mscode(sandbox, *command.split())
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert "internal error" not in said and "Traceback" not in said
    assert ".mscode" in said or "database" in said


@needs_setpriv
@pytest.mark.parametrize("command", ["apply --auto-approve --no-launch", "forget voiceFiles.greeting"])
def test_a_state_that_cannot_be_written_is_named_and_nothing_is_sent(world: World, command: str) -> None:
    world.write(drive())
    lock_up(world.folder)
    world.service.forget_requests()
    ended = mscode(world.folder, *command.split())
    (world.folder).chmod(0o700)
    said = ended.stdout + ended.stderr
    assert ended.returncode in (1, 64), said
    assert "internal error" not in said and "Traceback" not in said
    assert world.service.requests(writes=True) == []


@needs_setpriv
def test_the_brake_needs_no_folder_that_can_be_written(world: World) -> None:
    world.launched(drive())
    lock_up(world.folder)
    ended = mscode(world.folder, "halt", "--all")
    for path in (world.folder, *world.folder.rglob("*")):
        path.chmod(0o700)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert world.service.campaign()["state"] == "halt"


@needs_setpriv
def test_a_plan_is_made_where_nothing_can_be_written_and_a_file_of_it_is_refused(world: World) -> None:
    world.launched(drive())
    lock_up(world.folder)
    plain, out = mscode(world.folder, "plan"), mscode(world.folder, "plan", "--out", "plan.json")
    for path in (world.folder, *world.folder.rglob("*")):
        path.chmod(0o700)
    assert plain.returncode == 0, plain.stderr
    assert out.returncode == 1 and "plan.json cannot be written: " in out.stderr


# ---- full disks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_full_disk_ends_an_apply_with_an_error_and_no_bug(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    world.write(drive())

    def full(descriptor: int, *more: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"mscode.state.local.files.os.{where}", full)
        ended = world.launch()
    assert ended.code == 1, ended.said
    assert "No space left on device" in ended.err and "internal error" not in ended.said
    assert world.service.rings() == []
    assert world.launch().code == 0


def test_a_full_disk_under_the_output_does_not_end_an_apply_half_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is given back, all is done, and the exit code says that the output is not whole."""
    world.write(drive())
    write = console._write

    def full(stream: object, text: str, **more: bool) -> None:
        if stream is sys.stdout and "Creating" in text:
            console.lost.append("No space left on device")
            return
        write(stream, text, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(console, "_write", full)
        ended = world.launch()
    assert ended.code == 1, ended.said
    assert "The output could not be written whole: No space left on device" in ended.err
    assert world.service.campaign()["state"] in ("active", "waitingToActive")
    world.holds_the_law()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["apply --auto-approve --allow-launch", "schema", "--help"])
def test_output_to_a_full_disk_is_an_error_and_no_bug(world: World, command: str) -> None:
    world.write(drive())
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "mscode", *command.split()],
            cwd=world.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1, ended.stderr
    assert "internal error" not in ended.stderr and "Traceback" not in ended.stderr
    if command.startswith("apply"):
        assert world.service.campaign()["state"] in ("active", "waitingToActive")
        assert not (world.folder / ".mscode" / "test" / "lock").exists()


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&- <&-"])
def test_closed_streams_end_nothing(world: World, closed: str) -> None:
    world.write(drive())
    command = f'exec "{sys.executable}" -m mscode apply --auto-approve --allow-launch {closed}'
    ended = subprocess.run(
        ["sh", "-c", command], cwd=world.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert world.service.campaign()["state"] in ("active", "waitingToActive")


# ---- signals ---------------------------------------------------------------------------------------------------------

ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def begun(world: World, *command: str, wait_for: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mscode", *command],
        cwd=world.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if wait_for in line:
            return process
    raise AssertionError("it never came so far")


@pytest.mark.parametrize("number", ENDING, ids=[one.name for one in ENDING])
def test_a_signal_gives_the_lock_back_and_launches_nothing(world: World, number: signal.Signals) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", delay_ms=1500, when="after")
    process = begun(world, "apply", "--auto-approve", "--allow-launch", wait_for="rsvpCalls.invite: Creating...")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert not (world.folder / ".mscode" / "test" / "lock").exists()
    assert all(one["state"] == "halt" for one in world.service.get("/rsvp_calls"))


def test_two_hangups_give_the_lock_back_as_well(world: World) -> None:
    """The system sends one when a terminal is closed, and the shell another."""
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", delay_ms=1500, when="after")
    process = begun(world, "apply", "--auto-approve", "--allow-launch", wait_for="rsvpCalls.invite: Creating...")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()  # the terminal is gone
    process.stderr.close()
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
    assert process.wait(30) in (130, -signal.SIGHUP)  # the second may come when all is given back already
    assert not (world.folder / ".mscode" / "test" / "lock").exists()


def test_a_hangup_while_it_plans_under_the_lock_gives_it_back(world: World) -> None:
    world.launched(drive())
    lock = world.folder / ".mscode" / "test" / "lock"
    world.service.fault(method="GET", path="/accounts", delay_ms=2000, times=None)
    process = subprocess.Popen(
        [sys.executable, "-m", "mscode", "apply", "--auto-approve", "--no-launch"],
        cwd=world.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not lock.exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 130
    assert not lock.exists()


def test_an_apply_under_nohup_goes_on(world: World) -> None:
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", delay_ms=800, when="after")
    code = f"""
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv({sys.executable!r}, [{sys.executable!r}, "-m", "mscode", "apply", "--auto-approve", "--allow-launch"])
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=world.folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "rsvpCalls.invite: Creating..." in line:
            process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0
    assert world.service.campaign()["state"] in ("active", "waitingToActive")


def test_the_brake_goes_on_when_its_terminal_is_closed(world: World) -> None:
    world.launched(drive())
    world.service.fault(method="PUT", path="/rsvp_calls/1", when="before", status=503)
    world.service.forget_requests()
    process = subprocess.Popen(
        [sys.executable, "-m", "mscode", "halt", "--all"],
        cwd=world.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while "PUT /rsvp_calls/1" not in world.service.requests() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0
    assert world.service.campaign()["state"] == "halt"
