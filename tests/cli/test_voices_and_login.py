"""`voices`, the check of voice codes, and `login` with a keyring that the tests make."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from tests.cli.conftest import Cli

VOICE = "apiVersion: mscode/v1\nvoiceFiles:\n  hello: {text: Hello, voiceCode: CODE}\n"
URL = "https://api.example.com/v1"


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A keyring in memory: URL -> token."""
    kept: dict[str, str] = {}
    fake = ModuleType("keyring")
    errors = ModuleType("keyring.errors")
    errors.KeyringError = RuntimeError  # type: ignore[attr-defined]
    fake.get_keyring = lambda: SimpleNamespace(priority=5)  # type: ignore[attr-defined]
    fake.get_password = lambda service, url: kept.get(url)  # type: ignore[attr-defined]
    fake.set_password = lambda service, url, token: kept.__setitem__(url, token)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


def test_voices_lists_the_codes(cli: Cli, project: Path) -> None:
    ended = cli("voices", project)
    assert ended.code == 0
    assert "en" in [line.split()[0] for line in ended.out.splitlines()]
    assert '"voiceCode": "fi"' in cli("voices", project, "--json").out


def test_an_unknown_voice_code_is_an_error_with_its_place(cli: Cli, project: Path) -> None:
    (project / "voices.yaml").write_text(VOICE.replace("CODE", "fin"))
    ended = cli("plan", project)
    assert ended.code == 1
    assert 'voiceFiles.hello: the service has no voice code "fin"' in ended.err
    assert "on voices.yaml line 3" in ended.err
    assert 'Did you mean "fi"?' in ended.err
    (project / "voices.yaml").write_text(VOICE.replace("CODE", "fi"))
    assert cli("plan", project).code == 0


def test_login_prints_the_token_and_nothing_else(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "sandbox@example.com\nsandbox\n")
    ended = cli("login", project, "--print")
    assert ended.code == 0, ended.err
    assert len(ended.out.split()) == 1


def test_a_wrong_password_is_told_without_it(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, "sandbox@example.com\nhunter2-secret\n")
    ended = cli("login", project, "--print")
    assert ended.code == 1
    assert "401" in ended.err
    assert "Check the e-mail address and the password" in ended.err
    assert "hunter2" not in ended.err
    assert "sandbox@example.com" not in ended.err


def test_login_without_a_keyring_says_what_to_do(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    ended = cli("--env", "production", "login", project)
    assert ended.code == 1
    assert "mscode[keyring]" in ended.err
    assert "login --print" in ended.err


def test_login_keeps_the_token_and_commands_find_it(
    cli: Cli, project: Path, ring: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mscode.api.login.log_in", lambda *given: "kept-token")
    piped(monkeypatch, "anna@example.com\nsecret\n")
    ended = cli("--env", "production", "login", project)
    assert ended.code == 0, ended.err
    assert ring == {URL: "kept-token"}
    assert "kept-token" not in ended.out + ended.err
    from mscode.app.environment import resolve
    from mscode.manifest.project.file import load_project

    environment = resolve(load_project(project), project, "production", {}, hide_token=str)
    assert environment.token() == "kept-token"
    given = resolve(load_project(project), project, "production", {"DEMO_TOKEN": "from-variable"}, hide_token=str)
    assert given.token() == "from-variable"


def test_a_ci_job_asks_no_keyring(project: Path, ring: dict[str, str]) -> None:
    from mscode.app.environment import resolve
    from mscode.errors import ConfigError
    from mscode.manifest.project.file import load_project

    ring[URL] = "kept-token"
    environment = resolve(load_project(project), project, "production", {"CI": "true"}, hide_token=str)
    with pytest.raises(ConfigError, match="DEMO_TOKEN is not set"):
        environment.token()


def test_no_input_asks_nothing(cli: Cli, project: Path) -> None:
    ended = cli("--no-input", "login", project, "--print")
    assert ended.code == 1
    assert "--no-input asks nothing" in ended.err
