"""What a switch of `service:` means to mscode itself: the zone of times, the path of the login, the prefix."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

PROJECT = """\
apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments:
  sandbox:
    url: "URL"
    SETTINGS
"""
SECTIONS = ("smses", "emails", "calls")


def _write(folder: Path, settings: str, section: str = "", url: str = "sandbox:", **fields: Any) -> None:
    """A project with one object that reaches a person, where a section is named."""
    (folder / "mscode.yaml").write_text(PROJECT.replace("URL", url).replace("SETTINGS", settings))
    one = {
        "smses": {"message": "See you", "sender": "Blood"},
        "emails": {"subject": "Tuesday", "messageText": "See you", "fromEmail": "a@example.com"},
        "calls": {"operations": [{"say": "See you"}]},
        "clickToCalls": {
            "activeFrom": "00:00",
            "activeTo": "23:59",
            "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "actionButtons": {"accept": 5, "decline": 9},
            "voiceFile": "greeting",
            "maxRedials": 3,
        },
        "": {},
    }[section]
    manifest: dict[str, Any] = {
        "apiVersion": "mscode/v1",
        "accounts": {"aino": {"firstName": "Aino", "phone": "+358405550100", "email": "aino@example.com"}},
    }
    if section == "clickToCalls":
        manifest["voiceFiles"] = {"greeting": {"text": "Press five for yes, nine for no.", "voiceCode": "en"}}
    if section:
        manifest[section] = {"it": {**one, "receivers": [{"account": "aino"}], **fields}}
    (folder / "all.yaml").write_text(json.dumps(manifest, indent=1))


def _at(cli: Any, folder: Path, time: str) -> None:
    assert cli("sandbox", "clock", time, "--dir", folder).code == 0


def _rings(cli: Any, folder: Path) -> list[str]:
    return [ring["at"] for ring in json.loads(cli("sandbox", "rings", "--json", "--dir", folder).out)]


# ---- the zone of times -----------------------------------------------------------------------------------------------

#: Around both changes of the clocks in Helsinki (2026-10-25 01:00 UTC, 2027-03-28 01:00 UTC).
TIMES = (
    "2026-10-24T23:59:00Z",
    "2026-10-25T02:00:00Z",
    "2026-12-01T10:00:00Z",
    "2027-03-28T00:59:00Z",
    "2027-03-28T01:00:00Z",
)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Helsinki", "America/St_Johns", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("section", "at"), [*zip(SECTIONS, TIMES, strict=False), *(("smses", at) for at in TIMES[3:])])
def test_a_message_goes_out_when_the_plan_says(cli: Any, tmp_path: Path, zone: str, section: str, at: str) -> None:
    _write(tmp_path, f"service: {{zone: {zone}}}", section, actionTime=at)
    _at(cli, tmp_path, "2026-10-20T09:00:00Z")
    planned = json.loads(cli("plan", tmp_path, "--json").out)
    assert planned["reach"][f"{section}.it"]["firstCall"] == at
    applied = cli("apply", tmp_path, "--auto-approve", "--allow-launch")
    assert applied.code == 0, applied.err
    assert cli("plan", tmp_path, "--detailed-exitcode").code == 0
    _at(cli, tmp_path, "2027-04-01T00:00:00Z")
    assert _rings(cli, tmp_path) == [at]
    assert cli("plan", tmp_path, "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("end", "calls_again"), [("2026-12-01T10:00:00Z", False), ("2026-12-01T12:00:00Z", True)])
def test_a_click_to_call_ends_when_the_plan_says(cli: Any, tmp_path: Path, end: str, calls_again: bool) -> None:
    """Helsinki is two hours ahead of UTC; who did not answer at 9:55 is called again at 11:25.

    Forty people, since who answers is drawn by the ids of click-to-calls, which are made in any order: that all forty answer
    the first call happens once in 10^9 runs.
    """
    _write(tmp_path, "service: {zone: Europe/Helsinki, redial_minutes: 90}", "clickToCalls", expiresAt=end)
    manifest = json.loads((tmp_path / "all.yaml").read_text())
    manifest["accounts"] = {f"a{at}": {"firstName": "A", "phone": f"+3584055501{at}"} for at in range(10, 50)}
    one = manifest["clickToCalls"]["it"]
    manifest["clickToCalls"] = {f"a{at}": {**one, "receivers": [{"account": f"a{at}"}]} for at in range(10, 50)}
    (tmp_path / "all.yaml").write_text(json.dumps(manifest, indent=1))
    _at(cli, tmp_path, "2026-12-01T09:55:00Z")
    applied = cli("apply", tmp_path, "--auto-approve", "--allow-launch")
    assert applied.code == 0, applied.out + applied.err
    assert cli("plan", tmp_path, "--detailed-exitcode").code == 0
    _at(cli, tmp_path, "2026-12-03T10:00:00Z")
    rings = _rings(cli, tmp_path)
    assert len(rings) >= 40
    assert any(ring > "2026-12-01T10:00:00Z" for ring in rings) == calls_again
    assert all(ring < end for ring in rings)
    assert cli("plan", tmp_path, "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", ["plan", "apply", "validate"])
@pytest.mark.parametrize(("section", "name"), [("smses", "actionTime"), ("clickToCalls", "expiresAt")])
@pytest.mark.parametrize("at", ["2030-10-27T00:30:00Z", "2030-10-27T01:30:00Z"])
def test_a_time_that_comes_twice_is_refused(
    cli: Any, tmp_path: Path, command: str, section: str, name: str, at: str
) -> None:
    _write(tmp_path, "service: {zone: Europe/Helsinki}", section, **{name: at})
    _at(cli, tmp_path, "2030-10-20T09:00:00Z")
    options = ("--auto-approve", "--allow-launch") if command == "apply" else ()
    ended = cli(command, tmp_path, *options)
    assert ended.code == 1, ended.out
    assert f"{name} of {section}.it is a time that comes twice on the clocks of the service" in ended.err
    assert "on all.yaml line" in ended.err
    assert "Europe/Helsinki" in ended.err
    _at(cli, tmp_path, "2030-11-01T09:00:00Z")
    assert _rings(cli, tmp_path) == []


def test_an_edit_to_a_time_that_comes_twice_changes_nothing(cli: Any, tmp_path: Path) -> None:
    settings = "service: {zone: Europe/Helsinki}"
    _write(tmp_path, settings, "smses", actionTime="2030-10-27T10:00:00Z")
    _at(cli, tmp_path, "2030-10-20T09:00:00Z")
    assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
    _write(tmp_path, settings, "smses", actionTime="2030-10-27T01:30:00Z")
    ended = cli("apply", tmp_path, "--auto-approve", "--allow-launch")
    assert ended.code == 1
    assert "comes twice on the clocks of the service" in ended.err
    _at(cli, tmp_path, "2030-11-01T09:00:00Z")
    assert _rings(cli, tmp_path) == ["2030-10-27T10:00:00Z"]


def test_a_time_that_comes_twice_elsewhere_is_none(cli: Any, tmp_path: Path) -> None:
    """It is the clocks of the service that count, not those of the project."""
    _write(tmp_path, "service: {zone: UTC}", "smses", actionTime="2030-10-27T00:30:00Z")
    _at(cli, tmp_path, "2030-10-20T09:00:00Z")
    assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
    _at(cli, tmp_path, "2030-11-01T09:00:00Z")
    assert _rings(cli, tmp_path) == ["2030-10-27T00:30:00Z"]


def test_what_is_read_is_in_the_projects_zone(cli: Any, tmp_path: Path) -> None:
    _write(tmp_path, "service: {zone: Asia/Tokyo}", "calls", actionTime="2026-12-01T10:00:00Z")
    _at(cli, tmp_path, "2026-12-01T09:00:00Z")
    assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
    status = json.loads(cli("status", tmp_path, "--json").out)
    assert "2026-12-01T10:00:00Z" in json.dumps(status)
    exported = cli("export", tmp_path, "--out", tmp_path / "exported")
    assert exported.code == 0, exported.err
    text = "".join(file.read_text() for file in (tmp_path / "exported").rglob("*.yaml"))
    assert "actionTime: 2026-12-01 12:00:00" in text
    assert "service: {zone: Asia/Tokyo}" in text


def test_an_export_takes_the_settings_of_a_file_along(cli: Any, tmp_path: Path) -> None:
    _write(tmp_path, "service: {file: lab.yaml}", "smses", actionTime="2026-12-01T10:00:00Z")
    (tmp_path / "lab.yaml").write_text("zone: Asia/Tokyo\nfilter_op10: off\npages: null\n")
    _at(cli, tmp_path, "2026-12-01T09:00:00Z")
    assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
    assert cli("export", tmp_path, "--out", tmp_path / "exported").code == 0
    assert cli("validate", tmp_path / "exported").code == 0
    assert "zone: Asia/Tokyo" in (tmp_path / "exported" / "mscode.yaml").read_text()
    assert not (tmp_path / "exported" / "lab.yaml").exists()


# ---- the login and the prefix ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/auth/sessions"])
def test_mscode_logs_in_where_the_service_says(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox@example.com\nsandbox\n"))
    _write(tmp_path, f"service: {{login_path: {path}}}")
    ended = cli("login", tmp_path, "--print")
    assert ended.code == 0, ended.err
    assert len(ended.out.strip()) == 32


@pytest.mark.parametrize(
    "settings", ["service: {login_path: /auth}", "service: {login_path: auth}\n    loginPath: /auth"]
)
def test_the_login_is_where_the_service_has_it(cli: Any, tmp_path: Path, settings: str) -> None:
    from mscode.app.environment import resolve
    from mscode.manifest.project.file import load_project

    _write(tmp_path, settings)
    environment = resolve(load_project(tmp_path), tmp_path, "sandbox", {}, hide_token=lambda token: None)
    assert environment.paths["login"] == "/auth"
    assert cli("validate", tmp_path).code == 0


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
@pytest.mark.parametrize(
    ("settings", "url", "said", "line"),
    [
        ("service: {login_path: /auth}\n    loginPath: /login", "sandbox:", "`loginPath`", 9),
        ("service: {prefix: /v2}", "https://api.example.com/v1", "does not end with the prefix /v2", 7),
        ("service: {prefix: /v1}", "https://api.example.com/dev1", "does not end with the prefix /v1", 7),
    ],
)
def test_settings_that_contradict_the_service_are_errors(
    cli: Any, tmp_path: Path, command: str, settings: str, url: str, said: str, line: int
) -> None:
    _write(tmp_path, settings, url=url)
    ended = cli(command, tmp_path)
    assert ended.code == 1
    assert said in ended.err
    assert f"on mscode.yaml line {line}, column" in ended.err


@pytest.mark.parametrize(
    ("url", "prefix", "base"),
    [
        ("https://api.example.com", "/v1", "https://api.example.com/v1"),
        ("https://api.example.com/", "v1", "https://api.example.com/v1"),
        ("https://api.example.com/v1", "/v1", "https://api.example.com/v1"),
        ("https://gateway.example.com/calls/v1/", "/v1", "https://gateway.example.com/calls/v1"),
        ("https://api.example.com", "/", "https://api.example.com"),
        ("https://gateway.example.com/calls", "/", "https://gateway.example.com/calls"),
    ],
)
def test_the_prefix_is_a_part_of_the_url(tmp_path: Path, cli: Any, url: str, prefix: str, base: str) -> None:
    from mscode.app.environment import resolve
    from mscode.manifest.project.file import load_project

    _write(tmp_path, f"service: {{prefix: {prefix}}}", url=url)
    environment = resolve(load_project(tmp_path), tmp_path, "sandbox", {}, hide_token=lambda token: None)
    assert environment.url == base
    assert cli("validate", tmp_path).code == 0


@pytest.mark.parametrize("given", ["https://api.example.com", "https://api.example.com/v1/"])
def test_a_variable_may_say_the_url_with_its_prefix_or_without(tmp_path: Path, given: str) -> None:
    from mscode.app.environment import resolve
    from mscode.manifest.project.file import load_project

    _write(tmp_path, "service: {prefix: /v1}", url="https://api.example.com")
    project = load_project(tmp_path)
    environment = resolve(project, tmp_path, "sandbox", {"MSCODE_URL": given}, hide_token=lambda token: None)
    assert environment.url == "https://api.example.com/v1"


def test_a_variable_alone_names_the_account_that_the_project_knows(tmp_path: Path) -> None:
    from mscode.app.environment import resolve
    from mscode.manifest.project.file import load_project

    _write(tmp_path, "service: {zone: Asia/Tokyo, login_path: /in}", url="https://api.example.com/v1")
    project = load_project(tmp_path)
    for url, zone in (("https://api.example.com/v1/", "Asia/Tokyo"), ("https://api.example.com/v2", "UTC")):
        environment = resolve(project, tmp_path, "", {"MSCODE_URL": url}, hide_token=lambda token: None)
        assert (environment.name, environment.service.zone_name) == ("default", zone)
        assert environment.profile.zone == zone  # a rehearsal and a forecast take the same service


@pytest.mark.parametrize("prefix", ["/vi", "/", "/api/v2"])
def test_the_embedded_sandbox_is_below_the_prefix(cli: Any, tmp_path: Path, prefix: str) -> None:
    _write(
        tmp_path, f"service: {{prefix: {prefix}, lenient_headers: true}}", "smses", actionTime="2026-12-01T10:00:00Z"
    )
    _at(cli, tmp_path, "2026-12-01T09:00:00Z")
    assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
    assert cli("plan", tmp_path, "--detailed-exitcode").code == 0
    _at(cli, tmp_path, "2026-12-02T09:00:00Z")
    assert len(_rings(cli, tmp_path)) == 1
