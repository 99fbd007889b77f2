"""Words of the command line: what is said of a mistyped word, and the help as a newcomer reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.commands import COMMANDS

from mscode.cli import app as cli_app
from mscode.cli import main


@pytest.mark.parametrize("word", ["cancel", "stop", "pause", "kill"])
def test_other_words_for_halt_lead_to_it(cli: Any, word: str) -> None:
    ended = cli(word)
    assert ended.code == 64
    assert f'There is no command "{word}". Did you mean halt?' in ended.err
    assert f'There is no command "{word}". Did you mean halt?' in cli("help", word).err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["apply", "--allow-deletes", "many"], "must be a whole number from 0"),
        (["apply", "--allow-deletes", "-1"], "must be a whole number from 0"),
        (["apply", "--allow-deletes", "1e3"], "must be a whole number from 0"),
        (["apply", "--parallelism", "101"], "must be a whole number from 1 to 100"),
        (["sandbox", "serve", "--port", "x"], "must be a whole number from 0 to 65535"),
        (["sandbox", "serve", "--answer", "0.6"], '"0.6" is no share; write one from 0% to 100%, like "60%"'),
        (["sandbox", "serve", "--accept", "101%"], '"101%" is no share'),
    ],
)
def test_a_number_that_is_none(cli: Any, line: list[str], says: str) -> None:
    ended = cli(*line)
    assert ended.code == 64
    assert says in ended.err


def test_a_mistyped_environment_is_answered_with_the_one_that_may_be_meant(cli: Any, project: Path) -> None:
    (project / "mscode.yaml").write_text(
        'apiVersion: mscode/v1\nproject: drive\nenvironments: {production: {url: "sandbox:"}, test: {url: "sandbox:"}}\n'
    )
    ended = cli("plan", project, "--env", "prodution")
    assert ended.code == 1
    assert 'There is no environment "prodution"' in ended.err
    assert 'Did you mean "production"?' in ended.err


def test_a_project_without_policies_says_so(cli: Any, project: Path) -> None:
    ended = cli("policy", "test", project)
    assert (ended.code, ended.err) == (0, "There is no policy in policies/.\n")


@pytest.mark.parametrize("words", [["version"], ["-V"], ["--version"]])
def test_the_version_in_three_ways(words: list[str], cli: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(*words).out.startswith("mscode 0.")
    main(words)
    assert capsys.readouterr().out == cli("version").out


def test_help_of_a_command_is_that_of_its_option(cli: Any) -> None:
    assert cli("help").out == cli("--help").out
    for words in ("plan", "state mv", "sandbox"):
        assert cli("help", *words.split()).out == cli(*words.split(), "--help").out
    assert cli("help", "plann").code == 64
    assert cli("help", "plan", "x").code == 64


def test_every_command_stands_in_one_section_of_the_help() -> None:
    listed = [name for names in cli_app.SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(cli_app.COMMANDS)


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_the_help_fits_80_columns_and_explains_each_argument_and_option(
    words: str, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli(*words.split(), "--help").out.splitlines()
    examples = next(at for at, row in enumerate(lines) if row.startswith("Example"))
    assert max(map(len, lines[:examples])) <= 80
    for param in COMMANDS[words].params:
        assert param.help, f"{words}: {param.name} has no help"  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_no_example_names_a_folder_of_manifests_as_the_project(words: str) -> None:
    examples = " ".join(getattr(COMMANDS[words], "examples", ()))
    assert "campaigns/" not in examples
    assert os.pardir not in examples


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (["forget", "groups.donorz"], "groups.donors"),
        (["state", "show", "Groups.donors"], "groups.donors"),
        (["state", "mv", "groups.donorz", "groups.other"], "groups.donors"),
        (["import", "groups.donorz", "3"], "groups.donors"),
        (["plan", "--resume", "rsvpCalls.invit"], "rsvpCalls.invite"),
        (["plan", "--replace", "groups.donorz"], "groups.donors"),
        (["plan", "--only", "groups.donorz"], "groups.donors"),
        (["plan", "--exclude", "campain.yaml"], "campaign.yaml"),
    ],
    ids=" ".join,
)
def test_a_mistyped_address_is_answered_with_the_one_that_was_meant(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: list[str], meant: str
) -> None:
    assert cli("init", tmp_path / "drive").code == 0
    monkeypatch.chdir(tmp_path / "drive")
    assert cli("apply", "--auto-approve", "--no-launch").code == 0
    ended = cli(*line)
    assert ended.code == 1
    assert f'Did you mean "{meant}"?' in ended.err
