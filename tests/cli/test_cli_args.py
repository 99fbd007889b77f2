"""Options from MSCODE_CLI_ARGS and MSCODE_CLI_ARGS_<command>."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mscode.cli.cli_args import FORBIDDEN


@pytest.fixture
def drive(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert cli("init", tmp_path / "drive").code == 0
    monkeypatch.chdir(tmp_path / "drive")
    return tmp_path / "drive"


def test_they_count_and_are_named_without_their_values(cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS_plan", "--only 'groups.*' --detailed-exitcode")
    ended = cli("plan")
    assert ended.code == 2
    assert "accounts." not in ended.out
    assert ended.err.splitlines()[0] == "Options from MSCODE_CLI_ARGS_plan (--only, --detailed-exitcode)"


def test_what_the_command_does_not_have_is_passed_over_with_its_value(
    cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--lock-timeout 5m --parallelism=3 --no-launch --no-color")
    assert cli("validate").err.startswith("Options from MSCODE_CLI_ARGS (--no-color)\nSuccess!")
    assert "--lock-timeout, --parallelism, --no-launch, --no-color" in cli("apply", "--auto-approve").err
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--lock-timeout 5m")
    assert cli("validate").err.startswith("Success!"), "where none counts, nothing is said"


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("MSCODE_CLI_ARGS_plan", "--no-launch", "the command has no option --no-launch"),
        ("MSCODE_CLI_ARGS_state_list", "--only x", "the command has no option --only"),
        ("MSCODE_CLI_ARGS", "--no-lunch", "Did you mean --no-launch?"),
        ("MSCODE_CLI_ARGS", "drive", "it can only hold options"),
        ("MSCODE_CLI_ARGS", "+358401234567", "it can only hold options"),
        ("MSCODE_CLI_ARGS", "-- --json", "it can only hold options"),
        ("MSCODE_CLI_ARGS", "-C drive", "-C names the folder of one command line"),
        ("MSCODE_CLI_ARGS", "-C..", "-C names the folder of one command line"),
        ("MSCODE_CLI_ARGS", "--auto-appr", "there is no option --auto-appr."),
        ("MSCODE_CLI_ARGS", "--only", "--only needs a value"),
        ("MSCODE_CLI_ARGS", "--only 'x", "a quotation mark is not closed"),
    ],
)
def test_what_cannot_stand_there_is_64(
    cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, says: str
) -> None:
    monkeypatch.setenv(variable, text)
    ended = cli(*("state", "list") if "state" in variable else ["plan"])
    assert (ended.code, ended.out) == (64, "")
    assert says in ended.err or text == "-- --json"
    assert "358401234567" not in ended.err


@pytest.mark.parametrize("option", sorted(FORBIDDEN))
@pytest.mark.parametrize("variable", ["MSCODE_CLI_ARGS", "MSCODE_CLI_ARGS_apply"])
def test_no_answer_comes_from_a_variable(
    cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    for text in (option, f"{option}=5", f"--only {option}", f"--no-color {option} x"):
        monkeypatch.setenv(variable, text)
        ended = cli("apply", "--no-launch")
        assert ended.code == 64
        assert f"{variable} must not hold {option}" in ended.err
    assert not (drive / ".mscode" / "sandbox").exists()


def test_a_forbidden_option_is_64_also_of_a_command_without_it(cli: Any, drive: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--auto-approve")
    assert cli("validate").code == 64
    assert cli("validate", "--help").code == 0


@pytest.mark.parametrize("line", [["halt", "--all"], ["resolve", "groups.donors", "--not-created"], ["version"]])
def test_what_stops_calls_and_settles_what_is_unknown_reads_neither(
    cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch, line: list[str]
) -> None:
    for name in ("MSCODE_CLI_ARGS", f"MSCODE_CLI_ARGS_{line[0]}"):
        monkeypatch.setenv(name, "--auto-approve 'x --nonsense")
    assert cli(*line).code != 64


def test_what_was_typed_wins(cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--env nowhere --format json")
    assert cli("--env", "sandbox", "plan", "--format", "text").out.startswith("mscode compared")
    assert cli("plan", "--env", "sandbox", "--format", "text").out.startswith("mscode compared")
    assert 'There is no environment "nowhere"' in cli("plan").err


def test_that_of_the_command_wins_over_that_of_all(cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--format json")
    monkeypatch.setenv("MSCODE_CLI_ARGS_plan", "--format text")
    ended = cli("plan")
    assert ended.out.startswith("mscode compared")
    assert "Options from MSCODE_CLI_ARGS (--format) and MSCODE_CLI_ARGS_plan (--format)" in ended.err


def test_a_command_that_is_left_out_reads_them_too(cli: Any, drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_CLI_ARGS", "--env nowhere")
    assert "nowhere" in cli("history").err
    assert "nowhere" in cli("history", "--since", "1d").err
    monkeypatch.setenv("MSCODE_CLI_ARGS", "")
    monkeypatch.setenv("MSCODE_CLI_ARGS_history_list", "--format csv")
    assert cli("history").out.startswith("id,at,")
    assert cli("history", "verify").out.startswith("The records are whole.")
