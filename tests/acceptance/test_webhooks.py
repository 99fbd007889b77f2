"""The sandbox's webhooks: which commands post them, and where to."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import mscode
from mscode.cli.app import run
from tests.acceptance.campaigns import MONDAY, drive
from tests.webhook_receiver import Receiver, receiving

SOURCES = Path(mscode.__file__).parent


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def _project(folder: Path, receiver: Receiver, **service: Any) -> Path:
    environment = {"url": "sandbox:", "settleSeconds": 0, "service": service}
    project = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "defaultEnvironment": "sandbox",
        "environments": {"sandbox": environment},
    }
    folder.mkdir()
    (folder / "mscode.yaml").write_text(json.dumps(project))
    urls = {"receiverWebhookUrl": f"{receiver.url}/receiver", "stateWebhookUrl": f"{receiver.url}/state"}
    (folder / "all.yaml").write_text(json.dumps(drive(**urls)))
    return folder


def _launched(folder: Path) -> None:
    assert run(["sandbox", "clock", MONDAY, "--dir", str(folder)]) == 0
    assert run(["apply", str(folder), "--auto-approve", "--allow-launch"]) == 0


def test_the_clock_posts_what_other_commands_only_note(tmp_path: Path, receiver: Receiver) -> None:
    folder = _project(tmp_path / "project", receiver, webhooks="send")
    _launched(folder)
    for line in (["status", folder], ["drift", folder], ["plan", folder], ["results", "--dir", folder]):
        assert run([str(word) for word in line]) == 0
    run(["sandbox", "rings", "--dir", str(folder)])
    assert receiver.posts == []
    assert run(["sandbox", "clock", "2026-12-01T09:00:00Z", "--dir", str(folder)]) == 0
    states = [body["state"] for path, body in receiver.posts if path == "/state"]
    assert {"waitingToActive", "active"} <= set(states), "those before the clock was moved, too"
    assert {body["rsvpReply"] for path, body in receiver.posts if path == "/receiver"} <= {
        "accept",
        "decline",
        "noReply",
    }
    count = len(receiver.posts)
    assert run(["sandbox", "clock", "--dir", str(folder)]) == 0
    assert len(receiver.posts) == count


@pytest.mark.parametrize("service", [{}, {"webhooks": "note"}])
def test_without_being_asked_nothing_is_posted(tmp_path: Path, receiver: Receiver, service: dict[str, Any]) -> None:
    folder = _project(tmp_path / "project", receiver, **service)
    _launched(folder)
    assert run(["sandbox", "clock", "2026-12-01T09:00:00Z", "--dir", str(folder)]) == 0
    assert receiver.posts == []


def test_another_value_is_an_error(tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _project(tmp_path / "project", receiver, webhooks="yes")
    assert run(["validate", str(folder)]) == 1
    assert "webhooks cannot have this value" in capsys.readouterr().err


def test_a_host_elsewhere_is_named_once(tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _project(tmp_path / "project", receiver, webhooks="send")
    manifest = drive(stateWebhookUrl="https://192.0.2.7/state", receiverWebhookUrl="https://192.0.2.7/receiver")
    (folder / "all.yaml").write_text(json.dumps(manifest))
    _launched(folder)
    capsys.readouterr()
    assert run(["sandbox", "clock", "2026-12-01T09:00:00Z", "--dir", str(folder)]) == 0
    said = capsys.readouterr()
    assert said.err.count("Webhooks to 192.0.2.7 are not sent: the sandbox posts to this machine alone.") == 1
    assert said.out == "2026-12-01T09:00:00Z\n"


def test_a_served_sandbox_posts_by_its_running_clock(tmp_path: Path, receiver: Receiver) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"webhook": "double", "path": "/state"}')
    line = [sys.executable, "-m", "mscode", "sandbox", "serve", "--port", "0", "--webhooks", "--faults", str(faults)]
    with subprocess.Popen(
        [*line, "--clock", MONDAY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        url, token = (server.stdout.readline().split()[1] for _ in range(2))
        try:
            _campaign_that_rings(url, token, receiver)
            receiver.wait_for(lambda: len(receiver.posts) >= 3)
        finally:
            server.terminate()
            assert server.stderr is not None
            said = server.stderr.read()
    assert "Traceback" not in said
    assert server.returncode == 0
    paths = [path for path, _ in receiver.posts]
    assert paths.count("/state") >= 2, "the first one twice"
    assert "/receiver" in paths


def _campaign_that_rings(url: str, token: str, receiver: Receiver) -> None:
    """Starts in a second and calls one person; after that nobody asks the sandbox for anything."""
    headers = {"X-Access-Token": token, "Accept": "application/json", "Content-Type": "application/json"}
    control = url.replace("/v1", "/__sandbox")
    with httpx.Client(headers=headers, trust_env=False) as client:
        speech = {"name": "Hello", "text": "Hello", "voiceCode": "en", "description": ""}
        client.post(f"{url}/voice_files/text_to_speech", json=speech).raise_for_status()
        client.post(f"{control}/clock", json={"time": "2026-12-01T08:00:00Z"}).raise_for_status()
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        body = {
            "startTime": "2026-12-01 08:00:01",
            "endTime": "2026-12-04 17:00:00",
            "activeFrom": "08:00:00",
            "activeTo": "17:00:00",
            "activeWeekdays": [{"weekday": day, "active": "1"} for day in days],
            "voiceFiles": [{"type": "start", "voiceFileId": "1"}],
            "actionButtons": [{"button": "5", "action": "accept"}],
            "receivers": [{"phone": "+358405550199"}],
            "acceptsWanted": 1,
            "maxRedials": 0,
            "receiverWebhookUrl": f"{receiver.url}/receiver",
            "stateWebhookUrl": f"{receiver.url}/state",
        }
        client.post(f"{url}/rsvp_calls", json=body).raise_for_status()


def test_two_commands_alone_can_post() -> None:
    """Posting is an object of its own: whoever does not make one posts nothing."""
    naming = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if any(
            isinstance(node, ast.ImportFrom) and node.module == "mscode.sandbox.posting"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }
    assert naming == {"sandbox/serve.py", "app/emulator.py"}
    calling = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if "post_webhooks" in path.read_text("utf-8")
    }
    assert calling == {"app/emulator.py", "cli/sandbox/clock.py"}
