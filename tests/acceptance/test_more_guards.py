"""Guards that are more than a number, as `mscode.yaml` writes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mscode.app.environment import Environment, resolve
from mscode.cli.app import run
from mscode.manifest.project.file import load_project

PROJECT = """apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments: {{sandbox: {{url: "sandbox:"}}}}
guards: {{{guards}}}
"""
MANIFEST = """apiVersion: mscode/v1
voiceFiles:
  greeting: {text: Hello, voiceCode: en}
rsvpCalls:
  invite:
    startTime: 2026-12-01T09:00:00+02:00
    endTime: 2026-12-04 17:00:00
    activeFrom: "07:00"
    activeTo: "15:00"
    activeWeekdays: [tuesday, wednesday]
    voiceFiles: {start: greeting}
    actionButtons: {accept: 5, decline: 9}
    receivers: [{phone: "+358401234567"}, {phone: "+358401234568"}]
    acceptsWanted: 2
    receiverWebhookUrl: https://hooks.example.com/receiver
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "never.txt").write_text("# asked us\n+358 40 1234568\n", encoding="utf-8")
    (tmp_path / "never.csv").write_text("name,phone\nsomebody,+358401234569\n", encoding="utf-8")
    return tmp_path


CASES = [
    ('callingHours: {from: "09:00", to: "17:00"}', 0, ""),
    ('callingHours: {from: "10:00", to: "17:00"}', 5, "may call outside the hours, first on Tue 2026-12-01 09:00"),
    ('callingHours: {from: "09:00", to: "16:00"}', 5, "may call outside the hours"),
    ('callingHours: {from: "09:00", to: "17:00", weekdays: [tuesday]}', 5, "first on Wed 2026-12-02 09:00"),
    ('callingHours: {from: "07:00", to: "15:00", timezone: UTC}', 0, ""),
    ("doNotCall: never.txt", 5, "1 person to be called must not be called"),
    ("doNotCall: never.csv", 0, ""),
    ("webhookHosts: [hooks.example.com]", 0, ""),
    ("webhookHosts: [other.example.com]", 5, "sends receiver data to hooks.example.com"),
    ("webhookHosts: {value: [other.example.com], level: warn, reason: New}", 0, "Guard webhookHosts warns"),
    ("doNotCall: gone.txt", 1, "The do-not-call file does not exist"),
    ("callingHours: {from: ten, to: eleven}", 1, "has a time or a timezone that does not exist"),
]


@pytest.mark.parametrize(("guards", "code", "said"), CASES)
def test_a_guard_judges_what_is_launched(
    folder: Path, capsys: pytest.CaptureFixture[str], guards: str, code: int, said: str
) -> None:
    (folder / "mscode.yaml").write_text(PROJECT.format(guards=""), encoding="utf-8")
    assert run(["sandbox", "clock", "2026-11-30T06:00:00Z", "--dir", str(folder)]) == 0
    (folder / "mscode.yaml").write_text(PROJECT.format(guards=guards), encoding="utf-8")
    capsys.readouterr()
    assert run(["plan", str(folder)]) == code
    output = "".join(capsys.readouterr())
    assert said in output
    assert "1234568" not in output.replace("•••4568", "")


def test_a_state_that_the_job_throws_away_is_not_durable(tmp_path: Path) -> None:
    text = PROJECT.format(guards="").replace('"sandbox:"', '"https://api.example.com/v1"')
    (tmp_path / "mscode.yaml").write_text(text, encoding="utf-8")
    project = load_project(tmp_path)
    assert not resolve(project, tmp_path, "", {"CI": "true"}, hide_token=str).target().durable_state
    assert resolve(project, tmp_path, "", {}, hide_token=str).target().durable_state
    loopback = {"CI": "true", "MSCODE_URL": "http://127.0.0.1:8080/v1"}
    assert resolve(project, tmp_path, "", loopback, hide_token=str).target().durable_state


def test_nothing_is_launched_from_a_state_that_is_not_durable(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mscode.yaml").write_text(PROJECT.format(guards=""), encoding="utf-8")
    assert run(["sandbox", "clock", "2026-11-30T06:00:00Z", "--dir", str(folder)]) == 0
    target = Environment.target
    monkeypatch.setattr(Environment, "target", lambda self: replace(target(self), durable_state=False))
    assert run(["plan", str(folder)]) == 5
    assert "Guard durableState refuses this plan" in capsys.readouterr().out
    assert run(["plan", "--override", "durableState", str(folder)]) == 0
