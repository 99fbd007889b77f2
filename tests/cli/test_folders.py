"""Which project a command works in: the folder that was named, `-C`, the current one, or the nearest parent's."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mscode.app import project_folder as folders

ASKING = [
    ["apply", "--auto-approve"],
    ["destroy", "--auto-approve"],
    ["import", "groups.donors", "1"],
    ["forget", "groups.donors"],
    ["state", "mv", "groups.donors", "groups.givers"],
    ["state", "push", "state.json"],
]


@pytest.fixture
def below(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and the current folder two levels below it."""
    assert cli("init", tmp_path / "drive").code == 0
    folder = tmp_path / "drive" / "texts" / "fi"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "drive"


@pytest.mark.parametrize(
    "line", [["validate"], ["plan"], ["status"], ["state", "list"], ["voices"], ["fmt", "--check"]]
)
def test_the_nearest_parents_project_is_taken_and_named(cli: Any, below: Path, line: list[str]) -> None:
    ended = cli(*line)
    assert ended.code == 0
    assert ended.err.splitlines()[0] == "Project drive in ../.."


def test_a_halt_names_it_in_the_same_words(cli: Any, below: Path) -> None:
    ended = cli("halt", "--all")
    assert ended.code == 0, ended
    assert "Project drive in ../..\n" in ended.err


def test_it_is_named_also_where_it_cannot_be_read(cli: Any, below: Path) -> None:
    (below / "mscode.yaml").write_text("project: [")
    ended = cli("validate")
    assert ended.code == 1
    assert ended.err.startswith("Project in ../..\nError: ")


@pytest.mark.parametrize("line", ASKING, ids=" ".join)
def test_what_changes_something_is_refused_where_nobody_can_be_asked(cli: Any, below: Path, line: list[str]) -> None:
    ended = cli(*line)
    assert ended.code == 1
    assert "was not told which project to change" in ended.err
    assert "mscode -C ../.. " in ended.err
    assert not (below / ".mscode" / "sandbox").exists()


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1), ("", 1)])
def test_on_a_terminal_it_asks(cli: Any, below: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    stdin = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr("mscode.cli.base.read_answer", lambda: answer)
    ended = cli("apply", "--auto-approve", "--no-launch")
    assert ended.code == code
    assert "Do you want to run `mscode apply` in project drive?" in ended.err
    assert ("Apply complete!" in ended.out) is (code == 0)


def test_nothing_is_asked_of_a_folder_that_was_named(cli: Any, below: Path) -> None:
    assert cli("apply", "--auto-approve", "--no-launch", "../..").code == 0
    assert cli("-C", "../..", "forget", "groups.donors").code == 0


def test_a_named_folder_must_be_a_project_itself(cli: Any, below: Path) -> None:
    for line in (["-C", ".", "plan"], ["plan", "-C", "."], ["plan", "."], ["watch", "--dir", "."]):
        ended = cli(*line)
        assert ended.code == 1, line
        assert "There is no mscode.yaml in ." in ended.err
        assert str(below) in ended.err


def test_a_folder_that_is_not_there(cli: Any, below: Path) -> None:
    ended = cli("-C", "nowhere", "plan")
    assert (ended.code, ended.out) == (1, "")
    assert 'There is no folder "nowhere"' in ended.err


def test_paths_are_seen_from_the_folder_that_was_changed_into(cli: Any, below: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(below.parent)
    ended = cli("-C", "drive", "plan", "--out", "plan.json")
    assert ended.code == 0
    assert "mscode -C drive apply plan.json" in ended.err
    assert (below / "plan.json").is_file()
    assert Path.cwd() == below.parent
    assert cli("show", "-C", "drive", "plan.json").code == 0


def test_a_further_folder_is_seen_from_the_one_before(cli: Any, below: Path, monkeypatch: Any) -> None:
    """As of git."""
    parent = below.parent
    monkeypatch.chdir(below)
    for line in (
        ("-C", "..", "-C", "drive", "plan"),
        ("-C", "..", "plan", "-C", "drive"),
        ("plan", "-C", "..", "-C", "drive"),
        ("-C", str(parent), "-C", str(below), "plan"),
    ):
        assert cli(*line).code == 0, line
    ended = cli("-C", "..", "-C", "nowhere", "plan")
    assert ended.code == 1 and 'There is no folder "../nowhere"' in ended.err
    assert Path.cwd() == below


def test_a_halt_says_that_nothing_was_halted(cli: Any, below: Path) -> None:
    ended = cli("-C", "nowhere", "halt", "--all")
    assert ended.code == 1
    assert ended.err.startswith('Error: NOTHING WAS HALTED: There is no folder "nowhere"')
    (below.parent.parent / "empty").mkdir()
    ended = cli("-C", below.parent.parent / "empty", "halt", "--all")
    assert ended.code == 1
    assert f"Error: NOTHING WAS HALTED: there is no mscode.yaml in {below.parent.parent / 'empty'}\n" in ended.err


def test_paths_in_variables_are_seen_from_where_the_command_was_typed(
    cli: Any, below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(below.parent)
    monkeypatch.setenv("MSCODE_LOG_PATH", "requests.log")
    monkeypatch.setenv("MSCODE_REPORT", "report.json")
    assert cli("-C", "drive", "-v", "plan").code == 0
    assert {"requests.log", "report.json"} <= {path.name for path in below.parent.iterdir()}


def test_the_folder_is_the_callers_again_also_after_a_mistyped_command_line(cli: Any, below: Path) -> None:
    before = Path.cwd()
    assert cli("-C", "../..", "plan", "--nonsense").code == 64
    assert Path.cwd() == before


def test_another_users_project_in_a_parent_is_not_taken(cli: Any, below: Path, monkeypatch: Any) -> None:
    if os.geteuid() == 0:
        os.chown(below / "mscode.yaml", 12345, -1)
    else:
        monkeypatch.setattr(folders.os, "geteuid", lambda: (below / "mscode.yaml").stat().st_uid + 1)
    ended = cli("plan")
    assert ended.code == 1
    assert "belongs to another user" in ended.err


def test_where_no_parent_is_a_project_one_can_be_made(cli: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert "mscode init" in cli("plan").err


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "state list", "export", "destroy"])
def test_the_help_says_what_dir_is(cli: Any, command: str) -> None:
    assert "Folder of the project (it holds mscode.yaml" in " ".join(cli(*command.split(), "--help").out.split())
