"""An error of a command that was asked for JSON is JSON on stdout, beside the text on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import COMMANDS

from mscode.cli.app import run

#: Arguments that a command must have, beside a folder without a project.
ARGUMENTS = {
    "results": ["rsvpCalls.invite"],
    "comment": ["--forge", "github", "--failed", "--for", "drive/test"],
    "state show": ["groups.donors"],
    "sandbox seed": [__file__],
    "halt": ["--all"],
}
#: Commands whose JSON is a stream of events, of which each line has a type.
STREAMS = ("apply", "destroy")


#: Every command that has `--json`, by its words.
WITH_JSON = sorted(
    words for words, command in COMMANDS.items() if any("--json" in param.opts for param in command.params)
)


def ended(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[Any], str]:
    """The exit code, each line of stdout as JSON, and stderr."""
    code = run(arguments)
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_TOKEN", "MSCODE_URL", "MSCODE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_all_of_them_are_here() -> None:
    assert {"plan", "apply", "status", "results", "halt", "watch", "export", "voices", "state list"} <= set(WITH_JSON)


@pytest.mark.parametrize("name", [name for name in WITH_JSON if name not in ("validate", "version", "checks")])
def test_an_error_is_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = ended([*name.split(), "--json", *ARGUMENTS.get(name, ())], capsys)
    assert code != 0
    last = lines[-1]
    assert last["errored"] is True
    assert last["diagnostics"][0]["severity"] == "error"
    assert f"Error: {last['diagnostics'][0]['summary']}" in err
    assert all("type" in line for line in lines) or name not in STREAMS


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"], ["--format=json"]], ids=" ".join)
@pytest.mark.parametrize("name", ["plan", "drift", "show", "results"])
def test_each_way_to_ask_for_json_counts(name: str, form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, [document], _ = ended([name, *form, *ARGUMENTS.get(name, ())], capsys)
    assert (code, document["errored"]) == (1, True)


def test_the_report_of_validate_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["validate", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (code, report["errored"], report["valid"]) == (1, True, False)
    assert report["diagnostics"]


@pytest.mark.parametrize("name", WITH_JSON)
def test_a_usage_error_is_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, [document], err = ended([*name.split(), "--json", "--no-such-option"], capsys)
    assert (code, document["errored"]) == (64, True)
    assert document["diagnostics"][0]["code"] == "usage"
    assert "--no-such-option" in document["diagnostics"][0]["summary"] and "--no-such-option" in err


def test_without_json_stdout_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["status"], capsys)[:2] == (1, [])
    assert ended(["status", "--no-such-option"], capsys)[:2] == (64, [])


@pytest.mark.parametrize(
    ("error", "code", "slug"), [(OSError(28, "No space left"), 1, "system"), (KeyboardInterrupt(), 130, "interrupted")]
)
def test_whatever_ends_a_command_is_json(
    error: BaseException, code: int, slug: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("mscode.app.campaigns.load_account", fail)
    actual, [document], _ = ended(["status", "--json"], capsys)
    assert (actual, document["diagnostics"][0]["code"]) == (code, slug)
